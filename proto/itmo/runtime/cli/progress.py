# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Long work on the terminal: a bar on standard error, once it has taken longer than one notices."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_PATIENCE: Final = 2
"""Seconds without a bar; most work is done by then."""


class Bar:
    """A bar for work of several steps; nothing is shown where standard error is no terminal."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._progress: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def at(self, step: str, done: int, of: int | None) -> None:
        """Shows what is being done.

        Args:
            step: What, in a few words.
            done: How much of it is done.
            of: How much there is; None where that is not known.
        """
        if time.monotonic() - self._began < _PATIENCE or not sys.stderr.isatty():
            return
        if self._progress is None or self._task is None:
            self._progress, self._task = _started(step)
        self._progress.update(self._task, description=step, completed=done, total=of)


def _started(step: str) -> tuple[Progress, TaskID]:
    from rich.console import Console
    from rich.progress import Progress

    progress = Progress(console=Console(stderr=True), transient=True)
    progress.start()
    return progress, progress.add_task(step)
