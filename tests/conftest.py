# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What every test needs: the log set-up of one test never reaches the next, and chance is the same each time.

`HYPOTHESIS_PROFILE=search` draws other examples at each run, to look for what was not found yet.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager, nullcontext
from functools import cache

import pytest
import structlog
from _pytest.runner import runtestprotocol
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import itmo.runtime.rpc  # noqa: F401  # before gRPC: sets which TLS it takes
from itmo.runtime.garbage import spare_what_is_loaded
from tests.kit.engine import houses_over

settings.register_profile("same", derandomize=True)
settings.register_profile("search", derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


WORTH_TELLING = 0.005
"""Seconds: `--durations` is silent of less."""
ON_SERVER = os.environ.get("ITMO_TEST_ENGINE") == "postgresql"
ON_SQLITE = {
    "test_damaged.py": "it is the file that is damaged",
    "test_status.py": "what `status` loads and costs, without the driver of a server",
    "test_plans.py": "SQLite says by which index it finds rows",
}
"""Modules whose brokers stay on SQLite with either engine. The node does, and so does what makes a record again.
Single tests do that say so themselves: `@pytest.mark.on_sqlite(reason)`. So does what a module makes once for
several tests: `tests.kit.engine.on_sqlite(reason)`, as the marker of a test comes too late for it."""


@cache
def _constants_read() -> None:
    """Has Hypothesis read the sources of all that is loaded, which it does at its first draws.

    A server's run loads the whole broker before the first test: read within a test, it would count as slow drawing.
    """

    @settings(max_examples=20, database=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(st.integers(), min_size=20, max_size=20))
    def drawn(_: list[int]) -> None:
        pass

    drawn()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Thousands of tests are made and stay to the end: looking for garbage among them is in vain.

    What they leave themselves is looked at as seldom as in the programs: it took a fifteenth of a run's time.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        spare_what_is_loaded()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """A worker tells of a test once, and of what went before and after it only where that failed or took long.

    It would send six messages of each of twelve thousand tests, which two processes write and a third reads.
    """
    if not hasattr(item.config, "workerinput"):
        return None
    for report in runtestprotocol(item, log=False, nextitem=nextitem):
        if report.when == "call" or not report.passed or report.duration >= WORTH_TELLING:
            item.ihook.pytest_runtest_logreport(report=report)
    return True


def _stays_on_sqlite(request: pytest.FixtureRequest) -> bool:
    marked = request.node.get_closest_marker("on_sqlite") is not None
    return marked or request.path.name in ON_SQLITE


@contextmanager
def _on_server() -> Iterator[None]:
    from broker.known_regimes import ALL_REGIMES
    from broker.regime.regimes import Regimes
    from broker.store.fence import Decider
    from tests.kit.postgres import give_back, nothing_sent_in_vain, on_server

    _constants_read()
    made: list[Decider] = []

    def database(regimes: Regimes = ALL_REGIMES) -> Decider:
        made.append(on_server(regimes))
        return made[-1]

    with houses_over(database), nothing_sent_in_vain():
        yield
    for connection in made:
        give_back(connection)


@pytest.fixture(autouse=ON_SERVER, scope="module")
def _engine_of_module(request: pytest.FixtureRequest) -> Iterator[None]:
    """What a module makes once for its tests is on the engine of the run, unless the whole module says otherwise."""
    with nullcontext() if _stays_on_sqlite(request) else _on_server():
        yield


@pytest.fixture(autouse=ON_SERVER)
def _engine(request: pytest.FixtureRequest) -> Iterator[None]:
    """With ITMO_TEST_ENGINE=postgresql houses are built over databases of a server."""
    from broker.app import memory_database

    with houses_over(memory_database) if _stays_on_sqlite(request) else _on_server():
        yield


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown() -> None:
    """The log set-up of a test goes with it; a fixture of twelve thousand tests would cost seconds."""
    structlog.reset_defaults()
