# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""How states look on a page: a sign, so that no state is told by its colour alone, and a style."""

from __future__ import annotations

from typing import Final

from aef.checks.states import State

MARKS: Final = {
    State.CONSISTENT: "✓",
    State.INCONSISTENT: "✗",
    State.UNDETERMINED: "?",
    State.SUPERSEDED: "»",
}
CLASSES: Final = {
    State.CONSISTENT: "good",
    State.INCONSISTENT: "bad",
    State.UNDETERMINED: "open",
    State.SUPERSEDED: "old",
}
