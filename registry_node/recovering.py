# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The way out after a loss: a store that lacks what it said it had is taken as it is."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from pathlib import Path

from itmo.clock import to_ms
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.head import End, Head, head_path
from itmo.runtime.db.shortfall import accept_shortfall, refuse_absent
from registry_node.store.commit_head import NOTHING, commit_end, mark_commit, unreadable
from registry_node.store.database import open_for_writing
from registry_node.store.rows import AlarmRow
from registry_node.store.tables import ALARMS


def accept_loss(path: Path, now: datetime) -> str:
    """Gives a store that nobody serves a head which fits it, and record why as an alarm.

    Returns:
        What was missing; empty where nothing was, and nothing was changed.

    Raises:
        ProtocolError: CONFIGURATION_INVALID: there is no database, or it is in use.
    """
    refuse_absent(
        path,
        NOTHING,
        "Put a copy in place first; to begin with an empty one and fetch everything again, move"
        f" {head_path(path)} aside.",
    )
    if damaged := unreadable(path):
        raise ProtocolError(Reason.CONFIGURATION_INVALID, damaged, found=str(path))
    with closing(open_for_writing(path)) as db:

        def record(found: str, _: End) -> Head:
            db.execute("BEGIN IMMEDIATE")
            alarm = AlarmRow(
                at=to_ms(now),
                code=Reason.LEDGER_AUDIT_FAILED,
                found=found,
                transaction_id="",
                delivery_sequence=None,
            )
            ALARMS.insert(db, alarm)
            head = mark_commit(db)
            db.execute("COMMIT")
            return head

        return accept_shortfall(db, path, commit_end, record)
