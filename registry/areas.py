"""The administrative units of what was Hậu Giang: those of 2025 and those of 2023.

Sources: the 28 wards and communes of Cần Thơ since 1 July 2025 (thanglequoc/vietnamese-provinces-
database, MIT); the 8 districts and 75 communes of Hậu Giang in 2023 with the statistics office's
codes (daohoangson/dvhcvn). Centroids, in degrees (WGS 84), were computed from their polygons;
the source has none for the communes of 2023.

Every unit of 2025 took over the code of one of the communes it was formed from. A code therefore
means the unit of 2025; the commune of 2023 that had it before is `CODE-2023` (`31321-2023`).
"""

from __future__ import annotations

from registry.errors import RegistryError
from registry.records import Area

_UNITS_2025 = """
31321 9.7602 105.4590 Phường Vị Thanh
31333 9.7916 105.4537 Phường Vị Tân
31338 9.7173 105.4012 Xã Hỏa Lựu
31340 9.8018 105.8204 Phường Ngã Bảy
31342 9.9186 105.6171 Xã Tân Hòa
31348 9.9434 105.5724 Xã Trường Long Tây
31360 9.9338 105.6960 Xã Thạnh Xuân
31366 9.9425 105.8363 Xã Châu Thành
31369 9.9341 105.7635 Xã Đông Phước
31378 9.8984 105.8274 Xã Phú Hữu
31393 9.7809 105.6351 Xã Hòa An
31396 9.7677 105.7413 Xã Hiệp Hưng
31399 9.8643 105.6456 Xã Tân Bình
31408 9.8769 105.7276 Xã Thạnh Hòa
31411 9.8448 105.8203 Phường Đại Thành
31420 9.8162 105.7141 Xã Phụng Hiệp
31426 9.7156 105.6876 Xã Phương Bình
31432 9.7464 105.7952 Xã Tân Phước Hưng
31441 9.7602 105.5358 Xã Vị Thủy
31453 9.7171 105.5031 Xã Vĩnh Thuận Đông
31459 9.8125 105.5767 Xã Vĩnh Tường
31465 9.8495 105.5300 Xã Vị Thanh 1
31471 9.6862 105.6091 Phường Long Mỹ
31473 9.7228 105.5850 Phường Long Bình
31480 9.6522 105.6392 Phường Long Phú 1
31489 9.6749 105.4320 Xã Vĩnh Viễn
31492 9.6200 105.4278 Xã Lương Tâm
31495 9.6319 105.5268 Xã Xà Phiên
"""

_DISTRICTS_2023 = """
930 9.7485 105.4286 Thành phố Vị Thanh
931 9.8313 105.8211 Thành phố Ngã Bảy
932 9.9301 105.6294 Huyện Châu Thành A
933 9.9223 105.8164 Huyện Châu Thành
934 9.7945 105.7065 Huyện Phụng Hiệp
935 9.7980 105.5376 Huyện Vị Thuỷ
936 9.6483 105.4783 Huyện Long Mỹ
937 9.6831 105.6145 Thị xã Long Mỹ
"""

_COMMUNES_2023 = {
    "930": """
31318 Phường I
31321 Phường III
31324 Phường IV
31327 Phường V
31330 Phường VII
31333 Xã Vị Tân
31336 Xã Hoả Lựu
31338 Xã Tân Tiến
31339 Xã Hoả Tiến
""",
    "931": """
31340 Phường Ngã Bảy
31341 Phường Lái Hiếu
31343 Phường Hiệp Thành
31344 Phường Hiệp Lợi
31411 Xã Đại Thành
31414 Xã Tân Thành
""",
    "932": """
31342 Thị trấn Một Ngàn
31345 Xã Tân Hoà
31346 Thị trấn Bảy Ngàn
31348 Xã Trường Long Tây
31351 Xã Trường Long A
31357 Xã Nhơn Nghĩa A
31359 Thị trấn Rạch Gòi
31360 Xã Thạnh Xuân
31362 Thị trấn Cái Tắc
31363 Xã Tân Phú Thạnh
""",
    "933": """
31366 Thị trấn Ngã Sáu
31369 Xã Đông Thạnh
31375 Xã Đông Phú
31378 Xã Phú Hữu
31379 Xã Phú Tân
31381 Thị trấn Mái Dầm
31384 Xã Đông Phước
31387 Xã Đông Phước A
""",
    "934": """
31393 Thị trấn Kinh Cùng
31396 Thị trấn Cây Dương
31399 Xã Tân Bình
31402 Xã Bình Thành
31405 Xã Thạnh Hòa
31408 Xã Long Thạnh
31417 Xã Phụng Hiệp
31420 Xã Hòa Mỹ
31423 Xã Hòa An
31426 Xã Phương Bình
31429 Xã Hiệp Hưng
31432 Xã Tân Phước Hưng
31433 Thị trấn Búng Tàu
31435 Xã Phương Phú
31438 Xã Tân Long
""",
    "935": """
31441 Thị trấn Nàng Mau
31444 Xã Vị Trung
31447 Xã Vị Thuỷ
31450 Xã Vị Thắng
31453 Xã Vĩnh Thuận Tây
31456 Xã Vĩnh Trung
31459 Xã Vĩnh Tường
31462 Xã Vị Đông
31465 Xã Vị Thanh
31468 Xã Vị Bình
""",
    "936": """
31483 Xã Thuận Hưng
31484 Xã Thuận Hòa
31486 Xã Vĩnh Thuận Đông
31489 Thị trấn Vĩnh Viễn
31490 Xã Vĩnh Viễn A
31492 Xã Lương Tâm
31493 Xã Lương Nghĩa
31495 Xã Xà Phiên
""",
    "937": """
31471 Phường Thuận An
31472 Phường Trà Lồng
31473 Phường Bình Thạnh
31474 Xã Long Bình
31475 Phường Vĩnh Tường
31477 Xã Long Trị
31478 Xã Long Trị A
31480 Xã Long Phú
31481 Xã Tân Phú
""",
}

_TYPES = ("Thành phố", "Thị xã", "Thị trấn", "Huyện", "Phường", "Xã")


def area(code: str) -> Area:
    """The unit with this code. Raises `RegistryError`."""
    found = AREAS.get(code)
    if found is None:
        raise RegistryError(f"area {code!r} is unknown: 'kenh area list' shows the codes")
    return found


def position(unit: Area) -> tuple[float, float]:
    """Latitude and longitude of a unit: its own centroid, else its district's."""
    if unit.lat is None or unit.lon is None:
        return position(AREAS[unit.parent])
    return unit.lat, unit.lon


def _type(name: str) -> str:
    return next(word for word in _TYPES if name.startswith(word))


def _with_centroid(table: str, year: int) -> list[Area]:
    rows = [line.split(" ", 3) for line in table.split("\n") if line]
    return [
        Area(code, year, _type(name), name, lat=float(lat), lon=float(lon))
        for code, lat, lon, name in rows
    ]


def _all() -> dict[str, Area]:
    units = {unit.code: unit for unit in _with_centroid(_UNITS_2025, 2025)}
    units |= {unit.code: unit for unit in _with_centroid(_DISTRICTS_2023, 2023)}
    for district, table in _COMMUNES_2023.items():
        for line in filter(None, table.split("\n")):
            plain, name = line.split(" ", 1)
            code = f"{plain}-2023" if plain in units else plain
            units[code] = Area(code, 2023, _type(name), name, parent=district)
    return units


AREAS: dict[str, Area] = _all()
"""Every unit by its code, those of 2025 first."""
