# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A story that was told to its end, for all who look at it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from aef.checks.states import State
from itmo.runtime.db.connection import Connection
from scenarios.model import Scenario
from scenarios.network import PlayedNetwork
from scenarios.outcome import Played
from scenarios.play import play_on
from scenarios.reading import read_file
from tests.kit.many import many
from tests.kit.postgres import give_back, on_server, played_on_server

FILES = sorted((Path(__file__).parent.parent / "scenarios").glob("*.yaml"))
KYOTO = [
    path for path in FILES if "kyoto" in path.read_text(encoding="utf-8").partition("steps:")[0]
]
SOON = {
    "administrators_write", "authorization_from_draft_to_effect", "cers_into_article_6", "certified_emission_reductions_twice",
    "contract_example", "contribution_units_authorized_later", "crash_everybody", "holdings_stated_for_comparison",
    "kyoto_carry_over", "kyoto_closing", "kyoto_lcers_prolonged", "kyoto_national_life", "kyoto_reconciled",
    "many_small_parts", "programme_cancels_before_the_end", "reversal", "sharing_notify_double_claim",
    "timing_registration_of_the_mechanism", "true_up_in_bulk", "unknown_names",
}  # fmt: skip
"""Stories that the fast tests tell: a sixth of the time of all, and nine tenths of the lines that not all of them run."""


def told_of(paths: Iterable[Path]) -> list[object]:
    """Stories as parameters: those of the fast tests, and all others for the long ones."""
    known = {path.stem: path for path in paths}
    return many(known.values(), SOON & known.keys(), lambda path: path.stem)


of_kyoto = pytest.mark.parametrize("told", told_of(KYOTO), indirect=True)
"""Has a test look at the stories that Kyoto's rules decide."""


@dataclass(frozen=True)
class Told:
    """A story's end.

    Attributes:
        name: Of its file, without the ending.
        story: What the file says.
        played: What came of it, its AEFs consistent unless it expects something else of them.
        network: The programs that took part, which still run.
        run: Waits for what is asked of them.
    """

    name: str
    story: Scenario
    played: Played
    network: PlayedNetwork
    run: Callable[[Coroutine[Any, Any, Any]], Any]

    @property
    def database(self) -> Connection:
        """The clearing-house's; it refuses to be changed."""
        return self.network.database


@contextmanager
def telling(path: Path) -> Iterator[Told]:
    """Tells the story of a file."""
    story = read_file(path)
    expect = replace(story.expect, aef=story.expect.aef or State.CONSISTENT.value)
    served = on_server() if played_on_server() else None
    network = PlayedNetwork(story.nodes, story.clock, served)
    with asyncio.Runner() as runner:
        try:
            played = runner.run(play_on(network, replace(story, expect=expect)))
            with _unchanged(network.database):
                yield Told(path.stem, story, played, network, runner.run)
        finally:
            runner.run(network.close())
            if served is not None:
                give_back(served)


@contextmanager
def _unchanged(database: Connection) -> Iterator[None]:
    if isinstance(database, sqlite3.Connection):
        database.execute("PRAGMA query_only = ON")
    yield
    if isinstance(database, sqlite3.Connection):
        database.execute("PRAGMA query_only = OFF")
