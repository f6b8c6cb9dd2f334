# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""How states look: a sign, so that no state is told by its colour alone, and a style."""

from __future__ import annotations

from typing import Final

from sef.checks.comparison import State

MARKS: Final = {State.EVEN: "✓", State.BROKEN: "✗", State.OPEN: "?", State.REMARK: "»"}
CLASSES: Final = {
    State.EVEN: "good",
    State.BROKEN: "bad",
    State.OPEN: "open",
    State.REMARK: "old",
}
WORDS: Final = {
    State.EVEN: "even",
    State.BROKEN: "broken",
    State.OPEN: "open",
    State.REMARK: "remark",
}
