# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Registries that share less than everything, and what they report."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from itmo.core.v1 import decision_pb2, rulebooks_pb2, sharing_pb2, units_pb2
from itmo.payloads import PayloadKind
from itmo.timestamps import timestamp
from tests.kit.clearing import (
    APPROACH,
    ClearingWorld,
    Sender,
    attributes,
    paris_terms,
    receipt_of,
    trading_world,
)

VIEW = sharing_pb2.SHARING_LEVEL_VIEW
NOTIFY = sharing_pb2.SHARING_LEVEL_NOTIFY
TRANSACT = sharing_pb2.SHARING_LEVEL_TRANSACT
DAILY = sharing_pb2.REPORT_FREQUENCY_DAILY


async def sharing_world(level: sharing_pb2.SharingLevel.ValueType = VIEW) -> ClearingWorld:
    """A trading world in which Vanuatu shares at a level, daily, and Ghana only shows its books."""
    world = await trading_world()
    vut, gha = await world.admit("vut", "VUT01"), await world.admit("gha", "GHA01")
    assert (await share(vut, "VUT01", level)).effective
    assert (await share(gha, "GHA01", VIEW)).effective
    return world


async def share(
    sender: Sender,
    registry: str,
    level: sharing_pb2.SharingLevel.ValueType,
    frequency: sharing_pb2.ReportFrequency.ValueType = DAILY,
    **switched_off: str,
) -> decision_pb2.Receipt:
    """States how much a registry shares; checks are named with their role."""
    statement = sharing_pb2.SharingStatement(
        registry=registry,
        level=level,
        frequency=sharing_pb2.REPORT_FREQUENCY_UNSPECIFIED if level == TRANSACT else frequency,
        switched_off=[
            sharing_pb2.SwitchedOffCheck(
                check_id=check_id, role=sharing_pb2.CheckRole.Value(f"CHECK_ROLE_{role}")
            )
            for check_id, role in switched_off.items()
        ],
    )
    return receipt_of(await sender.say(PayloadKind.SHARING_STATEMENT, statement))


def block(registry: str, first: int, last: int, *, approach: str = APPROACH) -> units_pb2.UnitBlock:
    """Units with all their attributes."""
    stated = attributes()
    stated.cooperative_approach = approach
    stated.first_transferring_party = registry[:3]
    return units_pb2.UnitBlock(
        registry=registry,
        first=first,
        last=last,
        attributes=rulebooks_pb2.UnitAttributes(paris=stated),
    )


def holding(
    registry: str, first: int, last: int, account_type: int = 100, *, approach: str = APPROACH
) -> sharing_pb2.ReportedHolding:
    """Units in an account of a type."""
    return sharing_pb2.ReportedHolding(
        block=block(registry, first, last, approach=approach), account_type=account_type
    )


def action(
    name: str,
    kind: str,
    registry: str,
    first: int,
    last: int,
    at: datetime,
    *,
    account_type: int = 100,
    counterparty: str = "",
    year: int = 0,
) -> sharing_pb2.ReportedAction:
    """An action of a report."""
    return sharing_pb2.ReportedAction(
        action_id=name,
        time=timestamp(at),
        type=sharing_pb2.ReportedActionType.Value(f"REPORTED_ACTION_TYPE_{kind}"),
        block=block(registry, first, last),
        account_type=0 if kind == "TRANSFER" else account_type,
        counterparty=counterparty,
        terms=paris_terms(year_of_use=year) if year else None,
    )


async def report(
    sender: Sender,
    registry: str,
    *,
    holdings: Sequence[sharing_pb2.ReportedHolding] | None = None,
    actions: Sequence[sharing_pb2.ReportedAction] = (),
    answers: Sequence[sharing_pb2.FindingAnswer] = (),
    as_of: datetime | None = None,
) -> decision_pb2.Receipt:
    """Reports; the clock moves on a second first, so that each report is later than the last."""
    sender.world.clock.set(sender.world.clock.now() + timedelta(seconds=1))
    written = sharing_pb2.RegistryReport(
        registry=registry,
        as_of=timestamp(as_of or sender.world.clock.now()),
        complete=holdings is not None,
        holdings=holdings or (),
        actions=actions,
        answers=answers,
    )
    return receipt_of(await sender.say(PayloadKind.REGISTRY_REPORT, written))


def remarks(receipt: decision_pb2.Receipt) -> list[str]:
    """The ids of the checks that a receipt remarks on."""
    return [each.code for each in receipt.remarks]


async def share_a_little(world: ClearingWorld) -> None:
    """A row in every table of what is shared: units are claimed that the ledger has elsewhere."""
    vut = await world.admit("vut", "VUT01")
    await share(vut, "VUT01", VIEW)
    claimed = [holding("VUT01", 1, 50), holding("THA01", 1, 5)]
    issued = action("i1", "ISSUANCE", "VUT01", 1, 50, world.clock.now())
    assert (await report(vut, "VUT01", holdings=claimed, actions=[issued])).effective
