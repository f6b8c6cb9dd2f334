# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Sets the clock of a node on a test network forward, and keeps it so."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from itmo.clock import FakeClock, OffsetClock, to_text
from itmo.reasons import ProtocolError, Reason
from registry_node.commands.trip import Trip
from registry_node.store.database import node_state
from registry_node.store.tables import NODE_STATE
from registry_node.work import Work


async def set_clock(work: Work, moment: datetime) -> datetime:
    """Sets a clock forward, also for the next start; returns the time after it.

    Raises:
        ProtocolError: NOT_A_TEST_NETWORK or CLOCK_NOT_SETTABLE.
    """
    network, clock = work.identity, work.clock
    if not network.test_network:
        raise ProtocolError(
            Reason.NOT_A_TEST_NETWORK,
            f"{network.network_id} is no test network; its clocks are not set.",
            network=network.network_id,
        )
    if not isinstance(clock, OffsetClock | FakeClock):
        raise ProtocolError(
            Reason.CLOCK_NOT_SETTABLE,
            "This node's clock cannot be set.",
            now=to_text(clock.now()),
            found=to_text(moment),
        )
    moved = (moment - clock.now()) // timedelta(milliseconds=1)
    clock.set(moment)

    def keep(trip: Trip) -> None:
        state = node_state(trip.db)
        offset = state.clock_offset_ms + moved
        NODE_STATE.replace(trip.db, replace(state, clock_offset_ms=offset))

    await work.run(keep)
    return clock.now()
