"""Kinds of device: what a device of a kind usually measures, and how often it reports.

A kind names its device's *usual* quantities: they win where a short name could mean several, and
pages list them. A device may send any other quantity of the catalogue too.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, eq=False, slots=True)
class Kind:
    """A kind of device. `quantities` are keys of the catalogue, the most telling one first.

    `sector` is the measurement its readings go to; `interval_s` is the usual time between two
    readings, in seconds. Kinds are compared by identity: there is one of each.
    """

    id: str
    sector: str
    en: str
    vi: str
    quantities: tuple[str, ...]
    interval_s: int


_HEALTH = ("device.battery", "device.rssi")

# fmt: off
_TABLE = (
    Kind("water-pressure-logger", "water", "Water pressure logger", "Bộ ghi áp lực nước",
         ("water.pressure", "water.flow", *_HEALTH), 300),
    Kind("river-station", "water", "River and canal station", "Trạm quan trắc sông, kênh",
         ("water.level", "water.salinity", "water.ec", "water.ph", "water.turbidity", "water.do",
          "water.temp", "env.rain", *_HEALTH), 900),
    Kind("water-quality-station", "water",
         "Drinking-water quality station", "Trạm giám sát chất lượng nước sạch",
         ("water.free_chlorine", "water.turbidity", "water.ph", "water.ec", "water.orp",
          "water.temp", "water.flow"), 300),
    Kind("water-meter", "water", "Water meter", "Đồng hồ nước",
         ("water.volume", "water.flow", *_HEALTH), 3600),
    Kind("pump", "water", "Water pump", "Máy bơm nước",
         ("water.pump_current", "water.pressure", "water.flow", "power.active"), 60),
    Kind("tank", "water", "Water reservoir", "Bể chứa nước",
         ("water.tank_level", "water.flow", "water.free_chlorine"), 300),
    Kind("power-meter", "power", "Power meter", "Công tơ điện",
         ("power.voltage", "power.current", "power.active", "power.reactive", "power.pf",
          "power.frequency", "power.energy"), 60),
    Kind("feeder-monitor", "power", "Feeder monitor", "Thiết bị giám sát xuất tuyến",
         ("power.voltage", "power.current", "power.unbalance", "power.frequency", "power.thd_u",
          "power.outage"), 60),
    Kind("transformer-monitor", "power", "Transformer monitor", "Thiết bị giám sát máy biến áp",
         ("power.oil_temp", "power.active", "power.reactive", "power.current", "power.unbalance"),
          300),
    Kind("solar-inverter", "power", "Solar inverter", "Biến tần điện mặt trời",
         ("power.active", "power.energy", "power.voltage", "power.frequency"), 60),
    Kind("traffic-counter", "traffic", "Traffic counter", "Trạm đếm xe",
         ("traffic.volume", "traffic.speed", "traffic.occupancy", "traffic.queue"), 300),
    Kind("travel-time", "traffic", "Travel-time section", "Đoạn đường đo thời gian hành trình",
         ("traffic.travel_time", "traffic.speed"), 300),
    Kind("road-flood-gauge", "traffic", "Road flood gauge", "Cảm biến ngập đường",
         ("traffic.flood_depth", "env.rain", *_HEALTH), 300),
    Kind("weigh-in-motion", "traffic", "Weigh-in-motion station", "Trạm cân xe tự động",
         ("traffic.axle_load", "traffic.speed"), 300),
    Kind("weather-station", "environment", "Weather station", "Trạm thời tiết",
         ("env.rain", "env.air_temp", "env.humidity", *_HEALTH), 600),
    Kind("wastewater-station", "industry",
         "Wastewater monitoring station", "Trạm quan trắc nước thải",
         ("ww.cod", "ww.tss", "ww.nh4n", "ww.ph", "ww.temp", "ww.flow_in", "ww.flow_out"), 300),
    Kind("machine-monitor", "industry", "Machine monitor", "Thiết bị giám sát máy",
         ("asset.temp", "asset.vibration", "power.current"), 300),
    Kind("cold-store", "industry", "Cold-store monitor", "Thiết bị giám sát kho lạnh",
         ("cold.temp", "env.humidity", "power.outage", *_HEALTH), 300),
)
# fmt: on

KINDS: dict[str, Kind] = {kind.id: kind for kind in _TABLE}
"""Every kind by its id."""
