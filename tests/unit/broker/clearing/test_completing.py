# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Everything that can change while a transaction waits, played: each row of protocol chapter 8, rule 6."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from broker.rulebook.general.registries import OperationalStatus
from broker.rulebook.paris.catalogue import CHECKS
from broker.rulebook.paris.completion import CHANGES, Change, Rule, table
from itmo import limits
from itmo.core.v1 import decision_pb2, proposal_pb2, statements_pb2
from itmo.identifiers import RegistryId, make_account_id
from itmo.joining import proof_of_possession_text
from itmo.keys import MemorySigner
from itmo.paris.v1 import approaches_pb2, attributes_pb2, authorization_pb2, parties_pb2, terms_pb2
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError
from itmo.timestamps import timestamp
from tests.kit.auditing import broken_invariants
from tests.kit.clearing import (
    APPROACH,
    NETWORK,
    ClearingWorld,
    answer_to,
    authorize,
    failed,
    issuance,
    receipt_of,
    state_approach,
    state_party,
    transfer,
    use,
)
from tests.kit.notices import event, notify, programme
from tests.kit.reconciliation import reconcile, recorded
from tests.kit.sharing import DAILY, TRANSACT, VIEW, share
from tests.kit.world_again import trading_again

CHE_HOLDING = make_account_id(RegistryId("CHE01"), 100, 1)
TRADER = make_account_id(RegistryId("CHE01"), 100, 7)
Play = Callable[[ClearingWorld], Awaitable[str]]
"""Makes the change; returns the code that the completion, or the change itself, is refused with."""


async def offered(world: ClearingWorld, first: int = 1, last: int = 10) -> str:
    wanted = transfer(world, first, last)
    verdict = await world.senders["tha"].propose(wanted)
    assert verdict.state == decision_pb2.STATE_VALIDATED, failed(verdict)
    return wanted.transaction_id


async def accepted(world: ClearingWorld, name: str) -> str:
    receipt = await world.senders["che"].accept(name)
    assert receipt.effective == (receipt.state == decision_pb2.STATE_COMPLETED)
    return receipt.refusal.code


def by_proposer(
    wanted: proposal_pb2.ProposedTransaction,
) -> proposal_pb2.ProposedTransaction:
    wanted.completion = proposal_pb2.COMPLETION_MODE_BY_PROPOSER
    return wanted


async def issuing(world: ClearingWorld, *blocks: tuple[int, int], behind: str = "") -> str:
    """An issuance that waits."""
    wanted = by_proposer(issuance(world, "THA01", *blocks[0]))
    for first, last in blocks[1:]:
        wanted.blocks.add().CopyFrom(wanted.blocks[0])
        wanted.blocks[-1].first, wanted.blocks[-1].last = first, last
    if behind:
        wanted.blocks[0].attributes.paris.underlying.CopyFrom(
            attributes_pb2.UnderlyingUnits(
                registry="GS", first_unit_id=f"GS-{behind}1-0", last_unit_id=f"GS-{behind}9-0"
            )
        )
    verdict = await world.senders["tha"].propose(wanted)
    assert verdict.state == decision_pb2.STATE_VALIDATED, failed(verdict)
    return wanted.transaction_id


async def completed(world: ClearingWorld, name: str) -> str:
    receipt = await answer_to(world.senders["tha"], PayloadKind.COMPLETION, name)
    assert receipt.effective == (receipt.state == decision_pb2.STATE_COMPLETED)
    return receipt.refusal.code


async def refused_by_operator(world: ClearingWorld, kind: PayloadKind, statement: object) -> str:
    with pytest.raises(ProtocolError) as refused:
        await world.operator.state(kind, statement)  # type: ignore[arg-type]  # any statement
    return refused.value.metadata["code"]


def party(code: str = "THA", **changes: object) -> parties_pb2.PartyStatement:
    stated = parties_pb2.PartyStatement(
        party=code,
        participation=parties_pb2.Participation(
            party_to_agreement=True,
            ndc_in_force=True,
            authorization_arrangements=True,
            tracking_arrangements=True,
            latest_inventory=bool(changes.get("eligible", True)),
        ),
        initial_report_date=str(changes.get("report", "2021-01-01")),
    )
    for first, last in changes.get("periods", [(2021, 2030)]):  # type: ignore[attr-defined]  # pairs
        stated.ndc_periods.add(
            years=terms_pb2.YearSpan(first=first, last=last),
            target=parties_pb2.NDC_TARGET_MULTI_YEAR,
            method=changes.get("method", parties_pb2.ADJUSTMENT_METHOD_TRAJECTORY),
            first_or_first_updated=True,
            finality_date=str(changes.get("final", "")),
        )
    return stated


async def told(world: ClearingWorld, statement: parties_pb2.PartyStatement) -> str:
    """A transfer is offered, the Party is stated anew, the transfer is accepted."""
    name = await offered(world)
    await world.operator.state(PayloadKind.PARTY_STATEMENT, statement)
    code = await accepted(world, name)
    await state_party(world, statement.party)  # as before
    if code:
        assert await accepted(world, name) == ""
    return code


async def status(world: ClearingWorld, to: OperationalStatus) -> str:
    name = await offered(world)
    await world.operator.set_registry_status("CHE01", to, "storm")
    return await accepted(world, name)


async def leaves_transact(world: ClearingWorld) -> str:
    name = await offered(world)
    assert (await share(world.senders["che"], "CHE01", VIEW, DAILY)).effective
    return await accepted(world, name)


async def switches_off(world: ClearingWorld) -> str:
    name = await offered(world)
    off = await share(world.senders["che"], "CHE01", TRANSACT, ID_MO_EVIDENCE="RECEIVER")
    assert off.effective, off.refusal
    return await accepted(world, name)


async def account_again(world: ClearingWorld, **changes: object) -> str:
    name = await offered(world)
    stated = statements_pb2.AccountStatement(
        account_id=CHE_HOLDING,
        registry="CHE01",
        account_type=100,
        **changes,  # type: ignore[arg-type]  # fields
    )
    said = receipt_of(await world.senders["che"].say(PayloadKind.ACCOUNT_STATEMENT, stated))
    assert not said.effective
    assert await accepted(world, name) == ""
    return said.refusal.code


async def units_move(world: ClearingWorld) -> str:
    await offered(world)
    tha = world.senders["tha"]
    assert (await notify(tha, 1, 10, vintage=2023)).refusal.code == "ID_LOCKED"
    (code,) = failed(await tha.propose(transfer(world, 10, 11)))
    return code


async def serials_issued(world: ClearingWorld) -> str:
    name = await issuing(world, (200_001, 200_010))
    (code,) = failed(await world.senders["tha"].propose(issuance(world, "THA01", 200_010, 200_011)))
    assert await completed(world, name) == ""
    return code


async def underlying_taken(world: ClearingWorld) -> str:
    names = [await issuing(world, (first, first + 8), behind="7") for first in (200_001, 200_101)]
    assert await completed(world, names[1]) == ""
    return await completed(world, names[0])


async def bound(world: ClearingWorld) -> str:
    gs = await programme(world)
    assert await completed(world, await issuing(world, (200_001, 200_009), behind="7")) == ""
    name = await offered(world, 200_001, 200_009)
    ended = await event(gs, 71, 79)
    assert ended.effective, ended.refusal
    return await accepted(world, name)


async def books_differ(world: ClearingWorld) -> str:
    name = await offered(world, 1, 10)
    await reconcile(world.senders["che"], "CHE01", lambda: recorded(world, "THA01"))
    assert await accepted(world, name) == "ID_RECONCILED"
    await reconcile(world.senders["tha"], "THA01", lambda: recorded(world, "CHE01"))
    return await accepted(world, name)


async def amended(world: ClearingWorld, **changes: object) -> str:
    name = await offered(world)
    stated = await authorize(world.senders["tha"], version=2, **changes)
    assert stated.effective, stated.refusal
    return await accepted(world, name)


async def ended(world: ClearingWorld) -> str:
    """The last day passes while a transfer waits; a version that extends it lets it complete."""
    world.clock.advance(timedelta(hours=12))
    tha, today = world.senders["tha"], world.clock.now()
    last_day = {"end_date": today.date().isoformat()}
    assert (await authorize(tha, version=2, **last_day)).effective
    name = await offered(world)
    world.clock.set(today.replace(hour=0) + timedelta(days=1))
    code = await accepted(world, name)
    assert (await authorize(tha, version=3)).effective
    assert await accepted(world, name) == ""
    return code


async def lowered(world: ClearingWorld) -> str:
    """Two blocks, each below the new limit, and together above it."""
    tha = world.senders["tha"]
    name = await issuing(world, (200_001, 200_060), (200_101, 200_160))
    codes = []
    for version, quantity in ((2, 100_119), (3, 100_120)):
        stated = await authorize(tha, version=version, quantity=quantity, quantity_is_limit=True)
        assert stated.effective, stated.refusal
        codes.append(await completed(world, name))
    assert codes[1] == ""
    return codes[0]


async def letter(world: ClearingWorld, name: str, **fields: object) -> None:
    stated = authorization_pb2.AuthorizationStatement(
        authorization_id=name,
        version=1,
        party="THA",
        cooperative_approach=APPROACH,
        vintages=terms_pb2.YearSpan(first=2022, last=2030),
        date="2023-08-01",
    )
    stated.MergeFrom(authorization_pb2.AuthorizationStatement(**fields))  # type: ignore[arg-type]  # fields
    tha = world.senders["tha"]
    said = receipt_of(await tha.say(PayloadKind.AUTHORIZATION_STATEMENT, stated))
    assert said.effective, said.refusal


async def used_by_others(world: ClearingWorld) -> str:
    """Two uses, each within the quantity for its purpose, and together above it."""
    tha, che = world.senders["tha"], world.senders["che"]
    ndc = authorization_pb2.PURPOSE_NDC
    share = authorization_pb2.PurposeQuantity(purposes=[ndc], quantity=100)
    await letter(world, "P-1", purposes=[ndc], purpose_quantities=[share], quantity_is_limit=True)
    issued = issuance(world, "THA01", 200_001, 200_200)
    issued.blocks[0].attributes.paris.authorization.id = "P-1"
    assert (await tha.propose(issued)).state == decision_pb2.STATE_COMPLETED
    assert await accepted(world, await offered(world, 200_001, 200_200)) == ""
    waiting = by_proposer(use(world, 200_001, 200_060, 2023))
    assert (await che.propose(waiting)).state == decision_pb2.STATE_VALIDATED
    verdict = await che.propose(use(world, 200_101, 200_160, 2023))
    assert verdict.state == decision_pb2.STATE_COMPLETED, failed(verdict)
    receipt = await answer_to(che, PayloadKind.COMPLETION, waiting.transaction_id)
    assert "AUTH_PURPOSE_CAP" in failed(await che.propose(use(world, 200_161, 200_201, 2023)))
    return receipt.refusal.code


async def entity_struck(world: ClearingWorld) -> str:
    tha, che = world.senders["tha"], world.senders["che"]
    opened = statements_pb2.AccountStatement(
        account_id=TRADER, registry="CHE01", account_type=100, entity="Trader 1"
    )
    assert receipt_of(await che.say(PayloadKind.ACCOUNT_STATEMENT, opened)).effective
    await letter(world, "USE-1", purposes=[authorization_pb2.PURPOSE_NDC], entities=["KliK"])
    alone = [authorization_pb2.AUTHORIZATION_KIND_ENTITIES]
    await letter(world, "ENT-1", kinds=alone, entities=["Trader 1"])
    issued = issuance(world, "THA01", 200_001, 200_100)
    issued.blocks[0].attributes.paris.authorization.id = "USE-1"
    assert (await tha.propose(issued)).state == decision_pb2.STATE_COMPLETED
    wanted = transfer(world, 200_001, 200_010)
    wanted.to_account = TRADER
    verdict = await tha.propose(wanted)
    assert verdict.state == decision_pb2.STATE_VALIDATED, failed(verdict)
    await letter(
        world,
        "ENT-1",
        version=2,
        kinds=alone,
        entities=["Trader 1"],
        revoked=True,
        revocation_reason="fraud was found",
        revocation_ground=authorization_pb2.REVOCATION_GROUND_FRAUD,
        difference="it is revoked",
        changed_elements=[authorization_pb2.AUTHORIZATION_ELEMENT_REVOKED],
    )
    return await accepted(world, wanted.transaction_id)


async def leaves_approach(world: ClearingWorld) -> str:
    name = await offered(world)
    await state_approach(world, APPROACH, ("THA",))
    return await accepted(world, name)


async def approach_changes(world: ClearingWorld) -> str:
    name = await offered(world)
    await state_approach(
        world, APPROACH, ("THA", "CHE"), approaches_pb2.AUTHORIZATION_TIMING_BEFORE_REGISTRATION
    )
    stated = approaches_pb2.ActivityStatement(
        cooperative_approach=APPROACH, activity="Buses", registration_date="2021-01-01"
    )
    await world.operator.state(PayloadKind.ACTIVITY_STATEMENT, stated)
    return await accepted(world, name)


async def defined_otherwise(world: ClearingWorld) -> str:
    return await amended(
        world,
        purposes=[authorization_pb2.PURPOSE_NDC, authorization_pb2.PURPOSE_OP],
        other_purposes="CORSIA",
        first_transfer_definition=authorization_pb2.FIRST_TRANSFER_DEFINITION_USE_OR_CANCELLATION,
    )


async def declared_final(world: ClearingWorld) -> str:
    name = await offered(world)
    today = world.clock.now().date().isoformat()
    await world.operator.state(PayloadKind.PARTY_STATEMENT, party(final=today))
    return await accepted(world, name)


async def another_method(world: ClearingWorld) -> str:
    name = await offered(world)
    stated = party(method=parties_pb2.ADJUSTMENT_METHOD_BUDGET)
    code = await refused_by_operator(world, PayloadKind.PARTY_STATEMENT, stated)
    assert await accepted(world, name) == ""
    return code


async def reversed_twice(world: ClearingWorld) -> str:
    done = await offered(world)
    assert await accepted(world, done) == ""
    agreement = statements_pb2.ReversalStatement(transaction_id=done, reason="wrong units")
    await world.operator.state(PayloadKind.REVERSAL_STATEMENT, agreement)
    kind = proposal_pb2.TRANSACTION_TYPE_REVERSAL
    both = [transfer(world, 1, 10, giver="CHE01", taker="THA01", kind=kind) for _ in range(2)]
    for each in both:
        each.reverses = done
    che = world.senders["che"]
    assert (await che.propose(both[0])).state == decision_pb2.STATE_VALIDATED
    (code,) = failed(await che.propose(both[1]))
    assert (await world.senders["tha"].accept(both[0].transaction_id)).effective
    return code


async def totals_grow(world: ClearingWorld) -> str:
    most = limits.MAX_UNITS
    found = failed(await world.senders["tha"].propose(issuance(world, "THA01", most, most + 1)))
    assert await completed(world, await issuing(world, (200_001, most))) == ""
    return "ID_RANGE_ORDER" if "ID_RANGE_ORDER" in found else ""


async def key_revoked(world: ClearingWorld) -> str:
    tha, now = world.senders["tha"], world.clock.now()
    name = await offered(world)
    old, new = tha.chain.signer, MemorySigner.from_seed(b"n" * 32)
    added = statements_pb2.KeyStatement(
        node="tha",
        purpose=statements_pb2.KEY_PURPOSE_SIGN_MESSAGE,
        public_key=new.public_key,
        proof_of_possession=new.sign(
            proof_of_possession_text(NETWORK, tha.node, new.public_key).encode()
        ),
        not_before=timestamp(now),
        not_after=timestamp(now + timedelta(days=100)),
    )
    assert receipt_of(await tha.say(PayloadKind.KEY_STATEMENT, added)).effective
    tha.chain.signer = new
    revoked = statements_pb2.KeyStatement(
        node="tha",
        purpose=statements_pb2.KEY_PURPOSE_SIGN_MESSAGE,
        public_key=old.public_key,
        revoked=True,
    )
    assert receipt_of(await tha.say(PayloadKind.KEY_STATEMENT, revoked)).effective
    return await accepted(world, name)


async def another_node(world: ClearingWorld) -> str:
    name = await offered(world)
    with pytest.raises(ProtocolError) as refused:
        await world.admit("other", "CHE01")
    assert await accepted(world, name) == ""
    return refused.value.metadata["code"]


async def deadline(world: ClearingWorld) -> str:
    name = await offered(world)
    world.clock.advance(limits.DEFAULT_TRANSACTION_LIFETIME)
    return (await world.senders["che"].accept(name)).refusal.code


PLAYS: dict[str, tuple[Play, str]] = {
    "a registry becomes NON_OPERATIONAL": (
        lambda w: status(w, OperationalStatus.NON_OPERATIONAL), "REG_OPERATIONAL",
    ),
    "a registry takes no new transactions, or is in maintenance": (
        lambda w: status(w, OperationalStatus.TRANSACTIONS_DISALLOWED), "",
    ),
    "a registry leaves level TRANSACT": (leaves_transact, "REG_SHARING_LEVEL"),
    "a check is switched off or on, or the rulebook changes": (switches_off, ""),
    "a Party no longer meets the participation criteria": (
        lambda w: told(w, party("CHE", eligible=False)), "REG_PARTY_ELIGIBLE",
    ),
    "an account is closed": (lambda w: account_again(w, closed=True), "ACC_EXISTS"),
    "an account changes its type, NDC period, metric, entity or role": (
        lambda w: account_again(w, entity="Trader 1"), "ALREADY_EXISTS",
    ),
    "units move, are locked, restated or first transferred by another transaction": (
        units_move, "ID_LOCKED",
    ),
    "serials to be issued are issued, or proposed to be": (serials_issued, "ID_NO_OVERLAP_ISSUE"),
    "underlying units or CERs come to back other units, or end in their programme": (
        underlying_taken, "ID_UNDERLYING_UNIQUE",
    ),
    "units are bound by a notice": (bound, "NOTIFY_HOST_OF_CANCEL"),
    "books and record come to differ on units": (books_differ, "ID_RECONCILED"),
    "the authorization is revoked": (lambda w: amended(w, revoked=True), "AUTH_NOT_REVOKED"),
    "the authorization ends, or its start or end changes": (ended, "AUTH_IN_FORCE"),
    "the authorized quantity is lowered": (lowered, "AUTH_QUANTITY_CAP"),
    "others use what is authorized for a purpose": (used_by_others, "AUTH_PURPOSE_CAP"),
    "purposes, Parties, vintages or years of the authorization change": (
        lambda w: amended(w, parties=["JPN"]), "",
    ),
    "an entity is no longer authorized": (entity_struck, "AUTH_ENTITY"),
    "the initial report is withdrawn or dated later": (
        lambda w: told(w, party(report="2024-01-01")), "AUTH_INITIAL_REPORT",
    ),
    "a Party leaves the cooperative approach": (leaves_approach, "AUTH_PARTY_IN_CA"),
    "metric, sectors, evidence or timing of the cooperative approach, or when an activity was"
    " registered, change": (approach_changes, ""),
    "first transfer is defined otherwise": (defined_otherwise, ""),
    "a period becomes final, or is declared final": (declared_final, "CA_FREEZE"),
    "a Party states another method for its period": (another_method, "CA_METHOD_FIXED"),
    "a Party states its NDC periods anew": (
        lambda w: told(w, party(periods=[(2021, 2025), (2026, 2030)])), "",
    ),
    "the reversal was agreed to, and another one is proposed": (reversed_twice, "ID_LOCKED"),
    "totals grow": (totals_grow, "ID_RANGE_ORDER"),
    "the key that signed the proposal is revoked or ends": (key_revoked, ""),
    "a registry gets another node, or a Party designates another": (
        another_node, "ALREADY_EXISTS",
    ),
    "the deadline passes": (deadline, "STATE_TIMEOUT_24H"),
}  # fmt: skip


def test_every_change_is_played() -> None:
    assert list(PLAYS) == [each.what for each in CHANGES]


@pytest.mark.parametrize("change", CHANGES, ids=lambda each: each.what)
async def test_a_change_while_a_transaction_waits(change: Change) -> None:
    play, code = PLAYS[change.what]
    world = await trading_again()
    assert await play(world) == code
    assert broken_invariants(world.connection) == []
    await world.house.stop()


@pytest.mark.parametrize("change", CHANGES, ids=lambda each: each.what)
def test_a_change_names_what_its_play_comes_to(change: Change) -> None:
    rule, checks = change.rule, change.checks
    code = PLAYS[change.what][1]
    assert set(checks) <= {check.id for check in CHECKS}
    assert (code == "") == (rule is Rule.FIXED)
    assert not code or code in checks or f"`{code}`" in change.why


def test_the_protocol_has_the_list_of_the_code() -> None:
    page = Path("proto/docs/protocol.md").read_text(encoding="utf-8")
    assert table() in page, "put the table of broker.rulebook.paris.completion into chapter 8"


async def test_other_issuances_that_wait_do_not_block_each_other() -> None:
    """A limit is lowered below both together: the first to complete is issued, the other is not."""
    world = await trading_again()
    names = [await issuing(world, (first, first + 59)) for first in (200_001, 200_101)]
    stated = await authorize(
        world.senders["tha"], version=2, quantity=100_100, quantity_is_limit=True
    )
    assert stated.effective
    assert [await completed(world, name) for name in names] == ["", "AUTH_QUANTITY_CAP"]
    assert broken_invariants(world.connection) == []
