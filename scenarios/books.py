# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Steps about a registry's books, under every rulebook."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from itmo.identifiers import RegistryId
from itmo.serials import SerialRange


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconcile:
    """A registry's node compares its books with the record.

    Attributes:
        snapshot: As of when, which is when the step happens; None: now.
        differs: Units that its books lack until it has compared them, by originating registry.
    """

    registry: RegistryId
    snapshot: datetime | None
    differs: tuple[tuple[RegistryId, SerialRange], ...]
    verb: str = "reconcile"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolve:
    """The operator ends the open cases of a registry: the record was right, and its books are again."""

    registry: RegistryId
    reason: str
    verb: str = "resolve"
