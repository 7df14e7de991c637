"""The tables of a store, and how a store of an older version is carried over."""

from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from delivery.errors import StoreError

if TYPE_CHECKING:
    from alembic.config import Config

SCHEMA_VERSION = 2
HEAD = "0002"
_VERSIONS = {"1": "0001"}  # stores that were made before Alembic counted

meta = sa.MetaData()
events = sa.Table(
    "events",
    meta,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("time_s", sa.Float, nullable=False),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("subject", sa.String(80), nullable=False),
    sa.Column("data", sa.Text, nullable=False),
)
present = sa.Table(
    "present",
    meta,
    sa.Column("kind", sa.String(20), primary_key=True),
    sa.Column("id", sa.String(80), primary_key=True),
    sa.Column("data", sa.Text, nullable=False),
)
about = sa.Table(
    "about", meta, sa.Column("name", sa.String(20), primary_key=True), sa.Column("value", sa.Text)
)
contacts = sa.Table(
    "contacts",
    meta,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("mark", sa.String(64), unique=True),
    sa.Column("name", sa.Text),
    sa.Column("contact", sa.Text),
    sa.Column("seen_s", sa.Float, nullable=False),
)


def make(db: sa.Connection) -> None:
    """Make the tables of an empty store."""
    _upgrade(db)


def version(db: sa.Connection) -> str | None:
    """The schema of the store; None where there is none."""
    return db.execute(sa.select(about.c.value).where(about.c.name == "schema")).scalar()


def bring_up(db: sa.Connection, where: str | Path) -> None:
    """Carry a store of an older version over; raises `StoreError` for a newer one."""
    found = version(db)
    if found == str(SCHEMA_VERSION):
        return
    if found not in _VERSIONS:
        raise StoreError(
            f"{where}: schema {found}, this version reads {SCHEMA_VERSION}", hint="update skyshade"
        )
    if not sa.inspect(db).has_table("schema_version"):
        _stamp(db, _VERSIONS[found])
    _upgrade(db)


def _stamp(db: sa.Connection, revision: str) -> None:
    from alembic import command

    command.stamp(_config(db), revision)


def _upgrade(db: sa.Connection) -> None:
    from alembic import command

    command.upgrade(_config(db), HEAD)


def _config(db: sa.Connection) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = db
    return config
