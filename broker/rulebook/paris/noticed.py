# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What notices do to units."""

from __future__ import annotations

from enum import StrEnum


class NoticeOutcome(StrEnum):
    """What a notice does to units."""

    CHANGED = "CHANGED"
    OPEN = "OPEN"
    FIRST_TRANSFERRED_BEFORE = "FIRST_TRANSFERRED_BEFORE"
    ENDED_BEFORE = "ENDED_BEFORE"


class ProgrammeEventKind(StrEnum):
    """What happened to units of a crediting programme (7/CMA.4 synthesis report, para 19)."""

    CANCELLATION = "CANCELLATION"
    USE = "USE"
