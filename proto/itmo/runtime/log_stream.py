# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Where log lines go: a descriptor that may be full, stalled or dead without holding the program up.

A program whose log cannot be written goes on answering. What was lost is counted, and said on the
first line that gets through again.
"""

from __future__ import annotations

import errno
import os
import select
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final

_AT_ONCE: Final = select.PIPE_BUF
"""Bytes that a pipe with any room takes without blocking."""
_PATIENCE_MS: Final = 100
"""How long a line waits for a reader that is slow; once, then lines are dropped without waiting."""

_MARK: Final = "\x00drained"
_DRAIN_SECONDS: Final = 1.0


class LogStream:
    """A text stream over a descriptor, of which writing never raises and never blocks for long.

    Args:
        descriptor: Where to write; it stays the caller's.
        lost_line: The line that says how many lines were lost, and why.
    """

    def __init__(self, descriptor: int, lost_line: Callable[[int, str], str]) -> None:
        self._descriptor = descriptor
        self._lost_line = lost_line
        self._lock = threading.Lock()
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLOUT)
        self._lost = 0
        self._why = ""
        self._torn = False

    @property
    def descriptor(self) -> int:
        """Where it writes."""
        return self._descriptor

    @property
    def fault(self) -> str:
        """Why lines are lost at present; empty while they are not."""
        return self._why

    @property
    def lost(self) -> int:
        """Lines lost since one got through."""
        return self._lost

    def write(self, text: str) -> int:
        """Writes a line, or counts it as lost."""
        with self._lock:
            try:
                if self._lost:
                    self._put(self._lost_line(self._lost, self._why))
                    self._lost, self._why = 0, ""
                self._put(text)
            except OSError as error:
                self._lost += 1
                self._why = os.strerror(error.errno or errno.EIO)
        return len(text)

    def flush(self) -> None:
        """Does nothing: no line is held back."""

    def isatty(self) -> bool:
        """Says whether a person reads along."""
        return os.isatty(self._descriptor)

    def _put(self, text: str) -> None:
        rest = memoryview(text.encode("utf-8", "backslashreplace"))
        if self._torn:
            rest = memoryview(b"\n" + rest)  # what is left of the line that broke off is its own
        while rest:
            if not self._poll.poll(0 if self._lost else _PATIENCE_MS):
                raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))
            taken = os.write(self._descriptor, rest[:_AT_ONCE])
            rest = rest[taken:]
            self._torn = bool(rest)


class StandardError:
    """Standard error of the process, of which every line becomes an event of the log.

    What libraries write there themselves, gRPC's core and the interpreter among them, would else
    stand between the lines of the log.

    Attributes:
        own: A descriptor of what standard error was before.
    """

    def __init__(self, tell: Callable[[str], object]) -> None:
        self.own: Final = os.dup(2)
        self._tell = tell
        self._drained = threading.Event()
        self._read, write = os.pipe()
        # A library that holds the interpreter's lock must not wait for the thread below.
        os.set_blocking(write, False)
        os.dup2(write, 2)
        os.close(write)
        threading.Thread(target=self._follow, name="stderr", daemon=True).start()

    def drain(self) -> None:
        """Waits a moment until what was written so far is told; for the end of the process."""
        with suppress(OSError):
            os.write(2, f"{_MARK}\n".encode())
            self._drained.wait(_DRAIN_SECONDS)

    def _follow(self) -> None:
        with os.fdopen(self._read, "r", encoding="utf-8", errors="backslashreplace") as lines:
            for line in lines:
                if line.strip() == _MARK:
                    self._drained.set()
                elif line.strip():
                    self._tell(line.rstrip())
