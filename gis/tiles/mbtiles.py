"""MBTiles: tiles in a SQLite file, rows counted from the south (MBTiles 1.3)."""

import sqlite3
from pathlib import Path
from urllib.parse import quote

from core.errors import BadFileError

MEDIA = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "pbf": "application/x-protobuf",
}
TILE = "SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?"
SIGNS = ((b"\x89PNG", "png"), (b"\xff\xd8", "jpg"), (b"RIFF", "webp"), (b"\x1f\x8b", "pbf"))


class MbTiles:
    """An MBTiles file open for reading; see `Archive`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._store = _opened(path)
        try:
            facts = dict(self._store.execute("SELECT name, value FROM metadata").fetchall())
            self.zooms = self._zooms()
            self.kind = self._kind(str(facts.get("format", "")).lower())
        except (sqlite3.Error, BadFileError) as error:
            self._store.close()
            if isinstance(error, BadFileError):
                raise
            raise BadFileError(path, f"is no MBTiles file ({error})") from error
        self.attribution = str(facts.get("attribution", ""))

    def tile(self, zoom: int, column: int, row: int) -> bytes | None:
        """The tile at `row` from the north; raises `BadFileError` where the file is broken."""
        wanted = zoom, column, 2**zoom - 1 - row
        try:
            found = self._store.execute(TILE, wanted).fetchone()
        except sqlite3.Error as error:
            raise BadFileError(self._path, f"holds a tile that cannot be read ({error})") from error
        return None if found is None else bytes(found[0])

    def close(self) -> None:
        """Let go of the file."""
        self._store.close()

    def _zooms(self) -> tuple[int, int]:
        low, high = self._store.execute("SELECT min(zoom_level), max(zoom_level) FROM tiles").fetchone()
        if low is None:
            raise BadFileError(self._path, "holds no tile")
        return int(low), int(high)

    def _kind(self, named: str) -> str:
        """The media type by the first tile's own signature, else by the name in the metadata."""
        data = bytes(self._store.execute("SELECT tile_data FROM tiles LIMIT 1").fetchone()[0])
        seen = next((name for sign, name in SIGNS if data.startswith(sign)), named)
        if seen not in MEDIA:
            raise BadFileError(
                self._path, f"holds tiles of unknown format {named!r}", hint="PNG, JPEG, WebP or vector tiles"
            )
        return MEDIA[seen]


def _opened(path: Path) -> sqlite3.Connection:
    if not path.is_file():
        raise BadFileError(path, "not found")
    address = f"file:{quote(path.resolve().as_posix())}?mode=ro&immutable=1"
    try:
        return sqlite3.connect(address, uri=True)
    except sqlite3.Error as error:
        raise BadFileError(path, f"cannot be opened ({error})") from error
