# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`reverse`: a transfer that came here is to be undone."""

from __future__ import annotations

import click

from itmo.core.v1 import proposal_pb2
from registry_node.cli.options import note_option, wait_option
from registry_node.cli.sending import propose_one
from registry_node.cli.session import Session, command


@click.command()
@click.argument("transaction_id")
@note_option
@wait_option
@command
def reverse(session: Session, transaction_id: str, note: str, wait: float) -> None:
    """Asks to reverse a completed transfer that came here; the clearing-house agrees first."""
    kind = proposal_pb2.TRANSACTION_TYPE_REVERSAL
    propose_one(
        session, "Reversal proposed", type=kind, reverses=transaction_id, note=note, wait=wait
    )
