# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Nothing is signed while the node's clock is wrong; the broker's clock says when it is right."""

from __future__ import annotations

from typing import Final

import structlog

from itmo import limits
from itmo.clock import to_text
from itmo.reasons import ProtocolError, Reason
from registry_node.broker_link import BrokerLink
from registry_node.work import Work

_log: Final = structlog.get_logger(__name__)


class ClockWatch:
    """Compares the node's clock with the time since boot and, in doubt, with the broker's."""

    def __init__(self, work: Work, link: BrokerLink) -> None:
        self._work = work
        self._link = link
        self._told = False

    async def check(self) -> None:
        """Let signing go on when the machine's clock is right.

        A clock that jumped is right when it says what the broker's does: then somebody has set it.

        Raises:
            ProtocolError: CLOCK_UNTRUSTED, or the broker cannot be asked.
        """
        look = self._work.clock.look()
        if look.fault is None:
            return
        error = ProtocolError(
            Reason.CLOCK_UNTRUSTED,
            f"the clock says {to_text(look.fault.found)}, expected {to_text(look.fault.expected)};"
            " nothing is signed until it is set, or the broker's clock says the same",
            found=to_text(look.fault.found),
            expected=to_text(look.fault.expected),
        )
        try:
            told = (await self._link.network()).time
        except ProtocolError:
            await self._tell(error)
            raise
        if abs(look.fault.found - told) > limits.CLOCK_TOLERANCE:
            await self._tell(error)
            raise error
        now = self._work.clock.accept()
        _log.warning("clock_accepted", time=to_text(now), broker=to_text(told))
        self._told = False

    async def check_broker(self, refused: ProtocolError) -> None:
        """Let a message that the broker refused for its time be signed anew when that may help.

        Raises:
            ProtocolError: `refused`, while the clocks differ; or the broker cannot be asked.
        """
        look = self._work.clock.look()
        told = (await self._link.network()).time
        if look.fault is None and abs(look.now - told) <= limits.CLOCK_TOLERANCE:
            self._told = False
            return
        await self._tell(
            ProtocolError(
                Reason.CLOCK_SKEW,
                f"it is {to_text(look.now)} here and {to_text(told)} at the broker;"
                " messages wait and are signed anew when the clock is set",
            )
        )
        raise refused

    async def _tell(self, error: ProtocolError) -> None:
        """Raise an alarm, once until the clock is right."""
        if not self._told:
            self._told = True
            _log.error("clock_wrong", reason=error.reason, found=error.message)
            await self._work.run(lambda trip: trip.alarm(error.reason, error.message))
