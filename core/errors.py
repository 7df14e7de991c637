"""Errors a user can act on: one base, subclasses that carry the facts."""

from pathlib import Path


class SkyshadeError(Exception):
    """A failure a user can act on; printed as one line, exit status 1.

    `message` names the file or item and what is wrong with it; `hint` is the way out, if there is one.
    """

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message if hint is None else f"{message}; {hint}")
        self.message = message
        self.hint = hint


class BadFileError(SkyshadeError):
    """A file that cannot be used: `path`, the `problem`, and the way out."""

    def __init__(self, path: Path | str, problem: str, *, hint: str | None = None) -> None:
        super().__init__(f"{path}: {problem}", hint=hint)
        self.path = Path(path)
        self.problem = problem


class OutputError(BadFileError):
    """A file or folder that cannot be written."""


class UnknownNameError(SkyshadeError):
    """A name that is not in its catalogue; the known ones are listed."""

    def __init__(self, kind: str, name: str, known: list[str]) -> None:
        super().__init__(f"unknown {kind} {name!r}", hint=f"known: {', '.join(sorted(known)) or 'none'}")
        self.name = name
        self.known = known
