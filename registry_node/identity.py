# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Who this node is. Fixed for the life of a database."""

from __future__ import annotations

from dataclasses import dataclass

from itmo.identifiers import NetworkId, NodeId, RegistryId
from itmo.node_kinds import NodeKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The node, its network and the broker it speaks to.

    Attributes:
        node: The node.
        kind: What it is.
        registries: The registries it speaks for.
        network_id: The network.
        test_network: Whether clocks may be set.
        broker_node: The node id under which the broker signs.
        programmes: Crediting programmes it speaks for; a node of kind PROGRAMME has no registry.
    """

    node: NodeId
    kind: NodeKind
    registries: tuple[RegistryId, ...]
    network_id: NetworkId
    test_network: bool
    broker_node: NodeId
    programmes: tuple[str, ...] = ()
