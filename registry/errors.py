"""What the registry refuses, in one line for the person who asked for it."""

from __future__ import annotations

from telemetry.errors import KenhError


class RegistryError(KenhError):
    """What is wrong with a request to the registry, and what to do instead."""
