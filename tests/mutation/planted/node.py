# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Bugs of the registry node: inbox, outbox, holdings, policy, reports, audit."""

from __future__ import annotations

from typing import Final

from tests.mutation.bug import Bug

BUGS: Final = (
    Bug(
        id="cursor-before-effects",
        breaks="The node commits its cursor before the effects of the delivery.",
        file="registry_node/inbox/receiver.py",
        old=(
            "    faults = _apply_all(trip, prepared, policy)\n    _record(trip, delivery, faults)"
        ),
        new=(
            "    NODE_STATE.replace(trip.db, replace(node_state(trip.db), "
            "cursor=delivery.sequence))\n"
            '    trip.db.execute("COMMIT")\n'
            '    trip.db.execute("BEGIN")\n'
            "    faults = _apply_all(trip, prepared, policy)\n"
            "    _record(trip, delivery, faults)"
        ),
        tests=(("tests/unit/registry_node/test_inbox.py::test_effects_and_cursor_are_one_commit"),),
    ),
)
