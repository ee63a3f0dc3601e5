"""Readings to the JSON of `up/telemetry`. Runs on MicroPython and on CPython, imports nothing.

A reading is the tuple `(ts, seq, boot, q, values)`:

- `ts`: whole milliseconds since 1970 UTC, or None where the clock is not set,
- `seq`, `boot`: whole numbers, or None where the device counts none,
- `q`: 0 good, 1 calibrating, 2 fault, 3 uncertain,
- `values`: `{quantity: value}`. The names stand in the platform's catalogue, so they need no
  escapes. A value is a whole number, a decimal `(mantissa, decimals)` such as `(321, 2)` for
  3.21, a bool, or a float.

Floats are for the host. An ESP32's float has 32 bits: it cannot tell 16,777,217 from 16,777,216
and puts a time in seconds off by up to a minute. Times, counters and totals are whole numbers
there, and what a converter measured is a decimal.
"""

TYPE_CHECKING = False  # true for a type checker; a device has no typing module
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Value = int | float | tuple[int, int]
    Reading = tuple[int | None, int | None, int | None, int, Mapping[str, Value]]


def decimal(mantissa: int, decimals: int) -> str:
    """`mantissa / 10**decimals` in decimal digits, without a float: (-5, 2) is "-0.05"."""
    if decimals < 1:
        return "%d" % mantissa + "0" * (-decimals if mantissa else 0)
    digits = "%d" % abs(mantissa)
    digits = "0" * (decimals + 1 - len(digits)) + digits
    sign = "-" if mantissa < 0 else ""
    return sign + digits[:-decimals] + "." + digits[-decimals:]


def number(value: "Value") -> str:
    """A value as JSON; `ValueError` for what is no number (JSON has no NaN, no infinity)."""
    if isinstance(value, tuple):
        return decimal(value[0], value[1])
    if isinstance(value, (bool, int)):  # MicroPython's bool is no int
        return "%d" % value
    if value - value != 0.0:
        raise ValueError("not a finite number: %r" % value)
    return repr(value)


def encode_reading(reading: "Reading", oldest: "int | None" = None) -> str:
    """One telemetry object. Keys with nothing to say are left out; `q` is 0 where it is absent.

    The values are sorted by name: MicroPython's dict keeps no order, and the same reading gives
    the same bytes everywhere.
    """
    ts, seq, boot, q, values = reading
    pairs = ['"%s":%s' % (name, number(values[name])) for name in sorted(values)]
    parts = ['"values":{' + ",".join(pairs) + "}"]
    if ts is not None:
        parts.insert(0, '"ts":%d' % ts)
    if seq is not None:
        parts.append('"seq":%d' % seq)
    if boot is not None:
        parts.append('"boot":%d' % boot)
    if q:
        parts.append('"q":%d' % q)
    if oldest is not None:
        parts.append('"oldest":%d' % oldest)
    return "{" + ",".join(parts) + "}"


def encode_batch(readings: "Sequence[Reading]", oldest: "int | None" = None) -> bytes:
    """The payload of one message: an array of the readings, in the order in which they came.

    `oldest` is the lowest `seq` that the device still keeps of the first reading's boot: all
    below it is stored or gone for good, so the platform stops waiting for it.
    """
    objects = [encode_reading(r, None if i else oldest) for i, r in enumerate(readings)]
    return ("[" + ",".join(objects) + "]").encode()
