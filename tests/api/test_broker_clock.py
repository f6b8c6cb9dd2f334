# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A jumped clock over the wire: what nodes and the operator see, and the operator's word."""

from __future__ import annotations

from datetime import timedelta

from itmo.clearing.v1 import operator_service_pb2 as pb
from itmo.reasons import Reason
from itmo.timestamps import moment, timestamp
from tests.api.broker_kit import SECONDS, offer, refusal, trading
from tests.kit.clearing import START
from tests.kit.machine import Machine

FAR = timedelta(days=400)


async def test_nodes_are_put_off_and_the_operator_is_told() -> None:
    machine = Machine(START)
    async with trading(own_clock=machine.clock()) as broker:
        line, operator = await broker.line("tha"), await broker.operator()
        first = offer(broker, 1)
        machine.step(FAR)
        put_off = await refusal(line.submit(first))
        assert (put_off.reason, put_off.retryable) == (Reason.CLOCK_UNTRUSTED, True)
        dry = await refusal(line.submit(first, validate_only=True))
        assert dry.reason is Reason.CLOCK_UNTRUSTED
        assert (await line.fetch(most=1)).deliveries is not None  # reading goes on
        status = await operator.GetStatus(pb.GetStatusRequest(), timeout=SECONDS)
        assert status.clock.jumped
        assert moment(status.clock.found, "found") == START + FAR
        assert moment(status.clock.expected, "expected") == START
        assert moment(status.time, "time") == START
        machine.step(-FAR)
        assert (await line.submit(first)).answers  # the very same bytes
        status = await operator.GetStatus(pb.GetStatusRequest(), timeout=SECONDS)
        assert not status.clock.jumped


async def test_the_operator_says_what_time_it_is() -> None:
    machine = Machine(START)
    async with trading(own_clock=machine.clock()) as broker:
        operator = await broker.operator()
        right = await refusal(
            operator.AcceptClock(pb.AcceptClockRequest(time=timestamp(START)), timeout=SECONDS)
        )
        assert right.reason is Reason.CLOCK_NOT_SETTABLE
        machine.step(FAR)
        wrong = await refusal(
            operator.AcceptClock(pb.AcceptClockRequest(time=timestamp(START)), timeout=SECONDS)
        )
        assert wrong.reason is Reason.CLOCK_NOT_SETTABLE
        told = START + FAR + timedelta(minutes=3)
        answer = await operator.AcceptClock(
            pb.AcceptClockRequest(time=timestamp(told)), timeout=SECONDS
        )
        assert moment(answer.time, "time") == START + FAR
        broker.world.clock.set(START + FAR)  # the nodes' clocks are set too
        line = await broker.line("tha")
        assert (await line.submit(offer(broker, 1))).answers
        kept = broker.world.connection.execute("SELECT count(*) FROM clock_acceptance").fetchone()
        assert kept == (1,)
