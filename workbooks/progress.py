# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""How reading and writing tell how far they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

Progress = Callable[[int, int], None]
"""Called with rows done and rows in all."""

EVERY: Final = 1_000
"""Rows between two calls; a bar on a terminal needs no more."""
