"""Readings and the exact bytes that every interpreter makes of them.

Plain data that MicroPython reads too: it sees this very file.
A vector is the readings, `oldest`, and the payload.
"""

VECTORS = [
    ([], None, b"[]"),
    (
        [(1700000000123, 17, 4, 0, {"pressure": (321, 2), "flow": (127, 1)})],
        None,
        b'[{"ts":1700000000123,"values":{"flow":12.7,"pressure":3.21},"seq":17,"boot":4}]',
    ),
    # A clock that is not set, no counters, a fault.
    ([(None, None, None, 2, {"pressure": 0})], None, b'[{"values":{"pressure":0},"q":2}]'),
    # What 32-bit floats cannot hold.
    (
        [(1700000000123, 16777217, 2147483647, 0, {"volume": 16777217, "energy": 4294967296})],
        None,
        (
            b'[{"ts":1700000000123,"values":{"energy":4294967296,"volume":16777217},'
            b'"seq":16777217,"boot":2147483647}]'
        ),
    ),
    # Decimals below one, below zero, with trailing zeros, without decimals, scaled up.
    (
        [(1, 1, 1, 0, {"a": (5, 3), "b": (-5, 2), "c": (-1230, 3), "d": (7, 0), "e": (7, -2)})],
        None,
        b'[{"ts":1,"values":{"a":0.005,"b":-0.05,"c":-1.230,"d":7,"e":700},"seq":1,"boot":1}]',
    ),
    ([(1, 1, 1, 0, {"outage": True, "x": (0, -3)})], None,
     b'[{"ts":1,"values":{"outage":1,"x":0},"seq":1,"boot":1}]'),
    # `oldest` stands in the first object alone.
    (
        [(10, 8, 4, 0, {"level": -25}), (20, 9, 4, 1, {"level": -24})],
        3,
        (
            b'[{"ts":10,"values":{"level":-25},"seq":8,"boot":4,"oldest":3},'
            b'{"ts":20,"values":{"level":-24},"seq":9,"boot":4,"q":1}]'
        ),
    ),
]  # fmt: skip

HOST_FLOATS = ([(1, 1, 1, 0, {"flow": 12.7})], None,
               b'[{"ts":1,"values":{"flow":12.7},"seq":1,"boot":1}]')  # fmt: skip
