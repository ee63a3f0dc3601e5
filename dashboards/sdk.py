"""The builders of grafana-foundation-sdk that the dashboards are made of.

The SDK warns at import that it prefers its second schema. Every Grafana since 9 reads the first
one, and it is what a provisioned file holds, so that warning is no news.
"""

from __future__ import annotations

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from grafana_foundation_sdk.builders import (
        common,
        dashboard,
        stat,
        statetimeline,
        table,
        timeseries,
    )
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models import common as common_models
from grafana_foundation_sdk.models import dashboard as models

__all__ = [
    "Builder",
    "Dataquery",
    "JSONEncoder",
    "common",
    "common_models",
    "dashboard",
    "models",
    "stat",
    "statetimeline",
    "table",
    "timeseries",
]
