"""STATE/secrets.json: the installation's own secrets, made once, readable by its owner only."""

from __future__ import annotations

import secrets as random

import msgspec

from app.config import Config, secret
from app.errors import CommandError
from app.files import write_whole
from app.state import State


class Secrets(msgspec.Struct, frozen=True):
    """Every secret of the installation. `repr` shows none of them."""

    mqtt_admin: str
    mqtt_ingest: str
    influx: str  # the password of 1.x, or the token of 2.x
    portal_token: str
    session_key: str
    webhook: str
    grafana_admin: str
    grafana_reader: str
    grafana_influx: str  # 2.x: a token that may read the tenants' buckets, from the environment

    def __repr__(self) -> str:
        return "Secrets(…)"


def load_or_make(state: State, config: Config) -> Secrets:
    """The secrets of this state; made at the first call. What the environment gives goes first."""
    made = _load(state)
    if made is None:
        made = Secrets(*(random.token_urlsafe(24) for _ in Secrets.__struct_fields__))
        state.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(state.secrets, msgspec.json.encode(made).decode(), 0o600)
    influx = secret(config.influx.token_env if config.influx.version == 2 else "") or secret(
        config.influx.password_env
    )
    if config.influx.url and not influx:
        variable = (
            config.influx.token_env if config.influx.version == 2 else config.influx.password_env
        )
        raise CommandError(
            f"[influx] url is set but ${variable} is not: export the "
            f"{'token' if config.influx.version == 2 else 'password'} under that name"
        )
    return msgspec.structs.replace(
        made,
        mqtt_admin=secret(config.mqtt.admin_password_env) or made.mqtt_admin,
        mqtt_ingest=secret(config.mqtt.ingest_password_env) or made.mqtt_ingest,
        influx=influx or made.influx,
        grafana_influx=secret(config.grafana.influx_token_env) or made.grafana_influx,
        webhook=secret(config.channels.webhook_secret_env) or made.webhook,
    )


def _load(state: State) -> Secrets | None:
    try:
        return msgspec.json.decode(state.secrets.read_bytes(), type=Secrets)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError as error:
        raise CommandError(
            f"{state.secrets} cannot be read ({error}); restore it from a backup, or move the "
            "state's folder away to begin anew"
        ) from error
