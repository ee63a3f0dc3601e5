"""The catalogue's units as Grafana knows them.

Where Grafana would scale a unit (0.3 bar into 300 mbar), it gets a plain suffix: an operator
compares with a limit that is written in the canonical unit.
"""

from __future__ import annotations

_OWN = {
    "1": "none",
    "%": "percent",
    "°C": "celsius",
    "s": "s",
    "dBm": "dBm",
    "km/h": "velocitykmh",
}
_WRITTEN = {"m3": "m³", "m3/h": "m³/h", "uS/cm": "µS/cm", "1/h": "xe/h"}


def grafana_unit(unit: str) -> str:
    """Grafana's id of a canonical unit."""
    return _OWN.get(unit) or f"suffix:{written(unit)}"


def written(unit: str) -> str:
    """The unit as people write it."""
    return _WRITTEN.get(unit, unit)
