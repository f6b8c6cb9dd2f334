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

from broker.app import memory_database
from broker.clearing import cost
from broker.reports import party_answers
from broker.reports.aef.checks.casefile import CaseFile
from broker.reports.aef.checks.filed import file_submission
from broker.reports.aef.checks.judging import judge
from broker.reports.aef.drawing import draw_all
from broker.reports.aef.drawn_document import Drawn, read_drawn, write_drawn
from broker.reports.aef.json_writing import to_json
from broker.reports.aef.ledger_context import ledger_context
from broker.store.questions import Questions
from itmo import limits
from itmo.clearing.v1 import adjustment_service_pb2
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.thread import InlineDatabase
from tests.bench.ledgers import PARTIES, build

NOW = datetime(2026, 4, 15, tzinfo=UTC)
NODES = {party: f"{party.lower()}-registry" for party in PARTIES}


def unhindered() -> None:
    """Nothing stops the work."""


def aefs(connection: sqlite3.Connection, party: str, year: int = 0) -> Drawn:
    answer = party_answers.aefs(
        connection,
        unhindered,
        node=NODES[party],
        party=party,
        year=year,
        version="1.0",
        now=NOW,
    )
    return read_drawn(answer.drawn, party)


@pytest.fixture(scope="module")
def ledger() -> sqlite3.Connection:
    """Two thousand actions of eight Parties, each with a node of its own."""
    connection = memory_database()
    asyncio.run(build(connection, 2_000))
    connection.execute("PRAGMA foreign_keys = OFF")
    for party, node in NODES.items():
        connection.execute("DELETE FROM designation WHERE party = ?", (party,))
        connection.execute("INSERT INTO designation VALUES (?, ?)", (party, node))
    return connection


@pytest.mark.parametrize("party", PARTIES)
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


async def test_dear_aefs_are_refused_and_paid_for(ledger: sqlite3.Connection) -> None:
    """Whoever asks over a large ledger takes no more than a question may, and pays it."""
    most = 20_000
    paid: list[int] = []
    asked = Questions(InlineDatabase(ledger), lambda _, spent: paid.append(spent), most=most)
    report = partial(
        party_answers.aefs, node=NODES["CHE"], party="CHE", year=0, version="1.0", now=NOW
    )
    with pytest.raises(ProtocolError) as refused:
        await asked.ask_at_length("che", report)
    assert refused.value.reason is Reason.QUESTION_TOO_DEAR
    assert most - cost.TOKEN <= paid[0] <= 3 * most, "it stops soon"
    assert not ledger.in_transaction, "nobody waits for its snapshot"


def test_an_answer_that_would_be_too_large_is_refused(
    ledger: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = draw_all(ledger)
    monkeypatch.setattr(limits, "MAX_DRAWN_BYTES", 1_000)
    with pytest.raises(ProtocolError) as refused:
        write_drawn(Drawn(tuple(drawn), ledger_context(ledger, drawn)), unhindered)
    assert refused.value.reason is Reason.QUESTION_TOO_DEAR


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
    answer = party_answers.aefs(
        ledger, unhindered, node=NODES["CHE"], party="CHE", year=2024, version="1.0", now=NOW
    )
    with pytest.raises(ProtocolError) as refused:
        read_drawn(answer.drawn, "THA")
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
