# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`kyoto convert`: units become emission reduction units."""

from __future__ import annotations

from typing import Any

import click

from itmo.core.v1 import proposal_pb2
from itmo.kyoto.v1 import attributes_pb2
from registry_node.cli.kyoto.options import TRACK, corrective_option, propose, supplementary_option
from registry_node.cli.options import blocks_argument, proposing_options
from registry_node.cli.session import Session, command


@click.command()
@click.argument("account")
@blocks_argument
@click.option("--project", required=True, help="Such as UKR1000022: host Party and number.")
@click.option("--track", type=TRACK, required=True, help="Who verified it: 1 the Party, 2 others.")
@corrective_option
@supplementary_option
@proposing_options
@command
def convert(
    session: Session,
    account: str,
    project: str,
    track: attributes_pb2.Track.ValueType,
    **fields: Any,  # noqa: ANN401  # the other options
) -> None:
    """Converts AAUs or RMUs of an ACCOUNT to ERUs of a project, where they are."""
    become = attributes_pb2.UnitAttributes(project=project, track=track)
    kind = proposal_pb2.TRANSACTION_TYPE_CONVERSION
    propose(
        session,
        "Converted",
        kind,
        become=become,
        from_account=account,
        to_account=account,
        **fields,
    )
