"""How the inner loops are compiled: once on a machine, and kept beside the code or in NUMBA_CACHE_DIR.

The first run waits for it, so loops are written to compile soon: arrays to work in are handed in rather
than made, nothing is unpacked or assigned by slices, and each argument has one type. That lets numba leave
out what counts references to arrays (`_nrt`) and what rewrites array expressions (`no_rewrites`): a third
less to wait.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba

F = TypeVar("F", bound=Callable[..., Any])
Compiled = Callable[..., Any]  # numba has no types
_ALL = {"error_model": "numpy", "_nrt": False, "no_rewrites": True}


def kernel(**options: Any) -> Callable[[F], Compiled]:
    """A function that Python calls; the GIL is free meanwhile."""
    compiled: Callable[[F], Compiled] = numba.njit(**{**_ALL, "cache": True, "nogil": True, **options})
    return compiled


def part(**options: Any) -> Callable[[F], Compiled]:
    """A function that kernels alone call: it has no way in from Python, which takes long to compile."""
    alone = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    compiled: Callable[[F], Compiled] = numba.njit(**{**_ALL, **alone, **options})
    return compiled


def was_compiled(function: Compiled) -> bool:
    """Whether this machine has compiled a kernel already; a map's first run has to."""
    code = function.py_func.__code__  # type: ignore[attr-defined]  # numba's dispatcher
    name = f"{Path(code.co_filename).stem}.{code.co_qualname}-{code.co_firstlineno}.*.nbi"
    return any(Path(function.stats.cache_path).glob(name))  # type: ignore[attr-defined]  # as above
