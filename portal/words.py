"""Every text of the portal's pages, in Vietnamese and English."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Language = Literal["vi", "en"]

WORDS: dict[str, tuple[str, str]] = {
    "title": ("Kênh – giám sát hạ tầng thiết yếu", "Kênh – essential infrastructure, live"),
    "name": ("Kênh", "Kênh"),
    "tagline": ("Giám sát hạ tầng thiết yếu", "Essential infrastructure, live"),
    "skip": ("Đến nội dung chính", "Skip to the content"),
    "language": ("Ngôn ngữ", "Language"),
    "vi": ("Tiếng Việt", "Tiếng Việt"),
    "en": ("English", "English"),
    "updated": ("Cập nhật lúc {time}", "Updated at {time}"),
    "cut": (
        "Mất kết nối với máy chủ. Số liệu bên dưới đã cũ.",
        "Connection to the server lost. The figures below are old.",
    ),
    "influx-away": (
        "Không đọc được kho số liệu InfluxDB: chưa biết giá trị mới nhất. Báo động vẫn hoạt động.",
        "InfluxDB cannot be read: the latest values are not known. Alarms still work.",
    ),
    "component-down": (
        "Thành phần không hoạt động: {names}. Số liệu hoặc báo động có thể đến chậm.",
        "Components not running: {names}. Figures or alarms may come late.",
    ),
    # devices
    "devices": ("Thiết bị", "Devices"),
    "device": ("Thiết bị", "Device"),
    "live": ("Trực tuyến", "Live"),
    "late": ("Trễ", "Late"),
    "silent": ("Mất tín hiệu", "Silent"),
    "never": ("Chưa có số liệu", "No data yet"),
    "unknown": ("Chưa rõ", "Unknown"),
    "values": ("Giá trị mới nhất", "Latest values"),
    "old-values": ("Giá trị cũ", "Old values"),
    "old-value": ("giá trị cũ", "old value"),
    "no-values": ("Không có giá trị trong 24 giờ qua", "No value within the last 24 hours"),
    "now": ("Tình trạng chung", "The state of everything"),
    "only-abnormal": ("Chỉ hiện bất thường", "Only the abnormal"),
    "age": ("Cập nhật", "Data age"),
    "no-age": ("–", "–"),
    "sites": ("Trạm và thiết bị", "Sites and devices"),
    "no-sites": (
        "Chưa có trạm nào. Thêm bằng lệnh: kenh site add",
        "No sites yet. Add one with: kenh site add",
    ),
    "no-devices": ("Trạm chưa có thiết bị.", "This site has no device."),
    "live-of": ("{live}/{all} trực tuyến", "{live} of {all} live"),
    "map": ("Bản đồ trạm", "Map of sites"),
    "map-told": (
        "Vị trí các trạm; hình và màu cho biết tình trạng. Danh sách bên dưới có đủ nội dung.",
        "Where the sites are; shape and colour give their state. The list below says the same.",
    ),
    "km": ("{km} km", "{km} km"),
    "unit-": ("", ""),
    "unit-1": ("", ""),
    "unit-1/h": ("xe/h", "veh/h"),
    # quality
    "quality": ("Chất lượng", "Quality"),
    "good": ("Tốt", "Good"),
    "calibrating": ("Hiệu chuẩn", "Calibrating"),
    "fault": ("Lỗi thiết bị", "Fault"),
    "uncertain": ("Chưa chắc chắn", "Uncertain"),
    # alarms
    "alarms": ("Báo động đang mở", "Open alarms"),
    "no-alarms": ("Không có báo động nào đang mở.", "No open alarms."),
    "more-alarms": ("và {count} báo động khác", "and {count} more alarms"),
    "severity": ("Mức độ", "Severity"),
    "critical": ("Khẩn cấp", "Critical"),
    "major": ("Nghiêm trọng", "Major"),
    "minor": ("Nhẹ", "Minor"),
    "info": ("Thông tin", "Info"),
    "alarm": ("Báo động", "Alarm"),
    "value-limit": ("Giá trị", "Value"),
    "limit": ("ngưỡng {limit}", "limit {limit}"),
    "since": ("Bắt đầu", "Since"),
    "action": ("Xử lý", "Action"),
    "acknowledge": ("Xác nhận", "Acknowledge"),
    "acknowledge-this": ("Xác nhận báo động: {title}", "Acknowledge the alarm: {title}"),
    "acknowledged": ("Đã xác nhận", "Acknowledged"),
    "acknowledged-at": ("Đã xác nhận lúc {time}", "Acknowledged at {time}"),
    "historical": ("phát hiện muộn", "found late"),
    # sectors
    "water": ("Nước", "Water"),
    "power": ("Điện", "Power"),
    "traffic": ("Giao thông", "Traffic"),
    "environment": ("Môi trường", "Environment"),
    "industry": ("Công nghiệp", "Industry"),
    # age
    "just-now": ("vừa xong", "just now"),
    "seconds-ago": ("{n} giây trước", "{n} s ago"),
    "minutes-ago": ("{n} phút trước", "{n} min ago"),
    "hours-ago": ("{n} giờ trước", "{n} h ago"),
    "days-ago": ("{n} ngày trước", "{n} d ago"),
    # signing in
    "sign-in": ("Đăng nhập", "Sign in"),
    "sign-in-told": (
        "Nhập mã truy cập của quản trị viên. Mã nằm trong tệp endpoints.json, mục portal.token.",
        "Enter the administrators' access token. It stands in endpoints.json as portal.token.",
    ),
    "token": ("Mã truy cập", "Access token"),
    "wrong-token": ("Mã truy cập không đúng. Xin nhập lại.", "Wrong access token. Try again."),
    "sign-out": ("Đăng xuất", "Sign out"),
    # errors
    "error": ("Lỗi {status}", "Error {status}"),
    "error-403": (
        "Yêu cầu bị từ chối vì không được gửi từ trang này. Hãy mở trang rồi thử lại.",
        "Refused: this was not sent from this page. Open the page and try again.",
    ),
    "error-404": ("Không tìm thấy trang hoặc báo động này.", "No such page or alarm."),
    "error-421": (
        "Hãy mở trang bằng địa chỉ IP hoặc localhost.",
        "Open the page by its IP address or localhost.",
    ),
    "error-503": (
        "Một phần của hệ thống chưa sẵn sàng. Xin thử lại sau ít phút.",
        "A part of the platform is not ready. Try again in a few minutes.",
    ),
    "error-other": ("Yêu cầu không thực hiện được.", "The request could not be carried out."),
    "back": ("Về trang chính", "Back to the first page"),
}
"""Key: the Vietnamese text, the English text."""


def language_of(text: str | None) -> Language:
    """Vietnamese unless English is asked for."""
    return "en" if text == "en" else "vi"


@dataclass(frozen=True)
class Words:
    """The portal's words in one language."""

    language: Language

    def __call__(self, key: str, **values: object) -> str:
        return self.pick(*WORDS[key]).format(**values)

    def pick(self, vi: str, en: str) -> str:
        """Whichever of the two this reader reads; the other where it is empty."""
        chosen, other = (en, vi) if self.language == "en" else (vi, en)
        return chosen or other
