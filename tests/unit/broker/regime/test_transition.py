# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A CER goes over to Article 6 in one decision: it ends there and begins here, or neither."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from broker.known_regimes import ALL_REGIMES
from broker.regime.postings import Units
from broker.reports.kyoto.held_units import held_units, trail
from broker.reports.paris.meta_registry import ledger_deeds, unit_deeds
from broker.rulebook.general.proposal import TransactionType
from broker.store.engines import taken
from broker.store.fence import open_decider
from broker.verifying.verify import verify
from itmo.core.v1 import decision_pb2, proposal_pb2, sharing_pb2
from itmo.identifiers import RegistryId, make_account_id
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.migrations import in_file
from itmo.serials import SerialRange
from tests.kit.auditing import broken_invariants
from tests.kit.cdm import HOLDING, out_of_pending, state_activity
from tests.kit.clearing import (
    ClearingWorld,
    answer_to,
    batch,
    failed,
    held,
    locked,
    mail,
    new_world,
    receipt_of,
    sealed,
    send,
    signed,
    state_of,
    stored,
    verdict_of,
)
from tests.kit.guards import behind_guards
from tests.kit.killed_while_writing import TRAP
from tests.kit.postgres import url_of
from tests.kit.sharing import share
from tests.kit.transition import (
    BRITISH,
    BRITISH_ENDED,
    ENDED,
    TAKEN,
    begun,
    failed_beginning,
    transition,
    transition_world,
)

COMPLETED, VALIDATED = decision_pb2.STATE_COMPLETED, decision_pb2.STATE_VALIDATED
INVALIDATED = decision_pb2.STATE_INVALIDATED


def sound(world: ClearingWorld) -> None:
    """The record plays again to the same ledgers, and every invariant holds."""
    assert verify(world.connection, lambda _: None, ALL_REGIMES).problems == ()


async def test_it_ends_and_begins_in_one_decision_once_the_mechanism_registry_accepts() -> None:
    world = await transition_world()
    cdm, mr = world.senders["cdm"], world.senders["mr"]
    offered = transition(world, 301, 500, 1)
    answer = await cdm.say(PayloadKind.PROPOSAL, proposal_pb2.Proposal(transaction=offered))
    (told,) = verdict_of(answer).results
    assert told.state == VALIDATED, (failed(told), failed_beginning(told))
    digests = {each.name: each.digest for each in ALL_REGIMES}
    assert verdict_of(answer).rulebook_digest == digests["kyoto"]
    assert told.transition.rulebook_digest == digests["paris"]
    assert [each.attributes.WhichOneof("rulebook") for each in told.units] == ["kyoto"]
    assert [each.attributes.paris.vintage for each in told.transition.units] == [2019]
    assert (held(world, ENDED), held(world, TAKEN), locked(world)) == (0, 0, 200)
    log = world.connection.execute("SELECT count(*) FROM log_leaf").fetchone()[0]

    receipt = await mr.accept(offered.transaction_id)
    assert receipt.state == COMPLETED, receipt.refusal
    assert world.connection.execute("SELECT count(*) FROM log_leaf").fetchone()[0] == log + 1
    assert (held(world, ENDED), held(world, TAKEN), locked(world)) == (200, 200, 0)
    (pair,) = receipt.transition
    assert (pair.ended.registry, pair.ended.first, pair.ended.last) == ("IND01", 301, 500)
    assert (pair.begun.registry, pair.begun.first, pair.begun.last) == ("XMR01", 1, 200)
    assert list(receipt.adjustments) == []
    assert [kinds for name, kinds in await mail(world, "mr") if name == offered.transaction_id] == [
        ["proposal", "verdict"],
        ["receipt"],
    ]
    sound(world)
    await world.house.stop()


async def test_either_side_names_the_other_and_as_of_before_nothing_had_ended() -> None:
    world = await transition_world()
    before = world.clock.now()
    world.clock.advance(timedelta(hours=1))
    offered = transition(world, 101, 200, 7, giver="GBR01")
    assert (await world.senders["gbr"].propose(offered)).state == VALIDATED
    await world.senders["mr"].accept(offered.transaction_id)

    done = list(trail(world.connection, Units("IND01", SerialRange(150, 160))))[-1]
    assert (done.type, done.taker.account_id) == (TransactionType.CANCELLATION, BRITISH_ENDED)
    assert done.begun == (Units("XMR01", SerialRange(56, 66)),)
    (ended,) = held_units(world.connection, account=BRITISH_ENDED)
    assert ended.begun == (Units("XMR01", SerialRange(7, 106)),)
    (kept,) = held_units(world.connection, account=BRITISH, as_of=before)
    assert (kept.units.quantity, kept.begun) == (300, ())

    (issued,) = unit_deeds(world.connection, "XMR01", 7)
    assert (issued.type, issued.action_id) == (TransactionType.ISSUANCE, offered.transaction_id)
    assert issued.to_account == TAKEN
    (deed,) = ledger_deeds(world.connection, offered.transaction_id)
    assert (deed.type, deed.first, deed.last) == (TransactionType.ISSUANCE, 7, 106)
    assert (deed.from_registry, deed.to_registry, deed.to_account) == ("", "XMR01", TAKEN)
    await world.house.stop()


async def test_a_node_of_both_registries_has_said_everything_with_its_proposal() -> None:
    world = await transition_world(mechanism="cdm")
    offered = transition(world, 301, 500, 1)
    answer = await world.senders["cdm"].say(
        PayloadKind.PROPOSAL, proposal_pb2.Proposal(transaction=offered)
    )
    (told,) = verdict_of(answer).results
    assert told.state == COMPLETED, (failed(told), failed_beginning(told))
    assert len(answer.answers) == 2  # one verdict and one receipt
    assert (held(world, ENDED), held(world, TAKEN)) == (200, 200)
    sound(world)
    await world.house.stop()


@pytest.mark.parametrize("end", ["reject", "withdraw", "time-out"])
async def test_what_does_not_complete_lets_everything_go_on_both_sides(end: str) -> None:
    world = await transition_world()
    cdm, mr = world.senders["cdm"], world.senders["mr"]
    offered = transition(world, 301, 500, 1)
    assert (await cdm.propose(offered)).state == VALIDATED
    assert broken_invariants(world.connection) == []
    if end == "reject":
        await answer_to(mr, PayloadKind.REJECTION, offered.transaction_id)
    elif end == "withdraw":
        await answer_to(cdm, PayloadKind.WITHDRAWAL, offered.transaction_id)
    else:
        world.clock.advance(timedelta(hours=25))
        await world.house.expire_due()
    assert state_of(world, offered.transaction_id) in {"REJECTED", "TERMINATED"}
    assert (held(world, HOLDING), held(world, ENDED), held(world, TAKEN)) == (700, 0, 0)
    assert locked(world) == 0
    again = transition(world, 301, 500, 1)
    assert (await cdm.propose(again)).state == VALIDATED
    assert (await mr.accept(again.transaction_id)).state == COMPLETED
    sound(world)
    await world.house.stop()


async def test_who_comes_second_is_told_by_whom_the_units_went_over() -> None:
    world = await transition_world()
    cdm, mr = world.senders["cdm"], world.senders["mr"]
    first, second = transition(world, 301, 500, 1), transition(world, 500, 600, 1001)
    assert (await cdm.propose(first)).state == VALIDATED
    for late in (second, out_of_pending(world, "CANCELLATION", 500, 600, ENDED, giver=HOLDING)):
        raced = await cdm.propose(late)
        assert raced.state == INVALIDATED
        conflict = {each.check_id: each.conflicting_transaction_id for each in raced.findings}
        assert conflict["ID_LOCKED"] == first.transaction_id
        assert not raced.HasField("transition")  # of what would begin nothing is told
    await mr.accept(first.transaction_id)
    again = await cdm.propose(transition(world, 301, 500, 1001))
    conflict = {each.check_id: each.conflicting_transaction_id for each in again.findings}
    assert conflict["KP_UNITS_ENDED"] == first.transaction_id
    # Nor do two that wait share a number of what begins.
    waits, beside = transition(world, 501, 600, 201), transition(world, 601, 700, 300)
    assert (await cdm.propose(waits)).state == VALIDATED
    told = await cdm.propose(beside)
    assert set(failed_beginning(told)) == {"ID_NO_OVERLAP_ISSUE"}
    sound(world)
    await world.house.stop()


async def test_the_date_of_registration_is_judged_again_at_the_acceptance() -> None:
    world = await transition_world()
    offered = transition(world, 301, 500, 1)
    await world.senders["cdm"].propose(offered)
    await state_activity(world, registered_on="2012-12-31")
    receipt = await world.senders["mr"].accept(offered.transaction_id)
    assert (receipt.effective, receipt.refusal.code) == (False, "KP_TRANSITION_PROJECT")
    assert (held(world, ENDED), held(world, TAKEN)) == (0, 0)
    await world.house.stop()


async def test_the_other_rulebook_is_judged_again_at_the_acceptance() -> None:
    world = await transition_world()
    offered = transition(world, 301, 500, 1)
    await world.senders["cdm"].propose(offered)
    await share(world.senders["mr"], "XMR01", sharing_pb2.SHARING_LEVEL_VIEW)
    receipt = await world.senders["mr"].accept(offered.transaction_id)
    assert (receipt.effective, receipt.refusal.code) == (False, "REG_SHARING_LEVEL")
    await world.house.stop()


async def test_a_stranger_learns_nothing_of_what_would_begin() -> None:
    """Who offers nothing of its own is answered alike, whatever accounts and numbers it names."""
    world = await transition_world()
    taken = transition(world, 301, 500, 1)
    await world.senders["cdm"].propose(taken)
    await world.senders["mr"].accept(taken.transaction_id)
    answers = []
    for number, account in ((1, TAKEN), (9_001, make_account_id(RegistryId("XMR01"), 100, 77))):
        probe = transition(world, 600, 700, number, giver="GBR01")  # of others
        probe.to_account = account
        told = await world.senders["gbr"].propose(probe)
        assert not told.HasField("transition")
        answers.append(dict(failed(told).items()))
    assert answers[0] == answers[1]
    await world.house.stop()


@pytest.mark.parametrize(
    ("where", "change"),
    [
        ("type", lambda t: setattr(t, "type", proposal_pb2.TRANSACTION_TYPE_CANCELLATION)),
        ("transition", lambda t: t.ClearField("transition")),
        ("rulebook", lambda t: setattr(t.transition, "rulebook", "kyoto")),
        ("rulebook", lambda t: setattr(t.transition, "rulebook", "toy")),
        ("back", lambda t: (t.MergeFrom(proposal_pb2.ProposedTransaction(rulebook="paris")), t.transition.MergeFrom(proposal_pb2.Transition(rulebook="kyoto")))),
        ("blocks", lambda t: t.transition.ClearField("blocks")),
        ("twice", lambda t: t.transition.blocks.append(t.transition.blocks[0])),
    ],
)  # fmt: skip
async def test_what_is_no_transition_is_not_taken_in(where: str, change: object) -> None:
    world = await transition_world()
    offered = transition(world, 301, 500, 1)
    change(offered)  # type: ignore[operator]  # a lambda
    before = stored(world.connection, "statement_signature")
    with pytest.raises(ProtocolError) as refused:
        await world.senders["cdm"].propose(offered)
    assert refused.value.reason in {Reason.PAYLOAD_INVALID, Reason.RULEBOOK_UNKNOWN}, where
    assert stored(world.connection, "statement_signature") == before
    await world.house.stop()


async def test_a_transition_comes_alone() -> None:
    world = await transition_world()
    offered = [transition(world, 301, 400, 1), transition(world, 401, 500, 101)]
    with pytest.raises(ProtocolError) as refused:
        await batch(world.senders["cdm"], offered)
    assert refused.value.reason is Reason.PAYLOAD_INVALID
    await world.house.stop()


@pytest.mark.parametrize(
    ("check", "change"),
    [
        ("ID_CER_ENDS", {"kyoto_serial": "IN-5-501-700-2-2-0-9876"}),
        ("ID_CER_ENDS", {"project_registration_date": "2013-01-01"}),
        ("ID_CER_PRE2021", {"vintage": 2021}),
        ("ID_CER_PRE2021", {"vintage": 2012}),
        ("ID_CER_PRE2021", {"vintage": 2013}),  # before the activity was registered
        ("ID_CER_PRE2021", {"unit_type": 1}),  # ITMOs
    ],
)
async def test_what_begins_is_what_ended(check: str, change: dict[str, Any]) -> None:
    world = await transition_world()
    told = await world.senders["cdm"].propose(transition(world, 301, 500, 1, **change))
    assert told.state == INVALIDATED
    assert failed(told) == {}
    assert check in failed_beginning(told)
    assert (held(world, HOLDING), locked(world)) == (700, 0)
    await world.house.stop()


async def test_more_blocks_pair_unit_by_unit_and_fewer_units_never_do() -> None:
    world = await transition_world()
    cdm, mr = world.senders["cdm"], world.senders["mr"]
    offered = transition(world, 301, 400, 1)
    offered.blocks[0].last = 500
    told = await cdm.propose(offered)
    assert set(failed_beginning(told)) == {"ID_CER_ENDS"}
    offered = transition(world, 301, 500, 1)
    del offered.transition.blocks[:]
    offered.transition.blocks.extend([begun(301, 330, 51), begun(331, 500, 801, vintage=2020)])
    told = await cdm.propose(offered)
    assert told.state == VALIDATED, (failed(told), failed_beginning(told))
    receipt = await mr.accept(offered.transaction_id)
    pairs = [(p.ended.first, p.ended.last, p.begun.first, p.begun.last) for p in receipt.transition]
    assert pairs == [(301, 330, 51, 80), (331, 500, 801, 970)]
    sound(world)
    await world.house.stop()


async def test_a_proposal_that_is_only_asked_about_leaves_no_trace() -> None:
    world = await transition_world()
    cdm = world.senders["cdm"]
    before = stored(world.connection, "statement_signature")
    made = proposal_pb2.Proposal(transaction=transition(world, 301, 500, 1))
    answer = await send(cdm, sealed(cdm, PayloadKind.PROPOSAL, made), validate_only=True)
    (told,) = verdict_of(answer).results
    assert (told.state, failed_beginning(told)) == (VALIDATED, {})
    assert stored(world.connection, "statement_signature") == before
    await world.house.stop()


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (f"UPDATE unit_block SET account_id = '{HOLDING}' WHERE account_id = '{ENDED}'",
         "units end once and begin once: IND01:301-500 ended in"),
        ("UPDATE issued_block SET rulebook = 'kyoto' WHERE registry = 'XMR01'",
         "units end once and begin once: XMR01:1-200 did not begin by transition"),
        (("UPDATE transaction_record SET postings = replace(postings, '301,500', '302,501')"
         " WHERE type = 'TRANSITION'"), "CERs carry what ended: units carry other serials than those"),
    ],
)  # fmt: skip
async def test_a_side_that_was_tampered_with_is_found(damage: str, found: str) -> None:
    world = await transition_world(mechanism="cdm")
    assert (await world.senders["cdm"].propose(transition(world, 301, 500, 1))).state == COMPLETED
    assert broken_invariants(world.connection) == []
    behind_guards(world.connection, damage)
    assert any(each.startswith(found) for each in broken_invariants(world.connection))
    await world.house.stop()


def _left(world: ClearingWorld, folder: Path) -> str:
    """Where the books of a world are found by another process: a copy in a file, or on the server."""
    if not in_file(world.connection):
        world.connection.close()
        return url_of(world.connection)  # type: ignore[arg-type]  # a decider
    file = folder / "broker.sqlite"
    with closing(sqlite3.connect(file)) as copy:
        world.connection.backup(copy)
    return str(file)


def _found(database: str) -> sqlite3.Connection:
    """The books that a process left behind, without the trap that it laid on a server."""
    if "://" not in database:
        return sqlite3.connect(database, isolation_level=None, check_same_thread=False)
    connection = open_decider(database)
    connection.execute(f"DROP FUNCTION {TRAP} CASCADE")
    taken(connection)
    return cast("sqlite3.Connection", connection)  # of either engine


@pytest.mark.parametrize(
    "table",
    [
        "unit_block",
        pytest.param("issued_block", marks=pytest.mark.slow),
        pytest.param("mailbox_entry", marks=pytest.mark.slow),
    ],
)
@pytest.mark.slow
async def test_killed_while_it_is_written_neither_side_has_happened(
    tmp_path: Path, table: str
) -> None:
    """A process of its own dies by SIGKILL within the commit; the same message then decides once."""
    world = await transition_world()
    cdm, mr = world.senders["cdm"], world.senders["mr"]
    offered = transition(world, 301, 500, 1)
    assert (await cdm.propose(offered)).state == VALIDATED
    row, _ = await world.house.transaction(mr.node, offered.transaction_id)
    said = proposal_pb2.Acceptance(
        transaction_id=offered.transaction_id, proposal_hash=row.proposal_hash
    )
    envelope = signed(mr, PayloadKind.ACCEPTANCE, said)
    await world.house.stop()
    # A server's database counts in a row who took it.
    without = () if in_file(world.connection) else ("decider",)
    before = stored(world.connection, *without)
    database = _left(world, tmp_path)

    (signature,) = envelope.signatures
    lines = (
        envelope.payload_type.encode().hex(),
        envelope.payload.hex(),
        signature.keyid,
        signature.sig.hex(),
    )
    arguments = (database, table, mr.node, world.clock.now().isoformat())
    died = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.kit.killed_while_writing", *arguments,
        stdin=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, errors = await died.communicate("\n".join(lines).encode())
    assert died.returncode == -signal.SIGKILL, errors.decode()

    connection = _found(database)
    assert stored(connection, *without) == before
    again = await new_world(connection, ALL_REGIMES, world.clock.now())
    receipt = receipt_of(await again.house.submit(mr.node, envelope))
    assert receipt.state == COMPLETED, receipt.refusal
    assert (held(again, ENDED), held(again, TAKEN)) == (200, 200)
    assert (await again.house.submit(mr.node, envelope)).replayed
    sound(again)
    await again.house.stop()
    connection.close()
