# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""From what the engine knows of a transaction, and what Kyoto may ask for, to the case of Kyoto."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final, cast

from broker.ledger.tallies import Tally
from broker.regime.fields import kept_fields
from broker.regime.kyoto import stated_keys
from broker.regime.kyoto.accounts import kyoto_account
from broker.regime.kyoto.needed import now
from broker.regime.kyoto.postings import kept_terms
from broker.regime.kyoto.reading import issued_attributes
from broker.regime.postings import Postings
from broker.regime.regime import SEPARATOR, Key, Known
from broker.rulebook.general.accounts import AccountFacts
from broker.rulebook.general.blocks import BlockFacts, Segment
from broker.rulebook.general.case import Case
from broker.rulebook.kyoto.account_types import KyotoAccount
from broker.rulebook.kyoto.attributes import with_state
from broker.rulebook.kyoto.case import Count, KyotoBlock, KyotoCase, KyotoSegment, Opening
from broker.rulebook.kyoto.log_notice import as_it_stands
from broker.rulebook.kyoto.proposal import KyotoProposed, KyotoProposedBlock

_HOST: Final = 3
"""Letters of the host's code, with which the name of a project begins."""
_FIELDS: Final = {
    stated_keys.PERIOD: "periods",
    stated_keys.ASSIGNED_AMOUNT: "assigned",
    stated_keys.REMOVAL_ALLOWANCE: "allowances",
    stated_keys.ELIGIBILITY: "eligible",
    stated_keys.INVENTORY: "inventories",
    stated_keys.COMPLIANCE: "compliance",
    stated_keys.PROJECT: "projects",
    stated_keys.FORWARDING_LETTER: "letters",
    stated_keys.OPENING: "openings",
    stated_keys.CLOSING: "closings",
    stated_keys.ACTIVITY_MOVE: "moves",
}
"""Where in the case stands what is stated under a kind of key."""
_LISTS: Final = {
    stated_keys.VERIFICATION: "verifications",
    stated_keys.ISSUANCE_REQUEST: "requests",
    stated_keys.FEE_PAYMENT: "payments",
}
"""The same, of all that is stated of a project."""


def case_of(case: Case, asked: Known, *, waiting: bool = True) -> KyotoCase:
    """Everything that the rulebook may know of a transaction.

    Args:
        case: What the engine knows of it.
        asked: What Kyoto may ask for.
        waiting: Whether what waits counts against what may be issued.
    """
    facts: dict[str, Any] = {field: {} for field in (*_FIELDS.values(), *_LISTS.values())}
    for wider in asked.needs.stated_under:
        told = tuple(said for _, said in asked.under(wider))
        project = wider.name[:_HOST], int(wider.name[_HOST:])
        facts[_LISTS[wider.kind]][project] = told
    for key in asked.needs.stated:
        said = asked.stated(key)
        if said is not None:
            facts[_FIELDS[key.kind]][_named(key)] = said
    return KyotoCase(
        now=case.now,
        message=case.message,
        proposed=cast("KyotoProposed", case.proposed),
        transaction_known=case.transaction_known,
        from_registry=case.from_registry,
        to_registry=case.to_registry,
        from_account=_account(case.from_account),
        to_account=_account(case.to_account),
        blocks=tuple(map(_block, _told(case, facts["openings"]))),
        named_accounts={
            name: kyoto_account(account) if account.rulebook == stated_keys.RULEBOOK else account
            for name, account in case.named_accounts.items()
        },
        maintenance=case.maintenance,
        **facts,
        notices={
            int(key.name): as_it_stands(told)
            for key in asked.needs.histories
            if (told := asked.history(key))
        },
        counts={name: _count(asked.tally(name), waiting) for name in asked.needs.tallies},
    )


def _told(case: Case, openings: Mapping[str, Opening]) -> Iterable[BlockFacts]:
    """The blocks; which serials of others are on record, none learns who names an archive that is not its own."""
    archive, target = cast("KyotoProposed", case.proposed).opening, case.proposed.to_registry
    stated = openings.get(target)
    if not archive or (stated is not None and stated.archive == archive):
        return case.blocks
    return [
        each if each.proposed.registry == target else replace(each, issued_before=(), waiting=())
        for each in case.blocks
    ]


def _count(tally: Tally, waiting: bool) -> Count:  # as `case_of` has it
    return Count(tally.quantity, tally.reserved if waiting else 0)


def _named(key: Key) -> Any:  # noqa: ANN401  # as the case has it: one part, or several
    """The parts of a name as the case has them: numbers as numbers."""
    parts = tuple(int(each) if each.isdecimal() else each for each in key.name.split(SEPARATOR))
    return parts[0] if len(parts) == 1 else parts


def again(case: Case, postings: Postings) -> Case:
    """The case of a transaction that waits, with what its postings keep of its blocks."""
    stated = {
        each.units: with_state(issued_attributes(each.attributes, each.units.registry), each.state)
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
    return replace(
        case,
        proposed=KyotoProposed(
            **kept_fields(case.proposed),
            begins=case.proposed.begins,
            blocks=blocks,
            **kept_terms(postings),
        ),
        blocks=tuple(
            replace(looked_up, proposed=block)
            for looked_up, block in zip(case.blocks, blocks, strict=True)
        ),
    )


def _account(account: AccountFacts | None) -> KyotoAccount | None:
    return None if account is None else kyoto_account(account)


def _block(block: BlockFacts) -> KyotoBlock:
    return KyotoBlock(
        proposed=cast("KyotoProposedBlock", block.proposed),
        segments=tuple(map(_segment, block.segments)),
        issued_before=block.issued_before,
        waiting=block.waiting,
        bound=block.bound,
        disputed=block.disputed,
    )


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
        attributes=now(segment),
    )
