"""A real PostgreSQL server of a test's own, where Debian's package is installed."""

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

BIN = sorted(Path("/usr/lib/postgresql").glob("*/bin")) if Path("/usr/lib/postgresql").exists() else []


def as_postgres(*command):
    """PostgreSQL refuses to run as root."""
    words = [str(word) for word in command]
    return ["runuser", "-u", "postgres", "--", *words] if shutil.which("runuser") and is_root() else words


def is_root():
    return hasattr(os, "geteuid") and os.geteuid() == 0


@contextmanager
def temporary_postgres():
    """Its address; it listens on a socket in a folder only, and is gone afterwards."""
    if not BIN:
        pytest.skip("Debian's postgresql is not installed")
    pytest.importorskip("psycopg")
    folder = Path(tempfile.mkdtemp(prefix="skyshade-pg-"))
    folder.chmod(0o777)
    data = folder / "data"
    make = as_postgres(BIN[-1] / "initdb", "-D", data, "-A", "trust", "-U", "sky", "-N")
    subprocess.run(make, check=True, capture_output=True, cwd=folder)
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
    start = as_postgres(BIN[-1] / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start")
    subprocess.run(start, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder)
    try:
        yield f"postgresql://sky@/postgres?host={folder}"
    finally:
        stop = as_postgres(BIN[-1] / "pg_ctl", "-D", data, "-m", "immediate", "stop")
        subprocess.run(stop, check=True, stdout=subprocess.DEVNULL, cwd=folder)
        shutil.rmtree(folder)
