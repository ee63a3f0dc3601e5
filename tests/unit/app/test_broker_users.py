"""The broker's users follow the registry, also over a moment in which it cannot be read."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from app import broker_users
from app.broker import Broker
from app.broker_users import BrokerUsers
from app.config import Config
from app.secret_store import load_or_make
from app.state import State
from registry.errors import RegistryError
from registry.store import Registry


class Locked(Registry):
    """A registry that is locked at the first question after its beginning."""

    asked = 0

    def revision(self) -> int:
        self.asked += 1
        if self.asked == 2:
            raise RegistryError("the registry is locked: try again")
        return super().revision()


def test_a_locked_registry_is_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker_users, "POLL_SECONDS", 0.01)
    state = State.at(tmp_path)
    broker = Broker(tmp_path / "broker", "127.0.0.1", 1883)

    async def scenario(registry: Locked) -> None:
        users = BrokerUsers(broker, registry, load_or_make(state, Config()))
        broker.prepare(users.users())
        registry.add_tenant("nuoc", "Nước")
        registry.add_site("tram-1", "nuoc", "31321")
        registry.add_device("bom-1", "tram-1", "pump")
        following = asyncio.create_task(users.follow(lambda: None))
        passwd = broker.folder / "passwd"
        async with asyncio.timeout(10):
            while "bom-1:$7$" not in passwd.read_text():
                await asyncio.sleep(0.01)
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        assert registry.asked > 2

    with Locked(state.registry_url) as registry:
        registry.migrate()
        asyncio.run(scenario(registry))
