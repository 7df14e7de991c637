"""MAVProxy as a program: WAY PORT ITEMS.json CAP_S; prints one JSON line.

It calls an upload done when it has sent the last item ("Loaded N waypoints in"), a download when it has saved
the file.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any


def waypoints(rows: list[dict[str, Any]]) -> str:
    """The items in the QGC WPL 110 format."""
    lines = ["QGC WPL 110"]
    for row in rows:
        numbers = [row["seq"], row["current"], row["frame"], row["command"]]
        numbers += [row[f"param{n}"] for n in range(1, 5)]
        lines.append(
            "\t".join(map(str, [*numbers, f"{row['x'] / 1e7:.7f}", f"{row['y'] / 1e7:.7f}", row["z"], 1]))
        )
    return "\n".join(lines) + "\n"


def rows_of(text: str) -> list[dict[str, Any]]:
    """A QGC WPL 110 file as items."""
    rows = []
    for line in text.splitlines()[1:]:
        words = line.split("\t")
        params = {f"param{n}": float(words[3 + n]) for n in range(1, 5)}
        rows.append({
            "seq": int(words[0]), "current": int(words[1]), "frame": int(words[2]), "command": int(words[3]),
            **params, "x": round(float(words[8]) * 1e7), "y": round(float(words[9]) * 1e7),
            "z": float(words[10]), "autocontinue": 1, "mission_type": 0,
        })  # fmt: skip
    return rows


class Proxy:
    """MAVProxy with its console, in a folder of its own."""

    def __init__(self, port: str, folder: Path) -> None:
        program = Path(sys.executable).with_name("mavproxy.py")
        command = [sys.executable, str(program), f"--master=udpin:127.0.0.1:{port}", "--default-modules=wp"]
        command += ["--source-system=255"]
        environment = {**os.environ, "PYTHONUNBUFFERED": "1", "HOME": str(folder)}
        self.process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, bufsize=1, start_new_session=True, env=environment,
        )  # fmt: skip
        self.lines: SimpleQueue[str] = SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self.process.stdout or ():
            self.lines.put(line)

    def say(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def wait(self, word: str, seconds: float) -> bool:
        until_s = time.monotonic() + seconds
        while time.monotonic() < until_s:
            try:
                if word in self.lines.get(timeout=0.1):
                    return True
            except Empty:
                continue
        return False

    def end(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)


def main() -> None:
    way, port, path, cap_s = sys.argv[1], sys.argv[2], Path(sys.argv[3]), float(sys.argv[4])
    rows = json.loads(path.read_text(encoding="utf-8"))
    out: dict[str, Any] = {"claimed": False, "seconds": cap_s, "trouble": "cap"}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "up.txt").write_text(waypoints(rows), encoding="utf-8")
        proxy = Proxy(port, folder)
        try:
            if proxy.wait("online system", 30.0):
                time.sleep(1.0)
                began_s = time.monotonic()
                proxy.say("wp load up.txt" if way == "upload" else "wp save down.txt")
                out["claimed"] = proxy.wait(" in " if way == "upload" else "Saved", cap_s)
                out["seconds"] = time.monotonic() - began_s
            if out["claimed"]:
                del out["trouble"]
            if way == "download" and out["claimed"]:
                out["items"] = rows_of((folder / "down.txt").read_text(encoding="utf-8"))
        finally:
            proxy.end()
    print(json.dumps(out), flush=True)


if __name__ == "__main__":
    main()
