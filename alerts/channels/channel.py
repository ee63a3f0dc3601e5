"""What a channel is, and what all channels are told when they are made."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from alerts.model import Delivery, Message


class Channel(Protocol):
    """One way to tell people. It never raises for what the far end does: that is an outcome.

    `idempotent`: the far end drops a message whose key it has seen, so that after an ambiguous
    outcome the same may be sent again.
    """

    @property
    def name(self) -> str: ...

    @property
    def idempotent(self) -> bool: ...

    async def send(self, message: Message) -> Delivery: ...

    async def status(self, provider_id: str) -> Delivery:
        """What became of a message that was accepted."""

    async def close(self) -> None: ...


@dataclass(frozen=True, kw_only=True)
class ChannelSettings:
    """Addresses and secrets of the providers; a channel whose secrets are missing is off.

    `link_base` is the portal's address as people reach it: links lead to
    `{link_base}/alarms/<id>`. `dashboard_link` may name `{tenant}`, `{site}`, `{device}`,
    `{area}` and `{sector}`. `zalo_tokens` is the file that keeps Zalo's rotating tokens;
    `zalo_refresh_token` only starts it, and a new value there (the administrator signed in
    again) takes its place. `proxy` is the one way out where the network has one.
    """

    link_base: str = ""
    dashboard_link: str = ""
    proxy: str = ""
    timeout_s: float = 10.0

    webhook_secret: str = field(default="", repr=False)

    zalo_bot_url: str = "https://bot-api.zaloplatforms.com"
    zalo_bot_token: str = field(default="", repr=False)

    zalo_template_url: str = "https://business.openapi.zalo.me"
    zalo_oauth_url: str = "https://oauth.zaloapp.com"
    zalo_app_id: str = ""
    zalo_app_secret: str = field(default="", repr=False)
    zalo_refresh_token: str = field(default="", repr=False)
    zalo_template_id: str = ""
    zalo_tokens: Path | None = None
    zalo_development: bool = False  # deliver to the account's administrators only

    esms_url: str = "https://rest.esms.vn/MainService.svc/json"
    esms_api_key: str = field(default="", repr=False)
    esms_secret_key: str = field(default="", repr=False)
    esms_brandname: str = ""
    esms_callback_url: str = field(default="", repr=False)  # holds an unguessable word
    esms_unicode: bool = False  # SMS with diacritics, two parts each
    esms_sandbox: bool = False

    def alarm_link(self, alarm_id: str) -> str:
        return f"{self.link_base.rstrip('/')}/alarms/{alarm_id}" if self.link_base else ""
