"""Dashboards to JSON: what is committed, and what Grafana is given."""

from __future__ import annotations

import json
from pathlib import Path

from dashboards.catalogue import builders
from dashboards.sdk import JSONEncoder

COMMITTED = Path(__file__).resolve().parent / "json"


def render_all() -> dict[str, str]:
    """Each dashboard's file name and text. The same source gives the same bytes."""
    return {
        f"{uid}.json": json.dumps(
            builder.build(), cls=JSONEncoder, indent=2, sort_keys=True, ensure_ascii=False
        )
        + "\n"
        for uid, builder in builders().items()
    }


def write_all(folder: Path) -> list[Path]:
    """Write every dashboard into `folder`; files of dashboards that are gone are removed."""
    folder.mkdir(parents=True, exist_ok=True)
    rendered = render_all()
    for stale in set(folder.glob("kenh-*.json")) - {folder / name for name in rendered}:
        stale.unlink()
    for name, text in rendered.items():
        (folder / name).write_text(text)
    return [folder / name for name in rendered]
