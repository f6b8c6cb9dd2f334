# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What Kyoto has to know to judge a transaction: keys of what is stated, and names of tallies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final, NamedTuple, cast

from broker.regime.kyoto import stated_keys
from broker.regime.kyoto.reading import issued_attributes
from broker.regime.regime import Needs
from broker.rulebook.general.blocks import Segment
from broker.rulebook.general.case import Case
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.general.registries import RegistryFacts
from broker.rulebook.kyoto.attributes import KyotoAttributes, with_state
from broker.rulebook.kyoto.case import TotalKey
from broker.rulebook.kyoto.cdm import of_cdm
from broker.rulebook.kyoto.codes import CARRIED_OVER, Track
from broker.rulebook.kyoto.effects import counts
from broker.rulebook.kyoto.proposal import KyotoProposed
from itmo.identifiers import RegistryId, registry_party

_KEPT: Final = 4_096
"""Needs, and attributes of units as they are now, that are kept: of what is traded in a day."""
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


class _Asked(NamedTuple):
    """All of a transaction on which depends what has to be known to judge it."""

    type: TransactionType
    project: int
    period: int
    activity: int
    log_notice: int
    opening: str
    had_left: bool
    were_replaced: bool
    from_registry: RegistryFacts | None
    to_registry: RegistryFacts | None
    account_type: int
    """Of the account that units go to."""
    units: tuple[tuple[str, KyotoAttributes], ...]


def needs_of(case: Case) -> Needs:
    """What Kyoto has to know to judge a transaction, or to judge it again: keys only."""
    proposed = cast("KyotoProposed", case.proposed)
    return _needs(
        _Asked(
            proposed.type,
            proposed.project,
            proposed.period,
            proposed.activity,
            proposed.log_notice,
            proposed.opening,
            proposed.had_left,
            proposed.were_replaced,
            case.from_registry,
            case.to_registry,
            case.to_account.account_type if case.to_account else 0,
            tuple(dict.fromkeys(_units(case))),
        )
    )


@lru_cache(_KEPT)
def _needs(asked: _Asked) -> Needs:
    """The same for transactions that ask for the same; nobody changes it."""
    units = asked.units
    parties = sorted({each.party for each in (asked.from_registry, asked.to_registry) if each})
    periods = sorted({n for _, each in units for n in _periods(each)} | {asked.period})
    activities = {each.activity for _, each in units} | {asked.activity}
    needs = Needs()
    needs.stated |= {stated_keys.period(period) for period in periods}
    needs.stated |= {
        stated_keys.closing(each.registry)
        for each in (asked.from_registry, asked.to_registry)
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
            needs.tallies |= {each(party, period) for each in _BY_TYPE.get(asked.type, _HELD)}
            _activities(needs, party, period, activities - {0})
    if asked.type is TransactionType.CARRY_OVER:
        needs.tallies |= {
            counts.carried(party, period, kind)
            for party in parties
            for period in periods
            for kind in CARRIED_OVER
        }
    if asked.log_notice:
        needs.histories.add(stated_keys.log_notice(asked.log_notice))
        needs.tallies.add(counts.met(asked.log_notice))
    if asked.opening:
        _opening(needs, asked)
    named = {(str(party), asked.project) for party in parties if asked.project}
    theirs = {(str(host), each.project) for host, each in units if each.project}
    for host, project in named | theirs:
        needs.stated.add(stated_keys.project(host, project))
        needs.stated_under.add(stated_keys.verifications(host, project))
        needs.tallies |= {counts.converted(host, project, track) for track in (None, *Track)}
    if of_cdm(asked.from_registry):
        _mechanism(needs, theirs, parties)
    return needs


def _opening(needs: Needs, asked: _Asked) -> None:
    """What bringing in the units of an archive asks for and changes."""
    if asked.to_registry is None:
        return
    target, holder = asked.to_registry.registry, asked.to_registry.party
    needs.stated.add(stated_keys.opening(target))
    for party, each in asked.units:
        needs.tallies |= {
            counts.opened(
                target,
                TotalKey(
                    asked.account_type,
                    each.unit_type or 0,
                    each.applicable_period,
                    asked.had_left,
                    asked.were_replaced,
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
    return _as_stored(segment.issued_as, segment.registry, segment.state)


@lru_cache(_KEPT)
def _as_stored(issued_as: bytes, registry: RegistryId, state: str) -> KyotoAttributes:
    return with_state(issued_attributes(issued_as, registry), state)
