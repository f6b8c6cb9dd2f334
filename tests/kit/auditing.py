# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The audit as a broker makes it, with the invariants of the regimes that it judges by."""

from __future__ import annotations

import sqlite3

from broker.app import invariants_of
from broker.reports import audit


def broken_invariants(connection: sqlite3.Connection) -> list[str]:
    """Sentences that say which invariant is broken where; empty when all hold."""
    return audit.broken_invariants(connection, invariants_of())


def audited(connection: sqlite3.Connection) -> list[audit.Audited]:
    """One result for each invariant."""
    return audit.audit(connection, invariants_of())
