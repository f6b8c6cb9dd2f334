# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What begins in a transition gets host and Kyoto serial from the node's own books, where nobody said them."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime

from itmo.core.v1 import proposal_pb2, rulebooks_pb2, units_pb2
from itmo.identifiers import NetworkId, NodeId, RegistryId
from itmo.ids import SeededIds
from itmo.kyoto.v1 import attributes_pb2
from itmo.node_kinds import NodeKind
from registry_node.commands.trip import Trip
from registry_node.identity import Identity
from registry_node.ledger.holdings import Holding
from registry_node.paris.issuing import filled
from registry_node.paris.rules import PARIS
from registry_node.store.database import empty_database
from registry_node.store.tables import HOLDINGS

CER = rulebooks_pb2.UnitAttributes(
    kyoto=attributes_pb2.UnitAttributes(
        unit_type=attributes_pb2.UNIT_TYPE_CER,
        original_period=2,
        applicable_period=2,
        project="IND9876",
    )
)


def test_host_and_serial_follow_from_the_units_that_end() -> None:
    identity = Identity(
        node=NodeId("gbr"),
        broker_node=NodeId("broker"),
        network_id=NetworkId("test-net"),
        kind=NodeKind.NATIONAL,
        test_network=True,
        registries=(RegistryId("GBR01"),),
    )
    with closing(empty_database()) as db:
        trip = Trip(db, datetime(2026, 3, 1, tzinfo=UTC), SeededIds(1), identity, PARIS)
        held = Holding(
            registry="IND01", first=1, last=1000, account_id="holding", marks="", reserved_by=None,
            attributes=CER.SerializeToString(deterministic=True),
        )  # fmt: skip
        HOLDINGS.insert(db, held)
        wish = proposal_pb2.ProposedTransaction(
            type=proposal_pb2.TRANSACTION_TYPE_TRANSITION,
            blocks=[units_pb2.UnitBlock(registry="IND01", first=101, last=300)],
            transition=proposal_pb2.Transition(blocks=[units_pb2.UnitBlock(first=1, last=200)]),
        )
        begun = filled(trip, wish).transition.blocks[0].attributes.paris
        assert begun.cer.kyoto_serial == "IN-5-101-300-2-2-0-9876"
        assert begun.first_transferring_party == "IND"
        wish.transition.blocks[0].attributes.paris.cer.kyoto_serial = "as somebody wrote it"
        again = filled(trip, wish).transition.blocks[0].attributes.paris
        assert again.cer.kyoto_serial == "as somebody wrote it"
