# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a program says of itself: since when it runs, and whether a back-up is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from itmo.clearing.v1 import operator_service_pb2 as pb
from itmo.runtime.cli import standing_shown
from itmo.runtime.standing import Running
from itmo.timestamps import timestamp
from tests.kit.machine import Machine

NOW: Final = datetime(2027, 9, 27, 12, tzinfo=UTC)
MINUTE: Final = timedelta(minutes=1)
DAY: Final = timedelta(days=1)


def test_a_clock_that_was_set_and_accepted_makes_no_program_older() -> None:
    """Before, a broker that was started with a wrong clock ran "since ten months" after `clock accept`."""
    machine = Machine(NOW - 304 * DAY)
    clock = machine.clock()
    running = Running(clock, lambda: machine.up)
    machine.run(MINUTE)
    machine.step(304 * DAY)
    clock.accept()
    assert running.since() == NOW


def test_a_clock_that_is_slewed_is_no_other_start() -> None:
    machine = Machine(NOW)
    running = Running(machine.clock(), lambda: machine.up)
    machine.run(5 * MINUTE)
    machine.step(timedelta(seconds=1))
    assert running.since() == NOW


@pytest.mark.parametrize(
    ("backed_up", "said"),
    [
        (NOW - 47 * timedelta(hours=1), ""),
        (NOW - 3 * DAY, "A back-up is due; the last: 2027-09-24 12:00:00Z, 3 d 0 h ago."),
        (None, "A back-up is due; the last: none is known."),
    ],
)
def test_a_back_up_that_is_due_is_told(backed_up: datetime | None, said: str) -> None:
    """Before, a timer that failed for a month was seen by whoever read the date."""
    program = pb.ProgramStanding(
        start_time=timestamp(NOW - 9 * DAY), disk_free_bytes=1, disk_total_bytes=1
    )
    if backed_up is not None:
        program.back_up_time.CopyFrom(timestamp(backed_up))
    told = "".join(standing_shown.warnings(program, NOW))
    assert told.startswith(said)
    assert bool(told) == bool(said)


def test_a_program_that_has_just_been_set_up_needs_no_back_up_yet() -> None:
    program = pb.ProgramStanding(
        start_time=timestamp(NOW - DAY), disk_free_bytes=1, disk_total_bytes=1
    )
    assert standing_shown.warnings(program, NOW) == []


def test_a_small_disk_is_told_in_a_unit_that_shows_it() -> None:
    """Before, one of 40 MiB was "0.0 GiB of 0.0 GiB free"."""
    program = pb.ProgramStanding(
        start_time=timestamp(NOW), disk_free_bytes=10 << 20, disk_total_bytes=40 << 20
    )
    assert (
        dict(standing_shown.lines(program, NOW))["disk"] == "10.0 MiB of 40.0 MiB free, 25 per cent"
    )
