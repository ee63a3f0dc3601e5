"""The configuration file: TOML, every key checked, every error naming its key."""

from __future__ import annotations

import difflib
import os
import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.errors import CommandError


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Mqtt(Section):
    """The broker. Without `external` Kênh starts its own mosquitto."""

    external: bool = False
    host: str = "127.0.0.1"
    port: int = Field(1883, ge=1, le=65535)
    tls_bind: str = ""  # the address of the TLS listener; "" is every address, IPv6 and IPv4
    tls_port: int = Field(8884, ge=0, le=65535)  # 0: no TLS listener
    tls_names: tuple[str, ...] = ()  # further names and addresses for the server's certificate
    ingest_username: str = "kenh-ingest"
    ingest_password_env: str = "KENH_MQTT_INGEST_PASSWORD"  # noqa: S105
    admin_username: str = "kenh-admin"
    admin_password_env: str = "KENH_MQTT_ADMIN_PASSWORD"  # noqa: S105


class Influx(Section):
    """InfluxDB. Without `url` Kênh starts Debian's InfluxDB 1.x as a child."""

    url: str = ""
    version: Literal[1, 2] = 1
    host: str = "127.0.0.1"
    port: int = Field(8086, ge=1, le=65535)
    username: str = "kenh"
    password_env: str = "KENH_INFLUX_PASSWORD"  # noqa: S105
    org: str = "kenh"
    token_env: str = "KENH_INFLUX_TOKEN"  # noqa: S105


class Grafana(Section):
    """Grafana. Without `url` Kênh starts grafana-server where it is installed."""

    url: str = ""
    host: str = "127.0.0.1"
    port: int = Field(3000, ge=1, le=65535)
    influx_token_env: str = "KENH_GRAFANA_INFLUX_TOKEN"  # noqa: S105


class Portal(Section):
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=1, le=65535)
    open: bool = False  # readable without signing in: only for a demo on the loopback
    public_url: str = ""  # the address that links in alerts carry


class Inbox(Section):
    """The fakes of the alert providers, for demo and tests."""

    enabled: bool = False
    host: str = "127.0.0.1"
    port: int = Field(8025, ge=1, le=65535)


class Ingest(Section):
    future_tolerance_s: int = Field(300, ge=1)
    lateness_s: int = Field(300, ge=1)
    spool_max_mb: int = Field(10_240, ge=64)
    dead_letters_max_mb: int = Field(512, ge=1)


class Rules(Section):
    packs: str = ""  # a folder of rule files; "" takes the shipped ones
    time_scale: float = Field(1.0, gt=0)  # the demo's replay speed: durations shrink by it


class Channels(Section):
    """Alert channels; a channel without its secret is off. Secrets come from the environment."""

    webhook_secret_env: str = "KENH_WEBHOOK_SECRET"  # noqa: S105
    zalo_bot_token_env: str = "KENH_ZALO_BOT_TOKEN"  # noqa: S105
    zalo_app_id: str = ""
    zalo_app_secret_env: str = "KENH_ZALO_APP_SECRET"  # noqa: S105
    zalo_refresh_token_env: str = "KENH_ZALO_REFRESH_TOKEN"  # noqa: S105
    zalo_template_id: str = ""
    esms_api_key_env: str = "KENH_ESMS_API_KEY"
    esms_secret_key_env: str = "KENH_ESMS_SECRET_KEY"  # noqa: S105
    esms_brandname: str = "KENH"


class Config(Section):
    mqtt: Mqtt = Mqtt()
    influx: Influx = Influx()
    grafana: Grafana = Grafana()
    portal: Portal = Portal()
    inbox: Inbox = Inbox()
    ingest: Ingest = Ingest()
    rules: Rules = Rules()
    channels: Channels = Channels()


def load(path: Path | None) -> Config:
    """The configuration in `path`, or the defaults; `CommandError` names file and key."""
    if path is None:
        return Config()
    try:
        document = tomllib.loads(path.read_text())
    except OSError as error:
        raise CommandError(
            f"{path}: {error.strerror}; check the path given with --config"
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise CommandError(f"{path}: not TOML: {error}") from error
    try:
        return Config.model_validate(document)
    except ValidationError as error:
        raise CommandError(f"{path}: {_first_mistake(error)}") from error


def _first_mistake(error: ValidationError) -> str:
    mistake = error.errors(include_url=False)[0]
    where = [str(part) for part in mistake["loc"]]
    key = f"[{where[0]}] {'.'.join(where[1:])}".strip()
    if mistake["type"] == "extra_forbidden":
        return f"{key}: unknown key{_suggestion(where)}"
    return f"{key}: {mistake['msg'].lower()}, but it is {mistake['input']!r}"


def _suggestion(where: list[str]) -> str:
    model: type[BaseModel] = Config
    if len(where) > 1:
        section = Config.model_fields[where[0]].annotation
        if isinstance(section, type) and issubclass(section, BaseModel):
            model = section
    known = list(model.model_fields)
    close = difflib.get_close_matches(where[-1], known, 1)
    return f"; did you mean '{close[0]}'?" if close else f"; known are {', '.join(known)}"


def secret(variable: str) -> str:
    """The secret that an environment variable holds; "" where it is unset."""
    return os.environ.get(variable, "")
