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
    """Voltage unbalance in %: negative over positive sequence.

    From the RMS line-to-line voltages alone, after IEC 61000-4-30 and CIGRE:
    `sqrt((1 - s) / (1 + s))` with `s = sqrt(3 - 6 b)` and `b` = the sum of their fourth powers
    over the square of the sum of their squares. `phases` are the samples of the three phases.
    """
    pairs = ((0, 1), (1, 2), (2, 0))
    squares = [
        _mean_square([x - y for x, y in zip(phases[a], phases[b], strict=True)]) for a, b in pairs
    ]
    total = sum(squares)
    if total == 0:
        return 0.0
    beta = sum(square**2 for square in squares) / total**2
    root = math.sqrt(max(0.0, 3 - 6 * beta))
    return 100 * math.sqrt(max(0.0, (1 - root) / (1 + root)))


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
