# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""How the door for nodes is doing, as `broker status` tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from itmo.runtime.cli.screen import Screen

if TYPE_CHECKING:
    from itmo.clearing.v1 import operator_service_pb2 as pb

_NEARLY: Final = 0.9
"""From this part of a limit on, the operator is warned."""
_SHOWN_REFUSALS: Final = 10


def door_facts(door: pb.DoorStatus) -> dict[str, object]:
    """The door for programs to read."""
    return {
        "connections": door.connections,
        "max_connections": door.max_connections,
        "descriptors": door.descriptors,
        "max_descriptors": door.max_descriptors,
        "calls": door.calls,
        "max_calls": door.max_calls,
        "waiting_calls": door.waiting_calls,
        "streams": door.streams,
        "loop_tasks": door.loop_tasks,
        "holders": [
            {
                "node": each.node,
                "connections": each.connections,
                "calls": each.calls,
                "streams": each.streams,
                "at_limit": each.at_limit,
                "wait_ms": each.wait_ms,
            }
            for each in door.holders
        ],
        "refusals": [
            {"caller": each.caller, "reason": each.reason, "count": each.count}
            for each in door.refusals
        ],
    }


def warnings(door: pb.DoorStatus) -> list[str]:
    """What runs out, and through whom."""
    found = []
    for name, used, most, remedy in (
        ("connections", door.connections, door.max_connections, "limit them by address"),
        ("open files", door.descriptors, door.max_descriptors, "raise the limit of open files"),
        ("calls", door.calls, door.max_calls, "see below which nodes make them"),
    ):
        if most and used >= most * _NEARLY:
            found.append(f"Nearly all {name} are taken: {used} of {most}; {remedy}.")
    full = [each.node for each in door.holders if each.at_limit]
    if full:
        found.append(f"Has every call or stream that one node may have: {', '.join(full)}.")
    found += [
        f"{each.node} sends faster than its share and is slowed for another {each.wait_ms / 1000:.1f} s."
        for each in door.holders
        if each.wait_ms
    ]
    return found


def show_door(screen: Screen, door: pb.DoorStatus) -> None:
    """The door for people to read."""
    screen.line()
    screen.facts(
        [
            ("connections", f"{door.connections} of {door.max_connections}"),
            ("open files", f"{door.descriptors} of {door.max_descriptors}"),
            ("calls under way", f"{door.calls} of {door.max_calls}"),
            ("calls that wait", door.waiting_calls),
            ("streams", door.streams),
        ]
    )
    screen.line()
    screen.table(
        ("refused in the last 5 minutes", "reason", "times"),
        [(each.caller, each.reason, each.count) for each in door.refusals[:_SHOWN_REFUSALS]],
        numbers=["times"],
        empty="nobody was refused in the last 5 minutes",
    )
