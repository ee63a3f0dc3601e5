"""Errors of alerting that a person reads."""

from __future__ import annotations

from telemetry.errors import KenhError


class AlertsError(KenhError):
    """One line: what is wrong with an alarm or the book, and what to do."""


class UnknownAlarm(AlertsError):  # noqa: N818
    def __init__(self, alarm_id: str) -> None:
        super().__init__(f"no alarm '{alarm_id}': 'kenh alerts list --all' shows every id")
