"""Logging, configured in one place: messages to standard error, quiet by default."""

import logging
import sys


def configure(*, debug: bool = False, verbose: int = 0) -> None:
    """Set the root logger: warnings by default, -v information, -vv or --debug everything."""
    level = logging.DEBUG if debug or verbose > 1 else logging.INFO if verbose else logging.WARNING
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("numba", "rasterio", "matplotlib", "PIL", "fiona", "pyogrio"):
        logging.getLogger(noisy).setLevel(max(level, logging.WARNING))
