"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Tenants, sites, devices, contacts, and the revision that counts their changes."""
    revisions = op.create_table(
        "revision",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_revision"),
    )
    op.bulk_insert(revisions, [{"id": 1, "number": 0}])
    op.create_table(
        "tenant",
        *_texts("id", "name", "name_en", "sector"),
        sa.PrimaryKeyConstraint("id", name="pk_tenant"),
    )
    op.create_table(
        "site",
        *_texts("id", "tenant", "area", "name", "name_en"),
        sa.Column("lat", sa.Double, nullable=False),
        sa.Column("lon", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_site"),
        sa.ForeignKeyConstraint(["tenant"], ["tenant.id"], name="fk_site_tenant_tenant"),
    )
    op.create_index("ix_site_tenant", "site", ["tenant"])
    op.create_index("ix_site_area", "site", ["area"])
    op.create_table(
        "device",
        *_texts("id", "site", "kind", "name"),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("password_hash", sa.String, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_device"),
        sa.ForeignKeyConstraint(["site"], ["site.id"], name="fk_device_site_site"),
    )
    op.create_index("ix_device_site", "device", ["site"])
    op.create_table(
        "contact",
        *_texts("id", "tenant", "name", "notify_group", "channel", "address", "lang"),
        sa.PrimaryKeyConstraint("id", name="pk_contact"),
        sa.ForeignKeyConstraint(["tenant"], ["tenant.id"], name="fk_contact_tenant_tenant"),
    )
    op.create_index("ix_contact_tenant", "contact", ["tenant"])
    op.create_index("ix_contact_notify_group", "contact", ["notify_group"])


def downgrade() -> None:
    """Back to no tables."""
    for table in ("contact", "device", "site", "tenant", "revision"):
        op.drop_table(table)


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String, nullable=False) for name in names]
