# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""From facts to the case that checks are given: units cut into lots, with what governs each."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import replace
from functools import lru_cache
from operator import itemgetter

from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.general.registries import RegistryFacts
from broker.rulebook.paris.accounts import ParisAccount
from broker.rulebook.paris.attributes import Attributes
from broker.rulebook.paris.authorization import AuthorizationHistory, AuthorizationVersion
from broker.rulebook.paris.blocks import ParisBlock, ParisSegment
from broker.rulebook.paris.case import ParisCase
from broker.rulebook.paris.lots import Lot
from broker.rulebook.paris.proposal import AllotmentPurpose, ParisProposed
from itmo.identifiers import parse_cooperative_approach_id
from itmo.parties import MECHANISM_REGISTRY
from itmo.reasons import ProtocolError
from itmo.serials import SerialRange


@lru_cache(maxsize=1024)
def canonical_approach(text: str) -> str:
    """The six-digit form of a cooperative approach's id; empty where the text is none."""
    try:
        return parse_cooperative_approach_id(text, "cooperative approach")
    except ProtocolError:
        return ""


def holder(registry: RegistryFacts | None, account: ParisAccount | None) -> str:
    """Party that holds what is in the account; XMR: no Party is known; empty: nothing is known.

    An account of the mechanism registry is tied to a Party (7/CMA.4 annex I para 33); elsewhere an
    account belongs to the Party whose registry it is in.
    """
    if account is not None and account.party is not None:
        return account.party
    return "" if registry is None else registry.party


def governing(
    history: AuthorizationHistory | None, attributes: Attributes, *, first_transferred: bool
) -> AuthorizationVersion | None:
    """The version of the authorization whose terms hold for units; None: not known.

    A later version leaves units alone that were first transferred, unless the terms fixed
    beforehand let later versions bind them (7/CMA.4 synthesis report, para 29;
    4/CMA.6, to be confirmed).
    """
    if history is None or attributes.authorization is None:
        return None
    named = history.version(attributes.authorization.version)
    if named is not None and first_transferred and named.binds_first_transferred:
        return history.latest
    return named


def lots_of(case: ParisCase) -> tuple[Lot, ...]:
    """Cuts the units of a transaction into lots, in the order of the blocks and of serials.

    What is in no lot `gap_of` tells.
    """
    givers = holder(case.from_registry, case.from_account)
    takers = holder(case.to_registry, case.to_account)
    lots: list[Lot] = []
    allotted = _allotted(case.proposed)
    for place, block in enumerate(case.blocks, 1):
        wanted = block.proposed.range
        if wanted is None:
            continue
        if case.proposed.type is TransactionType.ISSUANCE:
            stated = block.proposed.attributes
            if stated is not None:
                whole = _issued(case, place, block, stated, wanted, givers, takers)
                lots.extend(_cut_at_allotments(whole, allotted))
        else:
            for segment in block.segments:
                lots.append(_stored(case, place, segment, givers, takers))  # noqa: PERF401  # hot
    return tuple(lots)


def _issued(
    case: ParisCase,
    place: int,
    block: ParisBlock,
    stated: Attributes,
    wanted: SerialRange,
    giver: str,
    taker: str,
) -> Lot:
    # Four- and six-digit forms are equal; a broken one stays as it is, for ID_FORMAT to name.
    approach = canonical_approach(stated.cooperative_approach) or stated.cooperative_approach
    if approach != stated.cooperative_approach:
        stated = replace(stated, cooperative_approach=approach)
    history = _history(case, stated)
    return Lot(
        place,
        block.proposed.registry,
        wanted,
        stated,
        None,
        history,
        governing(history, stated, first_transferred=False),
        first_transferred=False,
        giver=giver,
        taker=taker,
    )


def _allotted(proposed: ParisProposed) -> list[tuple[int, int, AllotmentPurpose]]:
    """What is allotted, in serial order, without what was allotted before it.

    Such a second allotment is cut off: A64_ALLOTMENTS_FIT names it.
    """
    parts: list[tuple[int, int, AllotmentPurpose]] = []
    rest = 0
    for first, last, purpose in sorted(
        (wanted.first, wanted.last, each.purpose)
        for each in proposed.allotments
        if (wanted := each.range) is not None
    ):
        if max(first, rest) <= last:
            parts.append((max(first, rest), last, purpose))
            rest = last + 1
    return parts


def _cut_at_allotments(lot: Lot, allotted: list[tuple[int, int, AllotmentPurpose]]) -> list[Lot]:
    """The parts of an issued block: allotted ones, and what is left; in serial order.

    Allotments that lie outside are cut off: A64_ALLOTMENTS_FIT names them.
    """
    parts: list[Lot] = []
    rest = lot.range.first
    # Allotments are disjoint and in order, so their last serials are in order too.
    begin = bisect_left(allotted, lot.range.first, key=itemgetter(1))
    end_at = bisect_right(allotted, lot.range.last, key=itemgetter(0))
    for first, last, purpose in allotted[begin:end_at]:
        start, end = max(first, rest), min(last, lot.range.last)
        if start > rest:
            parts.append(replace(lot, range=SerialRange(rest, start - 1)))
        parts.append(replace(lot, range=SerialRange(start, end), allotment=purpose))
        rest = end + 1
    if not parts:
        return [lot]
    if rest <= lot.range.last:
        parts.append(replace(lot, range=SerialRange(rest, lot.range.last)))
    return parts


def _stored(case: ParisCase, place: int, segment: ParisSegment, giver: str, taker: str) -> Lot:
    attributes = segment.attributes
    history = _history(case, attributes)
    host = attributes.first_transferring_party
    return Lot(
        place,
        segment.registry,
        segment.range,
        attributes,
        segment,
        history,
        governing(history, attributes, first_transferred=segment.first_transferred),
        segment.first_transferred,
        # Where no Party is known for an account of the mechanism registry, its units are the host's.
        host if giver == MECHANISM_REGISTRY else giver,
        host if taker == MECHANISM_REGISTRY else taker,
    )


def _history(case: ParisCase, attributes: Attributes) -> AuthorizationHistory | None:
    named = attributes.authorization
    if named is None or not named.id:
        return None
    history = case.authorizations.get((attributes.first_transferring_party, named.id))
    return history if history is not None and history.versions else None
