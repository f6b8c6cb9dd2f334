# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A real browser, through the protocol of its driver: what a page looks like at a width.

Debian's packages `chromium` and `chromium-driver`; where they are not installed, nothing is looked at.
"""

from __future__ import annotations

import base64
import http.client
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

DRIVER: Final = shutil.which("chromedriver")
BROWSER: Final = shutil.which("chromium")
AT_HAND: Final = DRIVER is not None and BROWSER is not None
_FLAGS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
)
_PORT: Final = re.compile(r"started successfully on port (\d+)")
_ANSWERED: Final = 60.0
"""Seconds within which the driver answers."""
_TOO_WIDE: Final = """
const limit = document.documentElement.clientWidth;
return [...document.querySelectorAll('body *')]
  .filter(each => each.getBoundingClientRect().right > limit + 1
    && !each.closest('.skip') && getComputedStyle(each).position !== 'absolute'
    && !each.closest('thead'))
  .concat([...document.querySelectorAll('.q')].filter(each =>
    each.getBoundingClientRect().right > each.parentElement.getBoundingClientRect().right + 1))
  .map(each => each.tagName + ': ' + each.textContent.slice(0, 60))
  // A label beside its value on a narrow screen is no element of its own: it must be able to wrap.
  .concat([...document.querySelectorAll('[data-label]')].filter(each => {
    const label = getComputedStyle(each, '::before');
    return !['none', 'normal'].includes(label.content) && label.whiteSpace === 'nowrap';
  }).map(each => 'LABEL: ' + each.dataset.label));
"""
_BROKEN: Final = r"""
const found = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const node = walker.currentNode;
  if (node.parentElement.closest('style, .skip')) continue;
  for (const match of node.data.matchAll(
    /\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ|\d{1,2} [A-Z][a-z]{2} \d{4}|\d{1,3}(?: \d{3})+|\S+/g)) {
    const range = document.createRange();
    range.setStart(node, match.index);
    range.setEnd(node, match.index + match[0].length);
    const lines = new Set([...range.getClientRects()].filter(each => each.width > 0)
      .map(each => Math.round(each.top)));
    // Where a whole line is too short for a word, its hyphens are places where a line may end.
    if (lines.size > 1 && match[0].length <= 36) found.push(match[0]);
  }
}
return found;
"""


class Browser:
    """One window of the browser."""

    def __init__(self, port: int, session: str, folder: Path) -> None:
        self._port = port
        self._session = session
        self._folder = folder

    def show(self, page: str, width: int, height: int = 2000) -> None:
        """Shows a page in a window of some size."""
        file = self._folder / "page.html"
        file.write_text(page, encoding="utf-8")
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self._call("goog/cdp/execute", cmd="Emulation.setDeviceMetricsOverride", params=metrics)
        self._call("url", url=file.as_uri())

    def too_wide(self) -> list[str]:
        """What reaches beyond the right edge."""
        found: list[str] = self._call("execute/sync", script=_TOO_WIDE, args=[])
        return found

    def broken(self) -> list[str]:
        """Words and numbers that stand on two lines."""
        found: list[str] = self._call("execute/sync", script=_BROKEN, args=[])
        return found

    def picture(self, file: Path) -> None:
        """Saves the whole page as a picture."""
        taken = self._call(
            "goog/cdp/execute",
            cmd="Page.captureScreenshot",
            params={"captureBeyondViewport": True, "format": "png"},
        )
        file.write_bytes(base64.b64decode(taken["data"]))

    def _call(self, path: str, **given: object) -> Any:  # noqa: ANN401  # JSON
        return _post(self._port, f"/session/{self._session}/{path}", given)


def _post(port: int, path: str, given: object) -> Any:  # noqa: ANN401  # JSON
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_ANSWERED)
    connection.request("POST", path, json.dumps(given), {"Content-Type": "application/json"})
    answer = json.loads(connection.getresponse().read())["value"]
    connection.close()
    if isinstance(answer, dict) and "error" in answer:
        raise RuntimeError(f"{answer['error']}: {answer['message']}")
    return answer


@contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    """A browser with a new profile, for as long as it is looked at."""
    if DRIVER is None or BROWSER is None:
        raise RuntimeError("chromium and chromedriver are not installed")
    driver = subprocess.Popen(
        [DRIVER, "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        port = _port_of(driver)
        options = {"binary": BROWSER, "args": [*_FLAGS, f"--user-data-dir={folder / 'profile'}"]}
        wanted = {"capabilities": {"alwaysMatch": {"goog:chromeOptions": options}}}
        session = _post(port, "/session", wanted)["sessionId"]
        try:
            yield Browser(port, session, folder)
        finally:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_ANSWERED)
            connection.request("DELETE", f"/session/{session}")
            connection.getresponse().read()
            connection.close()
    finally:
        driver.terminate()
        driver.communicate(timeout=_ANSWERED)


def _port_of(driver: subprocess.Popen[str]) -> int:
    """The port that the driver chose, from what it prints."""
    for line in driver.stdout or ():
        if found := _PORT.search(line):
            return int(found[1])
    raise RuntimeError("the driver of the browser does not start")
