# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""AEFs of all Parties and years, drawn from one ledger, are consistent in all 25 checks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from aef.checks.casefile import CaseFile
from aef.checks.catalogue import CHECKS
from aef.checks.filed import file_submission
from aef.checks.judging import judge
from aef.model import ActionSubtype, ActionType
from broker.reports.paris.aef import party_drawing
from broker.reports.paris.aef.drawing import draw_all
from broker.reports.paris.aef.ledger_context import ledger_context
from broker.reports.paris.aef.party_drawing import PartyDrawing
from broker.reports.paris.structured_summary import structured_summary
from broker.reports.paris.timeline import Timeline
from broker.rulebook.paris.years import YearSpan
from itmo.core.v1 import proposal_pb2, rulebooks_pb2, statements_pb2
from itmo.identifiers import RegistryId, make_account_id
from itmo.paris.v1 import attributes_pb2, authorization_pb2, terms_pb2
from itmo.payloads import PayloadKind
from tests.kit.clearing import (
    ClearingWorld,
    Sender,
    attributes,
    failed,
    issuance,
    new_world,
    receipt_of,
    state_approach,
    state_party,
    transfer,
    use,
)
from tests.kit.own_aefs import draw_both_ways, drawn_alone, judged, told

HOLDING, NDC, IMP, OP, OMGE, VOLUNTARY, ADMINISTRATIVE = 100, 200, 210, 300, 310, 320, 330
UNDEFINED = authorization_pb2.FIRST_TRANSFER_DEFINITION_UNSPECIFIED
PURPOSE = {
    "NDC": authorization_pb2.PURPOSE_NDC,
    "IMP": authorization_pb2.PURPOSE_IMP,
    "OP": authorization_pb2.PURPOSE_OP,
}


async def founded() -> ClearingWorld:
    """Thailand, Switzerland and Japan, with accounts of every type, and a second Thai registry."""
    world = await new_world()
    parties = ("THA", "CHE", "JPN")
    for party in parties:
        await state_party(world, party)
        registries = [f"{party}01"] + (["THA02"] if party == "THA" else [])
        sender = await world.admit(party.lower(), *registries)
        for kind in (HOLDING, NDC, IMP, OP, OMGE, VOLUNTARY, ADMINISTRATIVE):
            await world.open_account(sender, f"{party}01", kind)
    await world.open_account(world.senders["tha"], "THA02", HOLDING)
    await state_approach(world, "CA0003", parties)
    return world


async def authorized(
    world: ClearingWorld,
    name: str,
    purposes: str,
    definition: authorization_pb2.FirstTransferDefinition.ValueType = UNDEFINED,
    version: int = 1,
    approach: str = "CA0003",
) -> None:
    await world.senders["tha"].say(
        PayloadKind.AUTHORIZATION_STATEMENT,
        authorization_pb2.AuthorizationStatement(
            authorization_id=name, version=version, party="THA", cooperative_approach=approach,
            purposes=[PURPOSE[each] for each in purposes.split()],
            vintages=terms_pb2.YearSpan(first=2022, last=2030),
            date=f"{world.clock.now():%Y-%m-%d}", entities=["Airline 1"],
            other_purposes="CORSIA" if definition else "",
            first_transfer_definition=definition,
        ),
    )  # fmt: skip


async def issued(world: ClearingWorld, name: str, first: int, last: int, **changes: object) -> None:
    proposed = issuance(world, "THA01", first, last)
    stated = attributes()
    stated.authorization.id = name
    for attribute, value in changes.items():
        setattr(stated, attribute, value)
    stated.underlying.registry = "VCS"
    stated.underlying.first_unit_id = f"VCS-77-{first + 500}"
    stated.underlying.last_unit_id = f"VCS-77-{last + 500}"
    proposed.blocks[0].attributes.paris.CopyFrom(stated)
    await done(world.senders["tha"], proposed)


async def done(sender: Sender, proposed: proposal_pb2.ProposedTransaction) -> str:
    verdict = await sender.propose(proposed)
    assert verdict.state == 6, failed(verdict)
    return proposed.transaction_id


async def sent(
    world: ClearingWorld,
    first: int,
    last: int,
    giver: str,
    taker: str,
    taker_registry: str = "",
    then: timedelta = timedelta(milliseconds=1),
) -> str:
    proposed = transfer(
        world, first, last, giver=f"{giver}01", taker=taker_registry or f"{taker}01"
    )
    verdict = await world.senders[giver.lower()].propose(proposed)
    assert verdict.state == 2, failed(verdict)
    receipt = await world.senders[taker.lower()].accept(proposed.transaction_id)
    assert receipt.effective, receipt.refusal
    world.clock.advance(then)
    return proposed.transaction_id


async def taken_back(world: ClearingWorld, undone: str, first: int, last: int) -> None:
    await world.operator.state(
        PayloadKind.REVERSAL_STATEMENT,
        statements_pb2.ReversalStatement(transaction_id=undone, reason="the wrong units"),
    )
    back = transfer(
        world, first, last, giver="CHE01", taker="THA01",
        kind=proposal_pb2.TRANSACTION_TYPE_REVERSAL,
    )  # fmt: skip
    back.reverses = undone
    await world.senders["che"].propose(back)
    receipt = await world.senders["tha"].accept(back.transaction_id)
    assert receipt.effective, receipt.refusal


async def spent(world: ClearingWorld, party: str, first: int, last: int, account: int) -> None:
    kind = proposal_pb2.TRANSACTION_TYPE_CANCELLATION
    if account in (NDC, IMP):
        kind = proposal_pb2.TRANSACTION_TYPE_USE
    proposed = transfer(
        world, first, last, giver=f"{party}01", taker=f"{party}01", to_type=account, kind=kind,
        year_of_use=2024 if account == NDC else 0,
    )  # fmt: skip
    if account != NDC:
        proposed.terms.paris.purpose, proposed.terms.paris.entity = "CORSIA", "Airline 1"
    await done(world.senders[party.lower()], proposed)


async def test_a_life_of_units_in_three_years() -> None:
    world = await founded()
    await authorized(world, "TH-1", "NDC")
    await issued(world, "TH-1", 1, 10_000)
    await sent(world, 1, 1_916, "THA", "CHE")
    await sent(world, 2_001, 3_000, "THA", "JPN")
    world.clock.set(datetime(2024, 3, 1, tzinfo=UTC))
    await done(world.senders["che"], use(world, 1, 900, 2024))
    await sent(world, 901, 1_000, "CHE", "JPN")
    await sent(world, 950, 960, "JPN", "THA")
    await sent(world, 955, 960, "THA", "CHE")
    world.clock.set(datetime(2025, 3, 1, tzinfo=UTC))
    await spent(world, "JPN", 901, 910, NDC)
    await spent(world, "CHE", 1_001, 1_010, OMGE)
    await spent(world, "CHE", 1_011, 1_020, VOLUNTARY)
    await spent(world, "CHE", 1_021, 1_030, ADMINISTRATIVE)
    await sent(world, 9_001, 9_100, "THA", "THA", taker_registry="THA02")
    judgement = judged(world.connection)
    assert told(judgement) == []
    assert judgement.consistent
    assert len(judgement.file.current) == 9


async def test_other_purposes_in_every_definition() -> None:
    world = await founded()
    definitions = {
        "TH-A": authorization_pb2.FIRST_TRANSFER_DEFINITION_AUTHORIZATION,
        "TH-I": authorization_pb2.FIRST_TRANSFER_DEFINITION_ISSUANCE,
        "TH-U": authorization_pb2.FIRST_TRANSFER_DEFINITION_USE_OR_CANCELLATION,
    }
    for place, (name, definition) in enumerate(definitions.items()):
        await authorized(world, name, "NDC IMP OP", definition)
        await issued(world, name, place * 1_000 + 1, place * 1_000 + 1_000)
    world.clock.set(datetime(2024, 3, 1, tzinfo=UTC))
    for place in range(3):
        begin = place * 1_000
        await sent(world, begin + 1, begin + 100, "THA", "CHE")
        await spent(world, "CHE", begin + 1, begin + 10, NDC)
        await spent(world, "CHE", begin + 11, begin + 20, IMP)
        await spent(world, "CHE", begin + 21, begin + 30, OP)
        await spent(world, "THA", begin + 101, begin + 110, IMP)
        await spent(world, "THA", begin + 111, begin + 120, OP)
    judgement = judged(world.connection)
    assert told(judgement) == []
    assert judgement.consistent


async def test_a_reversal_leaves_the_years_consistent() -> None:
    world = await founded()
    await authorized(world, "TH-1", "NDC")
    await issued(world, "TH-1", 1, 1_000)
    undone = await sent(world, 1, 100, "THA", "CHE")
    world.clock.set(datetime(2024, 3, 1, tzinfo=UTC))
    await taken_back(world, undone, 1, 100)
    await sent(world, 1, 50, "THA", "CHE")
    judgement = judged(world.connection)
    assert told(judgement) == []
    firsts = [
        row
        for filed in judgement.file.current
        for row in filed.submission.actions
        if row.type is ActionType.FIRST_TRANSFER
    ]
    assert [(row.quantity, row.date and row.date.year) for row in firsts] == [(50, 2024)]


async def test_the_context_knows_what_the_ledger_knows() -> None:
    """Without it, what cannot be found out stays undetermined; nothing is inconsistent."""
    world = await founded()
    await authorized(world, "TH-1", "NDC")
    await issued(world, "TH-1", 1, 1_000)
    drawn = draw_both_ways(world.connection)
    alone = judge(CaseFile([file_submission(n, each) for n, each in enumerate(drawn)]))
    assert not alone.consistent
    assert {each.note.state for each in alone.findings} == {"UNDETERMINED"}
    assert judged(world.connection).consistent


def test_all_checks_run() -> None:
    assert len(CHECKS) == 25


async def mechanism(world: ClearingWorld) -> dict[str, str]:
    """The mechanism registry with its accounts; the units' host is Thailand."""
    sender = await world.admit("mr", "XMR01")
    await state_approach(world, "CA0001", ("THA", "CHE", "JPN"))
    accounts: dict[str, str] = {}
    roles = (
        ("pending", 100, 1, terms_pb2.ACCOUNT_ROLE_PENDING, ""),
        ("fund", 100, 2, terms_pb2.ACCOUNT_ROLE_ADAPTATION_FUND, ""),
        ("omge", 310, 1, terms_pb2.ACCOUNT_ROLE_MANDATORY_OMGE, ""),
        ("che", 100, 3, terms_pb2.ACCOUNT_ROLE_UNSPECIFIED, "CHE"),
    )
    for name, kind, number, role, party in roles:
        accounts[name] = make_account_id(RegistryId("XMR01"), kind, number)
        receipt = receipt_of(
            await sender.say(
                PayloadKind.ACCOUNT_STATEMENT,
                statements_pb2.AccountStatement(
                    account_id=accounts[name], registry="XMR01", account_type=kind,
                    terms=rulebooks_pb2.AccountTerms(
                        paris=terms_pb2.AccountTerms(role=role, party=party)
                    ),
                ),
            )
        )  # fmt: skip
        assert receipt.effective, receipt.refusal
    return accounts


async def test_shares_of_the_mechanism() -> None:
    world = await founded()
    accounts = await mechanism(world)
    await authorized(world, "TH-1", "NDC", approach="CA0001")
    proposed = issuance(world, "XMR01", 1, 10_000)
    stated = proposed.blocks[0].attributes.paris
    stated.authorization.id, stated.cooperative_approach = "TH-1", "CA0001"
    stated.activity = "PoA 10471"
    proposed.from_account = proposed.to_account = accounts["pending"]
    for purpose, account, first, last in (
        (terms_pb2.ALLOTMENT_PURPOSE_SHARE_OF_PROCEEDS, "fund", 1, 500),
        (terms_pb2.ALLOTMENT_PURPOSE_OMGE, "omge", 501, 700),
    ):
        proposed.terms.paris.allotments.add(
            purpose=purpose, account=accounts[account], first=first, last=last
        )
    mr = world.senders["mr"]
    await done(mr, proposed)
    world.clock.set(datetime(2024, 3, 1, tzinfo=UTC))
    await done(mr, within(world, accounts["pending"], accounts["che"], 701, 1_000))
    await done(mr, within(world, accounts["fund"], accounts["che"], 1, 100))
    judgement = judged(world.connection)
    assert told(judgement) == []
    rows = [
        (
            filed.party,
            row.type,
            row.subtype,
            row.quantity,
            row.transferring_party,
            row.acquiring_party,
        )
        for filed in judgement.file.current
        for row in filed.submission.actions
    ]
    fund, gave = "Adaptation Fund", ActionType.FIRST_TRANSFER
    assert rows == [
        ("CHE", ActionType.ACQUISITION, None, 300, "THA", ""),
        ("CHE", ActionType.ACQUISITION, None, 100, fund, ""),
        ("THA", ActionType.AUTHORIZATION, None, 700, "", ""),
        ("THA", ActionType.AUTHORIZATION, None, 9_300, "", ""),
        ("THA", gave, ActionSubtype.MANDATORY_ADAPTATION_FUND, 500, "", fund),
        ("THA", gave, ActionSubtype.MANDATORY_OMGE, 200, "", ""),
        ("THA", gave, ActionSubtype.FIRST_INTERNATIONAL, 300, "", "CHE"),
    ]


def within(
    world: ClearingWorld, source: str, target: str, first: int, last: int
) -> proposal_pb2.ProposedTransaction:
    """A transfer inside the mechanism registry."""
    proposed = transfer(world, first, last, giver="XMR01", taker="XMR01")
    proposed.from_account, proposed.to_account = source, target
    proposed.blocks[0].registry = "XMR01"
    return proposed


async def test_certified_emission_reductions_are_in_no_aef_and_not_compared() -> None:
    world = await founded()
    await authorized(world, "TH-1", "NDC")
    await issued(world, "TH-1", 1, 1_000)
    await sent(world, 1, 100, "THA", "CHE")
    accounts = await mechanism(world)
    brought = issuance(world, "XMR01", 1, 1_000)
    stated = attributes()
    stated.ClearField("authorization")
    stated.cooperative_approach, stated.activity = "CA0001", "CDM 77"
    stated.unit_type = attributes_pb2.UNIT_TYPE_CER
    stated.vintage = 2019
    stated.cer.kyoto_serial = "TH-5-1-1000-2-2-0-77"
    stated.cer.project_registration_date = "2013-05-01"
    brought.blocks[0].attributes.paris.CopyFrom(stated)
    await done(world.senders["mr"], brought)
    given = transfer(world, 1, 100, giver="XMR01")
    given.blocks[0].registry, given.from_account = "XMR01", accounts["pending"]
    await world.senders["mr"].propose(given)
    await world.senders["che"].accept(given.transaction_id)
    world.clock.set(datetime(2024, 3, 1, tzinfo=UTC))
    await done(world.senders["che"], use(world, 1, 90, 2024))
    retired = use(world, 1, 60, 2024)
    retired.blocks[0].registry = "XMR01"
    await done(world.senders["che"], retired)
    judgement = judged(world.connection)
    assert told(judgement) == []
    assert judgement.consistent
    drawn = draw_both_ways(world.connection)
    rows = [row for each in drawn for row in (*each.actions, *each.holdings)]
    assert rows
    assert {row.vintage for row in rows} == {2022}
    column = structured_summary(world.connection, "CHE", YearSpan(2024, 2024)).columns[0]
    assert (column.used, column.cers_used, column.total_adjustment) == (150, 60, -150)
    compared = ledger_context(world.connection, drawn).summaries["CHE", 2024, "GHG"]
    assert (compared.used, compared.net, compared.adjustment) == (90, -90, -90)


async def test_what_is_decided_between_two_turns_is_not_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Years drawn at one time fit each other, also where a transfer is reversed meanwhile."""
    world = await founded()
    await authorized(world, "TH-1", "NDC")
    await issued(world, "TH-1", 1, 1_000)
    undone = await sent(world, 1, 100, "THA", "CHE")
    world.clock.set(datetime(2024, 3, 1, tzinfo=UTC))
    await sent(world, 101, 200, "THA", "CHE")
    connection, kept = world.connection, Timeline()
    kept.read_all(connection)
    monkeypatch.setattr(party_drawing, "DECISIONS", 1)
    before = {party: draw_all(connection, only=party) for party in ("THA", "CHE")}
    drawings = {party: PartyDrawing(party, None) for party in before}
    for drawing in drawings.values():
        assert not drawing.read_on(connection, kept)
    world.clock.advance(timedelta(days=1))
    await taken_back(world, undone, 1, 100)
    await sent(world, 1, 50, "THA", "CHE")
    for party, drawing in drawings.items():
        assert drawn_alone(connection, drawing, kept) == before[party]
        now = draw_all(connection, only=party)
        assert drawn_alone(connection, PartyDrawing(party, None), kept) == now != before[party]


async def test_units_that_come_back_to_their_host_are_used_in_the_same_moment() -> None:
    """What a day's rows do not tell is told by what is possible: they came in before they were used."""
    world = await founded()
    await authorized(
        world, "TH-U", "OP", authorization_pb2.FIRST_TRANSFER_DEFINITION_USE_OR_CANCELLATION
    )
    await issued(world, "TH-U", 1, 1_000)
    await sent(world, 1, 100, "THA", "CHE")
    world.clock.set(datetime(2024, 3, 1, tzinfo=UTC))
    await sent(world, 1, 20, "CHE", "THA", then=timedelta(0))
    await spent(world, "THA", 1, 10, OP)
    await sent(world, 11, 20, "THA", "JPN", then=timedelta(0))
    await spent(world, "JPN", 11, 15, OP)
    judgement = judged(world.connection)
    assert told(judgement) == []
    assert judgement.consistent


async def test_a_users_own_letter_for_something_else_is_not_that_of_its_use() -> None:
    world = await founded()
    await authorized(world, "TH-1", "NDC")
    await world.senders["che"].say(
        PayloadKind.AUTHORIZATION_STATEMENT,
        authorization_pb2.AuthorizationStatement(
            authorization_id="CH-9", version=1, party="CHE", cooperative_approach="CA0003",
            purposes=[PURPOSE["OP"]], vintages=terms_pb2.YearSpan(first=2022, last=2030),
            date=f"{world.clock.now():%Y-%m-%d}", other_purposes="CORSIA",
            first_transfer_definition=authorization_pb2.FIRST_TRANSFER_DEFINITION_ISSUANCE,
        ),
    )  # fmt: skip
    await issued(world, "TH-1", 1, 1_000)
    await sent(world, 1, 100, "THA", "CHE")
    world.clock.set(datetime(2024, 3, 1, tzinfo=UTC))
    await done(world.senders["che"], use(world, 1, 50, 2024))
    judgement = judged(world.connection)
    assert told(judgement) == []
