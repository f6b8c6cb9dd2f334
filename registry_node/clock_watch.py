# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Nothing is signed while the node's clock is wrong; the broker's clock says when it is right."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import structlog

from itmo import limits
from itmo.clock import ClockFault, to_text
from itmo.reasons import ProtocolError, Reason
from registry_node.broker_link import BrokerLink
from registry_node.health import Health
from registry_node.work import Work

_log: Final = structlog.get_logger(__name__)


class ClockWatch:
    """Compares the node's clock with the time since boot and with the broker's.

    Asking the broker for its time leaves nothing behind there; a message of a wrong time leaves a
    refusal. So the clocks are compared first, after each time that the line was lost.
    """

    def __init__(self, work: Work, link: BrokerLink, health: Health) -> None:
        self._work = work
        self._link = link
        self._health = health
        self._wrong: ProtocolError | None = None

    @property
    def wrong(self) -> ProtocolError | None:
        """Why nothing is signed because of the clock; None while it is right as far as is known."""
        fault = self._work.clock.look().fault
        return self._wrong if fault is None or self._wrong is not None else _jumped(fault)

    async def check(self) -> None:
        """Lets messages be signed and sent while the clock is right.

        Raises:
            ProtocolError: CLOCK_UNTRUSTED or CLOCK_SKEW; or the broker cannot be asked.
        """
        doubted = self._wrong is not None or not self._health.connected
        if not doubted and self._work.clock.look().fault is None:
            return
        await self.compare()
        if self._wrong is not None:
            raise self._wrong

    async def compare(self) -> None:
        """Compares with the broker's clock; says it when that shows something wrong, or right again.

        A clock that jumped is right when it says what the broker's does: then somebody has set it.

        Raises:
            ProtocolError: The broker cannot be asked.
        """
        fault = self._work.clock.look().fault
        try:
            told = (await self._link.network()).time
        except ProtocolError:
            if fault is not None:
                await self._tell(_jumped(fault))
            raise
        here = fault.found if fault is not None else self._work.clock.now()
        if abs(here - told) > limits.CLOCK_TOLERANCE:
            await self._tell(_jumped(fault) if fault is not None else _differing(here, told))
            return
        if fault is not None:
            here = self._work.clock.accept()
            _log.warning("clock_accepted", time=to_text(here), broker=to_text(told))
        elif self._wrong is not None:
            _log.warning("clock_right_again", time=to_text(here), broker=to_text(told))
        self._wrong = None

    async def check_broker(self, refused: ProtocolError) -> None:
        """Lets a message that the broker refused for its time be signed anew when that may help.

        Raises:
            ProtocolError: `refused`, while the clocks differ; or the broker cannot be asked.
        """
        await self.compare()
        if self._wrong is not None:
            raise refused

    async def _tell(self, error: ProtocolError) -> None:
        """Raises an alarm, once until the clock is right."""
        told, self._wrong = self._wrong, error
        if told is None:
            _log.error("clock_wrong", reason=error.reason, found=error.message)
            await self._work.run(lambda trip: trip.alarm(error.reason, error.message))


def _jumped(fault: ClockFault) -> ProtocolError:
    found, expected = to_text(fault.found), to_text(fault.expected)
    return ProtocolError(
        Reason.CLOCK_UNTRUSTED,
        f"the clock says {found}, expected {expected};"
        " nothing is signed until it is set, or the broker's clock says the same",
        found=found,
        expected=expected,
    )


def _differing(here: datetime, told: datetime) -> ProtocolError:
    return ProtocolError(
        Reason.CLOCK_SKEW,
        f"it is {to_text(here)} here and {to_text(told)} at the broker; messages wait and are"
        " signed when the clocks agree: set the one that is wrong",
        found=to_text(here),
        now=to_text(told),
        skew_ms=(here - told) // timedelta(milliseconds=1),
        tolerance_ms=limits.CLOCK_TOLERANCE // timedelta(milliseconds=1),
    )
