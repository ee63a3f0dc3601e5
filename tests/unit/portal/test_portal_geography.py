from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.geography import CLOSEST, site_map
from portal.shown import ShownSite
from registry.areas import AREAS
from registry.records import Site


def site(lat: float, lon: float, area: str = "31321") -> ShownSite:
    return ShownSite(Site("s", "t", area, "", "", lat, lon), AREAS.get(area), (), None)


HAU_GIANG = st.builds(site, st.floats(9.5, 10.0), st.floats(105.3, 105.95))


@given(st.lists(HAU_GIANG, min_size=1, max_size=40))
def test_every_site_is_in_the_drawing_and_hides_no_other(sites: list[ShownSite]) -> None:
    drawing = site_map(sites)
    assert drawing is not None
    assert len(drawing.sites) == len(sites)
    spots = [(placed.x, placed.y) for placed in drawing.sites]
    for number, (x, y) in enumerate(spots):
        assert 0 <= x <= drawing.width
        assert 0 <= y <= drawing.height
        assert all(math.dist((x, y), other) > CLOSEST - 1 for other in spots[:number])


def test_north_is_up_and_east_is_right() -> None:
    drawing = site_map([site(9.6, 105.4), site(9.9, 105.8)])
    assert drawing is not None
    south_west, north_east = drawing.sites
    assert south_west.x < north_east.x
    assert south_west.y > north_east.y


def test_the_bar_is_true_to_scale() -> None:
    apart_km = 0.2 * 111.32
    drawing = site_map([site(9.6, 105.5), site(9.8, 105.5)])
    assert drawing is not None
    first, second = drawing.sites
    units_a_km = math.dist((first.x, first.y), (second.x, second.y)) / apart_km
    assert drawing.bar / drawing.bar_km == pytest.approx(units_a_km, rel=0.01)


def test_areas_are_named_once_without_their_type() -> None:
    drawing = site_map(
        [site(9.6, 105.4), site(9.61, 105.4), site(9.9, 105.8, "31366"), site(9.7, 105.5, "?")]
    )
    assert drawing is not None
    assert [name.text for name in drawing.names if not name.faint] == ["Vị Thanh", "Châu Thành"]


@given(st.lists(HAU_GIANG, min_size=1, max_size=20))
def test_names_around_the_sites_hide_none_of_them(sites: list[ShownSite]) -> None:
    drawing = site_map(sites)
    assert drawing is not None
    around = [name for name in drawing.names if name.faint]
    for number, name in enumerate(around):
        half = len(name.text) * 3.6
        others = [(one.x, one.y) for one in drawing.sites]
        others += [(one.x, one.y) for one in around[:number]]
        assert all(abs(name.x - x) > half or not -11 < name.y - y < 19 for x, y in others)


def test_more_sites_than_fit_stay_in_the_drawing() -> None:
    drawing = site_map([site(9.7, 105.5)] * 500)
    assert drawing is not None
    assert len(drawing.sites) == 500
    assert all(
        0 <= one.x <= drawing.width and 0 <= one.y <= drawing.height for one in drawing.sites
    )


def test_without_sites_there_is_no_map() -> None:
    assert site_map([]) is None
