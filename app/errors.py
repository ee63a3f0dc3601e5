"""What ends a command: one sentence for the person who typed it."""

from __future__ import annotations

from telemetry.errors import KenhError


class CommandError(KenhError):
    """What is wrong, where, and what to do; printed without a traceback, exit code 1."""


class StoppedEarly(Exception):  # noqa: N818 - no fault, a wish
    """The stop came before all was ready."""
