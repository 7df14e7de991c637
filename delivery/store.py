"""The store: an append-only log of events and the present state beside it, in one transaction.

SQLite by default, PostgreSQL by URL; SQLAlchemy underneath.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from delivery.errors import StoreError
from delivery.model import Flight
from delivery.world import Event, Thing, World, apply, order_from_data, replay, thing_from_data, to_data

SCHEMA_VERSION = 1

_meta = sa.MetaData()
_events = sa.Table(
    "events",
    _meta,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("time_s", sa.Float, nullable=False),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("subject", sa.String(80), nullable=False),
    sa.Column("data", sa.Text, nullable=False),
)
_present = sa.Table(
    "present",
    _meta,
    sa.Column("kind", sa.String(20), primary_key=True),
    sa.Column("id", sa.String(80), primary_key=True),
    sa.Column("data", sa.Text, nullable=False),
)
_about = sa.Table(
    "about", _meta, sa.Column("name", sa.String(20), primary_key=True), sa.Column("value", sa.Text)
)

_KINDS = {"items": "item", "places": "place", "aircraft": "aircraft", "orders": "order", "flights": "flight"}


def store_url(where: str | Path) -> str:
    """A database URL from a URL or a file path."""
    text = str(where)
    return text if "://" in text else f"sqlite:///{Path(text).absolute().as_posix()}"


class Store:
    """Events and the state they lead to. Open with `open_store`."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def world(self) -> World:
        """The present state, read from its own table."""
        with self._engine.connect() as db:
            return _read_world(db)

    def events(self) -> list[Event]:
        """The whole log, oldest first."""
        with self._engine.connect() as db:
            rows = db.execute(sa.select(_events).order_by(_events.c.seq)).all()
        return [Event(r.time_s, r.kind, r.subject, json.loads(r.data)) for r in rows]

    def append(self, events: Sequence[Event]) -> World:
        """Write events and the state after them, all or nothing; returns the new state.

        The state is read inside the transaction, so that two writers cannot both take the same step. Raises
        `DeliveryError` for a step that cannot be taken; then nothing is written.
        """
        with self._engine.begin() as db:
            _lock(db)
            world = before = _read_world(db)
            for event in events:
                world = apply(world, event)
                text = json.dumps(dict(event.data), ensure_ascii=False)
                row = {"time_s": event.time_s, "kind": event.kind, "subject": event.subject, "data": text}
                db.execute(_events.insert().values(**row))
            _write_changes(db, before, world)
        return world

    def check(self) -> list[str]:
        """Differences between the present state and the state its log leads to; empty when they agree."""
        present, rebuilt = self.world(), replay(self.events())
        found = []
        for field, kind in _KINDS.items():
            a, b = getattr(present, field), getattr(rebuilt, field)
            found += [
                f"{kind} {i}: stored and replayed differ" for i in sorted({*a, *b}) if a.get(i) != b.get(i)
            ]
        return found


def _lock(db: sa.Connection) -> None:
    if db.dialect.name == "sqlite":
        db.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        db.exec_driver_sql("LOCK TABLE events IN EXCLUSIVE MODE")


def _read_world(db: sa.Connection) -> World:
    found: dict[str, dict[str, Any]] = {name: {} for name in _KINDS}
    names = {kind: name for name, kind in _KINDS.items()}
    for kind, key, text in db.execute(sa.select(_present.c.kind, _present.c.id, _present.c.data)):
        found[names[kind]][key] = _thing(kind, json.loads(text))
    return World(**found)


def _thing(kind: str, data: dict[str, Any]) -> Thing:
    if kind == "order":
        return order_from_data(data)
    return Flight(**data) if kind == "flight" else thing_from_data(kind, data)


def _write_changes(db: sa.Connection, before: World, after: World) -> None:
    for field, kind in _KINDS.items():
        old, new = getattr(before, field), getattr(after, field)
        for key, thing in new.items():
            if old.get(key) != thing:
                text = json.dumps(to_data(thing), ensure_ascii=False)
                db.execute(_present.delete().where(_present.c.kind == kind, _present.c.id == key))
                db.execute(_present.insert().values(kind=kind, id=key, data=text))


@contextmanager
def open_store(where: str | Path, *, create: bool = False) -> Iterator[Store]:
    """Open (or with `create` make) a store at a file path or database URL.

    Raises `StoreError` when it is missing, exists already (`create`), or is no store of ours.
    """
    url = store_url(where)
    if url.startswith("sqlite") and "://" not in str(where):
        _check_file(Path(str(where)), create=create)
    engine = _engine(url)
    try:
        _prepare(engine, where, create=create)
        yield Store(engine)
    finally:
        engine.dispose()


def _engine(url: str) -> sa.Engine:
    try:
        engine = sa.create_engine(url)
    except sa.exc.ArgumentError as error:
        raise StoreError(f"{url}: is no database address ({error})") from error
    except ModuleNotFoundError as error:
        raise StoreError(
            f"{url}: the database driver {error.name} is not installed", hint=f"pip install {error.name}"
        ) from error
    if engine.dialect.name == "sqlite":
        # The driver's own transactions start too late for two writers; BEGIN is sent by hand.
        sa.event.listen(engine, "connect", lambda connection, _: setattr(connection, "isolation_level", None))
    return engine


def _check_file(path: Path, *, create: bool) -> None:
    if create and path.exists():
        raise StoreError(f"{path}: there is a file already", hint="choose another name, or use that store")
    if not create and not path.exists():
        raise StoreError(f"{path}: no such store", hint=f"make it: skyshade delivery init --store {path}")
    if create:
        path.parent.mkdir(parents=True, exist_ok=True)


def _prepare(engine: sa.Engine, where: str | Path, *, create: bool) -> None:
    try:
        with engine.begin() as db:
            if create:
                _meta.create_all(db)
                db.execute(_about.insert().values(name="schema", value=str(SCHEMA_VERSION)))
            version = db.execute(sa.select(_about.c.value).where(_about.c.name == "schema")).scalar()
    except sa.exc.DBAPIError as error:
        raise StoreError(f"{where}: is no delivery store ({error.orig})") from error
    if version != str(SCHEMA_VERSION):
        raise StoreError(
            f"{where}: schema {version}, this version reads {SCHEMA_VERSION}", hint="update skyshade"
        )
