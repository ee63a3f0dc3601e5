"""Who plays what in the demo: each device, its home, the series it replays and where it begins.

A device begins a little before something worth seeing, so that at the default speed (five minutes
of data in a second) most labelled events are met within the first minute. `why` says what.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Role:
    """One device of the demo.

    `source` is the series (`simulators.loaders`); `begin` is the time in the data, as ISO text,
    at which it starts, "" for the first row.
    """

    device: str
    site: str
    kind: str
    name: str
    source: str
    begin: str
    why: str
    misbehaves: bool = False


# fmt: off
_WATER = (
    Role("clo-vi-thanh-1", "nha-may-nuoc-vi-thanh", "water-quality-station",
         "Giám sát nước sạch, tuyến vào", "gecco/inlet", "2016-09-14T11:00",
         "11:37 disinfectant rises, fails and falls to 0 for four hours"),
    Role("clo-chau-thanh-1", "nha-may-nuoc-song-hau", "water-quality-station",
         "Giám sát nước sạch, tuyến ra", "gecco/outlet", "2016-09-22T07:30",
         "08:04 pH falls from 8.4 to 7.0, redox to 460 mV, disinfectant to 0"),
    Role("song-xa-no-1", "xa-no-vi-thanh", "river-station",
         "Trạm kênh Xà No", "lro/main-street", "2019-04-25T14:00",
         "15:30 level, pH, oxygen and conductivity fall to 0: sensors out of the water"),
    Role("song-cai-lon-1", "song-cai-lon", "river-station",
         "Trạm sông Cái Lớn", "lro/main-street", "2019-04-05T09:30",
         "10:30 turbidity leaps from 5 to 1,011 NTU, again at 13:45 and 14:30"),
    Role("bom-vi-thanh-1", "nha-may-nuoc-vi-thanh", "pump",
         "Bơm cấp 2 số 1", "skab/draining", "", "after 100 min the pump runs dry, flow 7.6 to 0"),
    Role("bom-vi-thanh-2", "nha-may-nuoc-vi-thanh", "pump",
         "Bơm cấp 2 số 2", "skab/leak", "", "after 97 min a leak, flow falls by 4 %"),
    Role("bom-nga-bay-1", "tram-bom-nga-bay", "pump",
         "Bơm tăng áp", "skab/valve", "", "after 100 min a valve closes by half"),
    Role("ap-luc-long-my-1", "mang-nuoc-long-my", "water-pressure-logger",
         "Điểm đo áp lực số 1", "graphleak/n2", "2020-01-06T10:30",
         "12:00 a leak of 4 L/min beside the node: flow leaps by 40 %"),
    Role("ap-luc-long-my-2", "mang-nuoc-long-my", "water-pressure-logger",
         "Điểm đo áp lực số 2", "graphleak/n7", "2020-01-08T10:30",
         "12:00 a leak, pressure falls by 0.3 bar"),
    Role("ap-luc-long-my-3", "mang-nuoc-long-my", "water-pressure-logger",
         "Điểm đo áp lực số 3", "graphleak/n9", "2020-01-12T10:30",
         "12:00 a leak, pressure falls by 0.3 bar"),
    Role("ap-luc-hong-1", "mang-nuoc-long-my", "water-pressure-logger",
         "Điểm đo chập chờn", "graphleak/n7", "", "sends bad readings now and then",
         misbehaves=True),
)

_POWER = (
    Role("cong-to-vi-thanh-1", "khu-dan-cu-vi-thanh", "power-meter",
         "Công tơ hộ A", "uci/household", "2006-12-17T01:30",
         "02:04 night over-voltage, above 241.5 V"),
    Role("cong-to-vi-thanh-2", "khu-dan-cu-vi-thanh", "power-meter",
         "Công tơ hộ B", "uci/household", "2006-12-17T13:00",
         "14:00 over-voltage for an hour and a half, then back to normal"),
    Role("cong-to-long-my-1", "khu-dan-cu-long-my", "power-meter",
         "Công tơ hộ C", "uci/household", "2006-12-16T17:24", "an ordinary evening's load"),
    Role("xuat-tuyen-471", "tram-110-vi-thanh", "feeder-monitor",
         "Xuất tuyến 471", "sgah/single-phase-ground", "", "after 40 min, a ground fault"),
    Role("xuat-tuyen-473", "tram-110-vi-thanh", "feeder-monitor",
         "Xuất tuyến 473", "sgah/phase-phase-short", "", "after 40 min, a phase-phase short"),
    Role("xuat-tuyen-475", "tram-110-long-my", "feeder-monitor",
         "Xuất tuyến 475", "sgah/two-phase-ground", "", "after 40 min, a two-phase ground fault"),
    Role("xuat-tuyen-477", "tram-110-long-my", "feeder-monitor",
         "Xuất tuyến 477", "sgah/main-transformer", "",
         "after 40 min, the main transformer fails: 300 V, 145 A"),
    Role("mat-troi-chau-thanh-1", "mat-troi-chau-thanh", "solar-inverter",
         "Biến tần số 1", "pvanalytics/stale", "2011-01-03T07:45",
         "09:15 the value sticks for fifteen hours"),
    Role("mat-troi-chau-thanh-2", "mat-troi-chau-thanh", "solar-inverter",
         "Biến tần số 2", "pvanalytics/outliers", "2017-04-11T13:15",
         "14:45 an outlier of 141 kW from an inverter of 100 kW"),
    Role("mba-vi-thanh-t1", "tram-110-vi-thanh", "transformer-monitor",
         "Máy biến áp T1", "ett/high", "2016-07-03T23:00",
         "02:00 oil has risen from 19 to 28 °C in three hours"),
    Role("mba-vi-thanh-t2", "tram-110-vi-thanh", "transformer-monitor",
         "Máy biến áp T2", "ett/middle", "2016-07-29T12:00",
         "15:00 oil at 46.0 °C, the hottest hour of the record"),
    Role("mba-long-my-t1", "tram-110-long-my", "transformer-monitor",
         "Máy biến áp T1", "ett/low", "2016-07-04T08:00",
         "11:00 oil has risen from 22 to 29 °C in three hours"),
)

_INDUSTRY = (
    Role("may-nen-lanh-1", "nha-may-hai-san", "machine-monitor",
         "Máy nén lạnh số 1", "nab-machine/temperature", "2013-12-16T04:00",
         "06:00 the machine that stopped in the night has cooled below 12 °C"),
    Role("may-nen-lanh-2", "nha-may-hai-san", "machine-monitor",
         "Máy nén lạnh số 2", "nab-machine/temperature", "2013-12-11T03:30",
         "06:00 it runs hot, 39.3 °C, an early sign of the failure"),
)

_ROADS = (
    Role("chiem-dung-ql1a-1", "ql1a-cai-tac", "traffic-counter",
         "Độ chiếm dụng làn, ngã ba Cái Tắc", "nab/occupancy-6005", "2015-09-15T05:45",
         "06:55 occupancy of the morning above 15 %"),
    Role("toc-do-ql1a-1", "ql1a-cai-tac", "traffic-counter",
         "Tốc độ xe, ngã ba Cái Tắc", "nab/speed-6005", "2015-09-17T06:00",
         "07:00 speed falls from 130 to 45 km/h"),
    Role("toc-do-ql61-1", "ql61-kinh-cung", "traffic-counter",
         "Tốc độ xe, Kinh Cùng", "nab/speed-7578", "2015-09-16T12:45",
         "13:44 traffic stands, 10 km/h; again at 16:55"),
    Role("thoi-gian-ql61c-1", "ql61c-mot-ngan", "travel-time",
         "Thời gian hành trình Một Ngàn - Vị Thanh", "nab/travel-time-387", "2015-08-18T15:14",
         "16:26 travel time leaps from 150 to 5,059 s"),
    Role("xe-ql1a-nga-bay-9", "ql1a-nga-bay", "traffic-counter",
         "Đếm xe và thời tiết, Ngã Bảy", "i94/westbound", "2018-07-03T22:00",
         "a holiday begins in two hours"),
    Role("xe-nam-song-hau-9", "nam-song-hau-mai-dam", "traffic-counter",
         "Đếm xe và thời tiết, Mái Dầm", "i94/westbound", "2018-08-24T13:00",
         "16:00 volume near capacity, 17:00 heavy rain"),
    Role("toc-do-hong-1", "ql61-kinh-cung", "traffic-counter",
         "Trạm đếm xe chập chờn", "metr-la/764106", "2012-03-01T06:15",
         "sends bad readings now and then", misbehaves=True),
)

# Forty of METR-LA's 207 sensors: the twelve with the worst morning and every seventh of the rest.
_SENSORS = (
    "717816", "716339", "718045", "716955", "760650", "765171", "767053", "717461", "717458",
    "767350", "772151", "764101", "773869", "767620", "771667", "716941", "773013", "718204",
    "774011", "716554", "773939", "764766", "717498", "717610", "767585", "764120", "767455",
    "717576", "769847", "717473", "767509", "773904", "763995", "764106", "769345", "717587",
    "773974", "717823", "759772", "717590",
)
# fmt: on
JAMMED = frozenset(f"metr-la/{sensor}" for sensor in _SENSORS[:12])
"""The series whose morning stands still."""

_STRETCHES = (
    ("ql61c-mot-ngan", "ql61c-mot-ngan", "QL61C, Một Ngàn"),
    ("ql61c-vi-thanh", "ql61c-vi-thanh", "QL61C, Vị Thanh"),
    ("ql1a-cai-tac", "ql1a-cai-tac", "QL1A, Cái Tắc"),
    ("ql1a-nga-bay", "ql1a-nga-bay", "QL1A, Ngã Bảy"),
    ("ql61-kinh-cung", "ql61-kinh-cung", "QL61, Kinh Cùng"),
    ("ql61-nang-mau", "ql61-nang-mau", "QL61, Nàng Mau"),
    ("nam-song-hau", "nam-song-hau-mai-dam", "QL Nam Sông Hậu, Mái Dầm"),
    ("cao-toc-phuong-binh", "cao-toc-phuong-binh", "Cao tốc Cần Thơ - Cà Mau, Phương Bình"),
)

_SPEEDS = tuple(
    Role(
        f"xe-{stretch}-{index // len(_STRETCHES) + 1}",
        site,
        "traffic-counter",
        f"Tốc độ xe {place}, làn {index // len(_STRETCHES) + 1}",
        f"metr-la/{sensor}",
        "2012-03-01T06:15",
        "07:00 to 09:30 the morning's jam",
    )
    for index, sensor in enumerate(_SENSORS)
    for stretch, site, place in (_STRETCHES[index % len(_STRETCHES)],)
)

ROLES: tuple[Role, ...] = _WATER + _POWER + _INDUSTRY + _ROADS + _SPEEDS
"""Every device of the demo."""
