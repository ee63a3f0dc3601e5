"""The small map of sites: places on a drawing, north up, without tiles or a server for them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from portal.shown import ShownSite
from registry.areas import AREAS
from registry.records import Area

WIDTH = 480.0
MOST_HEIGHT = 420.0
LEAST_HEIGHT = 240.0
MARGIN = 36.0
HALF_LETTER = 3.6
THIS_DIVISION = 2025
"""The list of communes whose names help to find one's way on the map."""
KM_PER_DEGREE = 111.32
LEAST_SPAN_KM = 5.0
"""One site, or several on one spot, are shown in a district of this size."""
CLOSEST = 21.0
"""Marks nearer to each other than this, in units of the drawing, would hide each other."""


@dataclass(frozen=True)
class PlacedSite:
    shown: ShownSite
    x: float
    y: float


@dataclass(frozen=True)
class PlacedName:
    text: str
    x: float
    y: float
    faint: bool = False


@dataclass(frozen=True)
class SiteMap:
    """A drawing of `width` by `height`; `bar_km` kilometres are `bar` units long."""

    width: float
    height: float
    sites: tuple[PlacedSite, ...]
    names: tuple[PlacedName, ...]
    bar: float
    bar_km: int


def site_map(sites: Sequence[ShownSite]) -> SiteMap | None:
    """The map of the sites with the names of their areas; None where there is no site."""
    if not sites:
        return None
    middle_lat = (min(one.site.lat for one in sites) + max(one.site.lat for one in sites)) / 2
    # At 10° north a degree of longitude is 1.5 % shorter than one of latitude.
    shrink = math.cos(math.radians(middle_lat))

    def flat(lat: float, lon: float) -> tuple[float, float]:
        """Kilometres to the east and to the south."""
        return lon * shrink * KM_PER_DEGREE, -lat * KM_PER_DEGREE

    spots = [flat(one.site.lat, one.site.lon) for one in sites]
    west, east = min(x for x, _ in spots), max(x for x, _ in spots)
    north, south = min(y for _, y in spots), max(y for _, y in spots)
    across, down = max(east - west, LEAST_SPAN_KM), max(south - north, LEAST_SPAN_KM)
    scale = min((WIDTH - 2 * MARGIN) / across, (MOST_HEIGHT - 2 * MARGIN) / down)
    height = max(down * scale + 2 * MARGIN, LEAST_HEIGHT)

    def drawn(spot: tuple[float, float]) -> tuple[float, float]:
        return (
            WIDTH / 2 + (spot[0] - (west + east) / 2) * scale,
            height / 2 + (spot[1] - (north + south) / 2) * scale,
        )

    points = _apart([drawn(spot) for spot in spots])
    around = [
        (_plain(area), *drawn(flat(area.lat, area.lon)))
        for area in AREAS.values()
        if area.year == THIS_DIVISION and area.lat is not None and area.lon is not None
    ]
    bar_km = max(km for km in (1, 2, 5, 10, 20, 50, 100, 200) if km == 1 or km * scale < WIDTH / 4)
    return SiteMap(
        width=WIDTH,
        height=round(height, 1),
        sites=tuple(
            PlacedSite(one, round(x, 1), round(y, 1))
            for one, (x, y) in zip(sites, points, strict=True)
        ),
        names=tuple(_names(sites, points, around, height)),
        bar=round(bar_km * scale, 1),
        bar_km=bar_km,
    )


def _names(
    sites: Sequence[ShownSite],
    points: Sequence[tuple[float, float]],
    around: Iterable[tuple[str, float, float]],
    height: float,
) -> list[PlacedName]:
    """Each area's name above its sites, moved into the drawing where it would be cut off, and
    the names of the areas `around` them where there is room."""
    places: dict[str, list[tuple[float, float]]] = {}
    for site, point in zip(sites, points, strict=True):
        if site.area is not None:
            places.setdefault(_plain(site.area), []).append(point)
    names = []
    for text, spots in places.items():
        half = len(text) * HALF_LETTER
        x = sum(x for x, _ in spots) / len(spots)
        y = min(y for _, y in spots) - CLOSEST * 0.7
        names.append(PlacedName(text, round(min(max(x, half), WIDTH - half), 1), max(y, 14.0)))
    taken = [*points, *((name.x, name.y) for name in names)]
    for text, x, y in around:
        half = len(text) * HALF_LETTER
        inside = half < x < WIDTH - half and 14 < y < height - 45
        if inside and all(abs(x - a) > half + 30 or abs(y - b) > CLOSEST for a, b in taken):
            names.append(PlacedName(text, round(x, 1), round(y, 1), faint=True))
            taken.append((x, y))
    return names


def _plain(area: Area) -> str:
    """The area's name without its type: on a drawing, every word takes room."""
    return area.name.removeprefix(area.type).strip()


def _apart(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The points with those that lie on each other moved, each to the nearest free spot of a
    spiral around its own place."""
    taken: list[tuple[float, float]] = []
    for x, y in points:
        spot, turn = (x, y), 0
        while any(math.dist(spot, other) < CLOSEST for other in taken):
            turn += 1
            angle, reach = turn * 2.4, CLOSEST * 0.45 * math.sqrt(turn)
            spot = (x + reach * math.cos(angle), y + reach * math.sin(angle))
        taken.append(spot)
    return taken
