# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""An event loop whose time passes only when everybody waits: hours run in milliseconds."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _Selector(selectors.SelectSelector):
    """Never waits: what it should have waited for is added to the time."""

    def __init__(self, passed: Callable[[float], None]) -> None:
        super().__init__()
        self._passed = passed

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready:
            if timeout is None:
                raise RuntimeError("everybody waits, and nothing is going to happen")
            self._passed(timeout)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop that begins at zero; `on_time` is told of every step of its time."""

    def __init__(self) -> None:
        self._virtual = 0.0
        self.on_time: Callable[[float], None] = lambda _: None
        super().__init__(_Selector(self._pass))

    def time(self) -> float:
        return self._virtual

    def _pass(self, seconds: float) -> None:
        # A hair more than asked, so that rounding never makes the loop ask for nothing for ever.
        self._virtual += max(seconds, 1e-6)
        self.on_time(self._virtual)


def run(work: Callable[[VirtualLoop], Coroutine[Any, Any, T]]) -> T:
    """Runs to the end in virtual time."""
    loop = VirtualLoop()
    try:
        return loop.run_until_complete(work(loop))
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
