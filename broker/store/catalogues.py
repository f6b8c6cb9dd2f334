# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Catalogues of the rulebooks by which a network was and is judged, and from when each of them binds.

A program keeps its own when it starts. While two versions of it serve one network, both may judge
until a check applies that one of them does not know; from that moment only the later one does.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Final

from broker.rulebook.general.described import binds_from
from itmo.clock import to_ms
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.connection import Connection

if TYPE_CHECKING:
    from broker.regime.regime import Regime

_KNOWN: Final = "SELECT 1 FROM catalogue WHERE digest = ?"
_CONTENT: Final = "SELECT content FROM catalogue WHERE digest = ?"
_LAST: Final = (
    "SELECT number, content FROM catalogue WHERE rulebook = ? ORDER BY number DESC LIMIT 1"
)
_KEEP: Final = (
    "INSERT INTO catalogue (digest, rulebook, number, binds_from, content) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT DO NOTHING"
)
_LATER: Final = (
    "SELECT min(later.binds_from) FROM catalogue AS own JOIN catalogue AS later"
    " ON later.rulebook = own.rulebook AND later.number > own.number WHERE own.digest = ?"
)
_AT_ONCE: Final = 0


def keep_catalogue(connection: Connection, regime: Regime) -> bool:
    """Keeps the catalogue of a regime, and from when it binds; False where it was kept before."""
    if connection.execute(_KNOWN, (regime.digest,)).fetchone() is not None:
        return False
    last = connection.execute(_LAST, (regime.name,)).fetchone()
    number, before = (0, None) if last is None else last
    at = binding(before, regime.catalogue)
    connection.execute(_KEEP, (regime.digest, regime.name, number + 1, at, regime.catalogue))
    return True


def binding(before: bytes | None, after: bytes) -> int:
    """From when a catalogue binds behind another one, in milliseconds since 1970; 0: at once."""
    since = None if before is None else binds_from(before, after)
    return _AT_ONCE if since is None else to_ms(datetime.combine(since, time(), UTC))


def outdated_from(connection: Connection, regimes: Iterable[Regime]) -> dict[str, int]:
    """From when a later catalogue binds than that of a regime, by its rulebook, in milliseconds."""
    found = {
        each.name: connection.execute(_LATER, (each.digest,)).fetchone()[0] for each in regimes
    }
    return {rulebook: at for rulebook, at in found.items() if at is not None}


def refuse_outdated(outdated: dict[str, int], now: datetime) -> None:
    """Looks whether this program may judge.

    Args:
        outdated: What `outdated_from` found.
        now: The broker's time.

    Raises:
        ProtocolError: RULEBOOK_OUTDATED.
    """
    for rulebook, at in outdated.items():
        if at <= to_ms(now):
            raise ProtocolError(
                Reason.RULEBOOK_OUTDATED,
                f"A later catalogue of the rulebook {rulebook} is in force than this program knows; start"
                " the later version of the program. Nothing was decided.",
                found=rulebook,
            )


def catalogue(connection: Connection, digest: bytes) -> bytes | None:
    """A catalogue that verdicts name by its digest; None where it was never in force here."""
    row = connection.execute(_CONTENT, (digest,)).fetchone()
    return row[0] if row else None
