# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What is written with the next group although no decision of it made it: refusals, and signatures made."""

from __future__ import annotations

from collections import deque
from typing import Final

from broker.clearing.decision.rows import SignatureRow
from broker.clearing.path.port import Notes, Refused
from itmo.reasons import ProtocolError

_MAX_EVENTS: Final = 100
"""Refusals of one caller remembered until the next commit; past it the oldest are dropped."""
_MAX_FOUND: Final = 500


class Noted:
    """What waits to be written."""

    def __init__(self) -> None:
        self._events: dict[str, deque[Refused]] = {}
        self._signatures: list[SignatureRow] = []

    def __bool__(self) -> bool:
        return bool(self._signatures or self._events)

    def refused(self, caller: str, error: ProtocolError, payload_hash: bytes, now_ms: int) -> None:
        """Remembers a refusal as an event."""
        found = error.message[:_MAX_FOUND]
        refused = Refused(now_ms, caller, error.reason, found, payload_hash)
        self._events.setdefault(caller, deque(maxlen=_MAX_EVENTS)).append(refused)

    def signed(self, row: SignatureRow) -> None:
        """Remembers a signature that was made."""
        self._signatures.append(row)

    def take(self) -> Notes:
        """Everything, which is to be written now."""
        events = (each for refused in self._events.values() for each in refused)
        notes = Notes(tuple(events), tuple(self._signatures))
        self._events.clear()
        self._signatures.clear()
        return notes

    def keep(self, notes: Notes) -> None:
        """What was to be written with a group that was not."""
        for refused in reversed(notes.refused):
            kept = self._events.setdefault(refused.caller, deque(maxlen=_MAX_EVENTS))
            if len(kept) < _MAX_EVENTS:
                kept.appendleft(refused)
        self._signatures[:0] = notes.signatures
