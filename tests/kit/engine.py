# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""On which engine tests build houses: that of the run, or SQLite where there is a reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

BUILDERS = ("scenarios.network", "tests.kit.clearing", "tests.api.broker_kit")
"""Modules that ask for an empty database by the name `memory_database`."""


@contextmanager
def houses_over(database: Callable[..., object]) -> Iterator[None]:
    """Has houses be built over what a function makes."""
    with pytest.MonkeyPatch.context() as patch:
        for each in BUILDERS:
            patch.setattr(f"{each}.memory_database", database)
        yield


@contextmanager
def on_sqlite(reason: str) -> Iterator[None]:
    """Has houses be built over SQLite with either engine, by a fixture that several tests share."""
    from broker.app import memory_database

    assert reason, "say why"
    with houses_over(memory_database):
        yield
