import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from skyshade.cli.main import COMMANDS, cli
from skyshade.plain import plain

ROOT = Path(__file__).resolve().parents[2]


def skyshade(*args):
    return subprocess.run(
        [sys.executable, "-m", "skyshade", *args], cwd=ROOT, capture_output=True, text=True, check=False
    )


def every_command(group=cli, path=()):
    import click

    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from every_command(command, (*path, name))


def test_help_loads_no_heavy_library():
    code = (
        "import sys, click; from skyshade.cli.main import cli;"
        "cli.get_help(click.Context(cli)); print(*sys.modules)"
    )
    modules = subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True).split()
    assert not {"numpy", "rasterio", "geopandas", "pymavlink", "matplotlib", "rich"} & set(modules)


@pytest.mark.parametrize(
    ("path", "command"), list(every_command()), ids=lambda v: "-".join(v) if isinstance(v, tuple) else ""
)
def test_every_command_has_help_with_an_example(path, command):
    import click

    text = command.get_help(click.Context(command, info_name=" ".join(["skyshade", *path])))
    if not isinstance(command, click.Group):
        assert re.search(
            r"skyshade +" + " +".join(map(re.escape, path)), text.split("Options:")[0].split("\n", 1)[1]
        ), text
        assert "--json" in text


def test_an_unknown_command_is_wrong_usage_in_one_line():
    done = skyshade("fyl")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "fyl" in done.stderr


def test_every_listed_command_exists():
    assert set(cli.list_commands(None)) == set(COMMANDS)


def test_plain_values_are_json():
    import numpy as np

    value = {"a": np.array([1.0, np.nan]), "p": Path("x"), "t": (1, None, True), "i": float("inf")}
    assert json.loads(json.dumps(plain(value))) == {
        "a": [1.0, None],
        "p": "x",
        "t": [1, None, True],
        "i": None,
    }
