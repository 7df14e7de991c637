"""The store: an append-only log of events and the present state beside it, in one transaction.

SQLite by default, PostgreSQL by URL; SQLAlchemy underneath. The state is kept in memory with the number of
the last event in it: another writer's events are read when a transaction begins, so that nobody decides on an
old state and nobody reads the whole state again.
"""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from delivery.contacts import Contacts
from delivery.errors import StoreError
from delivery.schema import SCHEMA_VERSION, bring_up, events, make, present, version
from delivery.things import thing_from_data, to_data
from delivery.world import FIELDS, Event, World, apply, replay

__all__ = ["SCHEMA_VERSION", "Entry", "Store", "open_store", "store_url"]

BUSY_S = 30.0  # how long a writer waits for another


def store_url(where: str | Path) -> str:
    """A database URL from a URL or a file path."""
    text = str(where)
    if text.startswith("postgresql://"):
        return "postgresql+psycopg" + text.removeprefix("postgresql")
    return text if "://" in text else f"sqlite:///{Path(text).absolute().as_posix()}"


@dataclass(frozen=True, slots=True)
class Entry:
    """An event in the log with its number."""

    seq: int
    event: Event


class Store:
    """Events and the state they lead to, for any number of threads. Open with `open_store`."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._lock = threading.RLock()
        self._seq = 0
        self._time_s = float("-inf")
        self.contacts = Contacts(engine)
        with _snapshot(engine) as db:
            self._world = _read_world(db)
            self._seq, self._time_s = _last(db)

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    @property
    def seq(self) -> int:
        """The number of the last event that this process knows of."""
        return self._seq

    @property
    def time_s(self) -> float:
        """The UTC second of the last event."""
        return self._time_s

    def world(self) -> World:
        """The present state."""
        with self._lock, self._engine.connect() as db:
            self._catch_up(db)
            return self._world

    def present(self) -> tuple[World, int]:
        """The present state with the number of its last event."""
        with self._lock, self._engine.connect() as db:
            self._catch_up(db)
            return self._world, self._seq

    def known(self) -> World:
        """The state as this process knows it, without asking the database."""
        return self._world

    def events(self) -> list[Event]:
        """The whole log in order."""
        return [entry.event for entry in self.entries_since(0)]

    def entries_since(self, seq: int, limit: int | None = None) -> list[Entry]:
        """The events after number `seq`, at most `limit`."""
        query = sa.select(events).where(events.c.seq > seq).order_by(events.c.seq).limit(limit)
        with self._engine.connect() as db:
            return [_entry(row) for row in db.execute(query)]

    def append(self, added: Sequence[Event]) -> World:
        """Write events and the state after them, all or nothing; returns the new state.

        Raises `DeliveryError` for a step that cannot be taken; then nothing is written.
        """
        return self.decide(lambda _: added)

    def decide(self, decision: Callable[[World], Sequence[Event]]) -> World:
        """Write the events that `decision` makes of the present state, which nobody else changes meanwhile.

        Times in the log never fall: an event of a clock that went back gets the time of the last one. Raises
        what `decision` raises, and `DeliveryError` for a step that cannot be taken; then nothing is written.
        """
        with self._lock:
            try:
                with self._engine.begin() as db:
                    _lock(db)
                    self._catch_up(db)
                    done = _written(db, self._world, self._time_s, decision(self._world))
            except sa.exc.OperationalError as error:
                raise StoreError(f"the store cannot be written ({error.orig})", hint="try again") from error
            if done.count:
                self._world, self._seq, self._time_s = done.world, done.seq, done.time_s
            return self._world

    def append_after(self, seq: int, added: Sequence[Event]) -> World | None:
        """As `append` if event `seq` still is the last one; None, and nothing written, if it is not."""
        moved = False

        def decided(_: World) -> Sequence[Event]:
            nonlocal moved
            moved = self._seq != seq
            return () if moved else added

        world = self.decide(decided)
        return None if moved else world

    def _catch_up(self, db: sa.Connection) -> None:
        """Take in what others wrote."""
        seq, _ = _last(db)
        if seq == self._seq:
            return
        rows = db.execute(sa.select(events).where(events.c.seq > self._seq).order_by(events.c.seq))
        world = self._world
        for row in rows:
            entry = _entry(row)
            world = apply(world, entry.event)
            self._seq, self._time_s = entry.seq, entry.event.time_s
        self._world = world

    def check(self) -> list[str]:
        """Differences between the stored state and the one its log leads to; empty when they agree."""
        with _snapshot(self._engine) as db:
            stored, rebuilt = _read_world(db), replay(_entry(row).event for row in db.execute(_ALL))
        found = []
        for kind, field in FIELDS.items():
            a, b = getattr(stored, field), getattr(rebuilt, field)
            found += [
                f"{kind} {i}: stored and replayed differ" for i in sorted({*a, *b}) if a.get(i) != b.get(i)
            ]
        return found


_ALL = sa.select(events).order_by(events.c.seq)


@dataclass(frozen=True, slots=True)
class _Done:
    world: World
    seq: int
    time_s: float
    count: int


def _written(db: sa.Connection, world: World, time_s: float, added: Sequence[Event]) -> _Done:
    before, seq = world, 0
    for event in added:
        steady = Event(max(event.time_s, time_s), event.kind, event.subject, event.data)
        world = apply(world, steady)
        time_s = steady.time_s
        text = json.dumps(dict(event.data), ensure_ascii=False)
        row = {"time_s": time_s, "kind": event.kind, "subject": event.subject, "data": text}
        key = db.execute(events.insert().values(**row)).inserted_primary_key
        seq = int(key[0]) if key is not None else seq
    for event in {(e.kind.partition(".")[0], e.subject): e for e in added}.values():
        _write_present(db, before, world, event)
    return _Done(world, seq, time_s, len(added))


def _write_present(db: sa.Connection, before: World, after: World, event: Event) -> None:
    kind = event.kind.partition(".")[0]
    thing = getattr(after, FIELDS[kind])[event.subject]
    old = getattr(before, FIELDS[kind]).get(event.subject)
    if thing == old:
        return
    text = json.dumps(to_data(thing), ensure_ascii=False)
    here = (present.c.kind == kind) & (present.c.id == event.subject)
    if old is None:
        db.execute(present.insert().values(kind=kind, id=event.subject, data=text))
    else:
        db.execute(present.update().where(here).values(data=text))


def _last(db: sa.Connection) -> tuple[int, float]:
    row = db.execute(_LAST).first()
    return (0, float("-inf")) if row is None else (int(row.seq), float(row.time_s))


_LAST = sa.select(events.c.seq, events.c.time_s).order_by(events.c.seq.desc()).limit(1)


def _entry(row: Any) -> Entry:
    return Entry(int(row.seq), Event(row.time_s, row.kind, row.subject, json.loads(row.data)))


def _lock(db: sa.Connection) -> None:
    if db.dialect.name == "sqlite":
        db.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        db.exec_driver_sql("LOCK TABLE events IN EXCLUSIVE MODE")


def _read_world(db: sa.Connection) -> World:
    found: dict[str, dict[str, Any]] = {field: {} for field in FIELDS.values()}
    for kind, key, text in db.execute(sa.select(present.c.kind, present.c.id, present.c.data)):
        if kind not in FIELDS:
            raise StoreError(f"the store holds a {kind!r}, which is not known", hint="update skyshade")
        found[FIELDS[kind]][key] = thing_from_data(kind, json.loads(text))
    return World(**found)


@contextmanager
def open_store(where: str | Path, *, create: bool = False) -> Iterator[Store]:
    """Open (or with `create` make) a store at a file path or database URL; an older one is carried over.

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
        engine = sa.create_engine(url, **_options(url))
    except sa.exc.ArgumentError as error:
        raise StoreError(f"{url}: is no database address") from error
    except ModuleNotFoundError as error:
        raise StoreError(
            f"the database driver {error.name} is not installed", hint=f"pip install {error.name}"
        ) from error
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _connected)
    return engine


def _options(url: str) -> dict[str, Any]:
    if url.startswith("sqlite"):
        return {"connect_args": {"timeout": BUSY_S}}
    return {"pool_pre_ping": True}


def _connected(connection: Any, _record: Any) -> None:
    """The driver's own transactions start too late for two writers; BEGIN is sent by hand. Readers do not
    wait for writers, and what is committed is on the disk.
    """
    connection.isolation_level = None
    for words in ("journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {words}").close()


def _check_file(path: Path, *, create: bool) -> None:
    if create and path.exists():
        raise StoreError(f"{path}: there is a file already", hint="choose another name, or use that store")
    if not create and not path.exists():
        raise StoreError(f"{path}: no such store", hint=f"make it: skyshade delivery init --store {path}")
    if create:
        path.parent.mkdir(parents=True, exist_ok=True)


def _prepare(engine: sa.Engine, where: str | Path, *, create: bool) -> None:
    shown = engine.url.render_as_string(hide_password=True) if "://" in str(where) else where
    try:
        if create:
            with _alone(engine) as db:
                if sa.inspect(db).has_table("about"):
                    raise StoreError(f"{shown}: there is a store already", hint="use it, or another database")
                make(db)
            return
        with engine.connect() as db:
            current = version(db) == str(SCHEMA_VERSION)
        if not current:
            with _alone(engine) as db:
                bring_up(db, shown)
    except sa.exc.DBAPIError as error:
        raise StoreError(f"{shown}: is no delivery store ({error.orig})") from error


@contextmanager
def _alone(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction in which nobody else makes or changes tables."""
    with engine.begin() as db:
        postgres = db.dialect.name != "sqlite"
        db.exec_driver_sql("SELECT pg_advisory_xact_lock(7231)" if postgres else "BEGIN IMMEDIATE")
        yield db


@contextmanager
def _snapshot(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One moment of the database, whatever others write meanwhile."""
    with engine.begin() as db:
        postgres = db.dialect.name != "sqlite"
        db.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ" if postgres else "BEGIN")
        yield db
