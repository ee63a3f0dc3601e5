"""The small map of sites: places on a drawing, north up, without tiles or a server for them."""

from __future__ import annotations

import functools
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
FOOT = 22.0
"""Room for the bar below everything else."""
HALF_LETTER = 3.6
THIS_DIVISION = 2025
"""The list of communes whose names help to find one's way on the map."""
KM_PER_DEGREE = 111.32
LEAST_SPAN_KM = 5.0
"""One site, or several on one spot, are shown in a district of this size."""
CLOSEST = 21.0
"""Marks nearer to each other than this, in units of the drawing, would hide each other."""
TURNS = 160


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

    points = _apart(tuple(drawn(spot) for spot in spots), height)
    around = [
        (_plain(area), *drawn(flat(area.lat, area.lon)))
        for area in AREAS.values()
        if area.year == THIS_DIVISION and area.lat is not None and area.lon is not None
    ]
    bar_km = max(km for km in (1, 2, 5, 10, 20, 50, 100, 200) if km == 1 or km * scale < WIDTH / 4)
    return SiteMap(
        width=WIDTH,
        height=round(height + FOOT, 1),
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
        x = min(max(sum(x for x, _ in spots) / len(spots), half), WIDTH - half)
        above = max(min(y for _, y in spots) - CLOSEST * 0.7, 14.0)
        below = min(max(y for _, y in spots) + CLOSEST, height)
        y = above if _has_room(x, above, half, points) else below
        names.append(PlacedName(text, round(x, 1), round(y, 1)))
    taken = [*points, *((name.x, name.y) for name in names)]
    for text, x, y in around:
        half = len(text) * HALF_LETTER
        inside = half < x < WIDTH - half and 14 < y < height
        if inside and _has_room(x, y, half + 20, taken):
            names.append(PlacedName(text, round(x, 1), round(y, 1), faint=True))
            taken.append((x, y))
    return names


def _has_room(x: float, y: float, half: float, others: Iterable[tuple[float, float]]) -> bool:
    """Whether a name of twice `half` units in length, standing on `y`, hides none of `others`."""
    return all(abs(x - a) > half + 10 or not -12 < y - b < 20 for a, b in others)


def _plain(area: Area) -> str:
    """The area's name without its type: on a drawing, every word takes room."""
    return area.name.removeprefix(area.type).strip()


@functools.lru_cache(maxsize=8)  # asked at every refresh of every viewer; sites seldom move
def _apart(points: tuple[tuple[float, float], ...], height: float) -> list[tuple[float, float]]:
    """The points with those that hide each other moved, each to the nearest free spot of a
    spiral around its own place. Where there is none, they do lie on each other."""
    taken: dict[tuple[int, int], list[tuple[float, float]]] = {}

    def is_free(spot: tuple[float, float]) -> bool:
        column, row = _cell(spot)
        return all(
            math.dist(spot, other) >= CLOSEST
            for across in (-1, 0, 1)
            for down in (-1, 0, 1)
            for other in taken.get((column + across, row + down), ())
        )

    placed = []
    for x, y in points:
        spots = (
            (x + reach * math.cos(turn * 2.4), y + reach * math.sin(turn * 2.4))
            for turn in range(TURNS)
            for reach in (CLOSEST * 0.45 * math.sqrt(turn),)
        )
        inside = ((a, b) for a, b in spots if 8 <= a <= WIDTH - 8 and 8 <= b <= height - 8)
        spot = next(filter(is_free, inside), (x, y))
        taken.setdefault(_cell(spot), []).append(spot)
        placed.append(spot)
    return placed


def _cell(spot: tuple[float, float]) -> tuple[int, int]:
    return int(spot[0] // CLOSEST), int(spot[1] // CLOSEST)
