"""The layers in one GeoPackage that QGIS opens styled, and the styles as files."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from gis.siting.out.styles import kind_of, qml

# The table in which QGIS keeps and looks for the default style of a layer.
STYLE_TABLE = """
CREATE TABLE layer_styles (
 id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), f_table_schema TEXT(256),
 f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
 useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30),
 update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')))
"""


def write_geopackage(layers: Mapping[str, Any], path: Path) -> None:
    """Write GeoDataFrames by layer name with their styles; the first layer is the first in the file."""
    for name, frame in layers.items():
        frame.to_file(path, layer=name, driver="GPKG", VERSION="1.2")  # what older QGIS knows as well
    with closing(sqlite3.connect(path)) as store:
        _add_styles(store, layers)
        store.commit()


def write_styles(layers: Mapping[str, Any], folder: Path) -> None:
    """Write one .qml a layer."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in layers.items():
        (folder / f"{name}.qml").write_text(qml(name, kind_of(frame)), encoding="utf-8", newline="\n")


def _add_styles(store: sqlite3.Connection, layers: Mapping[str, Any]) -> None:
    columns = dict(store.execute("SELECT table_name, column_name FROM gpkg_geometry_columns").fetchall())
    store.execute(STYLE_TABLE)
    store.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES (?, 'attributes', ?)",
        ("layer_styles", "layer_styles"),
    )
    store.executemany(
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, "
        "styleName, styleQML, styleSLD, useAsDefault, description, owner) "
        "VALUES ('', '', ?, ?, ?, ?, '', 1, 'Skyshade', '')",
        [(name, columns[name], name, qml(name, kind_of(frame))) for name, frame in layers.items()],
    )
