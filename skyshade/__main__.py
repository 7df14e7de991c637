"""`skyshade` and `python -m skyshade`: look that our packages are ours, then run the command line."""

import sys

from skyshade.rooms import hidden_room


def main() -> None:
    """Run the command line; one clear line when another folder hides one of our packages."""
    problem = hidden_room()
    if problem is not None:
        sys.exit(f"skyshade: {problem}")
    from skyshade.cli.main import run

    run()


if __name__ == "__main__":
    main()
