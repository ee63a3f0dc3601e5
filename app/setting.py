"""What every component is, and what it is given when it is made."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Protocol

from app.config import Config
from app.runtime import Runtime
from app.secret_store import Secrets
from app.state import State


class Part(Protocol):
    """A component inside its process."""

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then end in order."""

    def figures(self) -> dict[str, float]:
        """What it counts; `ready` 0 says that it is not ready yet."""


@dataclass(frozen=True)
class Setting:
    """Where a component lives: its state folder, its configuration, all addresses, the secrets."""

    state: State
    config: Config
    runtime: Runtime
    secrets: Secrets
