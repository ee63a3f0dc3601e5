"""Every text of the dashboards that is no quantity's name, in Vietnamese and English.

Grafana's own interface has no Vietnamese: titles, descriptions, units and mappings carry it.
"""

from __future__ import annotations

from dataclasses import dataclass

BETWEEN = " · "
"""Stands between the two languages in a title."""

PARAGRAPH = "\n\n"
"""Stands between the two languages in a description."""


@dataclass(frozen=True, slots=True)
class Words:
    """One text, Vietnamese first."""

    vi: str
    en: str

    @property
    def title(self) -> str:
        """On one line: `Áp lực nước · Water pressure`."""
        return f"{_capital(self.vi)}{BETWEEN}{_capital(self.en)}"

    @property
    def description(self) -> str:
        """One paragraph a language."""
        return f"{_capital(self.vi)}{PARAGRAPH}{_capital(self.en)}"

    def __add__(self, other: Words) -> Words:
        return Words(f"{self.vi} {other.vi}".strip(), f"{self.en} {other.en}".strip())

    def filled(self, **parts: Words | str) -> Words:
        """With `{name}` replaced in both languages."""
        return Words(
            self.vi.format(**{k: v if isinstance(v, str) else v.vi for k, v in parts.items()}),
            self.en.format(**{k: v if isinstance(v, str) else v.en for k, v in parts.items()}),
        )


def _capital(text: str) -> str:
    """The first letter as a capital, except in a name such as pH."""
    return text if text[1:2].isupper() else text[:1].upper() + text[1:]


_W = Words
WORDS: dict[str, Words] = {
    # Sectors.
    "water": _W("Nước", "Water"),
    "power": _W("Điện", "Power"),
    "traffic": _W("Giao thông", "Traffic"),
    "environment": _W("Môi trường", "Environment"),
    "industry": _W("Công nghiệp", "Industry"),
    "overview": _W("Toàn tỉnh", "Province overview"),
    "about-overview": _W(
        "Tổng quan mọi đơn vị và lĩnh vực: số liệu có về không, có tốt không, và những đại lượng"
        " báo hiệu sự cố. Xám là bình thường.",
        "All organisations and sectors: do data arrive, are they good, and the quantities that"
        " tell of trouble. Grey is normal.",
    ),
    "about-sector": _W(
        "{sector}: mọi trạm và thiết bị của một đơn vị. Xám là bình thường; màu chỉ dành cho"
        " bất thường.",
        "{sector}: all sites and devices of one organisation. Grey is normal; colour is for the"
        " abnormal alone.",
    ),
    # Variables and links.
    "organisation": _W("đơn vị", "organisation"),
    "site": _W("trạm", "site"),
    "device": _W("thiết bị", "device"),
    "kind": _W("loại thiết bị", "kind of device"),
    "area": _W("địa bàn", "area"),
    "sector": _W("lĩnh vực", "sector"),
    "other-dashboards": _W("Bảng khác", "Other dashboards"),
    "open-site": _W("Mở trạm này", "Open this site"),
    "open-device": _W("Mở thiết bị này", "Open this device"),
    "open-panel": _W("Xem theo thiết bị", "See by device"),
    # Age and quality.
    "data-age": _W("tuổi số liệu", "data age"),
    "received": _W("nhận lúc", "received"),
    "quality": _W("chất lượng", "quality"),
    "good": _W("tốt", "good"),
    "calibrating": _W("hiệu chuẩn", "calibrating"),
    "fault": _W("hỏng", "fault"),
    "uncertain": _W("không chắc", "uncertain"),
    "supplied": _W("có điện", "supplied"),
    "outage": _W("mất điện", "outage"),
    "devices": _W("Thiết bị: tuổi và chất lượng số liệu", "Devices: age and quality of data"),
    "about-devices": _W(
        "Số liệu mới nhất của từng thiết bị, cũ nhất đứng đầu. Tuổi tính theo giờ của thiết bị;"
        " “nhận lúc” là khi hệ thống nhận được. Thiết bị không có trong bảng là không có số liệu"
        " trong khoảng thời gian đã chọn.",
        "Each device's newest data, the oldest first. The age counts from the device's own time;"
        " “received” is when the platform got it. A device that is not listed has no data within"
        " the time range.",
    ),
    "quality-over-time": _W("Chất lượng theo thời gian", "Quality over time"),
    "about-quality": _W(
        "Mức chất lượng cao nhất trong mỗi khoảng: 0 tốt, 1 hiệu chuẩn, 2 hỏng, 3 không chắc."
        " Chỗ trống là không có số liệu, không phải là bình thường.",
        "The highest quality code in each interval: 0 good, 1 calibrating, 2 fault, 3 uncertain."
        " A gap means no data; it never means normal.",
    ),
    "not-good": _W("Số đọc không tốt", "Readings that are not good"),
    "about-not-good": _W(
        "Số lần đọc có chất lượng khác “tốt” theo trạm, mỗi khoảng. Trống là không có lần nào.",
        "Readings with a quality other than good, by site and interval. Empty means none.",
    ),
    "reporting": _W("Thiết bị đang gửi số liệu", "Devices that report"),
    "about-reporting": _W(
        "Số thiết bị có ít nhất một lần đọc trong khoảng thời gian đã chọn, theo lĩnh vực và"
        " đơn vị.",
        "Devices with at least one reading within the time range, by sector and organisation.",
    ),
    "arriving": _W("Số liệu về mỗi phút", "Readings a minute"),
    "about-arriving": _W(
        "Số lần đọc mỗi phút theo lĩnh vực. Rơi về 0 là mất đường truyền hoặc mất thiết bị.",
        "Readings a minute by sector. A fall to 0 means that a link or the devices are lost.",
    ),
    # One device.
    "about-device": _W(
        "Một thiết bị: số đọc gốc, tuổi, chất lượng, số lần khởi động, pin và tín hiệu. Gõ mã"
        " thiết bị vào ô trên cùng, hoặc mở từ một bảng khác.",
        "One device: its raw readings, their age and quality, its starts, battery and signal."
        " Type its id at the top, or come from another dashboard.",
    ),
    "boots": _W("số lần khởi động", "starts"),
    "about-boots": _W(
        "Số lần thiết bị khởi động, do thiết bị tự đếm. Tăng liên tục là nguồn hoặc phần mềm có"
        " vấn đề.",
        "How often the device has started, by its own count. A steady rise means trouble with its"
        " supply or its firmware.",
    ),
    "newest": _W("Số đọc mới nhất", "Newest readings"),
    "about-newest": _W(
        "Các số đọc mới nhất như đã lưu: mọi đại lượng, chất lượng (q), số thứ tự (seq, boot) và"
        " lúc nhận (received).",
        "The newest readings as they are stored: every quantity, quality (q), sequence (seq, boot)"
        " and when it was received.",
    ),
    # Trends.
    "about-trend": _W(
        "{how} {quantity}, đơn vị {unit}, theo từng {by}.",
        "{how} {quantity} in {unit}, by {by}.",
    ),
    "mean": _W("Trung bình", "Mean"),
    "min": _W("Nhỏ nhất:", "Lowest"),
    "max": _W("Lớn nhất:", "Highest"),
    "gap": _W(
        "Đường đứt là không có số liệu.",
        "A broken line means no data.",
    ),
    "band": _W(
        "Xám trong ngưỡng {band}; vàng và đỏ là ngoài ngưỡng. Nguồn: {source}.",
        "Grey within {band}; amber and red beyond. Source: {source}.",
    ),
    "dimensionless": _W("không thứ nguyên", "no unit"),
    "hourly-water.volume": _W("sản lượng nước mỗi giờ", "water volume an hour"),
    "hourly-power.energy": _W("điện năng mỗi giờ", "energy an hour"),
    "about-hourly": _W(
        "Mức tăng của số đếm lũy kế {quantity} trong mỗi giờ, đơn vị {unit}, theo từng thiết bị.",
        "How much the register {quantity} grew in each hour, in {unit}, by device.",
    ),
    "health": _W("Pin và tín hiệu", "Battery and signal"),
    "about-health": _W(
        "Mức pin (%, trục trái) và cường độ tín hiệu (dBm, trục phải) theo từng thiết bị.",
        "Battery level (%, left axis) and received signal (dBm, right axis) by device.",
    ),
    "about-supply": _W(
        "Trạng thái cấp điện theo từng {by}: 0 có điện, 1 mất điện. Chỗ trống là không có số"
        " liệu, không phải là có điện.",
        "State of supply by {by}: 0 supplied, 1 outage. A gap means no data; it never means"
        " supplied.",
    ),
    "for-drinking": _W("nước sạch", "drinking water"),
    "for-river": _W("sông, kênh", "rivers and canals"),
}
"""By key; `catalogue` and the builders take every text from here or from the quantities."""
