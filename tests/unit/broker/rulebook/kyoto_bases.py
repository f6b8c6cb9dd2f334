# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: ANN401  # values come from YAML and may be anything
"""Base cases of the Kyoto vectors, and readable overrides on them.

The United Kingdom (GBR01) issues AAUs of the second period, converts some to ERUs of project 1234,
transfers some to Switzerland (CHE01) and retires some. The keys of `set` are dotted paths: of the
case itself, `units` (attributes of the units), `block2` (attributes of a second block), `assigned`,
`true_up` and `eligible`.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from broker.rulebook.general.message import MessageFacts
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.general.registries import RegistryFacts
from broker.rulebook.kyoto.account_types import KyotoAccount
from broker.rulebook.kyoto.attributes import KyotoAttributes
from broker.rulebook.kyoto.case import (
    AssignedAmount,
    CommitmentPeriod,
    KyotoBlock,
    KyotoCase,
    KyotoSegment,
)
from broker.rulebook.kyoto.codes import Track, UnitType
from broker.rulebook.kyoto.proposal import KyotoProposed, KyotoProposedBlock
from itmo.identifiers import RegistryId
from itmo.serials import SerialRange
from tests.unit.broker.rulebook.bases import TX, account_id
from tests.unit.broker.rulebook.bases import registry as paris_registry
from tests.unit.broker.rulebook.overrides import changed

KYOTO = "kyoto"
NOW = datetime(2022, 5, 2, 12, tzinfo=UTC)
AAU = KyotoAttributes(unit_type=UnitType.AAU, original_period=2, applicable_period=2)


def account(code: str, kind: int, period: int = 0) -> KyotoAccount:
    return KyotoAccount(
        account_id=account_id(code, kind),
        registry=RegistryId(code),
        account_type=kind,
        period=period,
        rulebook=KYOTO,
    )


def registry(code: str) -> RegistryFacts:
    return replace(paris_registry(code), rulebooks=("paris", KYOTO))


def _case(
    kind: TransactionType, source: KyotoAccount, target: KyotoAccount, **terms: Any
) -> KyotoCase:
    giver, taker = registry(source.registry), registry(target.registry)
    issues = kind is TransactionType.ISSUANCE
    stated = KyotoProposedBlock(
        registry="GBR01", first=1, last=1000, attributes=AAU if issues else None
    )
    held = KyotoSegment(
        registry=RegistryId("GBR01"),
        range=SerialRange(1, 1000),
        account_id=source.account_id,
        account_type=source.account_type,
        attributes=AAU,
        locked_by=None,
    )
    return KyotoCase(
        now=NOW,
        message=MessageFacts(
            sender_node=giver.node,
            sender_registries=frozenset({giver.registry}),
            creation_time=NOW - timedelta(seconds=2),
            clock_tolerance=timedelta(minutes=10),
        ),
        proposed=KyotoProposed(
            transaction_id=TX,
            type=kind,
            from_account=source.account_id,
            to_account=target.account_id,
            from_registry=source.registry,
            to_registry=target.registry,
            blocks=(stated,),
            rulebook=KYOTO,
            **terms,
        ),
        transaction_known=False,
        from_registry=giver,
        to_registry=taker,
        from_account=source,
        to_account=target,
        blocks=(KyotoBlock(proposed=stated, segments=() if issues else (held,)),),
        periods={
            1: CommitmentPeriod(
                first_day=date(2008, 1, 1),
                last_day=date(2012, 12, 31),
                true_up_ends=date(2015, 11, 18),
            ),
            2: CommitmentPeriod(
                first_day=date(2013, 1, 1),
                last_day=date(2020, 12, 31),
                true_up_ends=date(2023, 9, 9),
            ),
        },
        assigned={("GBR", 2): AssignedAmount(quantity=5000, issued=3000, reserved=500)},
        eligible={"GBR": True, "CHE": True},
        projects=frozenset({("GBR", 1234)}),
    )


def issuance() -> KyotoCase:
    where = account("GBR01", 100)
    return _case(TransactionType.ISSUANCE, where, where)


def transfer() -> KyotoCase:
    return _case(TransactionType.TRANSFER, account("GBR01", 100), account("CHE01", 100))


def conversion() -> KyotoCase:
    where = account("GBR01", 100)
    return _case(TransactionType.CONVERSION, where, where, project=1234, track=Track.PARTY_VERIFIED)


def retirement() -> KyotoCase:
    return _case(TransactionType.RETIREMENT, account("GBR01", 100), account("GBR01", 300, 2))


def cancellation() -> KyotoCase:
    return _case(TransactionType.CANCELLATION, account("GBR01", 100), account("GBR01", 230, 2))


BASES = {
    "issuance": issuance,
    "transfer": transfer,
    "conversion": conversion,
    "retirement": retirement,
    "cancellation": cancellation,
}


def with_blocks(case: KyotoCase, *blocks: KyotoBlock) -> KyotoCase:
    proposed = replace(case.proposed, blocks=tuple(each.proposed for each in blocks))
    return replace(case, blocks=blocks, proposed=proposed)


def _units(block: KyotoBlock, path: list[str], value: Any) -> KyotoBlock:
    """Attributes of the units: as proposed in an issuance, else as stored."""
    if not block.segments:
        return replace(block, proposed=changed(block.proposed, ["attributes", *path], value))
    segments = tuple(changed(each, ["attributes", *path], value) for each in block.segments)
    return replace(block, segments=segments)


def _second(block: KyotoBlock) -> KyotoBlock:
    """A block beside another, alike in everything but its serials."""
    beside = SerialRange(1001, 1100)
    return replace(
        block,
        proposed=replace(block.proposed, first=beside.first, last=beside.last),
        segments=tuple(replace(each, range=beside) for each in block.segments),
    )


def case_from(base: str, changes: Mapping[str, Any]) -> KyotoCase:
    case = BASES[base]()
    for path, value in changes.items():
        head, *rest = path.split(".")
        first = case.blocks[0]
        if head == "units":
            case = with_blocks(case, _units(first, rest, value), *case.blocks[1:])
        elif head == "stated":
            known = replace(first.proposed, attributes=first.segments[0].attributes)
            stated = changed(known, ["attributes", *rest], value)
            case = with_blocks(case, replace(first, proposed=stated), *case.blocks[1:])
        elif head == "block2":
            case = with_blocks(case, first, _units(_second(first), rest, value))
        elif head == "from":
            case = replace(
                case,
                from_registry=registry(value),
                proposed=replace(case.proposed, from_registry=value),
            )
        elif head == "assigned":
            amount = changed(case.assigned[("GBR", 2)], rest, value)
            case = replace(case, assigned={("GBR", 2): amount})
        elif head == "true_up":
            period = replace(case.periods[2], true_up_ends=value)
            case = replace(case, periods={**case.periods, 2: period})
        elif head == "eligible":
            case = replace(case, eligible={**case.eligible, **value})
        elif head == "unknown":
            case = replace(case, **{name: type(getattr(case, name))() for name in value})
        else:
            case = changed(case, [head, *rest], value)
    return case
