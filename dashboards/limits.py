"""The normal bands that the dashboards draw, each with its source.

They are those of the shipped rules (a band that names a rule is compared with it by a test) and
of the project's table of limits (`reference/limits.csv` of the data folder), as far as a limit
holds for every device that a panel shows. It is a picture for operators: alarms come from the
rules, and legal texts change (QCVN 40:2011 gives way to QCVN 40:2025 on a roadmap).
"""

from __future__ import annotations

from dataclasses import dataclass

from dashboards.words import Words


@dataclass(frozen=True, slots=True)
class Band:
    """What is normal, in the quantity's canonical unit; None where a side has no limit.

    Beyond `low` and `high` is amber; beyond `lowest` and `highest`, where they are given too, red.
    """

    source: Words
    low: float | None = None
    high: float | None = None
    lowest: float | None = None
    highest: float | None = None

    @property
    def edges(self) -> list[float]:
        """All limits from below."""
        ordered = (self.lowest, self.low, self.high, self.highest)
        return [value for value in ordered if value is not None]

    @property
    def text(self) -> Words:
        """The band in words: `0.2 – 1`."""
        match self.low, self.high:
            case None, high:
                return Words(f"≤ {_vi(high)}", f"≤ {_en(high)}")
            case low, None:
                return Words(f"≥ {_vi(low)}", f"≥ {_en(low)}")
            case low, high:
                return Words(f"{_vi(low)} – {_vi(high)}", f"{_en(low)} – {_en(high)}")


def _en(value: float | None) -> str:
    return f"{value:g}"


def _vi(value: float | None) -> str:
    return _en(value).replace(".", ",")


def _same(text: str) -> Words:
    return Words(text, text)


_DRINKING = _same("QCVN 01-1:2018/BYT")
_SURFACE_C = Words("QCVN 08:2023/BTNMT, mức C", "QCVN 08:2023/BTNMT, class C")
_EFFLUENT_A = Words("QCVN 40:2011/BTNMT, cột A", "QCVN 40:2011/BTNMT, column A")
_VOLTAGE = Words(
    "TT 39/2015/TT-BCT điều 5, -5 % của 220 V, +5 % của 230 V",
    "Circular 39/2015/TT-BCT art. 5, -5 % of 220 V, +5 % of 230 V",
)
_FLOOD = Words(
    "QĐ 05/2020/QĐ-TTg, báo động III trạm Cần Thơ",
    "Decision 05/2020/QD-TTg, alarm III at Cần Thơ",
)
_FREQUENCY = Words("TT 39/2015/TT-BCT điều 4", "Circular 39/2015/TT-BCT art. 4")
_UNBALANCE = Words("TT 39/2015/TT-BCT điều 6", "Circular 39/2015/TT-BCT art. 6")
_SALINITY = Words(
    "dự báo mặn đồng bằng: 1 g/L nước thô, 4 g/L lúa",
    "delta forecasts: 1 g/L raw water, 4 g/L rice",
)
_ROAD = Words(
    "mặc định kỹ thuật: xe máy 15 cm, ô tô 30 cm",
    "engineering default: motorcycles 15 cm, cars 30 cm",
)


def _rule(name: str) -> Words:
    """A limit of our own: that of the shipped rule."""
    return Words(f"luật {name}", f"rule {name}")


BANDS: dict[str, Band] = {
    "water.pressure": Band(_rule("water.pressure.low"), low=1.5),
    "water.salinity": Band(_SALINITY, high=1.0, highest=4.0),
    "water.free_chlorine": Band(_DRINKING, low=0.2, high=1.0),
    "water.ph": Band(_DRINKING, low=6.0, high=8.5),
    "water.orp": Band(_rule("water.orp.low"), low=650.0),
    "water.level": Band(_FLOOD, high=2.0),
    "water.do": Band(_SURFACE_C, low=4.0),
    "power.voltage": Band(_VOLTAGE, low=209.0, high=241.5, lowest=198.0),
    "power.frequency": Band(_FREQUENCY, low=49.8, high=50.2, lowest=49.5, highest=50.5),
    "power.unbalance": Band(_UNBALANCE, high=5.0),
    "power.oil_temp": Band(_rule("power.oil_temp.high"), high=85.0, highest=95.0),
    "traffic.occupancy": Band(
        Words("mặc định kỹ thuật: ùn tắc trên 30 %", "engineering default: congested above 30 %"),
        high=30.0,
    ),
    "traffic.flood_depth": Band(_ROAD, high=15.0, highest=30.0),
    "ww.cod": Band(_EFFLUENT_A, high=75.0),
    "ww.tss": Band(_EFFLUENT_A, high=50.0),
    "ww.nh4n": Band(_EFFLUENT_A, high=5.0),
    "ww.ph": Band(_EFFLUENT_A, low=6.0, high=9.0),
    "ww.temp": Band(_EFFLUENT_A, high=40.0),
    "asset.temp": Band(_rule("industry.machine.hot"), high=80.0),
    "cold.temp": Band(_rule("industry.cold_store.warm"), high=-15.0),
    "asset.vibration": Band(_same("ISO 20816-3"), high=4.5, highest=7.1),
}
"""By quantity."""

DRINKING_TURBIDITY = Band(_DRINKING, high=2.0)
"""Not in `BANDS`: a river carries far more than treated water may."""
