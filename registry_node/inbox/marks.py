# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What the clearing-house marks transactions and units with, as words that are kept and shown."""

from __future__ import annotations

from itmo.core.v1 import decision_pb2


def of_transaction(said: decision_pb2.TransactionVerdict | decision_pb2.Receipt) -> str:
    """Return the marks of a transaction, spaces between."""
    return "FIRST_TRANSFER" if said.first_transfer else ""


def of_units(units: decision_pb2.RecordedUnits) -> str:
    """Return the marks that units have once their transaction has completed, spaces between."""
    return "FIRST_TRANSFERRED" if units.first_transferred else ""
