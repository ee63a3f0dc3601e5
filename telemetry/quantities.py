"""The table of quantities: what can be measured, in which unit, within which physical range.

Source: the project's shared sensor catalogue (`reference/quantities.csv` of the data folder; a
test compares both). Ranges are those of the quantity in the province's infrastructure, beyond
which a value is a fault of the sensor and not a fact: the IEC 62053 / IEC 61000-4-30 classes of
meters, the probes' data sheets and the local tides stand behind them. SenML units are those of
RFC 8428 and RFC 8798.

Where the shared table has words instead of a figure: "on change", "event" and "per msg" are
the interval 0; a road gauge's "300 (60 when >0)" is 300; dBm becomes SenML's dBW by an offset.
"""

from __future__ import annotations

from dataclasses import dataclass

SECTORS = ("water", "power", "traffic", "environment", "industry")
"""The sectors of kinds: each is a measurement in InfluxDB."""

_SECTOR_OF_PREFIX = {
    "water": "water",
    "ww": "industry",
    "power": "power",
    "traffic": "traffic",
    "env": "environment",
    "device": "device",
    "asset": "industry",
    "cold": "industry",
}


@dataclass(frozen=True, slots=True)
class Quantity:
    """One physical quantity and its canonical form.

    `unit` is the canonical unit (of `telemetry.units`), `low` and `high` the admitted range in
    it. In SenML the value is `value * senml_factor + senml_offset` in the unit `senml`.
    `sample_s` and `report_s` are the usual intervals in seconds; 0 means with each event.
    """

    key: str
    en: str
    vi: str
    unit: str
    senml: str
    senml_factor: float
    low: float
    high: float
    sample_s: int
    report_s: int
    senml_offset: float = 0.0

    @property
    def prefix(self) -> str:
        """The part of the key before the dot: `water` of `water.pressure`."""
        return self.key.partition(".")[0]

    @property
    def name(self) -> str:
        """The part of the key after the dot: `pressure` of `water.pressure`."""
        return self.key.partition(".")[2]

    @property
    def sector(self) -> str:
        """A sector of `SECTORS`, or `device` for what concerns the device itself."""
        return _SECTOR_OF_PREFIX[self.prefix]


_Q = Quantity
_M3_S = 0.0002777778  # m3/h in m3/s

# fmt: off
_TABLE = (
    # Rivers, canals and drinking water.
    _Q("water.level", "river or canal level", "mực nước sông, kênh",
       "m", "m", 1, -1, 4, 60, 900),
    _Q("water.salinity", "salinity", "độ mặn",
       "g/L", "kg/m3", 1, 0, 30, 300, 900),
    _Q("water.ec", "electrical conductivity", "độ dẫn điện",
       "uS/cm", "S/m", 0.0001, 0, 50_000, 300, 900),
    _Q("water.ph", "pH", "độ pH",
       "1", "pH", 1, 0, 14, 60, 300),
    _Q("water.turbidity", "turbidity", "độ đục",
       "NTU", "NTU", 1, 0, 4000, 60, 300),
    _Q("water.free_chlorine", "free residual chlorine", "clo dư tự do",
       "mg/L", "kg/m3", 0.001, 0, 10, 60, 300),
    _Q("water.do", "dissolved oxygen", "oxy hòa tan",
       "mg/L", "kg/m3", 0.001, 0, 20, 300, 900),
    _Q("water.temp", "water temperature", "nhiệt độ nước",
       "°C", "Cel", 1, 0, 60, 60, 300),
    _Q("water.orp", "oxidation-reduction potential", "thế oxy hóa khử",
       "mV", "V", 0.001, -1000, 1000, 60, 300),
    _Q("water.pressure", "network pressure", "áp lực mạng",
       "bar", "Pa", 100_000, 0, 16, 15, 300),
    _Q("water.flow", "flow rate", "lưu lượng nước",
       "m3/h", "m3/s", _M3_S, 0, 6000, 15, 300),
    _Q("water.volume", "totalised volume", "sản lượng nước lũy kế",
       "m3", "m3", 1, 0, 1e9, 900, 3600),
    _Q("water.tank_level", "reservoir level", "mực nước bể chứa",
       "m", "m", 1, 0, 8, 30, 300),
    _Q("water.pump_current", "pump motor current", "dòng điện máy bơm",
       "A", "A", 1, 0, 600, 1, 60),
    # Wastewater of firms.
    _Q("ww.cod", "wastewater COD", "COD nước thải",
       "mg/L", "kg/m3", 0.001, 0, 2000, 300, 300),
    _Q("ww.tss", "wastewater suspended solids (TSS)", "TSS nước thải",
       "mg/L", "kg/m3", 0.001, 0, 3000, 300, 300),
    _Q("ww.nh4n", "wastewater ammonium (as N)", "amoni nước thải (tính theo N)",
       "mg/L", "kg/m3", 0.001, 0, 200, 300, 300),
    _Q("ww.ph", "wastewater pH", "độ pH nước thải",
       "1", "pH", 1, 0, 14, 60, 300),
    _Q("ww.temp", "wastewater temperature", "nhiệt độ nước thải",
       "°C", "Cel", 1, 0, 80, 60, 300),
    _Q("ww.flow_in", "influent flow", "lưu lượng nước thải đầu vào",
       "m3/h", "m3/s", _M3_S, 0, 500, 60, 300),
    _Q("ww.flow_out", "effluent flow", "lưu lượng nước thải đầu ra",
       "m3/h", "m3/s", _M3_S, 0, 500, 60, 300),
    # Power.
    _Q("power.voltage", "RMS voltage", "điện áp hiệu dụng",
       "V", "V", 1, 0, 300, 1, 60),
    _Q("power.current", "RMS current", "dòng điện hiệu dụng",
       "A", "A", 1, 0, 2000, 1, 60),
    _Q("power.frequency", "frequency", "tần số lưới điện",
       "Hz", "Hz", 1, 45, 55, 1, 10),
    _Q("power.active", "active power", "công suất tác dụng",
       "kW", "W", 1000, -100_000, 100_000, 1, 60),
    _Q("power.reactive", "reactive power", "công suất phản kháng",
       "kvar", "var", 1000, -100_000, 100_000, 1, 60),
    _Q("power.pf", "power factor", "hệ số công suất",
       "1", "/", 1, -1, 1, 1, 60),
    _Q("power.energy", "active energy (register)", "điện năng tác dụng",
       "kWh", "J", 3_600_000, 0, 1e9, 900, 1800),
    _Q("power.thd_u", "voltage distortion (THD)", "độ méo sóng hài điện áp (THD)",
       "%", "/", 0.01, 0, 30, 60, 600),
    _Q("power.unbalance", "voltage unbalance", "độ mất cân bằng pha",
       "%", "/", 0.01, 0, 20, 60, 600),
    _Q("power.oil_temp", "transformer top-oil temperature", "nhiệt độ dầu máy biến áp",
       "°C", "Cel", 1, 0, 120, 60, 300),
    _Q("power.outage", "supply state", "trạng thái cấp điện",
       "1", "/", 1, 0, 1, 1, 0),
    # Roads.
    _Q("traffic.volume", "vehicle count", "lưu lượng xe",
       "1/h", "count", 1, 0, 6000, 20, 300),
    _Q("traffic.speed", "mean speed", "tốc độ trung bình",
       "km/h", "m/s", 0.2777778, 0, 160, 20, 300),
    _Q("traffic.occupancy", "detector occupancy", "độ chiếm dụng làn đường",
       "%", "/", 0.01, 0, 100, 20, 300),
    _Q("traffic.travel_time", "section travel time", "thời gian hành trình",
       "s", "s", 1, 0, 7200, 60, 300),
    _Q("traffic.queue", "queue length", "chiều dài hàng xe chờ",
       "m", "m", 1, 0, 2000, 20, 300),
    _Q("traffic.flood_depth", "water depth on the road", "độ sâu ngập đường",
       "cm", "m", 0.01, 0, 150, 60, 300),
    _Q("traffic.axle_load", "gross vehicle weight", "tải trọng xe",
       "t", "kg", 1000, 0, 80, 0, 0),
    # What every sector shares.
    _Q("env.rain", "rainfall intensity", "cường độ mưa",
       "mm/h", "m/s", 2.777778e-07, 0, 250, 60, 600),
    _Q("env.air_temp", "air temperature", "nhiệt độ không khí",
       "°C", "Cel", 1, 10, 45, 60, 600),
    _Q("env.humidity", "relative humidity", "độ ẩm tương đối",
       "%", "%RH", 1, 10, 100, 60, 600),
    _Q("device.battery", "battery level", "mức pin",
       "%", "%EL", 1, 0, 100, 3600, 21_600),
    _Q("device.rssi", "received signal strength", "cường độ tín hiệu",
       "dBm", "dBW", 1, -140, -30, 0, 0, -30.0),
    # Machines and cold stores of firms.
    _Q("asset.temp", "machine temperature", "nhiệt độ máy",
       "°C", "Cel", 1, 0, 150, 10, 300),
    _Q("asset.vibration", "vibration velocity (RMS)", "vận tốc rung (RMS)",
       "mm/s", "m/s", 0.001, 0, 50, 1, 60),
    _Q("cold.temp", "cold-store temperature", "nhiệt độ kho lạnh",
       "°C", "Cel", 1, -40, 15, 60, 300),
)
# fmt: on

QUANTITIES: dict[str, Quantity] = {quantity.key: quantity for quantity in _TABLE}
"""Every quantity by its key."""
