"""Cameras by name, from the packaged catalogue or the user's own TOML file."""

from pathlib import Path

from core.camera import Camera
from missions import catalogue


def camera_names() -> list[str]:
    """The names in the packaged catalogue."""
    return catalogue.names("cameras")


def load_camera(name_or_path: str | Path) -> Camera:
    """A camera by catalogue name (`XT2-13`) or from a .toml file with the fields of `core.camera.Camera`.

    Raises `UnknownNameError` (listing the known) or `BadFileError`.
    """
    return catalogue.load("cameras", "camera", name_or_path, Camera)
