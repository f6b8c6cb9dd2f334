# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Bugs in the life of a transaction: proposal, answer, time-out, reversal, statements."""

from __future__ import annotations

from typing import Final

BUGS: Final = ()
