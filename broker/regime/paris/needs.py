# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What Paris has to know to judge a transaction: keys only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final, cast

from broker.regime.paris import stated_keys, tallies
from broker.regime.paris.accounts import paris_account
from broker.regime.paris.lookups import kyoto_units, lookups_of, stated_lookups
from broker.regime.paris.postings import entity_of
from broker.regime.paris.reading import canonical_approach, stated_attributes
from broker.regime.paris.state import read_state
from broker.regime.postings import Booking, Lookup, Postings
from broker.regime.regime import Needs
from broker.rulebook.general.case import Case
from broker.rulebook.paris.attributes import Attributes
from broker.rulebook.paris.proposal import ParisProposed

_KEPT: Final = 4_096
"""Needs kept: units of one activity and year are in one of few states; a kilobyte each."""
_FEW: Final = 4
"""Kinds of units moved, up to which needs are kept as a whole."""


def party(needs: Needs, name: str) -> None:
    """A Party, with every method that was stated for a period."""
    needs.histories.add(stated_keys.party(name))
    needs.designated.add(name)


def approach(needs: Needs, name: str) -> None:
    """A cooperative approach and its counts."""
    needs.stated.add(stated_keys.approach(name))
    needs.tallies.update(tallies.of_approach(name))


def authorization(needs: Needs, party_code: str, authorization_id: str) -> None:
    """An authorization with all its versions and its counts; nothing where units are under none."""
    if not authorization_id:
        return
    needs.histories.add(stated_keys.authorization(party_code, authorization_id))
    needs.tallies.update(tallies.of_authorization(party_code, authorization_id))


def attributes(needs: Needs, stated: Attributes) -> None:
    """What units are judged by, as a block or a proposal states it."""
    needs.update(_of_attributes(stated))


@lru_cache(maxsize=_KEPT)
def _of_units(issued_as: bytes, state: str) -> Needs:
    """Of live units; a notice may have named another letter since they were issued. Not to be changed."""
    needs, issued = Needs(), stated_attributes(issued_as)
    attributes(needs, issued)
    authorization(needs, issued.first_transferring_party, read_state(state).authorization_id)
    return needs


@lru_cache(maxsize=_KEPT)
def _of_attributes(stated: Attributes) -> Needs:
    """Not to be changed by whoever gets it."""
    needs = Needs()
    host, named = stated.first_transferring_party, canonical_approach(stated.cooperative_approach)
    party(needs, host)
    approach(needs, named)
    if stated.activity:
        needs.stated.add(stated_keys.activity(named, stated.activity))
    if stated.authorization is not None:
        authorization(needs, host, stated.authorization.id)
    return needs


def needs_of(case: Case) -> Needs:
    """What judging a transaction may ask for: of what it states, and of the units that it names."""
    proposed = cast("ParisProposed", case.proposed)
    stated = [each.attributes for each in proposed.blocks if each.attributes is not None]
    return _named(case, stated, proposed.entity, stated_lookups(proposed))


def needs_again(case: Case, postings: Postings) -> Needs:
    """What judging a transaction again may ask for: the Parties that it books for, too."""
    stated = [stated_attributes(each.attributes) for each in postings.issues]
    lookups = frozenset(lookup for each in stated for lookup in lookups_of(each))
    lookups |= frozenset(filter(None, map(kyoto_units, stated)))
    return _named(case, stated, entity_of(postings), lookups, postings.bookings)


def _named(
    case: Case,
    stated: Sequence[Attributes],
    entity: str,
    lookups: frozenset[Lookup],
    bookings: Iterable[Booking] = (),
) -> Needs:
    """Not to be changed by whoever gets it."""
    parties = {each.party for each in bookings}
    for registry in (case.from_registry, case.to_registry):
        if registry is not None:
            parties.add(registry.party)
    for each in (case.from_account, case.to_account, *case.named_accounts.values()):
        if each is not None:
            account = paris_account(each)
            entity = entity or account.entity
            if account.party is not None:
                parties.add(account.party)
    if case.reversed is not None:
        parties.update(each.party for each in cast("Postings", case.reversed.done).bookings)
    held = frozenset([(s.issued_as, s.state) for b in case.blocks for s in b.segments])
    if not stated and len(held) <= _FEW:
        return _of_moved(held, frozenset(parties), searched=bool(entity))
    needs = _of_all(held, frozenset(parties), stated, searched=bool(entity))
    needs.lookups |= lookups
    return needs


def _of_all(
    held: frozenset[tuple[bytes, str]],
    parties: frozenset[str],
    stated: Iterable[Attributes],
    *,
    searched: bool,
) -> Needs:
    needs, hosts = Needs(), set()
    for each in stated:
        attributes(needs, each)
        hosts.add(each.first_transferring_party)
    for issued_as, state in held:
        needs.update(_of_units(issued_as, state))
        hosts.add(stated_attributes(issued_as).first_transferring_party)
    for name in parties:
        party(needs, name)
    if searched:
        needs.stated_under.update(map(stated_keys.letters, hosts))
    return needs


@lru_cache(maxsize=_KEPT)
def _of_moved(
    held: frozenset[tuple[bytes, str]], parties: frozenset[str], *, searched: bool
) -> Needs:
    """Of what moves few kinds of units between two Parties, as most do."""
    return _of_all(held, parties, (), searched=searched)
