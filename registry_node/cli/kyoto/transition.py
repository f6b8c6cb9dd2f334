# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`kyoto transition`: CERs end here, and begin in the registry of the Article 6.4 mechanism."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import click

from itmo.core.v1 import proposal_pb2, rulebooks_pb2, units_pb2
from itmo.paris.v1 import attributes_pb2
from itmo.runtime.cli.whole_numbers import LARGE_NUMBER, YEAR
from registry_node.cli.kyoto.options import propose
from registry_node.cli.options import blocks_argument, proposing_options
from registry_node.cli.session import Session, command


@click.command()
@click.argument("from_account")
@click.argument("ending_account")
@click.argument("to_account")
@blocks_argument
@click.option(
    "--number-from", type=LARGE_NUMBER, required=True, metavar="SERIAL",
    help="First serial number of what begins, as the mechanism registry gives it.",
)  # fmt: skip
@click.option(
    "--vintage", type=YEAR, required=True, help="Calendar year of the mitigation, 2013 to 2020."
)
@click.option("--registered", required=True, help="Day on which the activity was: 2014-05-01.")
@click.option("--cooperative-approach", default="CA000001", show_default=True)
@click.option("--sector", required=True)
@click.option("--activity-type", required=True)
@click.option("--activity", default="", help="The activity, as the mechanism registry calls it.")
@proposing_options
@command
def transition(
    session: Session,
    ending_account: str,
    blocks: tuple[units_pb2.UnitBlock, ...],
    number_from: int,
    registered: str,
    **fields: Any,  # noqa: ANN401  # the other options
) -> None:
    """Brings CERs into Article 6, in one decision: they end in ENDING_ACCOUNT and begin in TO_ACCOUNT.

    ENDING_ACCOUNT is of type 230 and kept here; TO_ACCOUNT is one of the mechanism registry, whose
    node accepts. Where the units begin, they carry their Kyoto serials besides their new ones.
    """
    stated = attributes_pb2.UnitAttributes(
        unit_type=attributes_pb2.UNIT_TYPE_CER,
        metric=attributes_pb2.METRIC_GHG,
        mitigation_type=attributes_pb2.MITIGATION_TYPE_EMISSION_REDUCTIONS,
        cer=attributes_pb2.CertifiedEmissionReduction(project_registration_date=registered),
        **{
            name: fields.pop(name)
            for name in ("vintage", "cooperative_approach", "sector", "activity_type", "activity")
        },
    )
    propose(
        session,
        "Brought over",
        proposal_pb2.TRANSACTION_TYPE_TRANSITION,
        blocks,
        transition=proposal_pb2.Transition(
            rulebook="paris",
            ending_account=ending_account,
            blocks=_begun(blocks, number_from, stated),
        ),
        **fields,
    )


def _begun(
    ended: Sequence[units_pb2.UnitBlock], number: int, stated: attributes_pb2.UnitAttributes
) -> Iterator[units_pb2.UnitBlock]:
    """A block for each that ends, numbered one after the other."""
    for block in ended:
        last = number + block.last - block.first
        attributes = rulebooks_pb2.UnitAttributes(paris=stated)
        yield units_pb2.UnitBlock(first=number, last=last, attributes=attributes)
        number = last + 1
