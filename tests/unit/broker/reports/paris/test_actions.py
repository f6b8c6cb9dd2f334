# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The action history of a house in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from aef.model import ActionSubtype, ActionType
from broker.regime.postings import Units
from broker.reports.paris import actions as report
from broker.reports.paris import chosen_movements
from broker.reports.paris.actions import Action, unit_history
from broker.reports.paris.timeline import Timeline
from broker.reports.paris.timeline_pages import Concern
from itmo.core.v1 import proposal_pb2, statements_pb2
from itmo.paris.v1 import authorization_pb2, terms_pb2
from itmo.payloads import PayloadKind
from itmo.runtime.db.connection import Connection
from tests.kit.clearing import (
    AUTHORIZATION,
    ClearingWorld,
    answer_to,
    attributes,
    authorize,
    batch,
    issuance,
    transfer,
    use,
)
from tests.kit.world_again import trading_again

IMP = [authorization_pb2.PURPOSE_IMP, authorization_pb2.PURPOSE_OP]
USE_OR_CANCELLATION = authorization_pb2.FIRST_TRANSFER_DEFINITION_USE_OR_CANCELLATION


async def handed_over(world: ClearingWorld, first: int, last: int) -> str:
    offered = transfer(world, first, last)
    await world.senders["tha"].propose(offered)
    await world.senders["che"].accept(offered.transaction_id)
    return offered.transaction_id


def told(action: Action) -> tuple[object, ...]:
    units = action.movement.units
    return action.party, action.type, action.subtype, units.first, units.last


def actions(
    connection: Connection,
    *,
    party: str | None = None,
    year: int | None = None,
    approach: str | None = None,
    registry: str | None = None,
) -> list[Action]:
    """Of the whole record and along a timeline, however many decisions are taken together: they are the same."""
    asked = partial(
        report.actions, connection, party=party, year=year, approach=approach, registry=registry
    )
    whole, tables = list(asked()), Timeline().read_all(connection)
    for together in (1, 2, 250):
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(chosen_movements, "DECISIONS", together)
            patched.setattr(chosen_movements, "RANGES", together)
            assert list(asked(timeline=tables)) == whole
    return whole


async def test_each_transfer_has_two_sides() -> None:
    world = await trading_again()
    await handed_over(world, 1, 1_000)
    await world.senders["che"].propose(use(world, 1, 100, 2024))
    issued, gave, took, used = actions(world.connection)
    assert told(issued) == ("THA", ActionType.AUTHORIZATION, None, 1, 100_000)
    assert told(gave) == (
        "THA", ActionType.FIRST_TRANSFER, ActionSubtype.FIRST_INTERNATIONAL, 1, 1_000,
    )  # fmt: skip
    assert (gave.registry, gave.acquiring_party, gave.transferring_party) == ("THA01", "CHE", "")
    assert told(took) == ("CHE", ActionType.ACQUISITION, None, 1, 1_000)
    assert (took.registry, took.acquiring_party, took.transferring_party) == ("CHE01", "", "THA")
    assert told(used) == ("CHE", ActionType.USE, None, 1, 100)
    assert (used.year_of_use, used.purpose, used.spending_party) == (2024, "", "")


async def test_the_way_back_is_a_transfer() -> None:
    world = await trading_again()
    await handed_over(world, 1, 1_000)
    back = transfer(world, 1, 10, giver="CHE01", taker="THA01")
    await world.senders["che"].propose(back)
    await world.senders["tha"].accept(back.transaction_id)
    assert [told(each) for each in actions(world.connection)[-2:]] == [
        ("CHE", ActionType.TRANSFER, None, 1, 10),
        ("THA", ActionType.ACQUISITION, None, 1, 10),
    ]


async def test_a_transfer_of_unlike_units_is_cut() -> None:
    """Of 1 to 20, the Party had transferred 1 to 10 before and got them back."""
    world = await trading_again()
    await handed_over(world, 1, 10)
    back = transfer(world, 1, 10, giver="CHE01", taker="THA01")
    await world.senders["che"].propose(back)
    await world.senders["tha"].accept(back.transaction_id)
    transaction_id = await handed_over(world, 1, 20)
    found = [a for a in actions(world.connection) if a.movement.transaction_id == transaction_id]
    assert [told(each) for each in found] == [
        ("THA", ActionType.TRANSFER, None, 1, 10),
        ("CHE", ActionType.ACQUISITION, None, 1, 10),
        ("THA", ActionType.FIRST_TRANSFER, ActionSubtype.FIRST_INTERNATIONAL, 11, 20),
        ("CHE", ActionType.ACQUISITION, None, 11, 20),
    ]


async def test_an_earlier_lock_does_not_cut_a_history() -> None:
    """A rejected offer leaves split rows behind; that is no fact about the units."""
    world = await trading_again()
    rejected = transfer(world, 400, 600)
    await world.senders["tha"].propose(rejected)
    await answer_to(world.senders["che"], PayloadKind.REJECTION, rejected.transaction_id)
    await handed_over(world, 1, 1_000)
    assert [told(each)[3:] for each in actions(world.connection, party="CHE")] == [(1, 1_000)]


async def test_a_reversal_goes_the_other_way_and_takes_the_first_transfer_back() -> None:
    world = await trading_again()
    undone = await handed_over(world, 1, 1_000)
    await world.operator.state(
        PayloadKind.REVERSAL_STATEMENT,
        statements_pb2.ReversalStatement(transaction_id=undone, reason="the wrong units"),
    )
    back = transfer(
        world, 1, 1_000, giver="CHE01", taker="THA01",
        kind=proposal_pb2.TRANSACTION_TYPE_REVERSAL,
    )  # fmt: skip
    back.reverses = undone
    await world.senders["che"].propose(back)
    await world.senders["tha"].accept(back.transaction_id)
    await handed_over(world, 1, 1_000)
    *_, gave_back, took_back, gave, took = actions(world.connection)
    assert [told(each)[:2] for each in (gave_back, took_back, took)] == [
        ("CHE", ActionType.TRANSFER),
        ("THA", ActionType.ACQUISITION),
        ("CHE", ActionType.ACQUISITION),
    ]
    assert gave_back.movement.reverses == undone
    assert (gave.type, gave.movement.reverses) == (ActionType.FIRST_TRANSFER, "")


async def test_what_did_not_complete_is_no_action() -> None:
    world = await trading_again()
    await world.senders["tha"].propose(transfer(world, 1, 1_000))
    await world.senders["tha"].propose(transfer(world, 500, 600))
    assert len(actions(world.connection)) == 1


async def other_purposes(
    definition: authorization_pb2.FirstTransferDefinition.ValueType,
) -> ClearingWorld:
    """Thailand holds 200 001 to 200 100 under an authorization for other purposes."""
    world = await trading_again()
    tha = world.senders["tha"]
    await world.open_account(tha, "THA01", 210)
    await world.open_account(tha, "THA01", 300)
    receipt = await tha.say(
        PayloadKind.AUTHORIZATION_STATEMENT,
        authorization_pb2.AuthorizationStatement(
            authorization_id="TH-OIMP", version=1, party="THA", cooperative_approach="CA0003",
            purposes=IMP, vintages=terms_pb2.YearSpan(first=2022, last=2030),
            date="2023-08-01", first_transfer_definition=definition, other_purposes="CORSIA",
            entities=["Airline 1"],
        ),
    )  # fmt: skip
    assert receipt is not None
    issued = issuance(world, "THA01", 200_001, 200_100)
    issued.blocks[0].attributes.paris.CopyFrom(attributes())
    issued.blocks[0].attributes.paris.authorization.id = "TH-OIMP"
    verdict = await tha.propose(issued)
    assert verdict.state == 6, verdict
    return world


@pytest.mark.parametrize(
    ("definition", "subtype"),
    [
        (authorization_pb2.FIRST_TRANSFER_DEFINITION_AUTHORIZATION, ActionSubtype.AUTHORIZATION),
        (authorization_pb2.FIRST_TRANSFER_DEFINITION_ISSUANCE, ActionSubtype.ISSUANCE),
    ],
)
async def test_first_transfer_at_issuance(
    definition: authorization_pb2.FirstTransferDefinition.ValueType, subtype: ActionSubtype
) -> None:
    world = await other_purposes(definition)
    *_, issued = actions(world.connection)
    assert told(issued) == ("THA", ActionType.FIRST_TRANSFER, subtype, 200_001, 200_100)
    assert issued.acquiring_party == ""


@pytest.mark.parametrize(
    ("account_type", "kind"),
    [
        (210, proposal_pb2.TRANSACTION_TYPE_USE),
        (300, proposal_pb2.TRANSACTION_TYPE_CANCELLATION),
    ],
)
async def test_first_transfer_by_use_or_cancellation(
    account_type: int, kind: proposal_pb2.TransactionType.ValueType
) -> None:
    world = await other_purposes(USE_OR_CANCELLATION)
    spent = transfer(world, 200_001, 200_010, taker="THA01", to_type=account_type, kind=kind)
    spent.terms.paris.purpose, spent.terms.paris.entity = "CORSIA", "Airline 1"
    verdict = await world.senders["tha"].propose(spent)
    assert verdict.state == 6, verdict
    *_, found = actions(world.connection)
    assert told(found) == (
        "THA", ActionType.FIRST_TRANSFER, ActionSubtype.USE_OR_CANCELLATION, 200_001, 200_010,
    )  # fmt: skip
    assert (found.purpose, found.spending_party, found.spending_entity) == (
        "CORSIA", "THA", "Airline 1",
    )  # fmt: skip


async def test_what_is_asked_for() -> None:
    world = await trading_again()
    await handed_over(world, 1, 1_000)
    world.clock.advance(timedelta(days=300))
    await world.senders["che"].propose(use(world, 1, 100, 2024))

    def count(year: int | None = None, **wanted: str) -> int:
        return len(actions(world.connection, year=year, **wanted))

    assert count() == 4
    assert (count(party="THA"), count(party="CHE"), count(party="GHA")) == (2, 2, 0)
    assert (count(year=2022), count(year=2023), count(year=2024)) == (0, 3, 1)
    assert (count(approach="CA000003"), count(approach="CA000002")) == (4, 0)
    assert (count(registry="CHE01"), count(registry="CHE02")) == (2, 0)


async def test_the_history_of_a_unit() -> None:
    world = await trading_again()
    await handed_over(world, 1, 1_000)
    await world.senders["che"].propose(use(world, 1, 100, 2024))
    for serial, kinds in (
        (100, ["ISSUANCE", "TRANSFER", "USE"]),
        (101, ["ISSUANCE", "TRANSFER"]),
        (1_001, ["ISSUANCE"]),
        (100_001, []),
    ):
        found = unit_history(world.connection, "THA01", serial)
        assert [each.movement.kind for each in found] == kinds
        assert {(each.movement.units.first, each.movement.units.last) for each in found} <= {
            (serial, serial)
        }
    assert unit_history(world.connection, "CHE01", 1) == []


async def test_the_authorization_is_the_one_in_force_then() -> None:
    """A new version binds units issued later; what was done before keeps its version."""
    world = await trading_again()
    await authorize(world.senders["tha"], version=2)
    later = issuance(world, "THA01", 100_001, 100_100)
    later.blocks[0].attributes.paris.authorization.version = 2
    assert (await world.senders["tha"].propose(later)).state == 6
    versions = [each.movement.units.authorization_version for each in actions(world.connection)]
    assert versions == [1, 2]
    assert {a.movement.units.authorization_id for a in actions(world.connection)} == {AUTHORIZATION}


async def test_times_are_those_of_the_decision() -> None:
    world = await trading_again()
    offered = transfer(world, 1, 10)
    await world.senders["tha"].propose(offered)
    world.clock.advance(timedelta(hours=3))
    await world.senders["che"].accept(offered.transaction_id)
    assert {a.at for a in actions(world.connection, party="CHE")} == {
        datetime(2023, 8, 1, 3, tzinfo=UTC)
    }


async def test_what_is_looked_up_together_goes_by_transactions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A decision on a batch is one of a thousand: some hundred of them were looked up again and again."""
    world = await trading_again()
    tha, che = world.senders["tha"], world.senders["che"]
    for begin in range(1, 80, 10):
        offered = [transfer(world, begin + at, begin + at) for at in range(3)]
        await batch(tha, offered)
        await che.accept_together([each.transaction_id for each in offered])
    looked_up, named_by = list[int](), chosen_movements.named_by

    def counted(ledger: Connection, found: Sequence[Concern]) -> Iterator[tuple[int, str, Units]]:
        looked_up.append(len(found))
        return named_by(ledger, found)

    monkeypatch.setattr(chosen_movements, "DECISIONS", 10)
    monkeypatch.setattr(chosen_movements, "named_by", counted)
    tables = Timeline().read_all(world.connection)
    assert len(list(report.actions(world.connection, timeline=tables))) == 1 + 2 * 24
    assert sum(looked_up) == 25
    assert max(looked_up) <= 12
