"""The demo's pictures and its page."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from skyshade.demo.story import Story


def figures_of(story: "Story") -> list[tuple[str, str]]:
    return []


def show(story: "Story") -> None:
    return
