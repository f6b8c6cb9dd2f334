# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""AEFs drawn from the ledger of a house in memory."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from aef.model import ActionSubtype, ActionType, SerialSpan
from itmo.authorization_letter import NUMBERS, differing
from itmo.paris.v1 import attributes_pb2, authorization_pb2, terms_pb2
from itmo.payloads import PayloadKind
from tests.kit.clearing import (
    AUTHORIZATION,
    ClearingWorld,
    Sender,
    authorize,
    issuance,
    receipt_of,
    transfer,
    use,
)
from tests.kit.own_aefs import draw, draw_both_ways
from tests.kit.world_again import trading_again

NEXT_YEAR = datetime(2024, 2, 1, tzinfo=UTC)


async def two_years() -> ClearingWorld:
    """2023: 1 916 units to Switzerland. 2024: it uses 916 of them."""
    world = await trading_again()
    offered = transfer(world, 1, 1_916)
    await world.senders["tha"].propose(offered)
    await world.senders["che"].accept(offered.transaction_id)
    world.clock.set(NEXT_YEAR)
    await world.senders["che"].propose(use(world, 1, 916, 2024))
    return world


def letter() -> authorization_pb2.AuthorizationStatement:
    return authorization_pb2.AuthorizationStatement(
        authorization_id="TH-2", version=1, party="THA", cooperative_approach="CA0003",
        purposes=[authorization_pb2.PURPOSE_NDC, authorization_pb2.PURPOSE_IMP, authorization_pb2.PURPOSE_OP],
        vintages=terms_pb2.YearSpan(first=2022, last=2030),
        use_years=terms_pb2.YearSpan(first=2023, last=2028),
        first_transfer_definition=authorization_pb2.FIRST_TRANSFER_DEFINITION_ISSUANCE,
        other_purposes="CORSIA", entities=["Airline 1", "Airline 2"], terms="none",
        date="2024-02-01",
    )  # fmt: skip


async def state(sender: Sender, **changes: object) -> None:
    statement = letter()
    for name, value in changes.items():
        setattr(statement, name, value)
    if statement.version > 1:
        before = sender.letters[statement.authorization_id]
        statement.difference = "what differs"
        if statement.revoked:
            statement.revocation_reason = "fraud was found"
            statement.revocation_ground = authorization_pb2.REVOCATION_GROUND_FRAUD
        statement.changed_elements.extend(NUMBERS[e.name] for e in differing(before, statement))
    sender.letters[statement.authorization_id] = statement
    receipt = receipt_of(await sender.say(PayloadKind.AUTHORIZATION_STATEMENT, statement))
    assert receipt.effective, receipt.refusal


async def test_a_host() -> None:
    world = await two_years()
    drawn = draw(world.connection, "THA", 2023, submitted=date(2024, 4, 15))
    heading = drawn.heading
    assert (heading.party, heading.reported_year, heading.version) == ("THA", 2023, "1.0")
    assert (heading.ndc_first, heading.ndc_last) == (2021, 2030)
    assert heading.submitted == date(2024, 4, 15)
    authorized, given = drawn.actions
    assert (authorized.type, authorized.quantity) == (ActionType.AUTHORIZATION, 100_000)
    assert (given.type, given.subtype) == (
        ActionType.FIRST_TRANSFER,
        ActionSubtype.FIRST_INTERNATIONAL,
    )
    assert (given.first_id, given.last_id) == (
        "CA000003-THA01-THA-1-2022",
        "CA000003-THA01-THA-1916-2022",
    )
    assert given.span == SerialSpan("CA000003-THA01-THA-", 1, 1_916, "-2022")
    assert (given.quantity, given.quantity_non_ghg) == (1_916, None)
    assert (given.acquiring_party, given.registry) == ("CHE", "THA01")
    (held,) = drawn.holdings
    assert (held.first_id, held.quantity) == ("CA000003-THA01-THA-1917-2022", 98_084)


async def test_a_user() -> None:
    world = await two_years()
    drawn = draw(world.connection, "CHE", 2024)
    (used,) = drawn.actions
    assert (used.type, used.quantity, used.year_of_use) == (ActionType.USE, 916, 2024)
    assert (used.date, used.registry) == (date(2024, 2, 1), "CHE01")
    (held,) = drawn.holdings
    assert (held.registry, held.quantity) == ("CHE01", 1_000)
    assert drawn.authorizations == ()


async def test_an_authorization_is_reported_while_it_is_in_force() -> None:
    world = await two_years()
    assert draw(world.connection, "THA", 2022).authorizations == ()
    for year in (2023, 2024):
        (row,) = draw(world.connection, "THA", year).authorizations
        assert (row.authorization_id, row.version, row.quantity) == (AUTHORIZATION, "1", 500_000)
        assert row.purposes == frozenset({"NDC"})
        assert (row.time_frame, row.use_time_frame) == ((2022, 2030), None)
        assert (row.sectors, row.activity_types) == (("Transportation",), ("Transport",))
        assert row.first_transfer_definition == ""


async def test_an_authorization_for_other_purposes_names_its_entities() -> None:
    world = await two_years()
    await state(world.senders["tha"])
    drawn = draw(world.connection, "THA", 2024)
    row = drawn.authorizations[-1]
    assert (row.purposes, row.oimp) == (frozenset({"NDC", "IMP", "OP"}), "CORSIA")
    assert row.first_transfer_definition == "Issuance"
    assert (row.time_frame, row.use_time_frame) == ((2022, 2030), (2023, 2028))
    assert [each.name for each in drawn.entities] == ["Airline 1", "Airline 2"]
    assert {each.date for each in drawn.entities} == {date(2024, 2, 1)}


async def test_what_a_letter_says_of_units_and_entities_is_reported() -> None:
    world = await two_years()
    entity = authorization_pb2.AuthorizedEntity(
        entity="Airline 1", name="First Airline Ltd", country="CHE", date="2024-02-01",
        identification_number="CHE-123", conditions="flights only",
    )  # fmt: skip
    statement = letter()
    statement.gwp_values = "100-year values of the fifth assessment report"
    statement.sectors.append("Waste management")
    statement.authorized_entities.append(entity)
    await world.senders["tha"].say(PayloadKind.AUTHORIZATION_STATEMENT, statement)
    drawn = draw(world.connection, "THA", 2024)
    row = drawn.authorizations[-1]
    assert (row.gwp, row.sectors) == (statement.gwp_values, ("Waste management",))
    found = drawn.entities[0]
    assert (found.name, found.country, found.identification, found.conditions) == (
        "First Airline Ltd", "CHE", "CHE-123", "flights only",
    )  # fmt: skip


async def test_a_version_that_was_superseded_stays_while_units_stand_under_it() -> None:
    world = await two_years()
    tha = world.senders["tha"]
    await state(tha)
    await state(tha, version=2, date="2024-03-01")
    await authorize(tha, version=2, date="2024-03-01")
    world.clock.set(NEXT_YEAR + timedelta(days=400))

    def listed(year: int) -> list[tuple[str, str]]:
        rows = draw(world.connection, "THA", year).authorizations
        return [(row.authorization_id, row.version) for row in rows]

    assert listed(2023) == [(AUTHORIZATION, "1")]
    assert listed(2024) == [
        (AUTHORIZATION, "1"), (AUTHORIZATION, "2"), ("TH-2", "1"), ("TH-2", "2"),
    ]  # fmt: skip
    assert listed(2025) == [(AUTHORIZATION, "1"), (AUTHORIZATION, "2"), ("TH-2", "2")]


async def test_a_revocation_is_reported_in_its_year() -> None:
    world = await two_years()
    await state(world.senders["tha"])
    await state(world.senders["tha"], version=2, date="2024-03-01", revoked=True)
    rows = draw(world.connection, "THA", 2024).authorizations
    assert [(row.version, bool(row.additional_information)) for row in rows[1:]] == [
        ("1", False),
        ("2", True),
    ]
    assert len(draw(world.connection, "THA", 2025).authorizations) == 1


async def test_all_of_them_without_a_gap() -> None:
    world = await two_years()
    drawn = draw_both_ways(world.connection)
    assert [(each.heading.party, each.heading.reported_year) for each in drawn] == [
        ("CHE", 2023), ("CHE", 2024), ("THA", 2023), ("THA", 2024),
    ]  # fmt: skip
    for each in drawn:
        assert each.heading.reported_year is not None
        assert each == draw(world.connection, each.heading.party, each.heading.reported_year)


async def test_units_without_authorization_are_not_reported() -> None:
    world = await trading_again()
    issued = issuance(world, "THA01", 200_001, 200_100)
    issued.blocks[0].attributes.paris.unit_type = attributes_pb2.UNIT_TYPE_MITIGATION_OUTCOME
    issued.blocks[0].attributes.paris.ClearField("authorization")
    verdict = await world.senders["tha"].propose(issued)
    assert verdict.state == 6, verdict
    drawn = draw(world.connection, "THA", 2023)
    assert [each.quantity for each in drawn.actions] == [100_000]
    assert [each.quantity for each in drawn.holdings] == [100_000]


async def test_who_did_nothing_reports_nothing() -> None:
    world = await two_years()
    drawn = draw(world.connection, "GHA", 2024)
    assert (drawn.authorizations, drawn.actions, drawn.holdings) == ((), (), ())
    assert drawn.heading.ndc_first is None


async def test_underlying_units_follow_the_part_of_the_block() -> None:
    world = await trading_again()
    issued = issuance(world, "THA01", 200_001, 200_100)
    behind = issued.blocks[0].attributes.paris.underlying
    behind.registry = "T-VER"
    begin = "TH1-BCH-S0333-57-2022-"
    behind.first_unit_id, behind.last_unit_id = f"{begin}16829005-1-0", f"{begin}16829104-1-0"
    verdict = await world.senders["tha"].propose(issued)
    assert verdict.state == 6, verdict
    offered = transfer(world, 200_011, 200_020)
    await world.senders["tha"].propose(offered)
    await world.senders["che"].accept(offered.transaction_id)
    (taken,) = draw(world.connection, "CHE", 2023).actions
    assert (taken.underlying_registry, taken.underlying_first_id, taken.underlying_last_id) == (
        "T-VER", f"{begin}16829015-1-0", f"{begin}16829024-1-0",
    )  # fmt: skip


async def test_each_party_reports_under_its_own_authorization() -> None:
    world = await trading_again()
    receipt = await authorize(
        world.senders["che"], authorization_id="5002", party="CHE", parties=[]
    )
    assert receipt.effective, receipt.refusal
    offered = transfer(world, 1, 1_000)
    await world.senders["tha"].propose(offered)
    await world.senders["che"].accept(offered.transaction_id)
    theirs, ours = (draw(world.connection, party, 2023) for party in ("THA", "CHE"))
    assert {row.authorization_id for row in theirs.actions} == {AUTHORIZATION}
    assert {row.authorization_id for row in (*ours.actions, *ours.holdings)} == {"5002"}
    assert {row.authorization_id for row in ours.authorizations} == {"5002"}
    # Of two that fit, neither is taken for the one.
    await authorize(world.senders["che"], authorization_id="5003", party="CHE", parties=[])
    ours = draw(world.connection, "CHE", 2023)
    assert {row.authorization_id for row in ours.holdings} == {AUTHORIZATION}
