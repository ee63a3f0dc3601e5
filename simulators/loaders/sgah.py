"""SGAH: recorded faults of a distribution grid (State Grid of China), 100 samples a recording.

Each recording of six waveforms becomes one reading a minute: the mean of the phases' RMS
voltage, scaled from the transformer's 57.7 V secondary to 220 V, the mean RMS current as it
stands (secondary side), and the voltage unbalance. A series is the 40 normal recordings followed
by the 40 of one fault; the fault's class labels them.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from pathlib import Path

from simulators.series import Event, Row, Series
from simulators.table import TableError, iso_ms

KIND = "feeder-monitor"
RECORDING = 100
SPACING_MS = 60_000
SCALE = 220 / 57.7
FIRST = iso_ms("2020-01-01T00:00:00")
"""The recordings have no time of their own."""

PARTS = {
    "single-phase-ground": "sgah_1_single_phase_ground.csv",
    "phase-phase-short": "sgah_2_phase_phase_short.csv",
    "two-phase-ground": "sgah_3_two_phase_ground.csv",
    "main-transformer": "sgah_4_main_transformer.csv",
}
NORMAL = "sgah_5_normal.csv"


def load(folder: Path, part: str) -> Series:
    """Normal operation, then the fault that `part` names."""
    power = folder / "power"
    normal, fault = (_recordings(power / name) for name in (NORMAL, PARTS[part]))
    readings = [
        Row(FIRST + index * SPACING_MS, values) for index, values in enumerate(normal + fault)
    ]
    event = Event(readings[len(normal)].ts, readings[-1].ts, part)
    quantities = ("power.voltage", "power.current", "power.unbalance")
    return Series(f"sgah/{part}", KIND, quantities, readings, (event,))


def unbalance(phases: Sequence[Sequence[float]]) -> float:
    """Voltage unbalance in %: the negative over the positive sequence.

    `phases` are the samples of the three phases, taken at the same moments. The space vector of
    each moment (Clarke's transform) lies on an ellipse whose half axes are the sum and the
    difference of the two sequences. The ellipse `p x² + q xy + r y² = 1` is fitted by least
    squares, so that it does not matter in which moments of the period the samples were taken,
    as it would for RMS values: 100 samples of this data are spread unevenly.
    """
    vectors = [
        ((2 * a - b - c) / 3, (b - c) / math.sqrt(3)) for a, b, c in zip(*phases, strict=True)
    ]
    terms = [(x * x, x * y, y * y) for x, y in vectors]
    matrix = [[sum(term[i] * term[j] for term in terms) for j in range(3)] for i in range(3)]
    right = [sum(term[i] for term in terms) for i in range(3)]
    size = _determinant(matrix)
    if size <= 0:
        return 0.0
    p, q, r = (
        _determinant([[*row[:k], right[i], *row[k + 1 :]] for i, row in enumerate(matrix)]) / size
        for k in range(3)
    )
    middle, apart = (p + r) / 2, math.hypot((p - r) / 2, q / 2)
    if middle <= apart:  # no ellipse: the vector moves on a line, both sequences are equal
        return 100.0
    long, short = 1 / math.sqrt(middle - apart), 1 / math.sqrt(middle + apart)
    return 100 * (long - short) / (long + short)


def _determinant(m: Sequence[Sequence[float]]) -> float:
    return (
        m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1])
        - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0])
        + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0])
    )


def _recordings(path: Path) -> list[dict[str, float]]:
    samples = _samples(path)
    found = []
    for start in range(0, len(samples) - RECORDING + 1, RECORDING):
        columns = list(zip(*samples[start : start + RECORDING], strict=True))
        rms = [math.sqrt(_mean_square(column)) for column in columns]
        found.append(
            {
                "voltage": round(sum(rms[:3]) / 3 * SCALE, 3),
                "current": round(sum(rms[3:]) / 3, 3),
                "unbalance": round(unbalance(columns[:3]), 3),
            }
        )
    return found


def _samples(path: Path) -> list[list[float]]:
    """The lines of a file as six figures each; one of the five files has no header."""
    with path.open(newline="") as file:
        lines = list(csv.reader(file))
    found = []
    for number, line in enumerate(lines, 1):
        try:
            found.append([float(text) for text in line])
        except ValueError:
            if number > 1:
                raise TableError(f"{path}, line {number}: not six numbers: {line}") from None
    return found


def _mean_square(samples: Sequence[float]) -> float:
    return sum(sample**2 for sample in samples) / len(samples)
