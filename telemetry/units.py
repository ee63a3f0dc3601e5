"""Units of measurement: what they measure and how one becomes another."""

from __future__ import annotations

from typing import NamedTuple

from telemetry.errors import UnitError


class _Unit(NamedTuple):
    """A value in this unit is `value * factor + offset` in its dimension's base unit."""

    dimension: str
    factor: float
    offset: float = 0.0


_H = 3600.0
_DAY = 86_400.0
_MPH = 1609.344 / _H  # international mile
_FAHRENHEIT = 5 / 9

# fmt: off
_FACTORS: dict[str, dict[str, float]] = {
    "pressure": {
        "bar": 1e5, "mbar": 100.0, "Pa": 1.0, "hPa": 100.0, "kPa": 1e3, "MPa": 1e6,
        "mH2O": 9806.65, "psi": 6894.757293168,  # conventional metre of water, at 4 °C
    },
    "length": {"m": 1.0, "cm": 0.01, "mm": 0.001, "km": 1000.0},
    "volume": {"m3": 1.0, "L": 0.001},
    "flow": {
        "m3/h": 1 / _H, "m3/s": 1.0, "m3/min": 1 / 60, "m3/d": 1 / _DAY,
        "L/s": 1e-3, "L/min": 1e-3 / 60, "L/h": 1e-3 / _H,
    },
    # A part in a thousand of river water is a gram a litre within 2 % up to 30 g/L.
    "concentration": {"g/L": 1.0, "mg/L": 1e-3, "ug/L": 1e-6, "kg/m3": 1.0, "ppt": 1.0},
    "turbidity": {"NTU": 1.0, "FNU": 1.0},
    "conductivity": {"uS/cm": 1e-4, "mS/cm": 0.1, "S/m": 1.0},
    "voltage": {"V": 1.0, "mV": 1e-3, "kV": 1e3},
    "current": {"A": 1.0, "mA": 1e-3, "kA": 1e3},
    "active power": {"W": 1.0, "kW": 1e3, "MW": 1e6},
    "reactive power": {"var": 1.0, "kvar": 1e3, "Mvar": 1e6},
    "energy": {"Wh": 1.0, "kWh": 1e3, "MWh": 1e6, "J": 1 / _H, "kJ": 1e3 / _H, "MJ": 1e6 / _H},
    "frequency": {"Hz": 1.0, "mHz": 1e-3},
    "ratio": {"1": 1.0, "%": 0.01},
    "speed": {"km/h": 1000 / _H, "m/s": 1.0, "mph": _MPH, "mm/h": 1e-3 / _H, "mm/s": 1e-3},
    "time": {"ms": 1e-3, "s": 1.0, "min": 60.0, "h": _H, "d": _DAY},
    "mass": {"t": 1000.0, "kg": 1.0, "g": 1e-3},
    "count rate": {"1/h": 1 / _H, "1/min": 1 / 60, "1/s": 1.0, "1/d": 1 / _DAY},
}

# fmt: on
_UNITS: dict[str, _Unit] = {
    unit: _Unit(dimension, factor)
    for dimension, factors in _FACTORS.items()
    for unit, factor in factors.items()
} | {
    "°C": _Unit("temperature", 1.0, 273.15),
    "K": _Unit("temperature", 1.0),
    "°F": _Unit("temperature", _FAHRENHEIT, 273.15 - 32 * _FAHRENHEIT),
    "dBm": _Unit("signal strength", 1.0, -30.0),
    "dBW": _Unit("signal strength", 1.0),
}

# fmt: off
_ALIASES = {
    "C": "°C", "Cel": "°C", "degC": "°C", "F": "°F", "degF": "°F", "‰": "ppt",
    "µS/cm": "uS/cm", "μS/cm": "uS/cm", "µg/L": "ug/L", "μg/L": "ug/L",
    "m³": "m3", "m³/h": "m3/h", "m³/s": "m3/s", "m³/d": "m3/d", "m³/min": "m3/min",
    "l": "L", "l/s": "L/s", "l/min": "L/min", "l/h": "L/h", "mg/l": "mg/L", "g/l": "g/L",
    "veh/h": "1/h", "veh/min": "1/min", "veh/d": "1/d", "mH₂O": "mH2O", "kVAr": "kvar",
}
# fmt: on


def known(unit: str) -> bool:
    """Whether `unit` is a unit, by its own name or another spelling of it."""
    return _ALIASES.get(unit, unit) in _UNITS


def dimension(unit: str) -> str:
    """What `unit` measures: `pressure`, `flow`, … Raises `UnitError`."""
    return _lookup(unit).dimension


def fitting(unit: str) -> tuple[str, ...]:
    """The units of the same dimension, `unit` among them. Raises `UnitError`."""
    wanted = _lookup(unit).dimension
    return tuple(name for name, other in _UNITS.items() if other.dimension == wanted)


def convert(
    value: float, source_unit: str, target_unit: str, *, difference: bool = False
) -> float:
    """`value` in `target_unit`. Raises `UnitError`, which names both units and what would fit.

    With `difference`, `value` is a difference of two values: 5 K are then 5 °C, not -268.15.
    """
    source, target = _lookup(source_unit, target_unit), _lookup(target_unit)
    if source.dimension != target.dimension:
        raise UnitError(
            f"{source_unit!r} ({source.dimension}) does not fit {target_unit!r} "
            f"({target.dimension}): use {_listed(fitting(target_unit))}"
        )
    if source == target:
        return value
    if difference:
        return value * source.factor / target.factor
    return (value * source.factor + source.offset - target.offset) / target.factor


def _lookup(unit: str, wanted: str | None = None) -> _Unit:
    found = _UNITS.get(_ALIASES.get(unit, unit))
    if found is not None:
        return found
    if wanted is not None and known(wanted):
        raise UnitError(
            f"{unit!r} is no known unit, {wanted!r} is wanted: use {_listed(fitting(wanted))}"
        )
    alike = [name for name in (*_UNITS, *_ALIASES) if name.lower() == unit.lower()]
    hint = f"did you mean {_listed(alike)}?" if alike else f"known are {', '.join(_UNITS)}"
    raise UnitError(f"{unit!r} is no known unit: {hint}")


def _listed(names: list[str] | tuple[str, ...]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}" if len(names) > 1 else names[0]
