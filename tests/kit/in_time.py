# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Long tests that end in time: `python -m pytest -m slow -p tests.kit.in_time --until MOMENT`.

Machines differ by three times and more, and CI has 45 minutes on any. Of what comes after the moment nothing is begun;
it is skipped, counted and told. So that this leaves out a part of each kind and none whole, of tests
of which there are many the first quarter of each kind comes first, then the second, and so on.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable
from typing import Final, TypeVar

import pytest

T = TypeVar("T")

MANY: Final = 20
"""Cases of one test, from which on a quarter of them says much of what all would. The usual run has some of each."""
ROUNDS: Final = 4
TIME_IS_UP: Final = "time is up: on a faster machine it is begun"


def in_rounds(each: Iterable[T], kind_of: Callable[[T], Hashable]) -> list[T]:
    """In the same order, but for every second, third and fourth of a kind of many, which come at the end."""
    given = list(each)
    many = {kind for kind, cases in Counter(map(kind_of, given)).items() if cases >= MANY}
    seen: defaultdict[Hashable, int] = defaultdict(int)
    rounds: list[list[T]] = [[] for _ in range(ROUNDS)]
    for one in given:
        kind = kind_of(one)
        rounds[seen[kind] % ROUNDS if kind in many else 0].append(one)
        seen[kind] += 1
    return [one for some in rounds for one in some]


def pytest_addoption(parser: pytest.Parser) -> None:
    """The moment, in seconds since 1970."""
    parser.addoption("--until", type=float, required=True, help="begin no test after this moment")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Kinds of many go in rounds."""
    items[:] = in_rounds(items, lambda item: item.nodeid.partition("[")[0])


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Before anything is made for it."""
    if time.time() > item.config.getoption("--until"):
        pytest.skip(TIME_IS_UP)
