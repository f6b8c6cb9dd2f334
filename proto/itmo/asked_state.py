# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The state that a request asks for, of lists of the broker and of nodes."""

from __future__ import annotations

from itmo.core.v1 import decision_pb2
from itmo.lifecycle import State
from itmo.reasons import ProtocolError, Reason


def asked_state(number: decision_pb2.State.ValueType) -> State | None:
    """Reads the field `state` of a request; None: any.

    Raises:
        ProtocolError: PAYLOAD_INVALID.
    """
    if number == decision_pb2.STATE_UNSPECIFIED:
        return None
    if number not in decision_pb2.State.values():
        raise ProtocolError(
            Reason.PAYLOAD_INVALID,
            f"state has the value {number}, which is not defined",
            where="state",
            found=number,
        )
    return State(decision_pb2.State.Name(number).removeprefix("STATE_"))
