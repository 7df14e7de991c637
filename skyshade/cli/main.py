"""The command `skyshade`: groups that load only what the chosen command needs."""

import importlib
import os
import sys
import traceback
from pathlib import Path
from typing import Any

import click

from core.errors import SkyshadeError
from skyshade import __version__

# command -> (module that holds a click command called `command`, one line of help)
COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("skyshade.cli.demo", "Tell the whole story on a made scene."),
    "survey": ("skyshade.cli.survey", "Plan flights that photograph an area."),
    "mission": ("skyshade.cli.mission", "Check, convert, print, upload and download plans."),
    "fly": ("skyshade.cli.fly", "Fly a plan: preflight, upload, fly, watch, record."),
    "params": ("skyshade.cli.params", "Read, set, compare and load parameters."),
    "log": ("skyshade.cli.log", "What a recording holds: facts, columns, pictures, review."),
    "sitl": ("skyshade.cli.sitl", "Find, install, start and stop simulated vehicles."),
    "thermal": ("skyshade.cli.thermal", "Read thermal frames and make heat maps."),
    "heat": ("skyshade.cli.heat", "Merge heat maps of several flights; compare before and after."),
    "sites": ("skyshade.cli.sites", "Choose places for shade, fog and shelters."),
    "delivery": ("skyshade.cli.delivery", "Take, fly and record park deliveries."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called; its help needs no import."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return [name for name, (module, _) in COMMANDS.items() if _exists(module)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = importlib.import_module(COMMANDS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(name, COMMANDS[name][1]) for name in self.list_commands(ctx)]
        if not rows:
            return
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _exists(module: str) -> bool:
    return (Path(__file__).parent / (module.rsplit(".", 1)[1] + ".py")).exists()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="skyshade")
@click.option(
    "--debug",
    is_flag=True,
    envvar="SKYSHADE_DEBUG",
    help="Show debug messages, and where in the program an error arose.",
)
@click.option("-v", "--verbose", count=True, help="More messages on standard error (-v, -vv).")
def cli(debug: bool, verbose: int) -> None:
    """Skyshade: park delivery by drone, and heat maps that show where to put shade.

    \b
    Example: skyshade demo --out demo-out
    """
    from skyshade.log import configure

    configure(debug=debug, verbose=verbose)


def run(argv: list[str] | None = None) -> None:
    """Entry point: every failure becomes one line and an exit status (1 failed, 2 wrong usage)."""
    _utf8_streams()
    args = sys.argv[1:] if argv is None else argv
    debug = "--debug" in args or bool(os.environ.get("SKYSHADE_DEBUG"))
    try:
        status = cli.main(args=args, prog_name="skyshade", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        sys.exit(2)
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx else "skyshade"
        _fail(f"{error.format_message()} (see {where} --help)", 2)
    except (click.Abort, KeyboardInterrupt):
        _fail("interrupted; nothing half-written was kept", 1, debug=debug)
    except (SkyshadeError, click.ClickException) as error:
        _fail(str(error) if isinstance(error, SkyshadeError) else error.format_message(), 1, debug=debug)
    except OSError as error:
        _fail(_os_line(error), 1, debug=debug)
    except Exception as error:  # noqa: BLE001  # the last line of defence: never a traceback by surprise
        _fail(
            f"unexpected {type(error).__name__}: {error} (run with --debug for the traceback)", 1, debug=debug
        )
    sys.exit(status if isinstance(status, int) else 0)


def _utf8_streams() -> None:
    for stream in (sys.stdout, sys.stderr):
        reconfigure: Any = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="replace")


def _os_line(error: OSError) -> str:
    name = "" if error.filename is None else f"{error.filename}: "
    return f"{name}{error.strerror or error}"


def _fail(message: str, status: int, *, debug: bool = False) -> None:
    if debug:
        traceback.print_exc()
    line = " ".join(str(message).split())
    click.echo(f"skyshade: {line}", err=True)
    sys.exit(status)
