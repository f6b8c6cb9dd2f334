# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Names that people give: shortened ids, and authorizations that may be written wrongly."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Final, Protocol

from itmo.core.v1 import units_pb2
from itmo.reasons import ProtocolError, Reason, shown
from itmo.short_ids import shortened, the_one
from registry_node.adapters.grpc_authorizations import KnownAuthorizations
from registry_node.commands.authorizing import Standing, Tracked

_FULL_ID: Final = 36
_PARTY: Final = 3
"""Letters of a Party at the beginning of a registry's name."""
_MECHANISM: Final = "XMR"


class Findable(Protocol):
    """What keeps ids."""

    async def ids_like(self, part: str) -> Sequence[str]:
        """Return ids of transactions and notices that begin or end with a text."""
        ...


async def whole_id(written: str, kept: Findable) -> str:
    """Return the id that is meant by its beginning or its end; one that fits none stays as it is.

    Raises:
        ProtocolError: IDENTIFIER_INVALID, where it fits several.
    """
    part = shortened(written, _FULL_ID)
    return the_one(written, await kept.ids_like(part)) if part else written


async def check_authorizations(
    blocks: Iterable[units_pb2.UnitBlock],
    stated: Sequence[Tracked],
    known: KnownAuthorizations | None,
) -> None:
    """Refuse what names an authorization that neither this node stated nor the broker has.

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
        party = "" if party == _MECHANISM else party
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
