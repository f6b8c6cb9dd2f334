# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a Party's own node is answered: bounded, whole, and nothing of the others."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import zlib
from datetime import UTC, datetime
from functools import partial

import pytest

from aef import drawn_document
from aef.checks.casefile import CaseFile
from aef.checks.filed import file_submission
from aef.checks.judging import judge
from aef.drawn_document import Drawn, Writing, read_drawn
from aef.json_writing import to_json
from broker.app import memory_database
from broker.clearing.path import cost
from broker.reports import completed
from broker.reports.paris import chosen_movements, party_answers
from broker.reports.paris.aef import party_drawing
from broker.reports.paris.aef.drawing import draw_all
from broker.reports.paris.aef.drawn_answer import DrawnAnswer
from broker.reports.paris.aef.ledger_context import ledger_context
from broker.reports.paris.timeline import Timeline
from broker.store import questions
from broker.store.questions import Questions
from itmo import limits
from itmo.clearing.v1 import adjustment_service_pb2
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.thread import InlineDatabase
from tests.bench.ledgers import PARTIES, build
from tests.kit.many import many

NOW = datetime(2026, 4, 15, tzinfo=UTC)
TIMELINES: dict[sqlite3.Connection, Timeline] = {}
NODES = {party: f"{party.lower()}-registry" for party in PARTIES}


def aefs(connection: sqlite3.Connection, party: str, year: int = 0) -> Drawn:
    answer = asked_for(connection, party, year)
    while not answer.turn(connection):
        pass
    return read_drawn(answer.response(connection).drawn, party)


def asked_for(connection: sqlite3.Connection, party: str, year: int = 0) -> DrawnAnswer:
    return DrawnAnswer(
        node=NODES[party],
        party=party,
        year=year,
        version="1.0",
        now=NOW,
        timeline=TIMELINES[connection],
    )


def in_house(connection: sqlite3.Connection, paid: list[int], most: int = 10**9) -> Questions:
    """Answers questions, and notes what each turn has cost by a clock that ticks when it is looked at."""
    database = InlineDatabase(connection)
    return Questions(database, lambda _, spent: paid.append(spent), most=most, clock=Ticking())


pytestmark = pytest.mark.on_sqlite("two thousand actions are written past the house, into memory")


@pytest.fixture(scope="module")
def ledger() -> sqlite3.Connection:
    """Two thousand actions of eight Parties, each with a node of its own."""
    connection = memory_database()
    asyncio.run(build(connection, 2_000))
    connection.execute("PRAGMA foreign_keys = OFF")
    for party, node in NODES.items():
        connection.execute("DELETE FROM designation WHERE party = ?", (party,))
        connection.execute("INSERT INTO designation VALUES (?, ?)", (party, node))
    TIMELINES[connection] = Timeline()
    TIMELINES[connection].read_all(connection)
    return connection


@pytest.mark.parametrize("party", many(PARTIES, {"THA", "CHE"}))
def test_what_arrives_is_what_was_drawn(ledger: sqlite3.Connection, party: str) -> None:
    """Cell by cell: a value that were lost on the way would be missing in what the office files."""
    own = [each for each in draw_all(ledger, submitted=NOW.date()) if each.heading.party == party]
    arrived = aefs(ledger, party)
    assert len(arrived.submissions) == len(own) > 0
    for ours, theirs in zip(arrived.submissions, own, strict=True):
        assert to_json(ours) == to_json(theirs)
        assert (ours.source, ours.from_ledger) == (theirs.source, True)
    known = ledger_context(ledger, own)
    assert (arrived.context.summaries, arrived.context.first_reports) == (
        known.summaries,
        known.first_reports,
    )


@pytest.mark.slow
def test_the_checks_find_the_same(ledger: sqlite3.Connection) -> None:
    drawn = draw_all(ledger)
    arrived = [each for party in PARTIES for each in aefs(ledger, party).submissions]
    by_name = {each.source: each for each in arrived}
    assert sorted(by_name) == sorted(each.source for each in drawn)
    context = ledger_context(ledger, drawn)
    filed = [file_submission(at, by_name[each.source]) for at, each in enumerate(drawn)]
    assert judge(CaseFile(filed, context)).consistent


def test_one_year_costs_no_other_parties_rows(ledger: sqlite3.Connection) -> None:
    (one,) = aefs(ledger, "CHE", 2024).submissions
    assert (one.heading.party, one.heading.reported_year) == ("CHE", 2024)


@pytest.mark.parametrize("year", [1, 1989, 9999])
def test_no_such_year(ledger: sqlite3.Connection, year: int) -> None:
    with pytest.raises(ProtocolError) as refused:
        aefs(ledger, "CHE", year)
    assert refused.value.reason is Reason.PAYLOAD_INVALID


class Ticking:
    """A clock of work on which every look at it takes a millisecond, on any machine."""

    def __init__(self) -> None:
        self.now = 0

    def __call__(self) -> int:
        self.now += 1_000_000
        return self.now


async def test_dear_aefs_are_refused_and_paid_for(
    ledger: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asks over a large ledger takes no more in a turn than a question may, and pays it."""
    most, paid = 6_000, list[int]()
    monkeypatch.setattr(questions, "_STEPS", 500)
    answer = asked_for(ledger, "CHE")
    with pytest.raises(ProtocolError) as refused:
        await in_house(ledger, paid, most).ask_in_turns("che", answer.turn, answer.response)
    assert refused.value.reason is Reason.QUESTION_TOO_DEAR
    assert most - cost.TOKEN < paid[0] <= most + 5_000, "it stops within a few looks"
    assert len(paid) == 1
    assert not ledger.in_transaction, "nobody waits for its snapshot"


async def test_aefs_are_read_and_written_in_turns_each_of_which_is_paid(
    ledger: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, paid = aefs(ledger, "CHE"), list[int]()
    for name, part in (("DECISIONS", 10), ("MOVEMENTS", 7), ("RANGES", 10), ("ROWS", 10)):
        monkeypatch.setattr(party_drawing, name, part)
    monkeypatch.setattr(chosen_movements, "RANGES", 3)
    monkeypatch.setattr(completed, "_SOME", 4)
    monkeypatch.setattr(drawn_document, "_TOGETHER", 20)
    monkeypatch.setattr(drawn_document, "_IN_A_TURN", 2)
    answer = asked_for(ledger, "CHE")
    said = await in_house(ledger, paid).ask_in_turns("che", answer.turn, answer.response)
    swiss = read_drawn(said.drawn, "CHE")
    assert [to_json(each) for each in swiss.submissions] == [
        to_json(each) for each in whole.submissions
    ]
    assert len(paid) > 40
    (own,) = [e for e in aefs(ledger, "THA").submissions if e.heading.reported_year == 2023]
    assert to_json(aefs(ledger, "THA", 2023).submissions[0]) == to_json(own)


def test_an_answer_that_would_be_too_large_is_refused(
    ledger: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = draw_all(ledger)
    writing = Writing(Drawn(tuple(drawn), ledger_context(ledger, drawn)))
    monkeypatch.setattr(limits, "MAX_DRAWN_BYTES", 1_000)
    with pytest.raises(ProtocolError) as refused:
        list(iter(writing.write_on, True))
    assert refused.value.reason is Reason.QUESTION_TOO_DEAR


def test_what_is_too_much_for_an_answer_is_not_read_to_its_end(
    ledger: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that what one node asks for never fills the memory."""
    monkeypatch.setattr(party_drawing, "DECISIONS", 10)
    monkeypatch.setattr(limits, "MAX_DRAWN_ROWS", 40)
    turns = list[bool]()
    with pytest.raises(ProtocolError) as refused:
        turns.extend(iter(partial(asked_for(ledger, "CHE").turn, ledger), True))
    assert refused.value.reason is Reason.QUESTION_TOO_DEAR
    assert 0 < len(turns) < 10


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        b"no zlib",
        zlib.compress(b"[]"),
        zlib.compress(b"{"),
        zlib.compress(b'{"form": "other", "version": 1}'),
        zlib.compress(b'{"form": "drawn-aefs", "version": 1, "known": 1, "aefs": 2}'),
        zlib.compress(b"[" * 100_000),
        zlib.compress(json.dumps({"form": "drawn-aefs"}).encode())[:-1],
    ],
)
def test_an_answer_that_is_none_is_refused(packed: bytes) -> None:
    with pytest.raises(ProtocolError) as refused:
        read_drawn(packed, "CHE")
    assert refused.value.reason in {Reason.PAYLOAD_INVALID, Reason.AEF_FILE_UNREADABLE}


def test_an_answer_that_unfolds_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_UNFOLDED_BYTES", 1_000)
    with pytest.raises(ProtocolError) as refused:
        read_drawn(zlib.compress(b" " * 100_000 + b"{}"), "CHE")
    assert "unfolds" in refused.value.message


def test_aefs_of_another_party_are_refused(ledger: sqlite3.Connection) -> None:
    answer = asked_for(ledger, "CHE", 2024)
    while not answer.turn(ledger):
        pass
    with pytest.raises(ProtocolError) as refused:
        read_drawn(answer.response(ledger).drawn, "THA")
    assert "THA" in refused.value.message


def test_accounts_are_named_to_a_side_only(ledger: sqlite3.Connection) -> None:
    """A host learns that its units were first transferred elsewhere, not from whom to whom."""
    for party in ("THA", "CHE"):
        shown = party_answers.adjustments(
            ledger, node=NODES[party], party=party, year=0, as_of=None, after=0, limit=50
        )
        assert shown
        for each in shown:
            sides = (each.from_registry, each.to_registry, each.from_account, each.to_account)
            assert sides == ("", "", "", ""), "the node speaks for no registry"
            assert each.kind != adjustment_service_pb2.ADJUSTMENT_KIND_UNSPECIFIED
