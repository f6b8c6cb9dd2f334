# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Who calls."""

from __future__ import annotations

from broker.clearing.path.house import ClearingHouse
from itmo.identifiers import NodeId
from itmo.runtime.rpc.callers import current_peer


def admitted_caller(house: ClearingHouse) -> NodeId:
    """The node that makes the present call, if it is admitted now as it is connected.

    The guard has asked the same when the headers came. A message may come ten seconds after them, a
    stream and a long poll last, and meanwhile a stolen TLS key may be replaced: so it is asked again
    whenever something is taken from a caller that has waited, or told to it. It costs two look-ups.

    Raises:
        ProtocolError: UNAUTHENTICATED or NODE_NOT_ADMITTED.
    """
    peer = current_peer()
    return house.admitted.check_connection(peer.node, peer.tls_key_hash)
