"""The ways to tell people: one file each, one protocol, made from one settings object."""

from __future__ import annotations

import time
from collections.abc import Callable

from alerts.channels.channel import Channel, ChannelSettings
from alerts.channels.esms import Esms
from alerts.channels.webhook import Webhook
from alerts.channels.zalo_bot import ZaloBot
from alerts.channels.zalo_template import ZaloTemplate

__all__ = ["Channel", "ChannelSettings", "make"]


def wall_clock() -> int:
    return time.time_ns() // 1_000_000


def make(settings: ChannelSettings, clock: Callable[[], int] = wall_clock) -> dict[str, Channel]:
    """Every channel that has its secrets, by the name that contacts use.

    Raises `AlertsError` where a channel has its secrets and lacks something else.
    """
    made: list[Channel] = []
    if settings.webhook_secret:
        made.append(Webhook(settings))
    if settings.zalo_bot_token:
        made.append(ZaloBot(settings))
    if settings.zalo_app_secret and settings.zalo_template_id:
        made.append(ZaloTemplate(settings, clock))
    if settings.esms_api_key and settings.esms_secret_key:
        made.append(Esms(settings))
    return {channel.name: channel for channel in made}
