# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What the operator is told of the door: who holds what, and who was turned away."""

from __future__ import annotations

import asyncio

from itmo.clearing.v1 import operator_service_pb2 as pb
from itmo.runtime.rpc.connections import Connections, descriptors
from itmo.runtime.rpc.interceptors import CallGuard


def door_status(guard: CallGuard, connections: Connections) -> pb.DoorStatus:
    """How the door for nodes is doing."""
    files = descriptors()
    calls, streams, lines = guard.calls.held(), guard.streams.held(), connections.by_node()
    full, waits = {*guard.calls.full(), *guard.streams.full()}, guard.waits()
    return pb.DoorStatus(
        connections=connections.open,
        max_connections=connections.most,
        descriptors=files.used,
        max_descriptors=files.limit,
        calls=guard.calls.taken,
        max_calls=guard.calls.most or 0,
        waiting_calls=guard.calls.waiting + guard.streams.waiting,
        streams=guard.streams.taken,
        loop_tasks=len(asyncio.all_tasks()),
        holders=[
            pb.DoorHolder(
                node=node,
                connections=lines.get(node, 0),
                calls=calls.get(node, 0),
                streams=streams.get(node, 0),
                at_limit=node in full,
                wait_ms=waits.get(node, 0),
            )
            for node in sorted({*calls, *streams, *lines, *waits})
        ],
        refusals=[
            pb.DoorRefusals(caller=each.who, reason=each.reason, count=each.count)
            for each in guard.refusals.lately()
        ],
    )
