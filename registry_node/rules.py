# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What follows from the rulebooks under which a node takes part; the node's own parts know none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from google.protobuf.message import Message

from itmo.core.v1 import proposal_pb2, statements_pb2
from itmo.payloads import PayloadKind

if TYPE_CHECKING:
    from registry_node.commands.trip import Trip


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a node is told of its rulebooks where it is put together.

    Attributes:
        fill: Fills in what follows from what the node stated before, where something is proposed.
        check_account: Refuses an account whose terms are not those of its type.
        restate: Does to the ledger what a notice that took effect makes of units.
    """

    fill: Callable[[Trip, proposal_pb2.ProposedTransaction], proposal_pb2.ProposedTransaction]
    check_account: Callable[[statements_pb2.AccountStatement], None]
    restate: Callable[[Trip, PayloadKind, Message], None]
