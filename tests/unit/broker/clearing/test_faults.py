# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A bug of ours that one message runs into: that message suffers, and nobody else."""

import asyncio
from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import Any

import pytest
from structlog.testing import capture_logs

from broker.clearing.decision import desk
from broker.clearing.decision.statements import Listed
from broker.clearing.path import decide
from broker.clearing.path.fault import FOUND, MessageFault
from broker.clearing.path.port import Outcome
from broker.clearing.path.received import Received
from broker.regime.regime import Key
from broker.rulebook.check import Finding
from broker.rulebook.check import Outcome as Came
from broker.store import loading, needs
from broker.verifying.verify import verify
from itmo.core.v1 import decision_pb2, proposal_pb2
from itmo.envelope import Envelope
from itmo.paris.v1 import parties_pb2
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.in_use import locked
from tests.kit.auditing import broken_invariants
from tests.kit.clearing import (
    ClearingWorld,
    batch,
    own_clerk,
    receipt_of,
    restarted,
    send,
    signed,
    state_of,
    transfer,
    verdict_of,
)
from tests.kit.world_again import trading_again

UNKNOWN = (300_001, 300_010)
"""Units that were never issued; the planted bug is in what is said about them."""


def plant(world: ClearingWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """A verdict about units that are not known cannot be written."""
    written = world.house.charter.findings
    before = written.listed

    def listed(findings: tuple[Finding, ...], proposals: int, checks: int) -> Listed:
        if any(f.check.id == "ID_KNOWN_AND_HELD" and f.outcome is Came.FAILED for f in findings):
            raise OverflowError("Python int too large to convert to SQLite INTEGER")
        return before(findings, proposals, checks)

    monkeypatch.setattr(written, "listed", listed)


def plant_statement(
    monkeypatch: pytest.MonkeyPatch, kind: PayloadKind, take: Callable[[desk.Desk, Received], None]
) -> None:
    table = MappingProxyType({**decide.STATEMENTS, kind: take})
    monkeypatch.setattr(decide, "STATEMENTS", table)


def proposal(world: ClearingWorld, first: int, last: int) -> Envelope:
    wanted = proposal_pb2.Proposal(transaction=transfer(world, first, last))
    return signed(world.senders["tha"], PayloadKind.PROPOSAL, wanted)


def inventory() -> parties_pb2.InventoryStatement:
    stated = parties_pb2.InventoryStatement(party="THA")
    stated.years.add(year=2022, tonnes=1)
    return stated


def check_holds(world: ClearingWorld) -> None:
    assert broken_invariants(world.connection) == []
    assert verify(world.connection, lambda _: None).problems == ()


def events(world: ClearingWorld) -> list[tuple[str, str]]:
    return world.connection.execute("SELECT caller, reason FROM refused_message").fetchall()


async def test_a_proposal_in_the_middle_of_a_group(monkeypatch: pytest.MonkeyPatch) -> None:
    world = await trading_again()
    tha = world.senders["tha"]
    plant(world, monkeypatch)
    wanted = [(1, 10), UNKNOWN, (11, 20), UNKNOWN, (21, 30), (31, 40)]
    with capture_logs() as logs:
        answers = await asyncio.gather(*(send(tha, proposal(world, *each)) for each in wanted))
    states = [verdict_of(each).results[0].state for each in answers]
    assert states == [
        decision_pb2.STATE_INVALIDATED if each == UNKNOWN else decision_pb2.STATE_VALIDATED
        for each in wanted
    ]
    (finding,) = verdict_of(answers[1]).results[0].findings
    assert (finding.check_id, finding.outcome, finding.found) == (
        "BROKER_FAULT",
        decision_pb2.OUTCOME_INCONCLUSIVE,
        FOUND,
    )
    assert answers[1].answers[0].signatures
    name = verdict_of(answers[1]).results[0].transaction_id
    assert state_of(world, name) == "INVALIDATED"
    alarms = [(each["event"], each["log_level"], each["sender"]) for each in logs]
    assert alarms == [("message_fault", "error", "tha")] * 2
    # The outbox of the sender is not blocked, and the same bytes get the same answer.
    assert (await tha.propose(transfer(world, 41, 50))).state == decision_pb2.STATE_VALIDATED
    await world.house.stop()
    assert events(world) == [("tha", "BROKER_FAULT")] * 2
    check_holds(world)  # with the bug
    monkeypatch.undo()
    check_holds(world)  # and without: it is not judged again
    await restarted(world).start()
    assert (await tha.propose(transfer(world, 51, 60))).state == decision_pb2.STATE_VALIDATED


async def test_the_same_bytes_get_the_same_answer_after_a_restart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = await trading_again()
    tha = world.senders["tha"]
    plant(world, monkeypatch)
    envelope = proposal(world, *UNKNOWN)
    first = await send(tha, envelope)
    await world.house.stop()
    await restarted(world).start()
    again = await send(tha, envelope)
    assert again.replayed
    assert again.answers[0].payload == first.answers[0].payload


async def test_a_batch_suffers_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    world = await trading_again()
    plant(world, monkeypatch)
    verdict = await batch(world.senders["tha"], [transfer(world, 1, 10), transfer(world, *UNKNOWN)])
    assert [each.state for each in verdict.results] == [decision_pb2.STATE_INVALIDATED] * 2
    assert (await world.senders["tha"].propose(transfer(world, 1, 10))).state == (
        decision_pb2.STATE_VALIDATED
    )
    check_holds(world)


async def test_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    world = await trading_again()
    tha, che = world.senders["tha"], world.senders["che"]
    wanted = transfer(world, 1, 10)
    await tha.propose(wanted)

    def book(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(desk.Desk, "book", book)
    receipt = await che.accept(wanted.transaction_id)
    assert (receipt.effective, receipt.refusal.code) == (False, "BROKER_FAULT")
    assert state_of(world, wanted.transaction_id) == "VALIDATED"
    monkeypatch.undo()
    assert (await che.accept(wanted.transaction_id)).state == decision_pb2.STATE_COMPLETED
    check_holds(world)


def _raise(*_: object) -> None:
    raise KeyError("planted")


def _too_large(at: desk.Desk, _: object) -> None:
    at.world.stated.state(
        Key("paris", "levels", "THA:INVENTORY:GHG"), {}, 2**70, "m"
    )  # as a bug would


@pytest.mark.parametrize("take", [_raise, _too_large], ids=["judging", "writing"])
async def test_a_statement_in_judging_or_in_writing(
    monkeypatch: pytest.MonkeyPatch, take: Callable[[desk.Desk, Received], None]
) -> None:
    world = await trading_again()
    tha = world.senders["tha"]
    plant_statement(monkeypatch, PayloadKind.INVENTORY_STATEMENT, take)
    stated = signed(tha, PayloadKind.INVENTORY_STATEMENT, inventory())
    others = [proposal(world, at * 10 + 1, at * 10 + 10) for at in range(5)]
    answers = await asyncio.gather(*(send(tha, each) for each in [stated, *others]))
    assert receipt_of(answers[0]).refusal.code == "BROKER_FAULT"
    assert {verdict_of(each).results[0].state for each in answers[1:]} == {
        decision_pb2.STATE_VALIDATED
    }
    monkeypatch.undo()
    assert receipt_of(await tha.say(PayloadKind.INVENTORY_STATEMENT, inventory())).effective
    check_holds(world)


async def test_in_loading(monkeypatch: pytest.MonkeyPatch) -> None:
    world = await trading_again()
    tha = world.senders["tha"]
    table = {**needs._COLLECTORS, PayloadKind.INVENTORY_STATEMENT: _raise}
    monkeypatch.setattr(needs, "_COLLECTORS", table)
    receipt = receipt_of(await tha.say(PayloadKind.INVENTORY_STATEMENT, inventory()))
    assert receipt.refusal.code == "BROKER_FAULT"
    assert (await tha.propose(transfer(world, 1, 10))).state == decision_pb2.STATE_VALIDATED
    check_holds(world)


async def test_only_asking_tells_and_records_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    world = await trading_again()
    plant(world, monkeypatch)
    with capture_logs() as logs, pytest.raises(ProtocolError) as refused:
        await send(world.senders["tha"], proposal(world, *UNKNOWN), validate_only=True)
    assert refused.value.reason is Reason.BROKER_FAULT
    assert [each["event"] for each in logs] == ["message_fault"]


async def test_what_cannot_even_be_recorded_is_refused_and_the_service_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = await trading_again()
    tha = world.senders["tha"]
    written = desk.Desk.record

    def record(self: desk.Desk, received: Received) -> None:
        if received.kind is PayloadKind.INVENTORY_STATEMENT:
            raise ValueError("planted")
        written(self, received)

    monkeypatch.setattr(desk.Desk, "record", record)
    stated = signed(tha, PayloadKind.INVENTORY_STATEMENT, inventory())
    with pytest.raises(ProtocolError) as refused:
        await send(tha, stated)
    assert refused.value.reason is Reason.BROKER_FAULT
    assert (await world.senders["che"].propose(transfer(world, 1, 10))).state == (
        decision_pb2.STATE_INVALIDATED  # judged, as ever
    )
    monkeypatch.undo()
    assert receipt_of(await send(tha, stated)).effective  # its number was given back
    check_holds(world)


async def test_a_database_that_goes_away_while_a_fault_is_looked_into_stops_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Before, the whole broker gave up, although the database comes back."""
    world = await trading_again()
    tha = world.senders["tha"]
    store = own_clerk(world.house)._store
    before = store.decide

    async def away_without_messages(group: Sequence[Received], *rest: Any) -> Outcome:  # noqa: ANN401  # handed on
        if not group:
            raise locked()
        return await before(group, *rest)

    monkeypatch.setattr(store, "decide", away_without_messages)
    monkeypatch.setattr(desk.Desk, "record", _raise)
    stated = signed(tha, PayloadKind.INVENTORY_STATEMENT, inventory())
    with pytest.raises(ProtocolError) as refused:
        await send(tha, stated)
    assert refused.value.reason is Reason.DATABASE_UNREACHABLE
    monkeypatch.undo()
    assert receipt_of(await send(tha, stated)).effective
    check_holds(world)


async def test_many_faults_cost_what_as_many_groups_of_one_cost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = await trading_again()
    tha = world.senders["tha"]
    plant(world, monkeypatch)
    store = own_clerk(world.house)._store
    before, loaded = store.decide, []

    async def decide_counted(group: Sequence[Received], *rest: Any) -> Outcome:  # noqa: ANN401  # handed on
        loaded.append(len(group))
        return await before(group, *rest)

    monkeypatch.setattr(store, "decide", decide_counted)
    count = 128
    wanted = [proposal(world, *UNKNOWN) for _ in range(count)]
    with capture_logs() as logs:
        answers = await asyncio.gather(*(send(tha, each) for each in wanted))
    assert len(logs) == count
    assert {verdict_of(each).results[0].findings[0].check_id for each in answers} == {
        "BROKER_FAULT"
    }
    # The first attempt, then every message: in a pair, found out, and recorded.
    assert sum(loaded) <= 4 * count


async def test_a_fault_that_is_no_message_s_stops_the_house(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = await trading_again()
    monkeypatch.setattr(loading.Loader, "load", _raise)
    with pytest.raises((KeyError, MessageFault, ProtocolError)):
        await world.senders["tha"].propose(transfer(world, 1, 10))
    with pytest.raises(ProtocolError) as refused:
        await world.senders["tha"].propose(transfer(world, 1, 10))
    assert refused.value.reason is Reason.SHUTTING_DOWN
