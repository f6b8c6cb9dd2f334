# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Issuances: what follows from an authorization is filled in, and one that nobody knows is refused."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Final

from itmo.core.v1 import proposal_pb2, units_pb2
from itmo.parties import MECHANISM_REGISTRY
from itmo.reasons import ProtocolError, Reason, shown
from itmo.transitions import TRANSITION
from registry_node.commands.trip import Trip
from registry_node.paris.authorizations import Standing, Tracked, latest_stated
from registry_node.paris.begun_cers import with_serials
from registry_node.paris.grpc_authorizations import KnownAuthorizations

_PARTY: Final = 3
"""Letters of a Party at the beginning of a registry's name."""


def filled(trip: Trip, wish: proposal_pb2.ProposedTransaction) -> proposal_pb2.ProposedTransaction:
    """Fills in what follows from an authorization that this node stated itself, where units are issued."""
    if wish.type == TRANSITION:
        return with_serials(trip, wish)
    if wish.type != proposal_pb2.TRANSACTION_TYPE_ISSUANCE:
        return wish
    made = proposal_pb2.ProposedTransaction()
    made.CopyFrom(wish)
    naming = [
        block.attributes.paris
        for block in made.blocks
        if block.attributes.paris.HasField("authorization")
    ]
    stated = latest_stated(trip) if naming else {}
    for known in naming:
        found = stated.get(known.authorization.id)
        if found is None:
            continue
        known.authorization.version = known.authorization.version or found.version
        known.cooperative_approach = known.cooperative_approach or found.cooperative_approach
        known.first_transferring_party = known.first_transferring_party or found.party
    return made


async def check_authorizations(
    blocks: Iterable[units_pb2.UnitBlock],
    stated: Sequence[Tracked],
    known: KnownAuthorizations | None,
) -> None:
    """Refuses what names an authorization that neither this node stated nor the broker has.

    Args:
        blocks: Units with what is said of them.
        stated: What this node stated.
        known: Asks the broker; where it cannot be asked, what this node stated decides if anything.

    Raises:
        ProtocolError: NOT_FOUND, with the nearest there is.
    """
    own: dict[str, set[str]] = {}
    for each in stated:
        if each.standing not in (Standing.DRAFT, Standing.REFUSED):
            own.setdefault(each.statement.party, set()).add(each.statement.authorization_id)
    for block in blocks:
        name = block.attributes.paris.authorization.id
        if not name or any(name in ids for ids in own.values()):
            continue
        party = block.attributes.paris.first_transferring_party or block.registry[:_PARTY]
        # Units of the mechanism are authorized by their hosts, whichever these are.
        party = "" if party == MECHANISM_REGISTRY else party
        there = await _of_broker(party, known)
        every = set(there or ()) | (own.get(party, set()) if party else set().union(*own.values()))
        if name not in every and not (there is None and not every):
            raise _unknown(name, party, every)


async def _of_broker(party: str, known: KnownAuthorizations | None) -> list[str] | None:
    try:
        return None if known is None else await known.of_party(party)
    except ProtocolError:
        return None  # the message waits in the outbox until the broker can be reached


def _unknown(name: str, party: str, every: set[str]) -> ProtocolError:
    near = difflib.get_close_matches(name, sorted(every), 1, 0.0)
    hint = f"the nearest is {shown(near[0])}" if near else "there is none"
    return ProtocolError(
        Reason.NOT_FOUND,
        f"{party or 'No Party'} has {'no ' if party else 'an '}authorization {shown(name)}; {hint}."
        " Correct it, or send it as it is with --unchecked.",
        where="authorization",
        found=name,
    )
