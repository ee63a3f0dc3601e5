"""What a benchmark says: its figures, and the machine, load and caveats they hold for."""

from __future__ import annotations

import os
import platform

import msgspec

Facts = dict[str, str | int | float]


class BenchmarkError(Exception):
    """The benchmark cannot be run here: one line that says why."""


class Report(msgspec.Struct):
    """What the contract prints as JSON. Figures that were not measured are absent."""

    figures: dict[str, float]
    machine: Facts
    load: Facts
    caveats: list[str]

    def text(self) -> str:
        """The report for a person."""
        width = max(map(len, self.figures), default=0)
        lines = [f"{name:<{width}}  {value:>10,.2f}" for name, value in self.figures.items()]
        for title, facts in (("machine", self.machine), ("load", self.load)):
            lines.append(f"{title}: " + ", ".join(f"{key} {fact}" for key, fact in facts.items()))
        return "\n".join([*lines, *(f"- {caveat}" for caveat in self.caveats)])


def machine() -> Facts:
    """This machine, and how busy it is with other things."""
    return {
        "cpus": os.cpu_count() or 0,
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "load_average": round(os.getloadavg()[0], 2),
    }
