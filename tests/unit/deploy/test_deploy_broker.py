"""The broker's container without a container: the same script, files and folder, and the
component that looks after its users, on a real mosquitto."""

from __future__ import annotations

import asyncio
import contextlib
import getpass
import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest

from app.broker import ADMIN_USER, binary
from app.broker_users_part import BrokerUsersPart, mosquitto_in
from app.config import Config, Mqtt
from app.parts import BUILDERS
from app.ports import free_ports
from app.runtime import as_configured, decide
from app.secret_store import load_or_make
from app.setting import Setting
from app.state import State
from registry.store import Registry
from tests.conftest import ROOT
from tests.services import answers, need, wait_for

HOST = "127.0.0.1"


def connects(
    port: int, username: str, password: str, authority: Path | None = None, seconds: float = 5.0
) -> bool:
    """Whether the broker takes this user; over TLS where an authority is given."""
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)  # type: ignore[attr-defined]
    client.username_pw_set(username, password)
    if authority is not None:
        client.tls_set(str(authority))
    answered = threading.Event()
    taken: list[bool] = []

    def on_connect(
        _client: object, _data: object, _flags: object, code: object, _p: object
    ) -> None:
        taken.append(not getattr(code, "is_failure", True))
        answered.set()

    client.on_connect = on_connect
    client.connect(HOST, port, keepalive=10)
    client.loop_start()
    answered.wait(seconds)
    client.disconnect()
    client.loop_stop()
    return taken[:1] == [True]


@dataclass
class Container:
    """What compose.yaml puts together for the broker: `state.broker` is its working folder."""

    setting: Setting
    plain: int
    tls: int
    script: subprocess.Popen[bytes] | None = None

    @property
    def folder(self) -> Path:
        return self.setting.state.broker

    def lay_out(self) -> None:
        """Mount the access list and the listeners, with free ports and the loopback in place of
        the container's own; started by root, mosquitto would else change to another user."""
        (self.folder / "listeners.d").mkdir(parents=True)
        shutil.copy(ROOT / "broker-config" / "acl", self.folder / "acl")
        shipped = (ROOT / "deploy" / "listeners.conf").read_text()
        ports = iter((self.plain, self.tls))
        adapted = re.sub(
            r"^listener \d+$",
            lambda _: f"listener {next(ports)} {HOST}",
            shipped,
            flags=re.MULTILINE,
        )
        (self.folder / "listeners.d" / "listeners.conf").write_text(
            f"user {getpass.getuser()}\n{adapted}"
        )

    def start(self) -> None:
        path = f"{os.environ['PATH']}{os.pathsep}{Path(binary()).parent}"
        with (self.folder / "log").open("ab") as log:
            self.script = subprocess.Popen(
                [
                    *("/bin/sh", str(ROOT / "deploy" / "broker.sh")),
                    str(ROOT / "broker-config" / "mosquitto.conf"),
                ],
                cwd=self.folder,
                env={**os.environ, "PATH": path},
                stdout=log,
                stderr=log,
            )

    def pid(self) -> int | None:
        return mosquitto_in(self.folder)

    def stop(self) -> None:
        if self.script is not None:
            self.script.terminate()
            self.script.wait(10)
            self.script = None


@pytest.fixture
def container(tmp_path: Path) -> Iterator[Container]:
    need(binary())
    state = State.at(tmp_path / "state")
    plain, tls = free_ports(HOST, 2)
    config = Config(mqtt=Mqtt(host=HOST, port=plain, tls_port=tls, tls_names=("mqtt.test",)))
    runtime = decide(config, as_configured, grafana=False)
    one = Container(Setting(state, config, runtime, load_or_make(state, config)), plain, tls)
    one.lay_out()
    yield one
    one.stop()


@contextlib.contextmanager
def broker_users(setting: Setting) -> Iterator[BrokerUsersPart]:
    """The component at work in a thread; what ends it early is raised at the end."""
    part = BUILDERS["broker-users"](setting)
    assert isinstance(part, BrokerUsersPart)
    stop: list[Callable[[], object]] = []
    wrong: list[BaseException] = []

    async def live() -> None:
        event = asyncio.Event()
        loop = asyncio.get_running_loop()
        stop.append(lambda: loop.call_soon_threadsafe(event.set))
        await part.run(event)

    def body() -> None:
        try:
            asyncio.run(live())
        except BaseException as error:  # noqa: BLE001 - raised again by the test's own thread
            wrong.append(error)

    thread = threading.Thread(target=body)
    thread.start()
    try:
        wait_for(lambda: wrong or part.figures()["ready"] == 1.0, what="broker-users is ready")
        yield part
    finally:
        if not wrong:
            stop[0]()
        thread.join(10)
    assert not thread.is_alive()
    if wrong:
        raise wrong[0]


def test_the_broker_waits_for_its_users_then_takes_devices_over_tls(container: Container) -> None:
    setting = container.setting
    container.start()
    assert container.pid() is None
    with broker_users(setting), Registry(setting.state.registry_url) as registry:
        wait_for(lambda: answers(HOST, container.plain), what="the broker listens")
        authority = container.folder / "tls" / "ca.pem"
        assert connects(container.tls, ADMIN_USER, setting.secrets.mqtt_admin, authority)
        assert not connects(container.plain, "gauge-1", "nobody-knows-it")

        registry.add_tenant("water-co", "Cấp nước")
        registry.add_site("intake", "water-co", "31321")
        password = registry.add_device("gauge-1", "intake", "water-pressure-logger")
        added = time.monotonic()
        while not connects(container.tls, "gauge-1", password, authority):
            assert time.monotonic() - added < 2.0, "a device that was added cannot connect"
        assert connects(container.plain, "gauge-1", password)

        registry.revoke_device("gauge-1")
        wait_for(lambda: not connects(container.plain, "gauge-1", password), 5)


def test_mosquitto_comes_back_when_it_dies_and_ends_when_it_is_told(container: Container) -> None:
    container.start()
    with broker_users(container.setting):
        wait_for(lambda: answers(HOST, container.plain), what="the broker listens")
        first = container.pid()
        assert first is not None
        os.kill(first, signal.SIGKILL)
        wait_for(lambda: container.pid() not in {None, first}, what="another mosquitto")
        wait_for(lambda: answers(HOST, container.plain), what="the broker listens again")
        # It listens before it heeds signals; one that serves a client does both.
        assert connects(container.plain, ADMIN_USER, container.setting.secrets.mqtt_admin)
        container.stop()
        assert container.pid() is None
        assert (container.folder / "mosquitto.db").exists(), "its sessions are saved at the stop"


def test_the_broker_can_be_stopped_while_it_waits(container: Container) -> None:
    container.start()
    container.stop()
    assert not (container.folder / "mosquitto.db").exists()


def test_a_broker_that_ran_before_reads_the_new_password_file(container: Container) -> None:
    state = container.setting.state
    with broker_users(container.setting):
        container.start()
        wait_for(lambda: answers(HOST, container.plain), what="the broker listens")
    with Registry(state.registry_url) as registry:
        registry.add_tenant("water-co", "Cấp nước")
        registry.add_site("intake", "water-co", "31321")
        password = registry.add_device("gauge-2", "intake", "water-pressure-logger")
    assert not connects(container.plain, "gauge-2", password)
    with broker_users(container.setting):
        wait_for(lambda: connects(container.plain, "gauge-2", password), 5)


def test_no_certificate_is_made_where_there_is_no_tls_listener(container: Container) -> None:
    before = container.setting
    config = Config(mqtt=Mqtt(host=HOST, port=container.plain, tls_port=0))
    runtime = decide(config, as_configured, grafana=False)
    with broker_users(Setting(before.state, config, runtime, before.secrets)):
        assert not (container.folder / "tls").exists()
        assert (container.folder / "passwd").stat().st_mode & 0o777 == 0o600


def test_only_the_mosquitto_of_this_folder_is_found(tmp_path: Path) -> None:
    ours, other = tmp_path / "ours", tmp_path / "other"
    program = tmp_path / "mosquitto"
    shutil.copy(shutil.which("sleep") or "/bin/sleep", program)
    for folder in (ours, other):
        folder.mkdir()
    stranger = subprocess.Popen(["/bin/sleep", "60"], cwd=ours)
    elsewhere = subprocess.Popen([str(program), "60"], cwd=other)
    mine = None
    try:
        assert mosquitto_in(ours) is None
        mine = subprocess.Popen([str(program), "60"], cwd=ours)
        wait_for(lambda: mosquitto_in(ours) == mine.pid, 5, "ours is found")
    finally:
        for process in filter(None, (stranger, elsewhere, mine)):
            process.kill()
            process.wait()
    assert mosquitto_in(ours) is None
