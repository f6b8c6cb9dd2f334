# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Statements of nodes and of the operator: accounts, authorizations, admission, keys."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from itmo.core.v1 import decision_pb2, proposal_pb2, rulebooks_pb2, statements_pb2
from itmo.envelope import seal
from itmo.identifiers import NodeId, RegistryId, make_account_id
from itmo.joining import proof_of_possession_text
from itmo.keys import MemorySigner
from itmo.paris.v1 import approaches_pb2, authorization_pb2, parties_pb2, terms_pb2
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from itmo.timestamps import timestamp
from tests.kit.auditing import broken_invariants
from tests.kit.clearing import (
    AUTHORIZATION,
    BROKER,
    NETWORK,
    ClearingWorld,
    Sender,
    answer_to,
    authorize,
    failed,
    issuance,
    join_request,
    receipt_of,
    sealed,
    send,
    signed,
    state_approach,
    state_of,
    transfer,
)
from tests.kit.world_again import trading_again

SMALL_ORDER = [bytes(32), b"\x01" + bytes(31), b"\xec" + b"\xff" * 30 + b"\x7f"]


@pytest.fixture
async def world() -> AsyncIterator[ClearingWorld]:
    made = await trading_again()
    yield made
    assert broken_invariants(made.connection) == []
    await made.house.stop()


# -- accounts -------------------------------------------------------------------------------------


async def account(
    sender: Sender, registry: str, kind: int, number: int = 1, **fields: object
) -> decision_pb2.Receipt:
    statement = statements_pb2.AccountStatement(
        account_id=make_account_id(RegistryId(registry), kind, number),
        registry=registry,
        account_type=kind,
        **fields,  # type: ignore[arg-type]  # fields of the statement
    )
    return receipt_of(await sender.say(PayloadKind.ACCOUNT_STATEMENT, statement))


async def test_an_account_that_holds_units_does_not_close(world: ClearingWorld) -> None:
    receipt = await account(world.senders["tha"], "THA01", 100, closed=True)
    assert receipt.refusal.code == "ACC_EXISTS"


async def test_the_target_of_an_open_transaction_does_not_close(world: ClearingWorld) -> None:
    che = world.senders["che"]
    wanted = transfer(world, 1, 10)
    await world.senders["tha"].propose(wanted)
    assert (await account(che, "CHE01", 100, closed=True)).refusal.code == "ACC_EXISTS"
    await answer_to(che, PayloadKind.REJECTION, wanted.transaction_id)
    assert (await account(che, "CHE01", 100, closed=True)).effective


async def test_a_closed_account_takes_nothing_and_stays_closed(world: ClearingWorld) -> None:
    che = world.senders["che"]
    assert (await account(che, "CHE01", 100, closed=True)).effective
    verdict = await world.senders["tha"].propose(transfer(world, 1, 10))
    assert "ACC_EXISTS" in failed(verdict)
    assert (await account(che, "CHE01", 100)).refusal.code == Reason.ALREADY_EXISTS


async def test_accounts_that_cannot_be_opened(world: ClearingWorld) -> None:
    che = world.senders["che"]
    period, reversed_period = (
        rulebooks_pb2.AccountTerms(
            paris=terms_pb2.AccountTerms(ndc_period=terms_pb2.YearSpan(first=first, last=last))
        )
        for first, last in ((2021, 2030), (2030, 2021))
    )
    assert (await account(che, "THA01", 100, 2)).refusal.code == "MSG_SENDER_IS_FROM_REGISTRY"
    assert (await account(che, "CHE01", 999, 2)).refusal.code == Reason.PAYLOAD_INVALID
    assert (await account(che, "CHE01", 200, 2)).refusal.code == "ACC_NDC_PERIOD_SET"
    wrong = await account(che, "CHE01", 200, 2, terms=reversed_period)
    assert wrong.refusal.code == Reason.PAYLOAD_INVALID
    assert (await account(che, "CHE01", 100, 2, closed=True)).refusal.code == Reason.NOT_FOUND
    assert (await account(che, "CHE01", 200, 2, terms=period)).effective
    other = await account(che, "CHE01", 200, 2, terms=period, entity="somebody")
    assert other.refusal.code == Reason.ALREADY_EXISTS


# -- authorizations -------------------------------------------------------------------------------


async def test_an_authorization_revoked_between_proposal_and_acceptance(
    world: ClearingWorld,
) -> None:
    tha, che = world.senders["tha"], world.senders["che"]
    first = transfer(world, 1, 10)
    await tha.propose(first)
    await che.accept(first.transaction_id)
    waiting = transfer(world, 11, 20)
    await tha.propose(waiting)
    assert (await authorize(tha, version=2, revoked=True)).effective
    late = await che.accept(waiting.transaction_id)
    assert (late.effective, late.refusal.code) == (False, "AUTH_NOT_REVOKED")
    assert state_of(world, waiting.transaction_id) == "VALIDATED"
    assert (await answer_to(che, PayloadKind.REJECTION, waiting.transaction_id)).effective
    new = await tha.propose(transfer(world, 21, 30))
    assert "AUTH_NOT_REVOKED" in failed(new)
    # What was first transferred before stays usable.
    back = transfer(world, 1, 10, giver="CHE01", taker="THA01")
    assert (await che.propose(back)).state == decision_pb2.STATE_VALIDATED


async def test_an_authorization_revoked_between_acceptance_and_completion(
    world: ClearingWorld,
) -> None:
    tha, che = world.senders["tha"], world.senders["che"]
    wanted = transfer(world, 1, 10)
    wanted.completion = proposal_pb2.COMPLETION_MODE_BY_PROPOSER
    await tha.propose(wanted)
    await che.accept(wanted.transaction_id)
    assert (await authorize(tha, version=2, revoked=True)).effective
    late = await answer_to(tha, PayloadKind.COMPLETION, wanted.transaction_id)
    assert late.refusal.code == "AUTH_NOT_REVOKED"


async def test_versions_of_an_authorization_come_in_turn(world: ClearingWorld) -> None:
    tha, che = world.senders["tha"], world.senders["che"]
    await state_approach(world, "CA0004", ("THA", "CHE"))
    for fields, code in (
        ({"version": 1}, "AUTH_VERSION_CURRENT"),
        ({"version": 3}, "AUTH_VERSION_CURRENT"),
        ({"version": 2, "cooperative_approach": "CA0004"}, "AUTH_CA_MATCH"),
        ({"version": 2, "binds_first_transferred": True}, "AUTH_CHANGE_AFTER_FT"),
        ({"version": 2, "cooperative_approach": "CA0099"}, Reason.NOT_FOUND),
        ({"version": 0}, Reason.PAYLOAD_INVALID),
        ({"version": 2, "date": "1 August 2023"}, Reason.PAYLOAD_INVALID),
        ({"version": 2, "quantity": 0}, Reason.QUANTITY_INVALID),
        ({"version": 2, "quantity": 2**64 - 1}, Reason.QUANTITY_INVALID),
        ({"version": 2, "party": "CHE"}, Reason.PERMISSION_DENIED),
    ):
        receipt = await authorize(tha, **fields)
        assert (receipt.effective, receipt.refusal.code) == (False, code), fields
    assert (await authorize(che, version=2)).refusal.code == Reason.PERMISSION_DENIED
    assert (await authorize(tha, version=2)).effective
    assert (await authorize(tha, version=3, revoked=True)).effective
    assert (await authorize(tha, version=4)).refusal.code == "AUTH_NOT_REVOKED"


async def test_an_amended_authorization_binds_new_units_only(world: ClearingWorld) -> None:
    tha = world.senders["tha"]
    done = transfer(world, 1, 10)
    await tha.propose(done)
    await world.senders["che"].accept(done.transaction_id)
    assert (await authorize(tha, version=2, quantity=600_000)).effective
    old = await tha.propose(issuance(world, "THA01", 200_001, 200_010))
    assert "AUTH_VERSION_CURRENT" in failed(old)
    new = issuance(world, "THA01", 200_001, 200_010)
    new.blocks[0].attributes.paris.authorization.version = 2
    verdict = await tha.propose(new)
    assert verdict.state == decision_pb2.STATE_COMPLETED, failed(verdict)
    unknown = issuance(world, "THA01", 200_011, 200_020)
    unknown.blocks[0].attributes.paris.authorization.version = 9
    assert "AUTH_VERSION_CURRENT" in failed(await tha.propose(unknown))
    back = transfer(world, 1, 10, giver="CHE01", taker="THA01")
    verdict = await world.senders["che"].propose(back)
    assert verdict.state == decision_pb2.STATE_VALIDATED, failed(verdict)


async def test_more_than_authorized_is_a_warning_or_an_error(world: ClearingWorld) -> None:
    tha = world.senders["tha"]
    verdict = await tha.propose(issuance(world, "THA01", 200_001, 700_000))
    assert verdict.state == decision_pb2.STATE_COMPLETED
    (warning,) = [f for f in verdict.findings if f.check_id == "AUTH_QUANTITY_CAP"]
    assert warning.outcome == decision_pb2.OUTCOME_FAILED
    assert warning.severity == decision_pb2.SEVERITY_WARNING
    assert (await authorize(tha, version=2, quantity_is_limit=True, quantity=600_010)).effective
    for last, state in (
        (800_011, decision_pb2.STATE_INVALIDATED),
        (800_010, decision_pb2.STATE_COMPLETED),
    ):
        wanted = issuance(world, "THA01", 800_001, last)
        wanted.blocks[0].attributes.paris.authorization.version = 2
        assert (await tha.propose(wanted)).state == state


async def test_an_authorization_named_after_another_approach_form(world: ClearingWorld) -> None:
    receipt = await authorize(
        world.senders["tha"], authorization_id="other", cooperative_approach="CA000003"
    )
    assert receipt.effective


# -- admission ------------------------------------------------------------------------------------


async def test_a_registry_is_not_taken_from_its_node(world: ClearingWorld) -> None:
    signer = MemorySigner.from_seed(b"thief".ljust(32, b"."))
    for registries in (("THA01",), ("BRA01", "CHE01")):
        with pytest.raises(ProtocolError) as refused:
            await world.operator.admit(join_request(signer, "thief", registries), bytes(32))
        assert refused.value.reason is Reason.ALREADY_EXISTS
    row = world.connection.execute("SELECT count(*) FROM node WHERE node = 'thief'").fetchone()
    assert row == (0,)
    assert world.connection.execute("SELECT count(*) FROM registry").fetchone() == (2,)


async def test_a_party_is_not_taken_from_its_node(world: ClearingWorld) -> None:
    signer = MemorySigner.from_seed(b"thief".ljust(32, b"."))
    with pytest.raises(ProtocolError) as refused:
        await world.operator.admit(join_request(signer, "thief", ("THA02",)), bytes(32))
    assert refused.value.reason is Reason.ALREADY_EXISTS


async def test_two_admissions_claim_one_registry_in_one_group(world: ClearingWorld) -> None:
    requests = [
        join_request(MemorySigner.from_seed(name.encode().ljust(32, b".")), name, ("BRA01",))
        for name in ("one", "two")
    ]
    await world.operator.admit(requests[0], bytes(32))
    with pytest.raises(ProtocolError, match="BRA01 belongs to one"):
        await world.operator.admit(requests[1], bytes(32))


@pytest.mark.parametrize("name", ["operator", "broker"])
async def test_no_node_takes_the_brokers_own_names(world: ClearingWorld, name: str) -> None:
    signer = MemorySigner.from_seed(b"thief".ljust(32, b"."))
    with pytest.raises(ProtocolError) as refused:
        await world.operator.admit(join_request(signer, name, ("BRA01",)), bytes(32))
    assert refused.value.reason is Reason.ALREADY_EXISTS


async def test_an_admission_of_the_same_node_again_renews_its_tls_key(world: ClearingWorld) -> None:
    che = world.senders["che"]
    signer = MemorySigner.from_seed(b"che".ljust(32, b"."))
    await world.operator.admit(join_request(signer, "che", ("CHE01",)), b"\x01" * 32)
    assert world.house.admitted.check_connection(che.node, b"\x01" * 32) == "che"
    with pytest.raises(ProtocolError) as refused:
        world.house.admitted.check_connection(che.node, bytes(32))
    assert refused.value.reason is Reason.UNAUTHENTICATED
    with pytest.raises(ProtocolError) as unknown:
        world.house.admitted.check_connection(NodeId("nobody"), bytes(32))
    assert unknown.value.reason is Reason.NODE_NOT_ADMITTED
    assert (await world.senders["tha"].propose(transfer(world, 1, 2))).state


async def test_a_key_of_another_node_is_not_admitted(world: ClearingWorld) -> None:
    signer = MemorySigner.from_seed(b"che".ljust(32, b"."))
    with pytest.raises(ProtocolError) as refused:
        await world.operator.admit(join_request(signer, "bra", ("BRA01",)), bytes(32))
    assert refused.value.reason is Reason.KEY_REFUSED


@pytest.mark.parametrize("weak", SMALL_ORDER)
async def test_a_weak_key_does_not_join(world: ClearingWorld, weak: bytes) -> None:
    request = statements_pb2.JoinRequest(
        network_id=NETWORK,
        node="weak",
        kind=statements_pb2.NODE_KIND_NATIONAL,
        registries=["BRA01"],
        public_key=weak,
    )
    signer = MemorySigner.from_seed(b"any".ljust(32, b"."))
    envelope = seal(PayloadKind.JOIN_REQUEST.label, request.SerializeToString(), signer)
    with pytest.raises(ProtocolError) as refused:
        await world.operator.admit(envelope, bytes(32))
    assert refused.value.reason is Reason.KEY_REFUSED


async def test_a_joining_request_proves_itself(world: ClearingWorld) -> None:
    signer = MemorySigner.from_seed(b"bra".ljust(32, b"."))
    other = MemorySigner.from_seed(b"other".ljust(32, b"."))
    good = join_request(signer, "bra", ("BRA01",))
    forged = seal(PayloadKind.JOIN_REQUEST.label, good.payload, other)
    with pytest.raises(ProtocolError) as refused:
        await world.operator.admit(forged, bytes(32))
    assert refused.value.reason is Reason.KEY_REFUSED
    with pytest.raises(ProtocolError) as short:
        await world.operator.admit(good, bytes(31))
    assert short.value.reason is Reason.PAYLOAD_INVALID
    abroad = statements_pb2.JoinRequest.FromString(good.payload)
    abroad.network_id = "other-net"
    with pytest.raises(ProtocolError) as elsewhere:
        await world.operator.admit(
            seal(PayloadKind.JOIN_REQUEST.label, abroad.SerializeToString(), signer), bytes(32)
        )
    assert elsewhere.value.reason is Reason.NETWORK_MISMATCH


# -- who may say what -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        (PayloadKind.NODE_STATEMENT, statements_pb2.NodeStatement()),
        (PayloadKind.REGISTRY_STATEMENT, statements_pb2.RegistryStatement(registry="THA01")),
        (PayloadKind.PARTY_STATEMENT, parties_pb2.PartyStatement(party="CHE")),
        (
            PayloadKind.COOPERATIVE_APPROACH_STATEMENT,
            approaches_pb2.CooperativeApproachStatement(cooperative_approach="CA0003"),
        ),
        (PayloadKind.VERDICT, decision_pb2.Verdict()),
        (PayloadKind.RECEIPT, decision_pb2.Receipt()),
    ],
)
async def test_what_only_the_operator_says(
    world: ClearingWorld, kind: PayloadKind, payload: statements_pb2.NodeStatement
) -> None:
    che = world.senders["che"]
    with pytest.raises(ProtocolError) as refused:
        await send(che, sealed(che, kind, payload))
    assert refused.value.reason is Reason.PAYLOAD_TYPE_UNKNOWN


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        (PayloadKind.PROPOSAL, proposal_pb2.Proposal()),
        (PayloadKind.ACCEPTANCE, proposal_pb2.Acceptance()),
        (PayloadKind.ACCOUNT_STATEMENT, statements_pb2.AccountStatement()),
        (PayloadKind.AUTHORIZATION_STATEMENT, authorization_pb2.AuthorizationStatement()),
        (PayloadKind.INVENTORY_STATEMENT, parties_pb2.InventoryStatement()),
    ],
)
async def test_what_the_operator_does_not_say(
    world: ClearingWorld, kind: PayloadKind, payload: proposal_pb2.Proposal
) -> None:
    with pytest.raises(ProtocolError) as refused:
        await world.operator.state(kind, payload)
    assert refused.value.reason is Reason.PAYLOAD_TYPE_UNKNOWN


async def test_an_inventory_comes_from_the_designated_node(world: ClearingWorld) -> None:
    year = parties_pb2.InventoryYear(year=2022, tonnes=10**9)
    for party, years, code in (
        ("THA", [year], Reason.PERMISSION_DENIED),
        ("CHE", [year, year], Reason.PAYLOAD_INVALID),
        ("CHE", [], Reason.PAYLOAD_INVALID),
        ("CHE", [parties_pb2.InventoryYear(year=1900)], Reason.PAYLOAD_INVALID),
        ("CHE", [parties_pb2.InventoryYear(year=2022, tonnes=-(2**63))], Reason.PAYLOAD_INVALID),
    ):
        receipt = receipt_of(
            await world.senders["che"].say(
                PayloadKind.INVENTORY_STATEMENT,
                parties_pb2.InventoryStatement(party=party, years=years),
            )
        )
        assert receipt.refusal.code == code
    done = receipt_of(
        await world.senders["che"].say(
            PayloadKind.INVENTORY_STATEMENT,
            parties_pb2.InventoryStatement(party="CHE", years=[year]),
        )
    )
    assert done.effective


# -- keys -----------------------------------------------------------------------------------------


def key_statement(
    world: ClearingWorld, node: str, signer: MemorySigner, **fields: object
) -> statements_pb2.KeyStatement:
    now = world.clock.now()
    text = proof_of_possession_text(NETWORK, node, signer.public_key)
    names: dict[str, object] = {
        "node": node,
        "purpose": statements_pb2.KEY_PURPOSE_SIGN_MESSAGE,
        "public_key": signer.public_key,
        "not_before": timestamp(now),
        "not_after": timestamp(now + timedelta(days=365)),
        "proof_of_possession": signer.sign(text.encode()),
    }
    return statements_pb2.KeyStatement(**(names | fields))  # type: ignore[arg-type]  # fields of it


NEW = MemorySigner.from_seed(b"new".ljust(32, b"."))


async def test_keys_overlap_and_are_revoked(world: ClearingWorld) -> None:
    tha = world.senders["tha"]
    old = tha.chain.signer
    added = await tha.say(PayloadKind.KEY_STATEMENT, key_statement(world, "tha", NEW))
    assert receipt_of(added).effective
    tha.chain.signer = NEW
    assert (await tha.propose(transfer(world, 1, 10))).state == decision_pb2.STATE_VALIDATED
    revocation = statements_pb2.KeyStatement(
        node="tha",
        purpose=statements_pb2.KEY_PURPOSE_SIGN_MESSAGE,
        public_key=old.public_key,
        revoked=True,
    )
    assert receipt_of(await tha.say(PayloadKind.KEY_STATEMENT, revocation)).effective
    world.clock.advance(timedelta(seconds=1))
    tha.chain.signer = old
    with pytest.raises(ProtocolError) as refused:
        await send(
            tha,
            sealed(
                tha,
                PayloadKind.PROPOSAL,
                proposal_pb2.Proposal(transaction=transfer(world, 11, 20)),
            ),
        )
    assert refused.value.reason is Reason.KEY_REVOKED
    tha.chain.signer = NEW
    again = await tha.say(PayloadKind.KEY_STATEMENT, revocation)
    assert receipt_of(again).refusal.code == Reason.KEY_UNKNOWN


async def test_a_revocation_counts_from_its_place_in_the_log(world: ClearingWorld) -> None:
    """All three are in one group; the gate let them through before the revocation was decided."""
    tha = world.senders["tha"]
    old = tha.chain.signer
    await tha.say(PayloadKind.KEY_STATEMENT, key_statement(world, "tha", NEW))
    before = signed(
        tha, PayloadKind.PROPOSAL, proposal_pb2.Proposal(transaction=transfer(world, 1, 10))
    )
    tha.chain.signer = NEW
    revocation = signed(
        tha,
        PayloadKind.KEY_STATEMENT,
        statements_pb2.KeyStatement(
            node="tha",
            purpose=statements_pb2.KEY_PURPOSE_SIGN_MESSAGE,
            public_key=old.public_key,
            revoked=True,
        ),
    )
    tha.chain.signer = old
    after = sealed(
        tha, PayloadKind.PROPOSAL, proposal_pb2.Proposal(transaction=transfer(world, 11, 20))
    )
    answers = await asyncio.gather(
        *(send(tha, each) for each in (before, revocation, after)), return_exceptions=True
    )
    assert not isinstance(answers[0], BaseException)
    assert not isinstance(answers[1], BaseException)
    assert isinstance(answers[2], ProtocolError)
    assert answers[2].reason is Reason.KEY_REVOKED


async def test_keys_that_are_not_taken(world: ClearingWorld) -> None:
    tha = world.senders["tha"]
    now = world.clock.now()
    other = MemorySigner.from_seed(b"other".ljust(32, b"."))
    che = MemorySigner.from_seed(b"che".ljust(32, b"."))
    for statement, code in (
        (key_statement(world, "che", NEW), Reason.PERMISSION_DENIED),
        (key_statement(world, "tha", NEW, proof_of_possession=bytes(64)), Reason.KEY_REFUSED),
        (
            key_statement(world, "tha", NEW, proof_of_possession=other.sign(NEW.public_key)),
            Reason.KEY_REFUSED,
        ),
        (key_statement(world, "tha", NEW, public_key=bytes(32)), Reason.KEY_REFUSED),
        (key_statement(world, "tha", NEW, public_key=b"short"), Reason.KEY_REFUSED),
        (key_statement(world, "tha", che), Reason.KEY_REFUSED),
        (
            key_statement(world, "tha", NEW, purpose=statements_pb2.KEY_PURPOSE_OPERATE),
            Reason.KEY_WRONG_PURPOSE,
        ),
        (
            key_statement(world, "tha", NEW, not_after=timestamp(now)),
            Reason.PAYLOAD_INVALID,
        ),
        (
            key_statement(
                world, "tha", MemorySigner.from_seed(b"tha".ljust(32, b".")), revoked=True
            ),
            Reason.KEY_REFUSED,
        ),
    ):
        receipt = receipt_of(await tha.say(PayloadKind.KEY_STATEMENT, statement))
        assert (receipt.effective, receipt.refusal.code) == (False, code), receipt.refusal.found
    assert world.connection.execute("SELECT count(*) FROM key").fetchone() == (4,)


async def test_the_operator_changes_keys_of_any_node(world: ClearingWorld) -> None:
    receipt = await world.operator.state(
        PayloadKind.KEY_STATEMENT, key_statement(world, "tha", NEW)
    )
    assert receipt.effective
    with pytest.raises(ProtocolError) as refused:
        await world.operator.state(PayloadKind.KEY_STATEMENT, key_statement(world, "nobody", NEW))
    assert refused.value.reason is Reason.NODE_UNKNOWN


async def test_the_broker_rotates_its_own_key(world: ClearingWorld) -> None:
    statement = key_statement(world, BROKER, NEW, purpose=statements_pb2.KEY_PURPOSE_SIGN_RECEIPT)
    assert (await world.operator.state(PayloadKind.KEY_STATEMENT, statement)).effective


async def test_a_key_that_is_not_valid_yet_or_any_more(world: ClearingWorld) -> None:
    tha = world.senders["tha"]
    old, now = tha.chain.signer, world.clock.now()
    window = {
        "not_before": timestamp(now + timedelta(hours=1)),
        "not_after": timestamp(now + timedelta(hours=2)),
    }
    assert receipt_of(
        await tha.say(PayloadKind.KEY_STATEMENT, key_statement(world, "tha", NEW, **window))
    ).effective

    async def outcome() -> Reason | None:
        tha.chain.signer = NEW
        try:
            await tha.world.house.submit(
                tha.node,
                signed(tha, PayloadKind.PROPOSAL, proposal_pb2.Proposal(transaction=wanted)),
            )
        except ProtocolError as error:
            tha.chain.next_sequence -= 1
            return error.reason
        finally:
            tha.chain.signer = old
        return None

    wanted = transfer(world, 1, 10)
    assert await outcome() is Reason.KEY_NOT_VALID_NOW
    world.clock.advance(timedelta(hours=1))
    standing = await world.house.sender_standing(tha.node)
    tha.chain.previous_payload_hash = standing.previous_payload_hash
    wanted = transfer(world, 1, 10)
    assert await outcome() is None
    world.clock.advance(timedelta(hours=1))
    wanted = transfer(world, 1, 10)
    assert await outcome() is Reason.KEY_NOT_VALID_NOW


async def test_an_authorization_with_an_approach_that_the_party_is_not_in(
    world: ClearingWorld,
) -> None:
    await state_approach(world, "CA0007", ("CHE",))
    receipt = await authorize(
        world.senders["tha"], authorization_id="seven", cooperative_approach="CA0007"
    )
    assert receipt.refusal.code == "AUTH_PARTY_IN_CA"
    assert AUTHORIZATION != "seven"
