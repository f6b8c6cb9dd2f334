# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The life of a transaction, from the proposal to each of its ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from broker.rulebook.general.registries import OperationalStatus
from itmo.core.v1 import decision_pb2, proposal_pb2
from itmo.payloads import PayloadKind
from itmo.timestamps import timestamp
from tests.kit.auditing import broken_invariants
from tests.kit.clearing import (
    ClearingWorld,
    answer_to,
    attributes,
    batch,
    failed,
    held,
    issuance,
    locked,
    mail,
    receipt_of,
    signed,
    state_of,
    transfer,
    use,
    verdict_of,
)
from tests.kit.world_again import trading_again

DAY = timedelta(hours=24)
MILLISECOND = timedelta(milliseconds=1)
BY_PROPOSER = proposal_pb2.COMPLETION_MODE_BY_PROPOSER


@pytest.fixture
async def world() -> AsyncIterator[ClearingWorld]:
    made = await trading_again()
    yield made
    assert broken_invariants(made.connection) == []
    await made.house.stop()


async def proposed(
    world: ClearingWorld, first: int = 1, last: int = 100, *, by_proposer: bool = False
) -> str:
    wanted = transfer(world, first, last)
    if by_proposer:
        wanted.completion = BY_PROPOSER
    verdict = await world.senders["tha"].propose(wanted)
    assert verdict.state == decision_pb2.STATE_VALIDATED, failed(verdict)
    return wanted.transaction_id


def accounts(world: ClearingWorld) -> tuple[int, int]:
    from_account, to_account = transfer(world, 1, 1).from_account, transfer(world, 1, 1).to_account
    return held(world, from_account), held(world, to_account)


# -- two registries -------------------------------------------------------------------------------


async def test_a_transfer_is_accepted(world: ClearingWorld) -> None:
    name = await proposed(world)
    assert locked(world) == 100
    assert accounts(world) == (100_000, 0)
    receipt = await world.senders["che"].accept(name)
    assert receipt.effective
    assert receipt.state == decision_pb2.STATE_COMPLETED
    assert receipt.marks == ["FIRST_TRANSFER"]
    assert [(e.party, e.year, e.quantity) for e in receipt.adjustments] == [("THA", 2022, 100)]
    assert accounts(world) == (99_900, 100)
    assert locked(world) == 0


async def test_a_transfer_is_completed_by_its_proposer(world: ClearingWorld) -> None:
    name = await proposed(world, by_proposer=True)
    accepted = await world.senders["che"].accept(name)
    assert accepted.state == decision_pb2.STATE_ACCEPTED
    assert not accepted.marks
    assert not accepted.adjustments
    assert (locked(world), accounts(world)) == (100, (100_000, 0))
    completed = await answer_to(world.senders["tha"], PayloadKind.COMPLETION, name)
    assert completed.state == decision_pb2.STATE_COMPLETED
    assert completed.answer_hash == accepted.answer_hash
    assert completed.closing_hash
    assert [e.quantity for e in completed.adjustments] == [100]
    assert accounts(world) == (99_900, 100)


async def test_a_transfer_is_rejected(world: ClearingWorld) -> None:
    name = await proposed(world)
    receipt = await answer_to(
        world.senders["che"], PayloadKind.REJECTION, name, reason="not what was agreed"
    )
    assert receipt.state == decision_pb2.STATE_REJECTED
    assert not receipt.adjustments
    assert (locked(world), accounts(world)) == (0, (100_000, 0))
    again = await world.senders["tha"].propose(transfer(world, 1, 100))
    assert again.state == decision_pb2.STATE_VALIDATED


@pytest.mark.parametrize("by_proposer", [False, True])
async def test_a_proposal_is_withdrawn(world: ClearingWorld, *, by_proposer: bool) -> None:
    name = await proposed(world, by_proposer=by_proposer)
    receipt = await answer_to(world.senders["tha"], PayloadKind.WITHDRAWAL, name)
    assert receipt.state == decision_pb2.STATE_TERMINATED
    assert receipt.termination_cause == decision_pb2.TERMINATION_CAUSE_WITHDRAWN
    assert locked(world) == 0


async def test_an_accepted_transfer_cannot_be_withdrawn(world: ClearingWorld) -> None:
    name = await proposed(world, by_proposer=True)
    await world.senders["che"].accept(name)
    receipt = await answer_to(world.senders["tha"], PayloadKind.WITHDRAWAL, name)
    assert (receipt.effective, receipt.refusal.code) == (False, "STATE_LEGAL")
    assert state_of(world, name) == "ACCEPTED"
    assert locked(world) == 100


# -- one registry ---------------------------------------------------------------------------------


async def test_a_use_completes_at_once(world: ClearingWorld) -> None:
    che = world.senders["che"]
    await che.accept(await proposed(world))
    answer = await che.say(
        PayloadKind.PROPOSAL, proposal_pb2.Proposal(transaction=use(world, 1, 40, 2022))
    )
    receipt = receipt_of(answer)
    assert len(answer.answers) == 2
    assert receipt.state == decision_pb2.STATE_COMPLETED
    assert [(e.party, e.year, e.quantity) for e in receipt.adjustments] == [("CHE", 2022, -40)]
    assert locked(world) == 0
    again = await che.propose(use(world, 1, 40, 2022))
    assert again.state == decision_pb2.STATE_INVALIDATED
    assert {"ACC_FINAL_NO_EXIT", "ID_KNOWN_AND_HELD", "USE_ONCE"} & failed(again).keys()


async def test_a_holder_is_told_that_units_are_used_and_whoever_sold_them_is_not(
    world: ClearingWorld,
) -> None:
    che, tha = world.senders["che"], world.senders["tha"]
    await che.accept(await proposed(world))
    assert (await che.propose(use(world, 1, 40, 2022))).state == decision_pb2.STATE_COMPLETED
    again = failed(await che.propose(use(world, 31, 60, 2022)))
    assert again["USE_ONCE"].startswith("THA01:31-40 are already used"), again
    assert "THA01:31-40 are not held by it" in again["ID_KNOWN_AND_HELD"]
    told = failed(await tha.propose(transfer(world, 31, 60)))
    assert "THA01:31-60 are not held by it" in told["ID_KNOWN_AND_HELD"]
    assert "0 are in accounts of the source registry" in told["USE_ONCE"], told


async def test_units_in_another_account_of_the_registry_are_not_offered(
    world: ClearingWorld,
) -> None:
    """What a registry knows of its accounts lets no account give away what another one holds."""
    che = world.senders["che"]
    await che.accept(await proposed(world))
    other = await world.open_account(che, "CHE01", 100, 2)
    wanted = transfer(world, 1, 40, giver="CHE01", taker="THA01")
    wanted.from_account = other
    verdict = await che.propose(wanted)
    assert verdict.state == decision_pb2.STATE_INVALIDATED
    assert set(failed(verdict)) >= {"ID_KNOWN_AND_HELD"}
    assert locked(world) == 0


async def test_a_use_waits_for_its_proposer(world: ClearingWorld) -> None:
    che = world.senders["che"]
    await che.accept(await proposed(world))
    wanted = use(world, 1, 40, 2022)
    wanted.completion = BY_PROPOSER
    assert (await che.propose(wanted)).state == decision_pb2.STATE_VALIDATED
    assert locked(world) == 40
    for kind in (PayloadKind.ACCEPTANCE, PayloadKind.REJECTION):
        refused = await answer_to(che, kind, wanted.transaction_id)
        assert refused.refusal.code == "MSG_SENDER_IS_FROM_REGISTRY"
    wrong = await answer_to(
        che, PayloadKind.COMPLETION, wanted.transaction_id, acceptance_hash=bytes(32)
    )
    assert wrong.refusal.code == "TX_TWO_SIDES"
    done = await answer_to(che, PayloadKind.COMPLETION, wanted.transaction_id)
    assert done.state == decision_pb2.STATE_COMPLETED
    assert [e.quantity for e in done.adjustments] == [-40]


async def test_a_waiting_issuance_locks_nothing_and_can_be_withdrawn(world: ClearingWorld) -> None:
    tha = world.senders["tha"]
    wanted = issuance(world, "THA01", 200_001, 200_100)
    wanted.completion = BY_PROPOSER
    assert (await tha.propose(wanted)).state == decision_pb2.STATE_VALIDATED
    assert locked(world) == 0
    gone = await answer_to(tha, PayloadKind.WITHDRAWAL, wanted.transaction_id)
    assert gone.state == decision_pb2.STATE_TERMINATED
    assert accounts(world) == (100_000, 0)


async def test_nothing_is_issued_under_serials_that_an_issuance_waits_for(
    world: ClearingWorld,
) -> None:
    tha = world.senders["tha"]
    wanted = issuance(world, "THA01", 200_001, 200_100)
    wanted.completion = BY_PROPOSER
    await tha.propose(wanted)
    refused = await tha.propose(issuance(world, "THA01", 200_050, 200_060))
    assert failed(refused).keys() == {"ID_NO_OVERLAP_ISSUE"}
    (told,) = (f for f in refused.findings if f.check_id == "ID_NO_OVERLAP_ISSUE")
    assert told.conflicting_transaction_id == wanted.transaction_id
    both = [issuance(world, "THA01", first, 200_200) for first in (200_101, 200_200)]
    for each in both:
        each.completion = BY_PROPOSER
    verdict = await batch(tha, both)
    assert [each.state for each in verdict.results] == [
        decision_pb2.STATE_VALIDATED,
        decision_pb2.STATE_INVALIDATED,
    ]
    await answer_to(tha, PayloadKind.WITHDRAWAL, wanted.transaction_id)
    again = await tha.propose(issuance(world, "THA01", 200_050, 200_060))
    assert again.state == decision_pb2.STATE_COMPLETED, failed(again)
    done = await answer_to(tha, PayloadKind.COMPLETION, both[0].transaction_id)
    assert done.state == decision_pb2.STATE_COMPLETED


# -- deadlines ------------------------------------------------------------------------------------


async def test_an_acceptance_one_millisecond_before_the_deadline_wins(world: ClearingWorld) -> None:
    name = await proposed(world)
    world.clock.advance(DAY - MILLISECOND)
    receipt = await world.senders["che"].accept(name)
    assert receipt.state == decision_pb2.STATE_COMPLETED


async def test_an_acceptance_at_the_deadline_loses(world: ClearingWorld) -> None:
    name = await proposed(world)
    world.clock.advance(DAY)
    receipt = await world.senders["che"].accept(name)
    assert (receipt.effective, receipt.refusal.code) == (False, "STATE_TIMEOUT_24H")
    assert receipt.state == decision_pb2.STATE_TERMINATED
    assert receipt.termination_cause == decision_pb2.TERMINATION_CAUSE_TIMED_OUT
    assert locked(world) == 0
    kinds = [kinds for name_, kinds in await mail(world, "tha") if name_ == name]
    assert kinds == [["verdict"], ["receipt"]]


async def test_microseconds_before_the_deadline_are_before_it(world: ClearingWorld) -> None:
    name = await proposed(world)
    world.clock.advance(DAY - timedelta(microseconds=1))
    assert (await world.senders["che"].accept(name)).effective


async def test_an_accepted_transfer_times_out(world: ClearingWorld) -> None:
    name = await proposed(world, by_proposer=True)
    await world.senders["che"].accept(name)
    world.clock.advance(DAY)
    assert await world.house.expire_due() == 1
    assert await world.house.expire_due() == 0
    late = await answer_to(world.senders["tha"], PayloadKind.COMPLETION, name)
    assert late.refusal.code == "STATE_TIMEOUT_24H"
    assert locked(world) == 0


async def test_a_deadline_of_the_proposers_own(world: ClearingWorld) -> None:
    wanted = transfer(world, 1, 10)
    wanted.deadline.CopyFrom(timestamp(world.clock.now() + timedelta(hours=1)))
    verdict = await world.senders["tha"].propose(wanted)
    assert verdict.deadline == wanted.deadline
    world.clock.advance(timedelta(hours=1))
    late = await world.senders["che"].accept(wanted.transaction_id)
    assert late.refusal.code == "STATE_TIMEOUT_24H"


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(hours=72, milliseconds=1)])
async def test_a_deadline_that_cannot_be(world: ClearingWorld, ahead: timedelta) -> None:
    wanted = transfer(world, 1, 10)
    wanted.deadline.CopyFrom(timestamp(world.clock.now() + ahead))
    verdict = await world.senders["tha"].propose(wanted)
    assert verdict.state == decision_pb2.STATE_INVALIDATED
    assert "STATE_TIMEOUT_24H" in failed(verdict)


# -- whose word it is -----------------------------------------------------------------------------

MOVES = {
    "VALIDATED": {
        ("che", PayloadKind.COMPLETION): "MSG_SENDER_IS_FROM_REGISTRY",
        ("che", PayloadKind.WITHDRAWAL): "MSG_SENDER_IS_FROM_REGISTRY",
        ("tha", PayloadKind.ACCEPTANCE): "MSG_SENDER_IS_FROM_REGISTRY",
        ("tha", PayloadKind.REJECTION): "MSG_SENDER_IS_FROM_REGISTRY",
        ("tha", PayloadKind.COMPLETION): "STATE_LEGAL",
        ("bra", PayloadKind.ACCEPTANCE): "TRANSACTION_UNKNOWN",
        ("bra", PayloadKind.WITHDRAWAL): "TRANSACTION_UNKNOWN",
    },
    "COMPLETED": {
        ("che", PayloadKind.ACCEPTANCE): "STATE_LEGAL",
        ("che", PayloadKind.REJECTION): "STATE_LEGAL",
        ("tha", PayloadKind.WITHDRAWAL): "STATE_LEGAL",
        ("tha", PayloadKind.COMPLETION): "STATE_LEGAL",
    },
    "REJECTED": {
        ("che", PayloadKind.ACCEPTANCE): "STATE_LEGAL",
        ("che", PayloadKind.REJECTION): "STATE_LEGAL",
        ("tha", PayloadKind.WITHDRAWAL): "STATE_LEGAL",
    },
    "TERMINATED": {
        ("che", PayloadKind.ACCEPTANCE): "STATE_LEGAL",
        ("tha", PayloadKind.WITHDRAWAL): "STATE_LEGAL",
    },
}


@pytest.mark.parametrize("state", MOVES)
async def test_moves_that_are_not_possible(world: ClearingWorld, state: str) -> None:
    await world.admit("bra", "BRA01")
    name = await proposed(world)
    if state == "COMPLETED":
        await world.senders["che"].accept(name)
    elif state == "REJECTED":
        await answer_to(world.senders["che"], PayloadKind.REJECTION, name)
    elif state == "TERMINATED":
        await answer_to(world.senders["tha"], PayloadKind.WITHDRAWAL, name)
    units = world.connection.execute("SELECT * FROM unit_block").fetchall()
    for (speaker, kind), code in MOVES[state].items():
        fits = {"acceptance_hash": b""} if state == "VALIDATED" else {}
        more = fits if kind is PayloadKind.COMPLETION else {}
        receipt = await answer_to(world.senders[speaker], kind, name, **more)
        assert (receipt.effective, receipt.refusal.code) == (False, code), (speaker, kind)
        if code == "TRANSACTION_UNKNOWN":
            assert not receipt.transaction_id
            assert not receipt.quantity
    assert state_of(world, name) == state
    assert world.connection.execute("SELECT * FROM unit_block").fetchall() == units


async def test_an_invalidated_transaction_is_final(world: ClearingWorld) -> None:
    wanted = transfer(world, 100_000, 100_001)
    assert (await world.senders["tha"].propose(wanted)).state == decision_pb2.STATE_INVALIDATED
    for kind in (PayloadKind.WITHDRAWAL, PayloadKind.COMPLETION):
        receipt = await answer_to(world.senders["tha"], kind, wanted.transaction_id)
        assert receipt.refusal.code == "STATE_LEGAL"


@pytest.mark.parametrize(
    ("kind", "speaker", "field"),
    [
        (PayloadKind.ACCEPTANCE, "che", "proposal_hash"),
        (PayloadKind.ACCEPTANCE, "che", "verdict_hash"),
        (PayloadKind.REJECTION, "che", "proposal_hash"),
        (PayloadKind.WITHDRAWAL, "tha", "proposal_hash"),
    ],
)
@pytest.mark.parametrize("wrong", [bytes(32), b"short"])
async def test_hashes_that_do_not_fit(
    world: ClearingWorld, kind: PayloadKind, speaker: str, field: str, wrong: bytes
) -> None:
    name = await proposed(world)
    receipt = await answer_to(world.senders[speaker], kind, name, **{field: wrong})
    assert (receipt.effective, receipt.refusal.code) == (False, "TX_TWO_SIDES")
    assert field in receipt.refusal.found
    assert state_of(world, name) == "VALIDATED"


async def test_a_completion_names_the_acceptance(world: ClearingWorld) -> None:
    name = await proposed(world, by_proposer=True)
    await world.senders["che"].accept(name)
    for wrong in (b"", bytes(32)):
        receipt = await answer_to(
            world.senders["tha"], PayloadKind.COMPLETION, name, acceptance_hash=wrong
        )
        assert receipt.refusal.code == "TX_TWO_SIDES"
    assert state_of(world, name) == "ACCEPTED"


async def test_an_acceptance_may_name_the_verdict(world: ClearingWorld) -> None:
    name = await proposed(world)
    row, _ = await world.house.transaction(world.senders["che"].node, name)
    receipt = await answer_to(
        world.senders["che"], PayloadKind.ACCEPTANCE, name, verdict_hash=row.verdict_hash
    )
    assert receipt.effective


# -- suspended registries -------------------------------------------------------------------------

SUSPENDED = [OperationalStatus.TRANSACTIONS_DISALLOWED, OperationalStatus.NON_OPERATIONAL]


@pytest.mark.parametrize("status", SUSPENDED)
@pytest.mark.parametrize("registry", ["THA01", "CHE01"])
async def test_a_suspended_registry_takes_no_new_proposals(
    world: ClearingWorld, registry: str, status: OperationalStatus
) -> None:
    await world.operator.set_registry_status(registry, status, "maintenance")
    verdict = await world.senders["tha"].propose(transfer(world, 1, 10))
    assert verdict.state == decision_pb2.STATE_INVALIDATED
    assert failed(verdict).keys() == {"REG_OPERATIONAL"}
    await world.operator.set_registry_status(registry, OperationalStatus.OPERATIONAL, "done")
    assert (await world.senders["tha"].propose(transfer(world, 1, 10))).state == (
        decision_pb2.STATE_VALIDATED
    )


@pytest.mark.parametrize("status", SUSPENDED)
@pytest.mark.parametrize("registry", ["THA01", "CHE01"])
async def test_a_registry_suspended_between_proposal_and_acceptance(
    world: ClearingWorld, registry: str, status: OperationalStatus
) -> None:
    name = await proposed(world)
    await world.operator.set_registry_status(registry, status, "maintenance")
    receipt = await world.senders["che"].accept(name)
    if status is OperationalStatus.TRANSACTIONS_DISALLOWED:
        assert receipt.state == decision_pb2.STATE_COMPLETED
        return
    assert (receipt.effective, receipt.refusal.code) == (False, "REG_OPERATIONAL")
    assert state_of(world, name) == "VALIDATED"
    await world.operator.set_registry_status(registry, OperationalStatus.OPERATIONAL, "done")
    assert (await world.senders["che"].accept(name)).state == decision_pb2.STATE_COMPLETED


async def test_a_registry_suspended_between_acceptance_and_completion(world: ClearingWorld) -> None:
    name = await proposed(world, by_proposer=True)
    await world.senders["che"].accept(name)
    await world.operator.set_registry_status("CHE01", OperationalStatus.NON_OPERATIONAL, "fire")
    receipt = await answer_to(world.senders["tha"], PayloadKind.COMPLETION, name)
    assert receipt.refusal.code == "REG_OPERATIONAL"
    assert state_of(world, name) == "ACCEPTED"
    world.clock.advance(DAY)
    assert await world.house.expire_due() == 1


async def test_what_is_open_with_a_suspended_registry_can_be_ended(world: ClearingWorld) -> None:
    one, two = await proposed(world, 1, 10), await proposed(world, 11, 20)
    await world.operator.set_registry_status("CHE01", OperationalStatus.NON_OPERATIONAL, "fire")
    assert (await answer_to(world.senders["che"], PayloadKind.REJECTION, one)).effective
    assert (await answer_to(world.senders["tha"], PayloadKind.WITHDRAWAL, two)).effective


async def test_two_messages_about_one_transaction_in_one_group(world: ClearingWorld) -> None:
    name = await proposed(world)
    che, tha = world.senders["che"], world.senders["tha"]
    row, _ = await world.house.transaction(tha.node, name)
    accept = signed(
        che,
        PayloadKind.ACCEPTANCE,
        proposal_pb2.Acceptance(transaction_id=name, proposal_hash=row.proposal_hash),
    )
    withdraw = signed(
        tha,
        PayloadKind.WITHDRAWAL,
        proposal_pb2.Withdrawal(transaction_id=name, proposal_hash=row.proposal_hash),
    )
    first, second = await asyncio.gather(
        world.house.submit(che.node, accept), world.house.submit(tha.node, withdraw)
    )
    assert receipt_of(first).state == decision_pb2.STATE_COMPLETED
    assert receipt_of(second).refusal.code == "STATE_LEGAL"


async def test_a_withdrawal_and_a_new_proposal_in_one_group(world: ClearingWorld) -> None:
    tha = world.senders["tha"]
    wanted = transfer(world, 1, 100)
    await tha.propose(wanted)
    row, _ = await world.house.transaction(tha.node, wanted.transaction_id)
    names: dict[str, Any] = {
        "transaction_id": wanted.transaction_id,
        "proposal_hash": row.proposal_hash,
    }
    envelopes = [
        signed(tha, PayloadKind.WITHDRAWAL, proposal_pb2.Withdrawal(**names)),
        signed(
            tha, PayloadKind.PROPOSAL, proposal_pb2.Proposal(transaction=transfer(world, 1, 100))
        ),
    ]
    answers = await asyncio.gather(*(world.house.submit(tha.node, each) for each in envelopes))
    assert verdict_of(answers[1]).results[0].state == decision_pb2.STATE_VALIDATED


async def test_stated_attributes_must_equal_what_is_stored(world: ClearingWorld) -> None:
    wanted = transfer(world, 1, 10)
    wanted.blocks[0].attributes.paris.CopyFrom(attributes())
    assert (await world.senders["tha"].propose(wanted)).state == decision_pb2.STATE_VALIDATED
    other = transfer(world, 11, 20)
    other.blocks[0].attributes.paris.CopyFrom(attributes())
    other.blocks[0].attributes.paris.vintage = 2023
    verdict = await world.senders["tha"].propose(other)
    assert "ID_IMMUTABLE_ATTRS" in failed(verdict)
