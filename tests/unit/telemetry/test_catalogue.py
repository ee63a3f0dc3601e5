"""Quantities: the table against its source, and the way from names to fields and back."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry import units
from telemetry.catalogue import QUANTITIES, SECTORS, Quantity, by_field, field_of, names, resolve
from telemetry.errors import Reason, UnknownQuantity
from telemetry.kinds import KINDS, Kind

quantities = st.sampled_from(sorted(QUANTITIES))
sectors = st.sampled_from(SECTORS)
# Where the shared table has words for a figure.
WORDS = {"on change": 0, "event": 0, "per msg": 0, "300 (60 when >0)": 300, "see note": 1}


def plain(sector: str) -> Kind:
    """A kind that prefers nothing: what a name means in its sector alone."""
    return Kind("plain", sector, "Plain", "Thường", (), 60)


def figure(text: str) -> float:
    return WORDS[text] if text in WORDS else float(text)


def test_the_table_is_that_of_its_source(data_folder: Path) -> None:
    with (data_folder / "reference" / "quantities.csv").open(encoding="utf-8") as file:
        rows = {row["key"]: row for row in csv.DictReader(file)}
    assert len(rows) == 47
    assert list(QUANTITIES) == list(rows)
    shared = {"env": "environment", "device": "device"}
    for key, row in rows.items():
        q = QUANTITIES[key]
        assert q.sector == (shared[q.prefix] if row["sector"] == "shared" else row["sector"])
        assert (q.unit, q.senml) == (row["unit"], row["senml"]), key
        assert (q.low, q.high) == (figure(row["min"]), figure(row["max"])), key
        assert (q.sample_s, q.report_s) == (
            figure(row["sample_s"]),
            figure(row["report_s"]),
        ), key
        assert q.senml_factor == figure(row["senml_factor"]), key


def test_every_quantity_is_whole() -> None:
    for q in QUANTITIES.values():
        assert q.low < q.high
        assert units.known(q.unit)
        assert q.en
        assert q.vi
        assert q.key == f"{q.prefix}.{q.name}"
    for names_of in ([q.en for q in QUANTITIES.values()], [q.vi for q in QUANTITIES.values()]):
        assert len(set(names_of)) == len(names_of), "two quantities with one name"


@pytest.mark.parametrize(
    ("key", "base"),
    [
        ("water.pressure", "Pa"),
        ("water.flow", "m3/s"),
        ("water.ec", "S/m"),
        ("water.orp", "V"),
        ("power.active", "W"),
        ("power.energy", "J"),
        ("traffic.speed", "m/s"),
        ("traffic.flood_depth", "m"),
        ("env.rain", "m/s"),
        ("device.rssi", "dBW"),
        ("asset.vibration", "m/s"),
    ],
)
def test_senml_factors_agree_with_the_units(key: str, base: str) -> None:
    q = QUANTITIES[key]
    assert 2 * q.senml_factor + q.senml_offset == pytest.approx(
        units.convert(2, q.unit, base), rel=1e-6
    )


@given(quantities, sectors)
def test_a_field_leads_back_to_its_quantity(key: str, sector: str) -> None:
    q = QUANTITIES[key]
    field = field_of(q, sector)
    assert by_field(sector, field) is q
    assert resolve(field, plain(sector)) is q
    assert "." not in field


@given(quantities, st.sampled_from(sorted(KINDS)))
def test_a_full_key_means_itself_everywhere(key: str, kind: str) -> None:
    assert resolve(key, KINDS[kind]) is QUANTITIES[key]


@pytest.mark.parametrize("sector", SECTORS)
def test_no_two_quantities_share_a_field(sector: str) -> None:
    fields = [field_of(q, sector) for q in QUANTITIES.values()]
    assert len(set(fields)) == len(fields)
    assert not {"q", "seq", "boot", "received"} & set(fields), "the contract's own fields"


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.id)
def test_a_kind_knows_its_own_quantities_by_their_short_names(kind: Kind) -> None:
    for key in kind.quantities:
        assert resolve(QUANTITIES[key].name, kind).key == key


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.id)
def test_a_kinds_fields_mean_the_same_to_its_devices(kind: Kind) -> None:
    """What a device of the kind would send under a field's name is stored under that field."""
    for key in kind.quantities:
        field = field_of(QUANTITIES[key], kind.sector)
        assert resolve(field, kind) is QUANTITIES[key]


def test_kinds_are_whole() -> None:
    assert next(iter(KINDS)) == "water-pressure-logger"
    assert {kind.sector for kind in KINDS.values()} == set(SECTORS)
    for kind in KINDS.values():
        assert kind.en
        assert kind.vi
        assert kind.quantities
        assert set(kind.quantities) <= set(QUANTITIES)
        assert kind.interval_s > 0


@pytest.mark.parametrize(
    ("name", "kind", "key"),
    [
        ("pressure", "water-pressure-logger", "water.pressure"),
        ("temp", "river-station", "water.temp"),
        ("temp", "cold-store", "cold.temp"),  # the kind's own wins in a sector with three
        ("temp", "wastewater-station", "ww.temp"),
        ("ph", "wastewater-station", "ww.ph"),
        ("ph", "cold-store", "ww.ph"),  # the only one of its sector
        ("volume", "traffic-counter", "traffic.volume"),
        ("volume", "water-meter", "water.volume"),
        ("battery", "power-meter", "device.battery"),  # shared
        ("rain", "tank", "env.rain"),
        ("voltage", "pump", "power.voltage"),  # unique in the catalogue
        ("ww_temp", "machine-monitor", "ww.temp"),
        ("water_temp", "machine-monitor", "water.temp"),
    ],
)
def test_names_resolve_from_the_nearest(name: str, kind: str, key: str) -> None:
    assert resolve(name, KINDS[kind]).key == key


@pytest.mark.parametrize(
    ("quantity", "sector", "field"),
    [
        ("ww.temp", "industry", "ww_temp"),
        ("asset.temp", "industry", "asset_temp"),
        ("cold.temp", "industry", "cold_temp"),
        ("ww.ph", "industry", "ph"),
        ("water.ph", "industry", "water_ph"),
        ("water.temp", "water", "temp"),
        ("power.active", "water", "active"),
        ("traffic.volume", "water", "traffic_volume"),
        ("env.rain", "traffic", "rain"),
    ],
)
def test_fields_are_short_where_that_is_clear(quantity: str, sector: str, field: str) -> None:
    assert field_of(QUANTITIES[quantity], sector) == field


def test_an_ambiguous_name_is_no_guess() -> None:
    with pytest.raises(UnknownQuantity) as caught:
        resolve("temp", plain("industry"))
    assert caught.value.ambiguous
    assert caught.value.reason is Reason.AMBIGUOUS_QUANTITY
    assert str(caught.value) == (
        "'temp' may be ww.temp or asset.temp or cold.temp: use the full name"
    )
    with pytest.raises(UnknownQuantity) as caught:
        resolve("volume", KINDS["power-meter"])
    assert caught.value.candidates == ("water.volume", "traffic.volume")


@given(st.text(max_size=80).filter(lambda text: text not in names(KINDS["tank"])))
def test_an_unknown_name_is_refused(name: str) -> None:
    with pytest.raises(UnknownQuantity) as caught:
        resolve(name, KINDS["tank"])
    assert caught.value.name == name
    assert caught.value.ambiguous == any(q.name == name for q in QUANTITIES.values())


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(UnknownQuantity) as caught:
        by_field("water", "presure")
    assert caught.value.reason is Reason.UNKNOWN_QUANTITY
    with pytest.raises(UnknownQuantity) as caught:
        by_field("industry", "temp")
    assert caught.value.ambiguous


def test_a_quantity_cannot_be_changed() -> None:
    q: Quantity = QUANTITIES["water.ph"]
    with pytest.raises(AttributeError):
        q.high = 20  # type: ignore[misc]
