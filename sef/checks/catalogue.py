# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Every tie, in the order of its number."""

from __future__ import annotations

from typing import Final

from sef.checks import (
    sef01,
    sef02,
    sef03,
    sef04,
    sef05,
    sef06,
    sef07,
    sef08,
    sef09,
    sef10,
    sef11,
    sef12,
    sef13,
    sef14,
    sef15,
)
from sef.checks.comparison import Tie

TIES: Final[tuple[Tie, ...]] = (
    sef01.TIE,
    sef02.TIE,
    sef03.TIE,
    sef04.TIE,
    sef05.TIE,
    sef06.TIE,
    sef07.TIE,
    sef08.TIE,
    sef09.TIE,
    sef10.TIE,
    sef11.TIE,
    sef12.TIE,
    sef13.TIE,
    sef14.TIE,
    sef15.TIE,
)
