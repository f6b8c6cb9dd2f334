# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""From what the engine knows of a transaction, and what Kyoto may ask for, to the case of Kyoto."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import cast

from broker.regime.kyoto import stated_keys
from broker.regime.kyoto.accounts import kyoto_account
from broker.regime.kyoto.reading import issued_attributes
from broker.regime.postings import Postings
from broker.regime.regime import SEPARATOR, Key, Known, Needs
from broker.rulebook.general.accounts import AccountFacts
from broker.rulebook.general.blocks import BlockFacts, Segment
from broker.rulebook.general.case import Case
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.kyoto.account_types import KyotoAccount
from broker.rulebook.kyoto.attributes import KyotoAttributes, with_state
from broker.rulebook.kyoto.case import AssignedAmount, KyotoBlock, KyotoCase, KyotoSegment
from broker.rulebook.kyoto.effects import held, issued, retired
from broker.rulebook.kyoto.proposal import KyotoProposed, KyotoProposedBlock


def needs_of(case: Case) -> Needs:
    """What Kyoto has to know to judge a transaction, or to judge it again: keys only."""
    proposed = cast("KyotoProposed", case.proposed)
    parties = sorted({each.party for each in (case.from_registry, case.to_registry) if each})
    needs = Needs(stated={stated_keys.eligibility(party) for party in parties})
    if proposed.project:
        needs.stated |= {stated_keys.project(party, proposed.project) for party in parties}
    for period in {number for units in _units(case) for number in _periods(units)}:
        needs.stated.add(stated_keys.period(period))
        for party in parties:
            needs.stated.add(stated_keys.assigned_amount(party, period))
            needs.tallies |= {each(party, period) for each in (held, issued, retired)}
    return needs


def _units(case: Case) -> Iterator[KyotoAttributes]:
    for block in case.blocks:
        stated = cast("KyotoAttributes | None", block.proposed.attributes)
        if stated is not None:
            yield stated
        yield from map(_now, block.segments)


def _periods(units: KyotoAttributes) -> tuple[int, int]:
    return units.original_period, units.applicable_period


def case_of(case: Case, asked: Known, *, waiting: bool = True) -> KyotoCase:
    """Everything that the rulebook may know of a transaction.

    Args:
        case: What the engine knows of it.
        asked: What Kyoto may ask for.
        waiting: Whether what waits counts against what may be issued.
    """
    stated = {key: said for key in asked.needs.stated if (said := asked.stated(key)) is not None}
    return KyotoCase(
        now=case.now,
        message=case.message,
        proposed=cast("KyotoProposed", case.proposed),
        transaction_known=case.transaction_known,
        from_registry=case.from_registry,
        to_registry=case.to_registry,
        from_account=_account(case.from_account),
        to_account=_account(case.to_account),
        blocks=tuple(map(_block, case.blocks)),
        named_accounts=case.named_accounts,
        maintenance=case.maintenance,
        periods={
            int(key.name): said for key, said in stated.items() if key.kind == stated_keys.PERIOD
        },
        assigned={
            _numbered(key): _amount(asked, key, said, waiting=waiting)
            for key, said in stated.items()
            if key.kind == stated_keys.ASSIGNED_AMOUNT
        },
        eligible={
            key.name: said for key, said in stated.items() if key.kind == stated_keys.ELIGIBILITY
        },
        projects=frozenset(_numbered(key) for key in stated if key.kind == stated_keys.PROJECT),
    )


def again(case: Case, postings: Postings) -> Case:
    """The case of a transaction that waits, with what its postings keep of its blocks."""
    stated = {
        each.units: issued_attributes(each.attributes, each.units.registry)
        for each in postings.issues
    }
    blocks = tuple(
        KyotoProposedBlock(
            registry=units.registry,
            first=units.range.first,
            last=units.range.last,
            attributes=stated.get(units),
        )
        for units in postings.blocks
    )
    proposed = case.proposed
    return replace(
        case,
        proposed=KyotoProposed(
            transaction_id=proposed.transaction_id,
            type=TransactionType(proposed.type),
            from_account=proposed.from_account,
            to_account=proposed.to_account,
            from_registry=proposed.from_registry,
            to_registry=proposed.to_registry,
            blocks=blocks,
            completion=proposed.completion,
            rulebook=proposed.rulebook,
        ),
        blocks=tuple(
            replace(looked_up, proposed=block)
            for looked_up, block in zip(case.blocks, blocks, strict=True)
        ),
    )


def _account(account: AccountFacts | None) -> KyotoAccount | None:
    return None if account is None else kyoto_account(account)


def _numbered(key: Key) -> tuple[str, int]:
    """A Party, and a number of it."""
    party, _, number = key.name.partition(SEPARATOR)
    return party, int(number)


def _amount(asked: Known, key: Key, quantity: int, *, waiting: bool) -> AssignedAmount:
    tally = asked.tally(issued(*_numbered(key)))
    reserved = tally.reserved if waiting else 0
    return AssignedAmount(quantity=quantity, issued=tally.quantity, reserved=reserved)


def _block(block: BlockFacts) -> KyotoBlock:
    return KyotoBlock(
        proposed=cast("KyotoProposedBlock", block.proposed),
        segments=tuple(map(_segment, block.segments)),
        issued_before=block.issued_before,
        waiting=block.waiting,
        bound=block.bound,
    )


def _now(segment: Segment) -> KyotoAttributes:
    """What units are now."""
    return with_state(issued_attributes(segment.issued_as, segment.registry), segment.state)


def _segment(segment: Segment) -> KyotoSegment:
    return KyotoSegment(
        registry=segment.registry,
        range=segment.range,
        account_id=segment.account_id,
        account_type=segment.account_type,
        locked_by=segment.locked_by,
        moved_by=segment.moved_by,
        issued_as=segment.issued_as,
        state=segment.state,
        attributes=_now(segment),
    )
