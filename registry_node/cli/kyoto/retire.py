# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`kyoto retire`: units are retired for compliance."""

from __future__ import annotations

from typing import Any

import click

from itmo.core.v1 import proposal_pb2
from registry_node.cli.kyoto.options import corrective_option, propose, supplementary_option
from registry_node.cli.options import blocks_argument, proposing_options
from registry_node.cli.session import Session, command


@click.command()
@click.argument("from_account")
@click.argument("to_account")
@blocks_argument
@corrective_option
@supplementary_option
@proposing_options
@command
def retire(session: Session, **fields: Any) -> None:  # noqa: ANN401  # the options
    """Retires units into the retirement account (type 300) of their period."""
    propose(session, "Retired", proposal_pb2.TRANSACTION_TYPE_RETIREMENT, **fields)
