"""Line protocol: a reading as one point of InfluxDB. Pure.

Measurement, tags and fields as the contract names them; the time stamp is `ts` in ns plus the
sequence number modulo 10⁶, since InfluxDB silently overwrites a point of the same tags and time.
"""

from __future__ import annotations

from functools import lru_cache

import msgspec

from telemetry.model import NO_SEQ, Reading

_json = msgspec.json.Encoder().encode
_TO_FIELDS = bytes.maketrans(b":", b"=")
_ESCAPES = str.maketrans({",": r"\,", "=": r"\=", " ": r"\ "})


def line(reading: Reading) -> bytes:
    """One line, without its end.

    The fields' names are the catalogue's, letters, digits and `_`: the JSON of the values is
    nearly the line already.
    """
    head = _head(reading.sector, reading.area, reading.device, reading.kind, reading.site)
    values = _json(reading.values).translate(_TO_FIELDS, b'{"}')
    seq = reading.seq
    if seq != NO_SEQ and reading.boot != NO_SEQ:
        return b"%b%b,q=%di,seq=%di,boot=%di,received=%di %d" % (
            head,
            values,
            reading.q,
            seq,
            reading.boot,
            reading.received,
            reading.ts * 1_000_000 + seq % 1_000_000,
        )
    counted = b""
    nanoseconds = reading.ts * 1_000_000
    if seq != NO_SEQ:
        counted = b",seq=%di" % seq
        nanoseconds += seq % 1_000_000
    else:
        nanoseconds += reading.apart
        if reading.boot != NO_SEQ:
            counted = b",boot=%di" % reading.boot
    return b"%b%b,q=%di%b,received=%di %d" % (
        head,
        values,
        reading.q,
        counted,
        reading.received,
        nanoseconds,
    )


@lru_cache(maxsize=200_000)
def _head(sector: str, area: str, device: str, kind: str, site: str) -> bytes:
    """Measurement and tags; sorted by name, which spares InfluxDB the sorting."""
    tags = {"area": area, "device": device, "kind": kind, "site": site}
    text = "".join(f",{name}={_escaped(value)}" for name, value in tags.items() if value)
    return f"{_escaped(sector)}{text} ".encode()


def _escaped(text: str) -> str:
    """A tag's value as it stands in a line: a line cannot hold a line break at all."""
    return text.replace("\n", " ").replace("\r", " ").translate(_ESCAPES)
