# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What Kyoto has to know to judge a transaction: keys of what is stated, and names of tallies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, cast

from broker.regime.kyoto import stated_keys
from broker.regime.kyoto.reading import issued_attributes
from broker.regime.regime import Needs
from broker.rulebook.general.blocks import Segment
from broker.rulebook.general.case import Case
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.kyoto.attributes import KyotoAttributes, with_state
from broker.rulebook.kyoto.case import Kind
from broker.rulebook.kyoto.cdm import of_cdm
from broker.rulebook.kyoto.codes import CARRIED_OVER, Track
from broker.rulebook.kyoto.effects import counts
from broker.rulebook.kyoto.proposal import KyotoProposed
from itmo.identifiers import RegistryId, registry_party

_HELD: Final = (counts.held, counts.in_reserve)
_BY_TYPE: Final = {
    TransactionType.ISSUANCE: (*_HELD, counts.issued),
    TransactionType.TRANSFER: (
        *_HELD,
        counts.first_transferred,
        counts.share_of_transfers,
        counts.share_of_conversions,
        counts.forest_acquired,
    ),
    TransactionType.CONVERSION: (counts.converted_after_share, counts.share_of_conversions),
    TransactionType.RETIREMENT: (*_HELD, counts.retired),
}
"""Tallies of a Party and a period that a type of transaction asks for or changes."""


def needs_of(case: Case) -> Needs:
    """What Kyoto has to know to judge a transaction, or to judge it again: keys only."""
    proposed = cast("KyotoProposed", case.proposed)
    parties = sorted({each.party for each in (case.from_registry, case.to_registry) if each})
    units = tuple(_units(case))
    periods = sorted({n for _, each in units for n in _periods(each)} | {proposed.period})
    activities = {each.activity for _, each in units} | {proposed.activity}
    needs = Needs()
    needs.stated |= {stated_keys.period(period) for period in periods}
    needs.stated |= {
        stated_keys.closing(each.registry)
        for each in (case.from_registry, case.to_registry)
        if each
    }
    # tCERs expire with the period after their own.
    needs.stated |= {stated_keys.period(u.original_period + 1) for _, u in units if u.expiry}
    for party in parties:
        needs.stated |= {stated_keys.eligibility(party), stated_keys.inventory(party)}
        for period in periods:
            needs.stated |= {
                stated_keys.assigned_amount(party, period),
                stated_keys.compliance(party, period),
            }
            needs.tallies |= {each(party, period) for each in _BY_TYPE.get(proposed.type, _HELD)}
            _activities(needs, party, period, activities - {0})
    if proposed.type is TransactionType.CARRY_OVER:
        needs.tallies |= {
            counts.carried(party, period, kind)
            for party in parties
            for period in periods
            for kind in CARRIED_OVER
        }
    if proposed.log_notice:
        needs.histories.add(stated_keys.log_notice(proposed.log_notice))
        needs.tallies.add(counts.met(proposed.log_notice))
    if proposed.opening:
        _opening(needs, case, units)
    named = {(str(party), proposed.project) for party in parties if proposed.project}
    theirs = {(str(host), each.project) for host, each in units if each.project}
    for host, project in named | theirs:
        needs.stated.add(stated_keys.project(host, project))
        needs.stated_under.add(stated_keys.verifications(host, project))
        needs.tallies |= {counts.converted(host, project, track) for track in (None, *Track)}
    if of_cdm(case.from_registry):
        _mechanism(needs, theirs, parties)
    return needs


def _opening(needs: Needs, case: Case, units: Iterable[tuple[str, KyotoAttributes]]) -> None:
    """What bringing in the units of an archive asks for and changes."""
    if case.to_registry is None:
        return
    proposed = cast("KyotoProposed", case.proposed)
    target, holder = case.to_registry.registry, case.to_registry.party
    needs.stated.add(stated_keys.opening(target))
    kind = case.to_account.account_type if case.to_account else 0
    for party, each in units:
        needs.tallies |= {
            counts.opened(
                target,
                Kind(
                    kind,
                    each.unit_type or 0,
                    each.applicable_period,
                    proposed.had_left,
                    proposed.were_replaced,
                ),
            ),
            counts.retired(holder, each.applicable_period),
            counts.issued(party, each.original_period),
            counts.issued_for(party, each.original_period, each.activity),
        }


def _mechanism(needs: Needs, activities: set[tuple[str, int]], parties: Iterable[str]) -> None:
    """What the clean development mechanism asks for."""
    for host, activity in activities:
        needs.stated_under.add(stated_keys.issuance_requests(host, activity))
        needs.stated_under.add(stated_keys.fee_payments(host, activity))
        needs.stated |= {stated_keys.forwarding_letter(each, host, activity) for each in parties}
        needs.stated.add(stated_keys.activity_move(host, activity))
        needs.tallies.add(counts.issued_to(host, activity))
        needs.tallies.add(counts.left_pending(host, activity))


def _activities(needs: Needs, party: str, period: int, activities: Iterable[int]) -> None:
    for activity in activities:
        needs.stated.add(stated_keys.removal_allowance(party, period, activity))
        needs.tallies.add(counts.issued_for(party, period, activity))
        needs.tallies.add(counts.net_source(party, period, activity))


def _units(case: Case) -> Iterator[tuple[str, KyotoAttributes]]:
    """The Party of whose registry units are, and what they are: as stated, and as they stand."""
    for block in case.blocks:
        stated = cast("KyotoAttributes | None", block.proposed.attributes)
        if stated is not None:
            yield registry_party(RegistryId(block.proposed.registry)), stated
        for segment in block.segments:
            yield registry_party(segment.registry), now(segment)


def _periods(units: KyotoAttributes) -> tuple[int, int]:
    return units.original_period, units.applicable_period


def now(segment: Segment) -> KyotoAttributes:
    """What units are now."""
    return with_state(issued_attributes(segment.issued_as, segment.registry), segment.state)
