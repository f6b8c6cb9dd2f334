# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What the operator is told of the door: who holds what, and who was turned away."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from typing import Final

from itmo.clearing.v1 import operator_service_pb2 as pb
from itmo.runtime.rpc.connections import Connections, descriptors
from itmo.runtime.rpc.interceptors import CallGuard

_ADDED: Final = (
    "connections", "max_connections", "descriptors", "max_descriptors", "calls", "max_calls",
    "waiting_calls", "streams", "loop_tasks",
)  # fmt: skip
"""What of doors is added up as it is."""


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
        waiting_calls=guard.lines.waiting + guard.calls.waiting + guard.streams.waiting,
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


def summed(doors: Iterable[pb.DoorStatus]) -> pb.DoorStatus:
    """All doors as one."""
    total = pb.DoorStatus()
    holders: dict[str, pb.DoorHolder] = {}
    refusals: Counter[tuple[str, str]] = Counter()
    for door in doors:
        for name in _ADDED:
            setattr(total, name, getattr(total, name) + getattr(door, name))
        for each in door.holders:
            known = holders.setdefault(each.node, pb.DoorHolder(node=each.node))
            known.connections += each.connections
            known.calls += each.calls
            known.streams += each.streams
            known.at_limit = known.at_limit or each.at_limit
            known.wait_ms = max(known.wait_ms, each.wait_ms)
        for turned in door.refusals:
            refusals[turned.caller, turned.reason] += turned.count
    total.holders.extend(holders[node] for node in sorted(holders))
    total.refusals.extend(
        pb.DoorRefusals(caller=caller, reason=reason, count=count)
        for (caller, reason), count in refusals.most_common()
    )
    return total
