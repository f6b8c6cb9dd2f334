# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What is stated of activities that go on under another mechanism."""

from __future__ import annotations

from typing import Final

from broker.regime.fields import day, text
from broker.regime.kyoto import stated_keys
from broker.regime.kyoto.statements.kind import Kind, host_and_project
from broker.regime.regime import Key
from broker.rulebook.kyoto.case import ActivityMove
from itmo.kyoto.v1 import statements_pb2


def _activity_move(written: statements_pb2.ActivityMove) -> tuple[Key, ActivityMove]:
    activity = host_and_project(written.project, "activity_move.project")
    return stated_keys.activity_move(*activity), ActivityMove(
        from_day=day(written.from_day, "activity_move.from_day") if written.from_day else None,
        moved_to=text(written.moved_to, "activity_move.moved_to"),
    )


KINDS: Final = (Kind("activity_move", _activity_move),)
