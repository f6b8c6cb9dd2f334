# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A database that another process has for itself, whichever engine it is."""

from __future__ import annotations

from itmo.reasons import ProtocolError


class InUse(ProtocolError):  # noqa: N818  # the name says what happened
    """Another process holds the lock of a database, until it ends."""

    remedy = "Stop the other process, or try again when it has ended."
