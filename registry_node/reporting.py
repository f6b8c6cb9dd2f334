# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reports of registries that share less than everything, sent as often as they said."""

from __future__ import annotations

import asyncio
from typing import Final, Protocol

import structlog

from itmo import limits
from itmo.core.v1 import sharing_pb2
from itmo.reasons import ProtocolError
from itmo.timestamps import timestamp
from registry_node.commands.sharing import Shared, holdings_of, report, shared
from registry_node.commands.trip import Trip
from registry_node.work import Work

_log: Final = structlog.get_logger(__name__)
CHECK_SECONDS: Final = 60.0
"""How often the node looks whether a report is due: an hour of grace makes this often enough."""


class ReportSource(Protocol):
    """Where the holdings and actions of a registry come from."""

    def read(self, registry: str) -> sharing_pb2.RegistryReport | None:
        """Returns what is in the books of a registry; None: the node's own ledger has it.

        Raises:
            ProtocolError: The books cannot be read.
        """
        ...


class OwnLedger:
    """The node is itself the registry."""

    def read(self, registry: str) -> sharing_pb2.RegistryReport | None:  # noqa: ARG002  # the port
        """Returns None: the ledger has everything."""
        return None


class Reporter:
    """The one task that reports on schedule."""

    def __init__(self, work: Work, source: ReportSource) -> None:
        self._work = work
        self._source = source
        self._told: dict[str, str] = {}

    async def serve(self) -> None:
        """Reports what is due until cancelled."""
        while True:
            await self.pump()
            await asyncio.sleep(CHECK_SECONDS)

    async def pump(self) -> int:
        """Queues the reports that are due now; returns how many."""
        made = 0
        for each in await self._work.read(shared):
            if each.reports:
                made += await self._report(each)
        return made

    async def _report(self, last: Shared) -> int:
        try:
            books = await asyncio.to_thread(self._source.read, last.registry)
            done = await self._work.run(lambda trip: _report_if_due(trip, last, books))
        except ProtocolError as error:
            await self._tell(last.registry, error.reason, error.message)
            return 0
        self._told.pop(last.registry, None)
        return int(done)

    async def _tell(self, registry: str, code: str, found: str) -> None:
        """Raises an alarm, once and not every minute."""
        if self._told.get(registry) == found:
            return
        self._told[registry] = found
        _log.warning("report_not_made", registry=registry, error=found)
        await self._work.run(lambda trip: trip.alarm(code, found))


def _report_if_due(trip: Trip, last: Shared, books: sharing_pb2.RegistryReport | None) -> bool:
    if last.refused_at is not None and trip.now < last.refused_at + limits.REPORT_GRACE:
        return False  # the same again would be refused again; a person has to look
    made = sharing_pb2.RegistryReport(registry=last.registry, as_of=timestamp(trip.now))
    if books is None:
        made.complete = True
        made.holdings.extend(holdings_of(trip, last.registry))
    else:
        made.complete = books.complete
        made.holdings.extend(books.holdings)
        if books.HasField("as_of"):
            made.as_of.CopyFrom(books.as_of)
        made.actions.extend(new_actions(last, books))
    due = last.due is not None and trip.now >= last.due
    if not due and not _news(last, made):
        return False
    if last.report is not None and made.as_of.ToNanoseconds() <= last.report.as_of.ToNanoseconds():
        return False  # the books are no newer than what was reported
    report(trip, made)
    return True


def new_actions(
    last: Shared, books: sharing_pb2.RegistryReport
) -> list[sharing_pb2.ReportedAction]:
    """Returns the actions after the last report; books may go back further."""
    if last.report is None:
        return list(books.actions)
    until = last.report.as_of.ToNanoseconds()
    return [each for each in books.actions if each.time.ToNanoseconds() > until]


def _news(last: Shared, made: sharing_pb2.RegistryReport) -> bool:
    """True where a registry reports at once and something happened."""
    if last.statement is None or last.report is None:
        return False
    if last.statement.frequency != sharing_pb2.REPORT_FREQUENCY_AT_ONCE:
        return False
    return bool(made.actions) or (made.complete and made.holdings != last.report.holdings)
