# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A connection that goes with its last holder goes without a word, wherever that is."""

from __future__ import annotations

import gc
import sqlite3
import sys
import threading
from pathlib import Path

import pytest

from itmo.runtime.db.passing import Passing, in_memory


@pytest.fixture
def complaints(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    told: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda each: told.append(each.exc_value))
    return told


def test_any_thread_may_collect_it(tmp_path: Path, complaints: list[object]) -> None:
    """A connection and its statements hold each other, so that it is the collector that closes it."""
    held = [in_memory(), sqlite3.connect(tmp_path / "file", factory=Passing)]
    held.clear()
    collecting = threading.Thread(target=gc.collect)
    collecting.start()
    collecting.join()
    assert complaints == []


def test_one_that_could_not_be_opened_ends_with_that_error(
    tmp_path: Path, complaints: list[object]
) -> None:
    with pytest.raises(sqlite3.OperationalError, match="unable to open"):
        sqlite3.connect(tmp_path / "none" / "file", factory=Passing)
    assert complaints == []


def test_it_is_closed() -> None:
    class Noted(Passing):
        closed = 0

        def close(self) -> None:
            type(self).closed += 1
            super().close()

    held = sqlite3.connect(":memory:", factory=Noted)
    held.execute("SELECT 1").fetchone()
    del held
    gc.collect()
    assert Noted.closed == 1
