"""Which alert channels this installation has, with their secrets; in a demo they lead to fakes."""

from __future__ import annotations

import hashlib
import hmac

from alerts.channels import Channel, ChannelSettings, make
from app.config import secret
from app.setting import Setting
from simulators.inbox.settings import InboxSettings


def channels(setting: Setting) -> dict[str, Channel]:
    """Every channel that has its secrets."""
    if not setting.runtime.inbox_url:
        return make(_providers(setting))
    return make(
        inbox_settings(setting).channels(
            setting.runtime.inbox_url,
            setting.state.zalo_tokens,
            link_base=setting.runtime.portal_link,
            timeout_s=3.0,
        )
    )


def _providers(setting: Setting) -> ChannelSettings:
    wanted = setting.config.channels
    return ChannelSettings(
        link_base=setting.runtime.portal_link,
        webhook_secret=setting.secrets.webhook,
        zalo_bot_token=secret(wanted.zalo_bot_token_env),
        zalo_app_id=wanted.zalo_app_id,
        zalo_app_secret=secret(wanted.zalo_app_secret_env),
        zalo_refresh_token=secret(wanted.zalo_refresh_token_env),
        zalo_template_id=wanted.zalo_template_id,
        zalo_tokens=setting.state.zalo_tokens,
        esms_api_key=secret(wanted.esms_api_key_env),
        esms_secret_key=secret(wanted.esms_secret_key_env),
        esms_brandname=wanted.esms_brandname,
    )


def inbox_settings(setting: Setting) -> InboxSettings:
    """The fakes of this state: their credentials are made from its own secret."""

    def made(what: str) -> str:
        key = setting.secrets.session_key.encode()
        return hmac.new(key, what.encode(), hashlib.sha256).hexdigest()[:32]

    return InboxSettings(
        folder=setting.state.inbox,
        webhook_secret=setting.secrets.webhook,
        zalo_bot_token=made("zalo-bot"),
        zalo_app_secret=made("zalo-app"),
        zalo_refresh_token=made("zalo-refresh"),
        esms_api_key=made("esms-key"),
        esms_secret_key=made("esms-secret"),
    )
