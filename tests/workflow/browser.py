"""A headless Chromium without a network, driven over a pipe by the DevTools protocol."""

import base64
import itertools
import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# No name resolves, so whatever a page asks of the network fails and is logged.
OPTIONS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions"),
    *("--host-resolver-rules=MAP * ~NOTFOUND", "--remote-debugging-pipe", "--mute-audio"),
)


def find() -> str | None:
    """The browser's path, None where there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    """One tab; use it as a context manager. `errors` and `requests` are what the pages logged and asked for."""

    def __init__(self, profile: Path, width: int = 1280, height: int = 900):
        """Start the browser with an empty profile in the folder `profile`."""
        # Chromium reads commands from file descriptor 3 and answers on 4.
        commands, self._to = os.pipe()
        self._from, answers = os.pipe()
        launch = 'exec "$@" 3<&"$COMMANDS" 4>&"$ANSWERS"'
        self._process = subprocess.Popen(
            ["bash", "-c", launch, "browser", find(), *OPTIONS, f"--user-data-dir={profile}", "about:blank"],
            pass_fds=(commands, answers),
            env=os.environ | {"COMMANDS": str(commands), "ANSWERS": str(answers), "HOME": str(profile)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(commands)
        os.close(answers)
        self._buffer, self._numbers, self._session = b"", itertools.count(1), None
        self.errors: list[str] = []
        self.requests: list[str] = []
        self._contexts: dict[int, dict[str, Any]] = {}
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.resize(width, height)

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """The answer to a DevTools command."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._to, data) :]
        while True:
            answer = self._read()
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]

    def open(self, address: str) -> None:
        """Show a page and wait until it has loaded; forgets the errors and requests of the page before."""
        self.call("Page.navigate", url="about:blank")  # else another fragment of the same page would not load it anew
        self.errors, self.requests = [], []
        if error := self.call("Page.navigate", url=address).get("errorText"):
            raise RuntimeError(f"{address}: {error}")
        self.wait("document.readyState === 'complete' && location.href !== 'about:blank'")

    def run(self, expression: str, frame: str | None = None) -> Any:
        """The value of a JavaScript expression, in the frame whose address begins with `frame` or in the page."""
        options: dict[str, Any] = {}
        if frame is not None:
            options["contextId"] = self._context(frame)
        answer = self.call(
            "Runtime.evaluate",
            expression=expression,
            returnByValue=True,
            awaitPromise=True,
            userGesture=True,
            **options,
        )
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def wait(self, expression: str, seconds: float = 60, frame: str | None = None) -> None:
        """Wait until an expression is true, also for its frame to be there; raises `TimeoutError`."""
        end = time.monotonic() + seconds
        while True:
            try:
                if self.run(expression, frame):
                    return
                state = "never true"
            except LookupError as error:
                state = str(error)
            if time.monotonic() > end:
                raise TimeoutError(f"{expression}: {state}; errors: {self.errors}")
            time.sleep(0.1)

    def press(self, key: str) -> None:
        """Press a key such as ArrowRight, as a person does."""
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key)

    def resize(self, width: int, height: int) -> None:
        """Set the size of the window's content in pixels."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def dark(self, on: bool) -> None:
        """Prefer dark colours, or light ones."""
        features = [{"name": "prefers-color-scheme", "value": "dark" if on else "light"}]
        self.call("Emulation.setEmulatedMedia", features=features)

    def paper(self, on: bool) -> None:
        """Lay the page out with the styles of a printer, or with those of a screen."""
        self.call("Emulation.setEmulatedMedia", media="print" if on else "")
        self.call("Emulation.setScrollbarsHidden", hidden=on)

    def print(self, path: Path) -> None:
        """Save the page as PDF, on the paper that it asks for."""
        path.write_bytes(base64.b64decode(self.call("Page.printToPDF", preferCSSPageSize=True)["data"]))

    def screenshot(self, path: Path, *, whole: bool = False) -> None:
        """Save what is seen, or the whole page, as PNG."""
        data = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)["data"]
        path.write_bytes(base64.b64decode(data))

    def _context(self, frame: str) -> int:
        def walk(tree: dict[str, Any]) -> Any:
            yield tree["frame"]
            for child in tree.get("childFrames", []):
                yield from walk(child)

        tree = self.call("Page.getFrameTree")["frameTree"]
        found = [one["id"] for one in walk(tree) if one["url"].startswith(frame)]
        contexts = [number for number, context in self._contexts.items() if context["auxData"]["frameId"] in found]
        if not contexts:
            raise LookupError(f"no frame {frame}; there are {[one['url'][:60] for one in walk(tree)]}")
        return contexts[0]

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            data = os.read(self._from, 1 << 20)
            if not data:
                raise RuntimeError("the browser has ended")
            self._buffer += data
        message, _, self._buffer = self._buffer.partition(b"\0")
        answer = json.loads(message)
        self._note(answer.get("method"), answer.get("params", {}))
        return answer

    def _note(self, event: str | None, params: dict[str, Any]) -> None:
        if event == "Runtime.executionContextCreated":
            self._contexts[params["context"]["id"]] = params["context"]
        elif event == "Runtime.executionContextDestroyed":
            self._contexts.pop(params["executionContextId"], None)
        elif event == "Runtime.executionContextsCleared":
            self._contexts.clear()
        elif event == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.errors.append(details.get("exception", {}).get("description", details["text"]))
        elif event == "Runtime.consoleAPICalled" and params["type"] in ("error", "assert"):
            self.errors.append(" ".join(str(one.get("value", one.get("description"))) for one in params["args"]))
        elif event == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.errors.append(params["entry"]["text"])
        elif event == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(timeout=30)
        os.close(self._to)
        os.close(self._from)
