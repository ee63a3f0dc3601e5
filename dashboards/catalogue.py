"""Every dashboard, by its uid."""

from __future__ import annotations

from dashboards.overview import DEVICE, OVERVIEW, device, overview
from dashboards.sdk import dashboard
from dashboards.sectors import PLANS, sector_dashboard, uid


def builders() -> dict[str, dashboard.Dashboard]:
    """The province first, then the sectors, then the device."""
    return {
        OVERVIEW: overview(),
        **{uid(sector): sector_dashboard(sector) for sector in PLANS},
        DEVICE: device(),
    }
