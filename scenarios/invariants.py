# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What must be true of any scenario's end, whatever it expects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from broker.app import invariants_of
from broker.known_regimes import ALL_REGIMES
from broker.reports import audit
from broker.rulebook.general.reported import REMARKS
from itmo.identifiers import AccountId
from registry_node.inbox.pinning import KEY_CHANGED
from registry_node.service import RegistryNode
from scenarios.network import PlayedNetwork

_Piece = tuple[str, str, int, int]
_PIECES: Final = "SELECT account_id, registry, first, last FROM unit_block"

TOLD = REMARKS | {"REG_OPERATIONAL", "ID_RECONCILED", KEY_CHANGED}
"""What a node is told as an alarm although nothing is wrong: remarks, that it is suspended, that the
clearing-house exchanged its key, and that its books differed when it compared them, which a story lets
them do."""


async def broken_invariants(
    network: PlayedNetwork, account_ids: Mapping[str, AccountId]
) -> list[str]:
    """Says what is wrong: in the clearing-house's books, in a node's, or between the two."""
    broken = broken_books(network)
    names = {account_id: name for name, account_id in account_ids.items()}
    for name, member in network.members.items():
        if member.node is None or not member.link.connected:
            continue  # it cannot have caught up; its books are compared when it is back
        broken += [f"{name}: {fault}" for fault in await _node(network, member.node, names)]
    return broken


def broken_books(network: PlayedNetwork) -> list[str]:
    """Says what is wrong in the clearing-house's own books."""
    return audit.broken_invariants(network.database, invariants_of(ALL_REGIMES))


async def _node(
    network: PlayedNetwork, node: RegistryNode, names: Mapping[AccountId, str]
) -> list[str]:
    """A node that heard everything has no open question and holds what the broker says it holds."""
    status = await node.status()
    # A remark on a report tells of the registry's own books; a scenario may well be about that.
    faults = [
        f"alarm {alarm.code}: {alarm.found}" for alarm in status.alarms if alarm.code not in TOLD
    ]
    if status.outbox_depth:
        faults.append(f"{status.outbox_depth} messages were sent and never decided")
    audit = await node.verify()
    faults += [f"proof does not verify: {fault.code}: {fault.found}" for fault in audit.problems]
    own = {row.account_id for row in await node.accounts()}
    here = joined((h.account_id, h.registry, h.first, h.last) for h in await node.holdings())
    there = joined(piece for piece in network.database.execute(_PIECES) if piece[0] in own)
    for account_id, registry, first, last in sorted(here ^ there):
        piece = (account_id, registry, first, last)
        side = "the node" if piece in here else "the clearing-house"
        name = names.get(AccountId(account_id), account_id)
        faults.append(f"only {side} has {registry}:{first}-{last} in {name}")
    return faults


def joined(pieces: Iterable[tuple[str, str, int, int]]) -> set[tuple[str, str, int, int]]:
    """Ranges of one account joined where they touch: the two sides may split them differently."""
    joined: list[_Piece] = []
    for account_id, registry, first, last in sorted(pieces):
        if joined and joined[-1][:2] == (account_id, registry) and joined[-1][3] + 1 == first:
            joined[-1] = (*joined[-1][:3], last)
        else:
            joined.append((account_id, registry, first, last))
    return set(joined)
