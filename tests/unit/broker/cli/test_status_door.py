# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
from broker.cli.status_door import door_facts, warnings
from itmo.clearing.v1 import operator_service_pb2 as pb


def test_a_quiet_door_warns_of_nothing() -> None:
    quiet = pb.DoorStatus(
        connections=3, max_connections=1024, descriptors=40, max_descriptors=1184, max_calls=400
    )
    assert warnings(quiet) == []
    assert warnings(pb.DoorStatus()) == []


def test_what_runs_out_is_said_with_who_has_it() -> None:
    door = pb.DoorStatus(
        connections=1000, max_connections=1024, descriptors=1150, max_descriptors=1184,
        calls=400, max_calls=400,
        holders=[
            pb.DoorHolder(node="che", connections=2, calls=100, at_limit=True),
            pb.DoorHolder(node="tha", connections=1, calls=1),
        ],
        refusals=[pb.DoorRefusals(caller="che", reason="OVERLOADED", count=12)],
    )  # fmt: skip
    said = warnings(door)
    assert [line.partition(":")[0] for line in said] == [
        "Nearly all connections are taken",
        "Nearly all open files are taken",
        "Nearly all calls are taken",
        "Has every call or stream that one node may have",
    ]
    assert said[-1].endswith(": che.")
    facts = door_facts(door)
    assert facts["refusals"] == [{"caller": "che", "reason": "OVERLOADED", "count": 12}]
