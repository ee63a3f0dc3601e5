"""What the fakes are told when they start, and how a client must be set to talk to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from alerts.channels import ChannelSettings

TEMPLATE_PARAMETERS = {
    "state": 30,
    "title": 100,
    "place": 200,
    "value": 60,
    "time": 20,
    "code": 30,
}
"""The approved template's parameters and the most letters of each, as Zalo's side has them."""

SMS_TEMPLATES = (
    r"KENH [^/]+/[^:]+: .+ (?:tai|at) .+: .+, \d\d:\d\d \d\d/\d\d\.(?: \S+)?",
    r"KENH [^/]+/[^:]+: .+ (?:tại|at) .+: .+, \d\d:\d\d \d\d/\d\d\.(?: \S+)?",
    r"KENH .+\.\.\.(?: \S+)?",
)
"""What the brand name has registered, one sentence without diacritics and one with them."""


@dataclass(frozen=True, kw_only=True)
class InboxSettings:
    """`folder` keeps every message received and the tokens given out, over restarts.

    The credentials are those that the fakes accept; their defaults are for demo and tests.
    `hang_s` is how long a recipient that hangs keeps a call open, `receipt_delay_s` how long a
    message takes to its recipient. `night_window` refuses template messages from 22 to 6 h.
    """

    folder: Path
    webhook_secret: str = field(default="demo-webhook-secret", repr=False)
    zalo_bot_token: str = field(default="7405901342218:demo-bot-token", repr=False)
    zalo_app_id: str = "3147483647"
    zalo_app_secret: str = field(default="demo-app-secret", repr=False)
    zalo_refresh_token: str = field(default="demo-refresh-token", repr=False)
    zalo_template_id: str = "402001"
    zalo_daily_quota: int = 500
    zalo_access_life_s: int = 90_000
    night_window: bool = False
    esms_api_key: str = field(default="DEMO-API-KEY", repr=False)
    esms_secret_key: str = field(default="DEMO-SECRET-KEY", repr=False)
    esms_brandname: str = "KENH"
    hang_s: float = 30.0
    receipt_delay_s: float = 1.0

    def channels(
        self, url: str, tokens: Path, *, link_base: str = "", timeout_s: float = 10.0
    ) -> ChannelSettings:
        """The settings of real channels that talk to these fakes at `url`."""
        return ChannelSettings(
            link_base=link_base,
            timeout_s=timeout_s,
            webhook_secret=self.webhook_secret,
            zalo_bot_url=url,
            zalo_bot_token=self.zalo_bot_token,
            zalo_template_url=url,
            zalo_oauth_url=url,
            zalo_app_id=self.zalo_app_id,
            zalo_app_secret=self.zalo_app_secret,
            zalo_refresh_token=self.zalo_refresh_token,
            zalo_template_id=self.zalo_template_id,
            zalo_tokens=tokens,
            esms_url=f"{url}/MainService.svc/json",
            esms_api_key=self.esms_api_key,
            esms_secret_key=self.esms_secret_key,
            esms_brandname=self.esms_brandname,
        )
