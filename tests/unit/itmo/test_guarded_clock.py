# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The machine's clock compared with the time since boot, within one run and over a restart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from itmo import clock as clock_module
from itmo.clock import (
    MAX_CLOCK_DOWNTIME,
    MAX_CLOCK_STEP,
    ClockMark,
    OffsetClock,
    SystemClock,
)
from itmo.reasons import Reason
from tests.kit.machine import Machine

START = datetime(2026, 1, 1, tzinfo=UTC)
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)


def test_a_small_step_back_holds_the_clock_still() -> None:
    machine = Machine(START)
    clock = machine.clock()
    machine.run(5 * SECOND)
    assert clock.now() == START + 5 * SECOND
    machine.step(-4 * SECOND)
    assert clock.now() == START + 5 * SECOND
    machine.run(6 * SECOND)
    assert clock.now() == START + 7 * SECOND


@pytest.mark.parametrize("jump", [400 * DAY, -400 * DAY, MAX_CLOCK_STEP + SECOND, -HOUR])
def test_a_jump_is_a_fault_and_heals_by_itself(jump: timedelta) -> None:
    machine = Machine(START)
    clock = machine.clock()
    machine.step(jump)
    machine.run(3 * SECOND)
    look = clock.look()
    assert look.fault is not None
    assert (look.fault.found, look.fault.expected) == (
        START + jump + 3 * SECOND,
        START + 3 * SECOND,
    )
    # The time goes on from where it was right: nothing that is read meanwhile lies in 2027.
    assert look.now == clock.now() == START + 3 * SECOND
    assert look.fault.refusal().reason is Reason.CLOCK_UNTRUSTED
    machine.step(-jump)
    machine.run(SECOND)
    assert clock.look().fault is None
    assert clock.now() == START + 4 * SECOND


@pytest.mark.parametrize("jump", [MAX_CLOCK_STEP, -MAX_CLOCK_STEP, SECOND])
def test_what_a_time_service_does_is_no_fault(jump: timedelta) -> None:
    machine = Machine(START)
    clock = machine.clock()
    machine.step(jump)
    assert clock.look().fault is None


def test_small_steps_do_not_add_up_to_a_large_one() -> None:
    machine = Machine(START)
    clock = machine.clock()
    for _ in range(60):
        machine.run(SECOND)
        machine.step(5 * SECOND)
        if clock.look().fault is not None:
            break
    assert clock.now() < START + MAX_CLOCK_STEP + 30 * SECOND


def test_a_step_is_forgiven_with_time() -> None:
    machine = Machine(START)
    clock = machine.clock()
    for _ in range(10):  # a leap second or a step of a minute each day is what clocks do
        machine.step(60 * SECOND)
        assert clock.look().fault is None
        for _ in range(24):
            machine.run(HOUR)
            assert clock.look().fault is None


def test_an_accepted_time_is_right_from_then_on_also_when_it_is_earlier() -> None:
    machine = Machine(START)
    clock = machine.clock()
    machine.step(-30 * DAY)
    assert clock.look().fault is not None
    assert clock.accept() == START - 30 * DAY
    machine.run(SECOND)
    assert (clock.look().fault, clock.now()) == (None, START - 30 * DAY + SECOND)


def test_a_restart_within_one_boot_is_no_cover_for_a_jump() -> None:
    machine = Machine(START)
    mark = machine.clock().mark()
    machine.run(HOUR)
    machine.step(DAY)
    clock = machine.clock()
    assert clock.look().fault is None
    clock.resume(mark, None)
    fault = clock.look().fault
    assert fault is not None
    assert fault.expected == START + HOUR
    assert clock.mark() is None
    machine.step(-DAY)
    assert clock.look().fault is None


def test_after_a_reboot_a_downtime_is_believed_and_a_wrong_year_is_not() -> None:
    mark = ClockMark(START, HOUR, "boot one")
    for off, right in [
        (timedelta(0), True), (MAX_CLOCK_DOWNTIME, True), (MAX_CLOCK_DOWNTIME + DAY, False),
        (-HOUR, False), (-20 * 365 * DAY, False),
    ]:  # fmt: skip
        machine = Machine(START + off, boot="boot two")
        clock = machine.clock()
        clock.resume(mark, None)
        assert (clock.look().fault is None) is right, off
        if not right:
            assert clock.now() == START
            machine.step(-off)  # the time service sets it
            assert clock.look().fault is None
        machine.step(DAY)  # from here on it is compared as closely as ever
        assert clock.look().fault is not None


def test_a_clock_before_the_last_decision_is_a_fault() -> None:
    machine = Machine(START)
    clock = machine.clock()
    clock.resume(machine.clock().mark(), START + 800 * DAY)
    fault = clock.look().fault
    assert fault is not None
    assert fault.expected == START + 800 * DAY
    fresh = machine.clock()
    fresh.resume(None, START - 800 * DAY)
    assert fresh.look().fault is None


def test_a_test_networks_clock_is_set_on_purpose_and_tells_the_machines_faults() -> None:
    machine = Machine(START)
    clock = OffsetClock(machine.clock())
    clock.set(START + 400 * DAY)
    assert clock.look().fault is None
    machine.step(HOUR)
    fault = clock.look().fault
    assert fault is not None
    assert (fault.found, fault.expected) == (START + 400 * DAY + HOUR, START + 400 * DAY)
    assert clock.accept() == START + 400 * DAY + HOUR


def test_a_real_machine_agrees_with_itself() -> None:
    clock = SystemClock()
    assert clock.look().fault is None
    mark = clock.mark()
    again = SystemClock()
    again.resume(mark, clock.now())
    assert again.look().fault is None


def test_a_service_that_does_not_see_the_kernels_word_is_told_the_boot(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(clock_module, "_BOOT_ID", tmp_path / "hidden")
    monkeypatch.delenv(clock_module.BOOT_ID_VARIABLE, raising=False)
    unknown = SystemClock().mark()
    monkeypatch.setenv(clock_module.BOOT_ID_VARIABLE, "a" * 32)
    known = SystemClock().mark()
    assert unknown is not None
    assert known is not None
    assert (unknown.boot, known.boot) == ("", "a" * 32)
    unit = (Path(__file__).parents[3] / "deploy/systemd/broker.service").read_text()
    assert f"Environment={clock_module.BOOT_ID_VARIABLE}=%b" in unit
