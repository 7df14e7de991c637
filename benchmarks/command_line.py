"""How long `skyshade --help` takes, beside a bare Python and a bare click program."""

import sys
from pathlib import Path

from measure import median, run, skyshade

ROOT = Path(__file__).resolve().parents[1]
RUNS = 9
CLICK = "import click\n@click.group()\ndef c(): 'x'\nc(['--help'])"


def main() -> None:
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "a click program's --help": [sys.executable, "-c", CLICK],
        "skyshade --help": skyshade("--help"),
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(RUNS + 1):
        for name, command in commands.items():
            times[name].append(run(command, ROOT).wall_s)
    print(f"| command | wall s (median of {RUNS}) |\n|---|---|")
    for name, values in times.items():
        print(f"| {name} | {median(values[1:]):.3f} |")


if __name__ == "__main__":
    main()
