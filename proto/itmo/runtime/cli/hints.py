# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Commands that a program tells its operator to give, with the directory that was typed."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from itmo.legible import printable

_typed: ContextVar[tuple[str, Path] | None] = ContextVar("typed", default=None)


@contextmanager
def of_one_run() -> Iterator[None]:
    """Forgets at the end what was typed for this run."""
    before = _typed.set(None)
    try:
        yield
    finally:
        _typed.reset(before)


def was_typed(program: str, folder: Path) -> None:
    """Takes note of the `--dir` that a program was called with; one from the environment holds anyway."""
    _typed.set((program, folder))


def as_typed(text: str) -> str:
    """Returns a text in which each command of this program that is told to give has its `--dir`."""
    typed = _typed.get()
    if typed is None:
        return text
    program, folder = typed
    full = f"`{program} --dir {printable(shlex.quote(str(folder)))} "
    return re.sub(rf"`{re.escape(program)} (?=[a-z])", lambda _: full, text)
