# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A Party's AEFs on their way to its own node: read, drawn and written in turns, each of them a question of its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from aef.checks.casefile import Context
from aef.drawn_document import Drawn, Writing
from broker.reports.log_position import log_position
from broker.reports.paris.aef.ledger_context import ledger_context
from broker.reports.paris.aef.party_drawing import PartyDrawing
from broker.reports.paris.party_answers import check_years, own_party, place_in_log
from broker.reports.paris.timeline import Timeline
from broker.reports.snapshot import snapshot
from broker.rulebook.paris.years import YearSpan
from itmo import limits
from itmo.clearing.v1 import aef_service_pb2
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.connection import Connection
from itmo.timestamps import timestamp


class DrawnAnswer:
    """A Party's AEFs as the ledger has them, with what checks them."""

    def __init__(
        self, *, node: str, party: str, year: int, version: str, now: datetime, timeline: Timeline
    ) -> None:
        """Nothing is read yet.

        Args:
            node: Who asks.
            party: Whose.
            year: The reported year; 0: all.
            version: Of the submissions.
            now: When they are submitted.
            timeline: Along which they are drawn.

        Raises:
            ProtocolError: PAYLOAD_INVALID for no year.
        """
        if year:
            check_years(YearSpan(year, year))
        self._node = node
        self._party = party
        self._version = version
        self._now = now
        self._timeline = timeline
        self._drawing = PartyDrawing(party, year or None)
        self._read = False
        self._writing: Writing | None = None

    def turn(self, connection: Connection) -> bool:
        """Goes on for one turn; True once all is written.

        Raises:
            ProtocolError: PERMISSION_DENIED; QUESTION_TOO_DEAR.
        """
        own_party(connection, self._node, self._party)
        if not self._read:
            self._read = self._drawing.read_on(connection, self._timeline)
            if self._drawing.rows > limits.MAX_DRAWN_ROWS:
                raise ProtocolError(
                    Reason.QUESTION_TOO_DEAR,
                    f"the AEFs have more than {limits.MAX_DRAWN_ROWS} rows; ask for one year, or the"
                    " clearing-house's operator for the file",
                    limit=limits.MAX_DRAWN_ROWS,
                )
        elif self._writing is None:
            self._writing = Writing(self._drawn(connection))
        else:
            return self._writing.write_on()
        return False

    def response(self, connection: Connection) -> aef_service_pb2.DrawAefsResponse:
        """What is answered, once all is written.

        Raises:
            ProtocolError: PERMISSION_DENIED.
        """
        own_party(connection, self._node, self._party)
        return aef_service_pb2.DrawAefsResponse(
            drawn=self._writing.written if self._writing else b"",
            time=timestamp(self._now),
            position=place_in_log(self._drawing.position or log_position(connection)),
            party=self._party,
        )

    def _drawn(self, connection: Connection) -> Drawn:
        with snapshot(connection):
            drawn = self._drawing.submissions(
                connection, version=self._version, submitted=self._now.date()
            )
            known = ledger_context(connection, drawn, self._timeline)
        return Drawn(tuple(drawn), self._seen(known))

    def _seen(self, known: Context) -> Context:
        """Of the cooperative approaches those that the Party takes part in, and those open to all."""
        return replace(
            known,
            approaches={
                name: each
                for name, each in known.approaches.items()
                if each.open_to_all or self._party in each.parties
            },
        )
