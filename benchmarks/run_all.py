"""Run every benchmark here and print its table; docs/benchmarks.md keeps the dated results.

Usage: python benchmarks/run_all.py [NAME ...]
"""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def _is_benchmark(path: Path) -> bool:
    """Whether it runs by itself: the others are parts of those that do."""
    return path.stem != "run_all" and "__main__" in path.read_text(encoding="utf-8")


def main() -> int:
    names = sys.argv[1:] or sorted(p.stem for p in HERE.glob("*.py") if _is_benchmark(p))
    failed = []
    for name in names:
        print(f"\n## {name}\n", flush=True)
        if subprocess.run([sys.executable, str(HERE / f"{name}.py")], check=False).returncode:
            failed.append(name)
    if failed:
        print(f"\nfailed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
