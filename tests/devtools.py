"""A page in headless Chromium, driven over DevTools on a pipe: what it asks of the network, what it shows."""

import base64
import json
import os
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

PATIENCE_S = 120.0  # a starved machine is slow; an answer that never comes is a failure
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-dev-shm-usage", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--remote-debugging-pipe",
)  # fmt: skip


PLACE = """
import os, sys
handles = [os.dup(int(number)) for number in sys.argv[1:3]]
for handle, number in zip(handles, (3, 4)):  # the browser reads from 3 and writes to 4
    os.dup2(handle, number)
    os.set_inheritable(number, True)
os.execv(sys.argv[3], sys.argv[3:])
"""


class Browser:
    """Chromium as a process of ours; `page` opens a fresh page in it."""

    def __init__(self, chromium: Path, profile: Path) -> None:
        to_browser, self._out = os.pipe()
        self._in, from_browser = os.pipe()
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-c", PLACE, str(to_browser), str(from_browser)),
                *(str(chromium), *FLAGS, f"--user-data-dir={profile}"),
            ],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            pass_fds=(to_browser, from_browser),
        )  # fmt: skip
        os.close(to_browser)
        os.close(from_browser)
        self._buffer, self._number = b"", 0
        self._pages: dict[str, Page] = {}

    def close(self) -> None:
        """End the browser."""
        self._process.kill()
        self._process.wait()
        os.close(self._in)
        os.close(self._out)

    def page(self, address: str, size: tuple[int, int] = (1200, 800)) -> "Page":
        """A new page of a size in pixels at an address, loaded; what it keeps no other page finds."""
        context = self.ask("Target.createBrowserContext", {})["browserContextId"]
        wish = {"url": "about:blank", "browserContextId": context}
        target = self.ask("Target.createTarget", wish)["targetId"]
        session = self.ask("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        page = self._pages[session] = Page(self, session, context, size)
        page.open(address)
        return page

    def ask(self, method: str, values: dict[str, Any], session: str | None = None) -> dict[str, Any]:
        """Call a DevTools method and wait for its answer."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": values}
        if session is not None:
            message["sessionId"] = session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.take()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return dict(answer["result"])

    def take(self) -> dict[str, Any]:
        """The next message; events go to their page."""
        until = time.monotonic() + PATIENCE_S
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._in], [], [], max(0.0, until - time.monotonic()))
            assert ready, "the browser does not answer"
            read = os.read(self._in, 1 << 20)
            assert read, "the browser has ended"
            self._buffer += read
        line, self._buffer = self._buffer.split(b"\0", 1)
        message: dict[str, Any] = json.loads(line)
        if "method" in message and message.get("sessionId") in self._pages:
            self._pages[message["sessionId"]].note(message["method"], message["params"])
        return message


class Page:
    """One page. `requests` are the addresses it asked for, its own among them; `complaints` its errors."""

    def __init__(self, browser: Browser, session: str, context: str, size: tuple[int, int]) -> None:
        self._browser, self._session, self._context = browser, session, context
        self._loaded, self._size = False, size
        self.requests: list[str] = []
        self.complaints: list[str] = []

    def ask(self, method: str, **values: Any) -> dict[str, Any]:
        """Call a DevTools method of the page."""
        return self._browser.ask(method, values, self._session)

    def open(self, address: str) -> None:
        """Go to an address and wait until it has loaded."""
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.ask(f"{domain}.enable")
        width, height = self._size
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=width < 700,
        )  # fmt: skip
        self.ask("Page.navigate", url=address)
        while not self._loaded:
            self._browser.take()
        self.settle()

    def close(self) -> None:
        """Close the page and forget what it kept."""
        self._browser.ask("Target.disposeBrowserContext", {"browserContextId": self._context})

    def settle(self) -> None:
        """Wait until two pictures have been drawn."""
        self.run("new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))")

    def run(self, script: str) -> Any:
        """The value of an expression in the page."""
        answer = self.ask("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise AssertionError(answer["exceptionDetails"])
        return answer["result"].get("value")

    def click(self, selector: str) -> None:
        """Press and let go the mouse in the middle of an element."""
        x, y = self.run(
            f"(() => {{ const b = document.querySelector({json.dumps(selector)}).getBoundingClientRect();"
            "return [b.left + b.width / 2, b.top + b.height / 2]; })()"
        )
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)
        self.settle()

    def key(self, name: str, code: int) -> None:
        """Press a key."""
        for kind in ("rawKeyDown", "char", "keyUp") if name == "Enter" else ("rawKeyDown", "keyUp"):
            more = {"text": "\r"} if kind == "char" else {}
            self.ask(
                "Input.dispatchKeyEvent", type=kind, key=name, code=name, windowsVirtualKeyCode=code, **more
            )
        self.settle()

    def type(self, text: str) -> None:
        """Put text where the cursor is, as an input method does."""
        self.ask("Input.insertText", text=text)
        self.settle()

    def text(self, selector: str) -> str:
        """What an element shows."""
        return str(self.run(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''"))

    def picture(self) -> bytes:
        """A PNG of the window."""
        return base64.b64decode(self.ask("Page.captureScreenshot", format="png")["data"])

    def pdf(self) -> bytes:
        """The page as it is printed."""
        return base64.b64decode(self.ask("Page.printToPDF", printBackground=False)["data"])

    def note(self, method: str, values: dict[str, Any]) -> None:
        """Take an event of this page."""
        if method == "Page.loadEventFired":
            self._loaded = True
        if method == "Network.requestWillBeSent":
            self.requests.append(values["request"]["url"])
        if method == "Log.entryAdded":
            self.complaints.append(values["entry"]["text"])
        if method == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(values["exceptionDetails"], ensure_ascii=False))
