# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`kyoto issue`: units come into being."""

from __future__ import annotations

from typing import Any, Final

import click

from itmo.core.v1 import proposal_pb2, rulebooks_pb2, units_pb2
from itmo.kyoto.v1 import attributes_pb2, terms_pb2
from itmo.reasons import ProtocolError
from itmo.runtime.cli.times import DAY
from itmo.runtime.cli.whole_numbers import NUMBER
from itmo.serials import parse_serial_range
from registry_node.cli.kyoto.options import (
    ACTIVITY,
    UNIT_TYPE,
    corrective_option,
    propose,
    supplementary_option,
)
from registry_node.cli.options import blocks_argument, proposing_options
from registry_node.cli.session import Session, command


class ShareType(click.ParamType[terms_pb2.ShareOfProceeds]):
    """Units of an issuance that go to an account at once: ACCOUNT:99-100."""

    name = "share"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> terms_pb2.ShareOfProceeds:
        """Reads a share."""
        if isinstance(value, terms_pb2.ShareOfProceeds):
            return value
        account, _, serials = str(value).rpartition(":")
        try:
            read = parse_serial_range(serials, "share")
        except ProtocolError as error:
            self.fail(f"{error.message} Write ACCOUNT:99-100.", param, ctx)
        return terms_pb2.ShareOfProceeds(account=account, first=read.first, last=read.last)


SHARE: Final = ShareType()


@click.command()
@click.argument("account")
@blocks_argument
@click.option("--unit-type", type=UNIT_TYPE, default="AAU", show_default=True)
@click.option("--period", type=NUMBER, required=True, help="Commitment period they are issued for.")
@click.option("--activity", type=ACTIVITY, help="Of RMUs, tCERs and lCERs; such as revegetation.")
@click.option("--project", default="", help="Such as IND9876: host Party and number.")
@click.option("--expiry", type=DAY, help="Of tCERs and lCERs.")
@click.option("--share", type=SHARE, help="Of CERs that go to the Adaptation Fund: ACCOUNT:99-100.")
@click.option("--monitored-from", type=DAY, help="First day of the monitoring period, of CERs.")
@click.option("--monitored-to", type=DAY, help="Its last day.")
@corrective_option
@supplementary_option
@proposing_options
@command
def issue(
    session: Session,
    account: str,
    blocks: tuple[units_pb2.UnitBlock, ...],
    **fields: Any,  # noqa: ANN401  # the other options
) -> None:
    """Issues units into an ACCOUNT: registry-node kyoto issue ACCOUNT 1-1000 --period 2."""
    period, expiry, activity = (fields.pop(name) for name in ("period", "expiry", "activity"))
    for name in ("monitored_from", "monitored_to"):
        fields[name] = fields[name].date().isoformat() if fields[name] else ""
    units = attributes_pb2.UnitAttributes(
        unit_type=fields.pop("unit_type"),
        original_period=period,
        applicable_period=period,
        lulucf_activity=activity or attributes_pb2.LULUCF_ACTIVITY_UNSPECIFIED,
        project=fields.pop("project"),
        expiry_date=expiry.date().isoformat() if expiry else "",
    )
    for block in blocks:
        block.attributes.CopyFrom(rulebooks_pb2.UnitAttributes(kyoto=units))
    kind = proposal_pb2.TRANSACTION_TYPE_ISSUANCE
    propose(session, "Issued", kind, blocks, from_account=account, to_account=account, **fields)
