# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""CERs from the pending account to a Party and to an end, in a real clearing-house."""

from __future__ import annotations

from typing import Any

import pytest

from broker.known_regimes import ALL_REGIMES
from broker.verifying.verify import verify
from itmo.core.v1 import decision_pb2, proposal_pb2, statements_pb2
from itmo.identifiers import RegistryId, make_account_id
from itmo.kyoto.v1 import statements_pb2 as kyoto_pb2
from itmo.kyoto.v1 import terms_pb2
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from tests.kit.cdm import (
    CANCELLED,
    FUND,
    HOLDING,
    PENDING,
    ask,
    cdm_world,
    cer,
    cers,
    letter,
    out_of_pending,
    pay,
    state_activity,
)
from tests.kit.clearing import answer_to, failed, receipt_of
from tests.kit.kyoto import kyoto, state

BRITISH = make_account_id(RegistryId("GBR01"), 100, 1)


async def test_issued_under_a_host_without_a_registry_forwarded_and_cancelled() -> None:
    world = await cdm_world()
    cdm, gbr = world.senders["cdm"], world.senders["gbr"]
    issued = await cdm.propose(cers(world, 1, 1_000))
    assert issued.state == decision_pb2.STATE_COMPLETED, failed(issued)
    assert issued.units[0].registry == "IND01"
    await ask(world, 1_000, 10_000)
    await letter(world)

    forwarded = out_of_pending(world, "TRANSFER", 1, 300, BRITISH)
    offered = await cdm.propose(forwarded)
    assert offered.state == decision_pb2.STATE_VALIDATED, failed(offered)
    assert (await gbr.accept(forwarded.transaction_id)).state == decision_pb2.STATE_COMPLETED
    inside = await cdm.propose(out_of_pending(world, "TRANSFER", 301, 500, HOLDING))
    assert inside.state == decision_pb2.STATE_COMPLETED, failed(inside)
    cancelled = await cdm.propose(out_of_pending(world, "CANCELLATION", 501, 600, CANCELLED))
    assert cancelled.state == decision_pb2.STATE_COMPLETED, failed(cancelled)
    assert verify(world.connection, lambda _: None, ALL_REGIMES).problems == ()
    await world.house.stop()


async def test_serials_of_a_host_are_issued_once_whoever_asks_and_a_stranger_learns_nothing() -> (
    None
):
    world = await cdm_world()
    cdm, gbr = world.senders["cdm"], world.senders["gbr"]
    await cdm.propose(cers(world, 1, 1_000))
    again = failed(await cdm.propose(cers(world, 1_000, 1_100)))
    assert list(again) == ["ID_NO_OVERLAP_ISSUE"]

    waiting = cers(world, 2_001, 2_100)
    waiting.completion = proposal_pb2.COMPLETION_MODE_BY_PROPOSER
    assert (await cdm.propose(waiting)).state == decision_pb2.STATE_VALIDATED
    raced = failed(await cdm.propose(cers(world, 2_100, 2_200)))
    assert list(raced) == ["ID_NO_OVERLAP_ISSUE"]
    assert waiting.transaction_id in raced["ID_NO_OVERLAP_ISSUE"]

    probes = []
    for first in (1_000, 2_100, 5_000):
        probe = kyoto(world, "ISSUANCE", first, first, units="IND01")
        probes.append(failed(await gbr.propose(probe)).keys())
    assert probes[0] == probes[1] == probes[2] == {"KP_ISSUE_ORIGIN"}
    await world.house.stop()


@pytest.mark.parametrize(
    ("said", "check"),
    [
        ({"status": kyoto_pb2.PROJECT_STATUS_DEREGISTERED}, "KP_CDM_PROJECT"),
        ({"status": kyoto_pb2.PROJECT_STATUS_SUSPENDED}, "KP_CDM_PROJECT"),
        ({"status": kyoto_pb2.PROJECT_STATUS_REGISTERED}, ""),
    ],
)
async def test_an_activity_that_ended_gets_no_units(said: dict[str, Any], check: str) -> None:
    world = await cdm_world()
    await state_activity(world, **said)
    told = await world.senders["cdm"].propose(cers(world, 1, 10))
    assert " ".join(failed(told)) == check
    await world.house.stop()


async def test_an_activity_that_ended_while_its_issuance_waits_gets_no_units() -> None:
    world = await cdm_world()
    cdm = world.senders["cdm"]
    waiting = cers(world, 1, 10)
    waiting.completion = proposal_pb2.COMPLETION_MODE_BY_PROPOSER
    await cdm.propose(waiting)
    await state_activity(world, status=kyoto_pb2.PROJECT_STATUS_DEREGISTERED)
    row, _ = await world.house.transaction(cdm.node, waiting.transaction_id)
    completion = proposal_pb2.Completion(
        transaction_id=waiting.transaction_id, proposal_hash=row.proposal_hash
    )
    told = receipt_of(await cdm.say(PayloadKind.COMPLETION, completion))
    assert (told.effective, told.refusal.code) == (False, "KP_CDM_PROJECT")
    await world.house.stop()


async def test_a_party_issues_no_cers() -> None:
    world = await cdm_world()
    wanted = kyoto(world, "ISSUANCE", 1, 10)
    wanted.blocks[0].attributes.kyoto.CopyFrom(cer("GBR22"))
    assert set(failed(await world.senders["gbr"].propose(wanted))) == {
        "KP_ISSUE_ORIGIN",
        "KP_CDM_PENDING",
        "KP_CDM_PROJECT",
        "KP_CDM_SHARE",
    }
    await world.house.stop()


async def test_the_share_for_adaptation_goes_to_the_fund_in_the_same_transaction() -> None:
    world = await cdm_world()
    cdm, gbr = world.senders["cdm"], world.senders["gbr"]
    await state_activity(world, exempt_from_share=False)
    assert list(failed(await cdm.propose(cers(world, 1, 1_001)))) == ["KP_CDM_SHARE"]
    issued = await cdm.propose(cers(world, 1, 1_001, share=21))
    assert issued.state == decision_pb2.STATE_COMPLETED, failed(issued)
    held = "SELECT account_id, SUM(quantity) FROM unit_block GROUP BY account_id"
    assert dict(world.connection.execute(held)) == {PENDING: 980, FUND: 21}

    # The fund's units need neither a letter nor a fee.
    sold = out_of_pending(world, "TRANSFER", 981, 1_001, BRITISH, giver=FUND)
    offered = await cdm.propose(sold)
    assert offered.state == decision_pb2.STATE_VALIDATED, failed(offered)
    assert (await gbr.accept(sold.transaction_id)).state == decision_pb2.STATE_COMPLETED
    assert verify(world.connection, lambda _: None, ALL_REGIMES).problems == ()
    await world.house.stop()


async def test_the_share_is_given_of_units_on_which_it_is_due() -> None:
    world = await cdm_world()
    cdm = world.senders["cdm"]
    await state_activity(world, "CHN5", exempt_from_share=True)
    await state_activity(world, exempt_from_share=False)
    # The exempt ones come first, and under the same numbers.
    both = cers(world, 1, 100, cer("CHN5"))
    both.blocks.append(cers(world, 1, 50).blocks[0])
    both.terms.kyoto.share.account = FUND
    for first, last, gives in ((60, 60, False), (50, 50, True)):
        both.transaction_id = world.transaction_id()
        both.terms.kyoto.share.first, both.terms.kyoto.share.last = first, last
        made = await cdm.propose(both)
        assert (made.state == decision_pb2.STATE_COMPLETED) == gives, failed(made)
        assert list(failed(made)) == ([] if gives else ["KP_CDM_SHARE"])
    of_fund = "SELECT registry, first, last FROM unit_block WHERE account_id = ?"
    assert world.connection.execute(of_fund, (FUND,)).fetchall() == [("IND01", 50, 50)]
    assert verify(world.connection, lambda _: None, ALL_REGIMES).problems == ()
    await world.house.stop()


async def test_a_fee_paid_for_10_000_of_15_001_frees_10_000() -> None:
    world = await cdm_world()
    cdm, gbr = world.senders["cdm"], world.senders["gbr"]
    await cdm.propose(cers(world, 1, 15_001))
    await letter(world)
    await ask(world, 15_001, 100_000)
    first = out_of_pending(world, "TRANSFER", 1, 6_000, BRITISH)
    await cdm.propose(first)
    inside = await cdm.propose(out_of_pending(world, "TRANSFER", 6_001, 10_000, HOLDING))
    assert inside.state == decision_pb2.STATE_COMPLETED, failed(inside)
    # What is offered to Great Britain counts although it waits.
    for kind, to in (("TRANSFER", HOLDING), ("CANCELLATION", CANCELLED)):
        told = failed(await cdm.propose(out_of_pending(world, kind, 10_001, 10_001, to)))
        assert list(told) == ["KP_CDM_FEE"]
        assert "USD 0.10 is owed for them, USD 500.20 for all" in told["KP_CDM_FEE"]
    await gbr.accept(first.transaction_id)
    await pay(world, 50_020, number=2)
    rest = await cdm.propose(out_of_pending(world, "CANCELLATION", 10_001, 15_001, CANCELLED))
    assert rest.state == decision_pb2.STATE_COMPLETED, failed(rest)
    await world.house.stop()


async def test_a_transfer_that_is_rejected_gives_back_what_was_paid_for() -> None:
    world = await cdm_world()
    cdm, gbr = world.senders["cdm"], world.senders["gbr"]
    await cdm.propose(cers(world, 1, 100))
    await letter(world)
    await ask(world, 100, 1_000)
    offered = out_of_pending(world, "TRANSFER", 1, 100, BRITISH)
    await cdm.propose(offered)
    await answer_to(gbr, PayloadKind.REJECTION, offered.transaction_id)
    again = await cdm.propose(out_of_pending(world, "CANCELLATION", 1, 100, CANCELLED))
    assert again.state == decision_pb2.STATE_COMPLETED, failed(again)
    await world.house.stop()


async def test_a_request_that_is_paid_for_before_is_issued_when_it_is_paid() -> None:
    world = await cdm_world()
    cdm = world.senders["cdm"]
    await ask(world, 1_000, 9_999, on="2017-08-01", paid_before=True)
    told = failed(await cdm.propose(cers(world, 1, 1_000)))
    assert "USD 0.01 is owed" in told["KP_CDM_FEE"]
    await pay(world, 1, number=2)
    assert failed(await cdm.propose(cers(world, 1, 1_000))) == {}
    await world.house.stop()


async def test_a_payment_that_was_paid_back_stops_a_forwarding_that_waits() -> None:
    world = await cdm_world()
    cdm, gbr = world.senders["cdm"], world.senders["gbr"]
    await cdm.propose(cers(world, 1, 200))
    await ask(world, 200, 2_000)
    await letter(world)
    offered = [out_of_pending(world, "TRANSFER", first, first + 99, BRITISH) for first in (1, 101)]
    for each in offered:
        await cdm.propose(each)
    # The one that waits beside it takes nothing from it: what is paid for is there for one of them.
    await pay(world, 1_000)
    assert (await gbr.accept(offered[0].transaction_id)).state == decision_pb2.STATE_COMPLETED
    told = await gbr.accept(offered[1].transaction_id)
    assert (told.effective, told.refusal.code) == (False, "KP_CDM_FEE")
    assert "USD" not in told.refusal.found, "what is owed is no business of the receiver"
    await world.house.stop()


async def test_an_issuance_that_waits_gives_its_share_when_it_is_completed() -> None:
    world = await cdm_world()
    cdm = world.senders["cdm"]
    await state_activity(world, exempt_from_share=False)
    waiting = cers(world, 1, 100, share=2)
    waiting.completion = proposal_pb2.COMPLETION_MODE_BY_PROPOSER
    assert (await cdm.propose(waiting)).state == decision_pb2.STATE_VALIDATED
    row, _ = await world.house.transaction(cdm.node, waiting.transaction_id)
    completion = proposal_pb2.Completion(
        transaction_id=waiting.transaction_id, proposal_hash=row.proposal_hash
    )
    done = receipt_of(await cdm.say(PayloadKind.COMPLETION, completion))
    assert done.state == decision_pb2.STATE_COMPLETED
    held = "SELECT account_id, SUM(quantity) FROM unit_block GROUP BY account_id"
    assert dict(world.connection.execute(held)) == {PENDING: 98, FUND: 2}
    assert verify(world.connection, lambda _: None, ALL_REGIMES).problems == ()
    await world.house.stop()


async def test_a_letter_that_was_withdrawn_stops_a_forwarding_that_waits() -> None:
    world = await cdm_world()
    cdm, gbr = world.senders["cdm"], world.senders["gbr"]
    await cdm.propose(cers(world, 1, 100))
    await ask(world, 100, 1_000)
    unlettered = failed(await cdm.propose(out_of_pending(world, "TRANSFER", 1, 10, BRITISH)))
    assert list(unlettered) == ["KP_CDM_LETTER"]
    await letter(world)
    offered = out_of_pending(world, "TRANSFER", 1, 10, BRITISH)
    await cdm.propose(offered)
    await letter(world, withdrawn=True)
    told = await gbr.accept(offered.transaction_id)
    assert (told.effective, told.refusal.code) == (False, "KP_CDM_LETTER")
    await world.house.stop()


async def test_a_way_over_a_holding_account_spares_no_letter() -> None:
    world = await cdm_world()
    cdm, gbr = world.senders["cdm"], world.senders["gbr"]
    await cdm.propose(cers(world, 1, 100))
    await ask(world, 100, 1_000)
    within = await cdm.propose(out_of_pending(world, "TRANSFER", 1, 100, HOLDING))
    assert within.state == decision_pb2.STATE_COMPLETED, failed(within)
    on = out_of_pending(world, "TRANSFER", 1, 100, BRITISH, giver=HOLDING)
    assert list(failed(await cdm.propose(on))) == ["KP_CDM_LETTER"]
    await letter(world)
    on.transaction_id = world.transaction_id()
    assert (await cdm.propose(on)).state == decision_pb2.STATE_VALIDATED
    assert (await gbr.accept(on.transaction_id)).state == decision_pb2.STATE_COMPLETED
    assert verify(world.connection, lambda _: None, ALL_REGIMES).problems == ()
    await world.house.stop()


async def test_a_cancellation_says_what_for_and_is_marked_where_units_are_issued_again() -> None:
    world = await cdm_world()
    cdm = world.senders["cdm"]
    await cdm.propose(cers(world, 1, 100))
    await ask(world, 100, 1_000)
    wanted = out_of_pending(world, "CANCELLATION", 1, 100, CANCELLED)
    wanted.terms.kyoto.purpose = "offset scheme"
    wanted.terms.kyoto.beneficiary = "Seoul Steam Co."
    wanted.terms.kyoto.reissued_in = "KOC"
    done = await cdm.propose(wanted)
    assert done.state == decision_pb2.STATE_COMPLETED, failed(done)
    assert list(done.marks) == ["REISSUED_ELSEWHERE"]
    row, _ = await world.house.transaction(cdm.node, wanted.transaction_id)
    assert row.marks == ("REISSUED_ELSEWHERE",)
    await world.house.stop()


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        ("TRANSFER", "share"),
        ("TRANSFER", "reissued_in"),
        ("TRANSFER", "purpose"),
        ("TRANSFER", "beneficiary"),
        ("CANCELLATION", "share"),
    ],
)
async def test_terms_of_another_type_of_transaction_are_refused(kind: str, field: str) -> None:
    world = await cdm_world()
    wanted = out_of_pending(world, kind, 1, 10, CANCELLED)
    if field == "share":
        wanted.terms.kyoto.share.account = FUND
    else:
        setattr(wanted.terms.kyoto, field, "VCS")
    with pytest.raises(ProtocolError) as raised:
        await world.senders["cdm"].propose(wanted)
    assert (raised.value.reason, raised.value.metadata["where"]) == (
        Reason.PAYLOAD_INVALID,
        f"transaction.terms.kyoto.{field}",
    )
    await world.house.stop()


async def test_the_registry_of_the_mechanism_states_requests_and_payments_and_nobody_else() -> None:
    world = await cdm_world()
    payment = kyoto_pb2.FeePayment(
        project="IND9876", payment_number=1, paid_on="2012-03-01", cents=5
    )
    letters = kyoto_pb2.ForwardingLetter(party="GBR", project="IND9876", signed_on="2012-03-01")
    told = {}
    for name in ("cdm", "gbr"):
        for said in (
            kyoto_pb2.KyotoStatement(fee_payment=payment),
            kyoto_pb2.KyotoStatement(forwarding_letter=letters),
        ):
            answer = await world.senders[name].say(PayloadKind.KYOTO_STATEMENT, said)
            receipt = receipt_of(answer)
            told[name, said.WhichOneof("stated")] = (receipt.effective, receipt.refusal.code)
    refused = (False, "PERMISSION_DENIED")
    assert told == {
        ("cdm", "fee_payment"): (True, ""),
        ("cdm", "forwarding_letter"): refused,
        ("gbr", "fee_payment"): refused,
        ("gbr", "forwarding_letter"): refused,
    }
    await world.house.stop()


@pytest.mark.parametrize(
    ("where", "fee"),
    [
        ("payment_number", {"payment_number": 0}),
        ("paid_on", {"paid_on": "2012-3-1"}),
        ("cents", {"kind": kyoto_pb2.FEE_KIND_REGISTRATION, "cents": 35_000_001}),
        ("cents", {"kind": kyoto_pb2.FEE_KIND_METHODOLOGY, "cents": 100_001}),
        ("kind", {"kind": 9}),
        ("project", {"project": "9876"}),
    ],
)
async def test_a_broken_payment_takes_no_effect(where: str, fee: dict[str, Any]) -> None:
    world = await cdm_world()
    whole = {"project": "IND9876", "payment_number": 1, "paid_on": "2012-03-01", "cents": 1, **fee}
    with pytest.raises(ProtocolError) as raised:
        await state(world, fee_payment=kyoto_pb2.FeePayment(**whole))
    assert where in raised.value.message
    await world.house.stop()


@pytest.mark.parametrize(
    ("registry", "kind", "terms", "found"),
    [
        ("GBR01", 110, {}, "such accounts are in the CDM registry alone"),
        ("XCD01", 120, {}, "such accounts are in national registries alone"),
        ("GBR01", 100, {"role": 1}, "terms.kyoto.role"),
        ("XCD01", 121, {"role": 1}, "an account of role ADAPTATION_FUND has type 100, not 121"),
        ("XCD01", 100, {"role": 7}, "terms.kyoto.role"),
    ],
)
async def test_an_account_of_another_registry_is_not_opened(
    registry: str, kind: int, terms: dict[str, Any], found: str
) -> None:
    world = await cdm_world()
    statement = statements_pb2.AccountStatement(
        account_id=make_account_id(RegistryId(registry), kind, 7),
        registry=registry,
        account_type=kind,
        rulebook="kyoto",
    )
    statement.terms.kyoto.CopyFrom(terms_pb2.AccountTerms(**terms))
    sender = world.senders["cdm" if registry == "XCD01" else "gbr"]
    receipt = receipt_of(await sender.say(PayloadKind.ACCOUNT_STATEMENT, statement))
    assert found in receipt.refusal.found
    await world.house.stop()
