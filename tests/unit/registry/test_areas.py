"""Administrative units, against the shared geographic data."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from registry.areas import AREAS, area, position
from registry.errors import RegistryError


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / "geo" / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_units_of_2025_are_those_of_the_source(data_folder: Path) -> None:
    source = rows(data_folder, "can_tho_units_2025_former_hau_giang.csv")
    assert len(source) == 28
    for row in source:
        unit = area(row["code"])
        assert (unit.year, unit.type) == (2025, row["type"])
        assert unit.name == f"{row['type']} {row['name']}"
        assert (unit.lat, unit.lon) == (float(row["centroid_lat"]), float(row["centroid_lon"]))


def test_the_districts_of_2023_are_those_of_the_source(data_folder: Path) -> None:
    source = rows(data_folder, "hau_giang_districts_2023.csv")
    assert len(source) == 8
    for row in source:
        unit = area(row["code"])
        assert (unit.year, unit.type, unit.name) == (2023, row["type"], row["name"])
        assert (unit.lat, unit.lon) == (float(row["centroid_lat"]), float(row["centroid_lon"]))
        members = [one for one in AREAS.values() if one.parent == row["code"]]
        assert len(members) == int(row["communes"])


def test_the_communes_of_2023_are_those_of_the_source(data_folder: Path) -> None:
    source = rows(data_folder, "hau_giang_communes_2023.csv")
    assert len(source) == 75
    for row in source:
        reused = area(row["code"]).year == 2025
        unit = area(f"{row['code']}-2023" if reused else row["code"])
        assert (unit.year, unit.type, unit.parent) == (2023, row["type"], row["district_code"])
        assert unit.name.casefold() == row["name"].casefold()


def test_there_is_nothing_else() -> None:
    assert len(AREAS) == 28 + 8 + 75
    assert all(code == unit.code for code, unit in AREAS.items())


def test_a_code_that_was_used_again_means_the_unit_of_today() -> None:
    assert area("31321").name == "Phường Vị Thanh"
    assert area("31321-2023").name == "Phường III"
    assert area("31318").name == "Phường I"


def test_every_unit_has_a_position_in_the_province() -> None:
    for unit in AREAS.values():
        lat, lon = position(unit)
        assert 9.5 < lat < 10.1
        assert 105.3 < lon < 106.0
    assert position(area("31318")) == position(area("930")), "a commune stands in its district"


def test_an_unknown_code_is_named() -> None:
    with pytest.raises(RegistryError, match="area '99' is unknown: 'kenh area list' shows"):
        area("99")
