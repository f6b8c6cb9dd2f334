# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: ANN401  # values come from YAML and may be anything
"""Base cases of the Kyoto vectors, and readable overrides on them.

The United Kingdom (GBR01) issues AAUs of the second period, converts some to ERUs of project 1234,
transfers some to Switzerland (CHE01) and retires some. The keys of `set` are dotted paths: of the
case itself, `to` (a registry), `segment` (fields of the stored units, or null: none), `from_type`, `to_type.PERIOD` (an account of such a type), `block` (the first as proposed), `units` (attributes of the units), `block2` (attributes of a second block),
`named` (of units that are only named), `where_named` (where those are stored), `named_last`, `origin`,
`true_up`, `monitored` (first and last day), `share` (account, first, last),
and every field of the case that is a table: its values by key, such as `assigned: {GBR 2: {quantity: 1}}`.
"""

import typing
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from broker.rulebook.general.message import MessageFacts
from broker.rulebook.general.proposal import Proposed, ProposedBlock, TransactionType, UnitRole
from broker.rulebook.general.registries import RegistryFacts
from broker.rulebook.kyoto.account_types import ACCOUNT_TYPES, AccountRole, KyotoAccount
from broker.rulebook.kyoto.attributes import KyotoAttributes
from broker.rulebook.kyoto.case import (
    AssignedAmount,
    Compliance,
    Count,
    Eligibility,
    KyotoBlock,
    KyotoCase,
    KyotoSegment,
    Opening,
    Project,
    TotalKey,
)
from broker.rulebook.kyoto.codes import Mechanism, Track, UnitType
from broker.rulebook.kyoto.effects.counts import (
    in_reserve,
    issued,
    share_of_conversions,
    share_of_transfers,
)
from broker.rulebook.kyoto.fees import IssuanceRequest
from broker.rulebook.kyoto.log_notice import LogNotice
from broker.rulebook.kyoto.proposal import KyotoProposed, KyotoProposedBlock, Share
from broker.rulebook.kyoto.tables import PERIODS
from itmo.identifiers import RegistryId
from itmo.serials import SerialRange
from tests.unit.broker.rulebook.bases import TX, account_id
from tests.unit.broker.rulebook.bases import registry as paris_registry
from tests.unit.broker.rulebook.overrides import changed, read

KYOTO = "kyoto"
NOW = datetime(2022, 5, 2, 12, tzinfo=UTC)
FIRST_PERIOD_CER = KyotoAttributes(
    unit_type=UnitType.CER, original_period=1, applicable_period=1, project=1234
)
CER = KyotoAttributes(unit_type=UnitType.CER, original_period=1, applicable_period=1, project=9876)
AAU = KyotoAttributes(unit_type=UnitType.AAU, original_period=2, applicable_period=2)

TCER = KyotoAttributes(
    unit_type=UnitType.TEMPORARY_CER,
    original_period=1,
    applicable_period=1,
    activity=1,
    project=4711,
    expiry=date(2020, 12, 31),
)
LCER = replace(
    TCER,
    unit_type=UnitType.LONG_TERM_CER,
    original_period=2,
    applicable_period=2,
    expiry=date(2028, 6, 30),
)


def account(code: str, kind: int, period: int = 0) -> KyotoAccount:
    return KyotoAccount(
        account_id=account_id(code, kind),
        registry=RegistryId(code),
        account_type=kind,
        final=ACCOUNT_TYPES[kind].final,
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
        periods=PERIODS,
        assigned={
            ("GBR", 1): AssignedAmount(quantity=3_412_080_630),
            ("GBR", 2): AssignedAmount(quantity=5000),
        },
        eligible={"GBR": Eligibility(eligible=True), "CHE": Eligibility(eligible=True)},
        projects={("GBR", 1234): Project()},
        compliance={("GBR", 1): Compliance(settled_on=date(2016, 8, 1), emissions=3_017_236_560)},
        counts={
            issued("GBR", 2): Count(3000, 500),
            in_reserve("GBR", 2): Count(6000, 500),
            share_of_transfers("GBR", 2): Count(21),
            share_of_conversions("GBR", 2): Count(21),
        },
    )


def issuance() -> KyotoCase:
    where = account("GBR01", 100)
    return _case(TransactionType.ISSUANCE, where, where)


def transfer() -> KyotoCase:
    return _case(TransactionType.TRANSFER, account("GBR01", 100), account("CHE01", 100))


def conversion() -> KyotoCase:
    where = account("GBR01", 100)
    return _case(
        TransactionType.CONVERSION,
        where,
        where,
        project=1234,
        track=Track.PARTY_VERIFIED,
        supplementary_type=57,
    )


def retirement() -> KyotoCase:
    return _case(TransactionType.RETIREMENT, account("GBR01", 100), account("GBR01", 300, 2))


def cancellation() -> KyotoCase:
    return _case(TransactionType.CANCELLATION, account("GBR01", 100), account("GBR01", 230, 2))


def carry_over() -> KyotoCase:
    """CERs of the first period: 85 302 015 of them, which is 2.5 per cent of the assigned amount."""
    where = account("GBR01", 100)
    case = _case(TransactionType.CARRY_OVER, where, where, period=2)
    stated = replace(case.blocks[0].proposed, last=85_302_015)
    (held,) = case.blocks[0].segments
    assert stated.range is not None
    held = replace(held, range=stated.range, attributes=FIRST_PERIOD_CER)
    return with_blocks(case, KyotoBlock(proposed=stated, segments=(held,)))


def cers() -> KyotoCase:
    """1000 CERs of Indian activity 9876, in the registry of the clean development mechanism."""
    pending = account("XCD01", 110)
    fund = replace(account("XCD01", 100), role=AccountRole.ADAPTATION_FUND)
    case = _case(
        TransactionType.ISSUANCE,
        pending,
        pending,
        share=Share(fund.account_id, SerialRange(981, 1000)),
    )
    stated = KyotoProposedBlock(registry="IND01", first=1, last=1000, attributes=CER)
    return replace(
        with_blocks(case, KyotoBlock(proposed=stated)),
        projects={("IND", 9876): Project(mechanism=Mechanism.CLEAN_DEVELOPMENT)},
        named_accounts={fund.account_id: fund},
    )


def _out_of_pending(kind: TransactionType, target: KyotoAccount) -> KyotoCase:
    case = _case(kind, account("XCD01", 110), target)
    held = KyotoSegment(
        registry=RegistryId("IND01"),
        range=SerialRange(1, 1000),
        account_id=account_id("XCD01", 110),
        account_type=110,
        attributes=CER,
        locked_by=None,
    )
    stated = KyotoProposedBlock(registry="IND01", first=1, last=1000)
    return replace(
        with_blocks(case, KyotoBlock(proposed=stated, segments=(held,))),
        projects={("IND", 9876): Project(mechanism=Mechanism.CLEAN_DEVELOPMENT)},
        requests={
            ("IND", 9876): (
                IssuanceRequest(number=1, requested_on=date(2012, 3, 1), quantity=15_001),
            )
        },
        payments={("IND", 9876): (100_000,)},
        letters={("GBR", "IND", 9876): True},
    )


def forwarding() -> KyotoCase:
    """The same, out of the pending account to Great Britain; 10 000 of 15 001 are paid for."""
    return _out_of_pending(TransactionType.TRANSFER, account("GBR01", 100))


def attested() -> KyotoCase:
    """The same, cancelled voluntarily."""
    return _out_of_pending(TransactionType.CANCELLATION, account("XCD01", 230, 1))


def transition() -> KyotoCase:
    """The same, of the second period and of an activity of 2014, which begin elsewhere as they end."""
    case = _out_of_pending(TransactionType.CANCELLATION, account("XCD01", 230, 2))
    (block,) = case.blocks
    units = replace(CER, original_period=2, applicable_period=2)
    case = with_blocks(
        case,
        replace(block, segments=tuple(replace(each, attributes=units) for each in block.segments)),
    )
    there = account_id("XMR01", 100)
    begins = Proposed(
        transaction_id=TX,
        type=TransactionType.ISSUANCE,
        from_account=there,
        to_account=there,
        from_registry="XMR01",
        to_registry="XMR01",
        blocks=(ProposedBlock(registry="XMR01", first=1, last=1000),),
        rulebook="paris",
    )
    return replace(
        case,
        proposed=replace(case.proposed, begins=begins),
        projects={
            ("IND", 9876): Project(
                mechanism=Mechanism.CLEAN_DEVELOPMENT, registered_on=date(2014, 5, 1)
            )
        },
    )


def replacement() -> KyotoCase:
    """AAUs replace tCERs of an Indian project that were retired for the first period."""
    case = _case(TransactionType.REPLACEMENT, account("GBR01", 100), account("GBR01", 411, 2))
    stated = KyotoProposedBlock(registry="IND01", first=5001, last=6000, role=UnitRole.NAMED)
    used = KyotoSegment(
        registry=RegistryId("IND01"),
        range=SerialRange(5001, 6000),
        account_id=account_id("GBR01", 300),
        account_type=300,
        attributes=TCER,
        locked_by=None,
    )
    return with_blocks(case, *case.blocks, KyotoBlock(proposed=stated, segments=(used,)))


def expiry_change() -> KyotoCase:
    """lCERs of an Indian project, in the hands of the United Kingdom, expire a year later."""
    where = account("GBR01", 100)
    case = _case(TransactionType.EXPIRY_DATE_CHANGE, where, where, expiry=date(2029, 6, 30))
    (block,) = case.blocks
    (held,) = block.segments
    stated = replace(block.proposed, registry="IND01")
    notice = LogNotice(number=9, type=9, registry="GBR01", expires=date(2029, 6, 30))
    case = replace(
        case, notices={9: notice}, proposed=replace(case.proposed, log_notice=notice.number)
    )
    return with_blocks(
        case,
        replace(
            block,
            proposed=stated,
            segments=(replace(held, registry=RegistryId("IND01"), attributes=LCER),),
        ),
    )


def opening() -> KyotoCase:
    """1000 AAUs that lay in a holding account, brought in from the archive of Great Britain."""
    case = issuance()
    archive = "ab" * 32
    return replace(
        case,
        proposed=replace(case.proposed, opening=archive),
        openings={"GBR01": Opening(archive=archive, totals={TotalKey(100, 1, 2): 1500})},
    )


BASES = {
    "opening": opening,
    "carry_over": carry_over,
    "cers": cers,
    "forwarding": forwarding,
    "attested": attested,
    "transition": transition,
    "replacement": replacement,
    "expiry_change": expiry_change,
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


def _with(held: KyotoSegment, values: Mapping[str, Any]) -> KyotoSegment:
    for name, value in values.items():
        held = changed(held, [name], value)
    return held


def _second(block: KyotoBlock) -> KyotoBlock:
    """A block beside another, alike in everything but its serials."""
    beside = SerialRange(1001, 1100)
    return replace(
        block,
        proposed=replace(block.proposed, first=beside.first, last=beside.last),
        segments=tuple(replace(each, range=beside) for each in block.segments),
    )


MAPS = {
    name: typing.get_args(hint)[1]
    for name, hint in typing.get_type_hints(KyotoCase).items()
    if typing.get_origin(hint) is Mapping and name != "named_accounts"
}
"""Facts that the case has by a key, with the type of each."""


def _mapped(case: KyotoCase, name: str, value: Mapping[str, Any]) -> Any:
    """The facts of a field with others in their place; a key is its parts with spaces between."""
    facts: dict[Any, Any] = dict(getattr(case, name))
    for written, said in value.items():
        parts = tuple(int(each) if each.isdecimal() else each for each in str(written).split())
        key = parts[0] if len(parts) == 1 else parts
        if said is None:
            facts.pop(key)
        else:
            facts[key] = read(MAPS[name], said)
    return facts


def _named(case: KyotoCase, path: list[str], value: Any) -> KyotoCase:
    """Attributes of the units that are only named."""
    acting, named = case.blocks
    return with_blocks(case, acting, _units(named, path, value))


def _where_named(case: KyotoCase, path: list[str], value: Any) -> KyotoCase:
    """Where these are stored."""
    acting, named = case.blocks
    held = tuple(changed(each, path, value) for each in named.segments)
    return with_blocks(case, acting, replace(named, segments=held))


def _named_last(case: KyotoCase, _: list[str], value: Any) -> KyotoCase:
    """Their last serial, as it is proposed."""
    acting, named = case.blocks
    return with_blocks(case, acting, replace(named, proposed=replace(named.proposed, last=value)))


def _origin(case: KyotoCase, _: list[str], value: Any) -> KyotoCase:
    """The registry that the units which act come from."""
    acting, *others = case.blocks
    held = tuple(replace(each, registry=RegistryId(value)) for each in acting.segments)
    stated = replace(acting.proposed, registry=value)
    return with_blocks(case, replace(acting, proposed=stated, segments=held), *others)


def _of_units(case: KyotoCase, rest: list[str], value: Any) -> KyotoCase:
    first, *others = case.blocks
    return with_blocks(case, _units(first, rest, value), *others)


def _of_stated(case: KyotoCase, rest: list[str], value: Any) -> KyotoCase:
    first, *others = case.blocks
    known = replace(first.proposed, attributes=first.segments[0].attributes)
    stated = changed(known, ["attributes", *rest], value)
    return with_blocks(case, replace(first, proposed=stated), *others)


def _of_block2(case: KyotoCase, rest: list[str], value: Any) -> KyotoCase:
    first = case.blocks[0]
    return with_blocks(case, first, _units(_second(first), rest, value))


def _of_from(case: KyotoCase, _: list[str], value: Any) -> KyotoCase:
    proposed = replace(case.proposed, from_registry=value)
    return replace(case, from_registry=registry(value), proposed=proposed)


def _of_to(case: KyotoCase, _: list[str], value: Any) -> KyotoCase:
    there = account(value, 100)
    proposed = replace(case.proposed, to_registry=value, to_account=there.account_id)
    return replace(case, to_registry=registry(value), to_account=there, proposed=proposed)


def _of_from_type(case: KyotoCase, rest: list[str], value: Any) -> KyotoCase:
    there = account(case.proposed.from_registry, value, int(rest[0]) if rest else 0)
    proposed = replace(case.proposed, from_account=there.account_id)
    return replace(case, from_account=there, proposed=proposed)


def _of_to_type(case: KyotoCase, rest: list[str], value: Any) -> KyotoCase:
    there = account(case.proposed.to_registry, value, int(rest[0]) if rest else 0)
    proposed = replace(case.proposed, to_account=there.account_id)
    return replace(case, to_account=there, proposed=proposed)


def _of_segment(case: KyotoCase, _: list[str], value: Any) -> KyotoCase:
    first, *others = case.blocks
    segments = tuple(_with(each, value) for each in first.segments) if value else ()
    return with_blocks(case, replace(first, segments=segments), *others)


def _of_monitored(case: KyotoCase, _: list[str], value: Any) -> KyotoCase:
    return replace(case, proposed=replace(case.proposed, monitored=tuple(value)))


def _of_share(case: KyotoCase, _: list[str], value: Any) -> KyotoCase:
    share = Share(value[0], SerialRange(value[1], value[2]))
    return replace(case, proposed=replace(case.proposed, share=share))


def _of_true_up(case: KyotoCase, _: list[str], value: Any) -> KyotoCase:
    period = replace(case.periods[2], true_up_ends=value)
    return replace(case, periods={**case.periods, 2: period})


def _of_unknown(case: KyotoCase, _: list[str], value: Any) -> KyotoCase:
    absent: Any = {name: type(getattr(case, name))() for name in value}
    return replace(case, **absent)


def _of_block(case: KyotoCase, rest: list[str], value: Any) -> KyotoCase:
    first, *others = case.blocks
    return with_blocks(case, replace(first, proposed=changed(first.proposed, rest, value)), *others)


PLACES: dict[str, Callable[[KyotoCase, list[str], Any], KyotoCase]] = {
    "block": _of_block,
    "block2": _of_block2,
    "from": _of_from,
    "from_type": _of_from_type,
    "named": _named,
    "named_last": _named_last,
    "origin": _origin,
    "segment": _of_segment,
    "stated": _of_stated,
    "to": _of_to,
    "to_type": _of_to_type,
    "monitored": _of_monitored,
    "share": _of_share,
    "true_up": _of_true_up,
    "units": _of_units,
    "unknown": _of_unknown,
    "where_named": _where_named,
}
"""What the first word of a path may be besides a field of the case."""


def case_from(base: str, changes: Mapping[str, Any]) -> KyotoCase:
    case = BASES[base]()
    for path, value in changes.items():
        head, *rest = path.split(".")
        if head in PLACES:
            case = PLACES[head](case, rest, value)
        elif head in MAPS:
            case = replace(case, **{head: _mapped(case, head, value)})
        else:
            case = changed(case, [head, *rest], value)
    return case
