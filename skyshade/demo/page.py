"""The demo's page: figures, pictures and links on one HTML page that needs no internet."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from core.files import write_text
from skyshade import __version__


@dataclass(frozen=True, slots=True)
class Chapter:
    """One section of the page. Paths are relative to the page; `numbers` are the table's number columns."""

    id: str
    title: str
    korean: str
    text: str
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    numbers: tuple[int, ...] = ()
    pictures: tuple[tuple[str, str], ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    frame: str | None = None


def write_page(
    target: Path, vehicle: str, figures: Sequence[tuple[str, str]], chapters: Sequence[Chapter]
) -> Path:
    """Write the page at `target`; `figures` are (value, label)."""
    from jinja2 import Environment, StrictUndefined

    text = files("skyshade.demo").joinpath("templates/index.html").read_text(encoding="utf-8")
    template = Environment(autoescape=True, undefined=StrictUndefined).from_string(text)
    html = template.render(vehicle=vehicle, figures=figures, chapters=chapters, version=__version__)
    write_text(target, html)
    return target
