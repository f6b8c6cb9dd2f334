# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A broker that does not answer its operator."""

from __future__ import annotations

from itmo.reasons import ProtocolError, Reason


class Unreachable(ProtocolError):  # noqa: N818  # the name says what happened
    """The broker cannot be reached from here; the remedy is the operator's, not a node's."""

    remedy = "Start it with `broker serve`, or look at its log to see why it does not answer."

    def __init__(self, message: str) -> None:
        super().__init__(Reason.PROGRAM_NOT_RUNNING, message)
