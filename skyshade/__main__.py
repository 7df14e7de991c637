"""`python -m skyshade`."""

from skyshade.cli.main import run

if __name__ == "__main__":
    run()
