# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Who has the interpreter, and for how long: threads that work long let the loop that answers others run."""

import contextlib
import sys
import threading
import time
from collections.abc import Callable
from typing import Final


class ShortTurns:
    """Long work of the interpreter on a thread: whoever waits for it meanwhile waits half a millisecond.

    It is 5 ms otherwise, at every turn of a loop that answers others. Only meanwhile: at all times it would
    cost every transfer more turns than it saves.
    """

    _SECONDS: Final = 0.0005

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._usual = 0.0

    def __enter__(self) -> None:
        """Begins."""
        with self._lock:
            if not self._users:
                self._usual = sys.getswitchinterval()
                sys.setswitchinterval(self._SECONDS)
            self._users += 1

    def __exit__(self, *_: object) -> None:
        """Ends; the turns are as usual again once the last one has."""
        with self._lock:
            self._users -= 1
            if not self._users:
                sys.setswitchinterval(self._usual)


SHORT_TURNS: Final = ShortTurns()
"""Of this process."""


def let_others_run() -> None:
    """Lets another thread have the interpreter at once; it would wait 5 ms for it otherwise, at every turn.

    A loop that shares the interpreter with a thread that never does so wakes up 8 to 16 ms late, measured;
    with one that does so a few times a millisecond, a tenth of a millisecond. The pause itself takes 80
    microseconds, whether anybody waits or not: it is for what may take long, such as a report or a dry run.
    Decisions are hurried, and make do with short turns.
    """
    with contextlib.suppress(
        OSError
    ):  # what a library says that moves this process's clock for a test
        time.sleep(0)


def giving_way(look: Callable[[], bool]) -> Callable[[], bool]:
    """Looks, and lets others run before, unless it is the thread of the present loop that looks."""
    own = threading.get_ident()

    def looking() -> bool:
        if threading.get_ident() != own:
            let_others_run()
        return look()

    return looking
