# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Units on which the books of a registry and the record differ."""

from __future__ import annotations

from dataclasses import dataclass

from itmo.serials import SerialRange


@dataclass(frozen=True, slots=True)
class DisputedUnits:
    """Units that an open case of reconciliation holds.

    Attributes:
        issued_by: The originating registry.
        books_of: The registry whose books differ.
    """

    issued_by: str
    range: SerialRange
    books_of: str
    case_id: str
