"""schemathesis over the delivery service's OpenAPI page, with an operator's key and with none.

Exit status 1 when it finds something.

Usage: python benchmarks/service_schema.py [MAX_EXAMPLES]
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from service_running import running

TOOL = Path(__file__).parents[1] / ".venv-bench" / "bin" / "schemathesis"
CHECKED = re.compile(r"(\d+) generated, (.*)")


def look(url: str, key: str | None, examples: int, folder: Path) -> "subprocess.CompletedProcess[str]":
    words = [str(TOOL), "run", f"{url}/openapi.json", "--seed", "1", "-n", str(examples), "--no-color"]
    words += ["--rate-limit", "auto", "--request-timeout", "10", "--continue-on-failure"]
    if key:
        words += ["-H", f"X-API-Key:{key}"]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)


def main(examples: int) -> bool:
    good, rows = True, []
    with tempfile.TemporaryDirectory(prefix="schema ") as made, running(Path(made)) as service:
        for name, key in (("operator", service.keys["operator"]), ("none", None)):
            found = look(service.url, key, examples, Path(made))
            print(found.stdout[-12000:], found.stderr[-2000:], file=sys.stderr)
            counted = CHECKED.search(found.stdout)
            rows.append(f"| {name} | {counted.group(0) if counted else '?'} | {found.returncode} |")
            good = good and found.returncode == 0
    print("| key | test cases | exit status (0: found nothing) |\n|---|---|---|")
    print("\n".join(rows))
    return good


if __name__ == "__main__":
    sys.exit(0 if main(int(sys.argv[1]) if len(sys.argv) > 1 else 50) else 1)
