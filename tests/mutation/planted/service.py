# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Bugs of serving: mailboxes, subscriptions, limits, what is shown to whom."""

from __future__ import annotations

from typing import Final

BUGS: Final = ()
