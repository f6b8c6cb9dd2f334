# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`kyoto cancel`: units are cancelled."""

from __future__ import annotations

from typing import Any

import click

from itmo.core.v1 import proposal_pb2
from registry_node.cli.kyoto.options import (
    ACTIVITY,
    corrective_option,
    notice_option,
    propose,
    supplementary_option,
)
from registry_node.cli.options import blocks_argument, proposing_options
from registry_node.cli.session import Session, command


@click.command()
@click.argument("from_account")
@click.argument("to_account")
@blocks_argument
@click.option("--purpose", default="", help="Why, in the words of whom it is for.")
@click.option("--beneficiary", default="", help="For whom.")
@click.option("--activity", type=ACTIVITY, help="Of a net source, into an account of type 210.")
@click.option("--reissued-in", default="", help="Scheme in which they are issued again, as VCS.")
@notice_option
@corrective_option
@supplementary_option
@proposing_options
@command
def cancel(
    session: Session,
    activity: int | None,
    **fields: Any,  # noqa: ANN401  # the other options
) -> None:
    """Cancels units, into an account of types 210 to 280."""
    kind = proposal_pb2.TRANSACTION_TYPE_CANCELLATION
    propose(session, "Cancelled", kind, net_source_activity=activity or 0, **fields)
