# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Who calls."""

from __future__ import annotations

from broker.clearing.house import ClearingHouse
from itmo.identifiers import NodeId
from itmo.runtime.rpc.callers import current_peer


def admitted_caller(house: ClearingHouse) -> NodeId:
    """The admitted node that makes the present call.

    Raises:
        ProtocolError: UNAUTHENTICATED or NODE_NOT_ADMITTED.
    """
    peer = current_peer()
    return house.check_connection(peer.node, peer.tls_key_hash)
