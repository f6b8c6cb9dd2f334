# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The keys of a played clearing-house in time: the next ones are registered before those in use run out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from broker.app import BROKER_KEY_LIFETIME, Parts, operator_over
from broker.clearing.path.gate import OPERATOR_NODE
from broker.clearing.path.house import ClearingHouse
from itmo.core.v1 import statements_pb2
from itmo.identifiers import NodeId
from itmo.joining import proof_of_possession_text
from itmo.keys import MemorySigner, Signer
from itmo.payloads import PayloadKind
from itmo.timestamps import timestamp

_BEFORE: Final = timedelta(days=60)
"""Before the keys in use run out; an operator is warned about as early."""


class KeyRotation:
    """Knows when the next keys are due, and changes over to them as an operator does.

    Args:
        since: When the first keys began.
        signer: Makes the signer of a name, the same one for every play.
    """

    def __init__(self, since: datetime, signer: Callable[[str], MemorySigner]) -> None:
        self._signer = signer
        self._number = 1
        self.due = since + BROKER_KEY_LIFETIME - _BEFORE

    async def carry_out(self, parts: Parts, house: ClearingHouse) -> Parts:
        """Registers the next keys and changes over to them; returns what the house is made of then."""
        now = parts.clock.now()
        self._number += 1
        self.due = now + BROKER_KEY_LIFETIME - _BEFORE
        message = self._signer(f"broker {self._number}")
        operator = self._signer(f"operator {self._number}")
        for node, purpose, signer in (
            (parts.network.broker_node, statements_pb2.KEY_PURPOSE_SIGN_RECEIPT, message),
            (OPERATOR_NODE, statements_pb2.KEY_PURPOSE_OPERATE, operator),
        ):
            said = _statement(parts.network.network_id, node, purpose, signer, now)
            await operator_over(parts, house).state(PayloadKind.KEY_STATEMENT, said)
        await house.signer.change_to(message)
        return replace(parts, signer=message, operator_signer=operator)


def _statement(
    network_id: str,
    node: NodeId,
    purpose: statements_pb2.KeyPurpose.ValueType,
    signer: Signer,
    now: datetime,
) -> statements_pb2.KeyStatement:
    proof = proof_of_possession_text(network_id, node, signer.public_key)
    return statements_pb2.KeyStatement(
        node=node,
        purpose=purpose,
        public_key=signer.public_key,
        not_before=timestamp(now),
        not_after=timestamp(now + BROKER_KEY_LIFETIME),
        proof_of_possession=signer.sign(proof.encode()),
    )
