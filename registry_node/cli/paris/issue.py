# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`issue`: units come into being, with every attribute."""

from __future__ import annotations

from typing import Any, Final

import click

from itmo.core.v1 import proposal_pb2, units_pb2
from itmo.paris.v1 import attributes_pb2, terms_pb2
from itmo.reasons import ProtocolError, shown
from itmo.runtime.cli.whole_numbers import NUMBER_OR_NONE
from itmo.serials import parse_serial_range
from registry_node.cli.options import blocks_argument, sending_options
from registry_node.cli.paris.terms import in_terms
from registry_node.cli.sending import propose_one
from registry_node.cli.session import Session, command


class AllotmentType(click.ParamType[terms_pb2.Allotment]):
    """Part of an issuance that goes elsewhere at once: PURPOSE:ACCOUNT:1-500."""

    name = "allotment"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> terms_pb2.Allotment:
        """Reads an allotment."""
        if isinstance(value, terms_pb2.Allotment):
            return value
        purpose, _, rest = str(value).partition(":")
        account, _, serials = rest.partition(":")
        known = f"ALLOTMENT_PURPOSE_{purpose}"
        if known not in terms_pb2.AllotmentPurpose.keys() or not account:  # noqa: SIM118  # no dict
            self.fail(
                f"{shown(value)} is no allotment; write SHARE_OF_PROCEEDS:ACCOUNT:1-500 or OMGE:...",
                param,
                ctx,
            )
        try:
            read = parse_serial_range(serials, "allotment")
        except ProtocolError as error:
            self.fail(error.message, param, ctx)
        return terms_pb2.Allotment(
            purpose=terms_pb2.AllotmentPurpose.Value(known),
            account=account,
            first=read.first,
            last=read.last,
        )


ALLOTMENT: Final = AllotmentType()


_UNIT_TYPES: Final = ("ITMO", "MITIGATION_OUTCOME", "AMO", "UNAUTHORIZED_A64ER", "CER", "MCU")


_MITIGATION: Final = (
    "EMISSION_REDUCTIONS",
    "REMOVALS",
    "EMISSION_REDUCTIONS_AND_REMOVALS",
)


@click.command()
@click.argument("account")
@blocks_argument
@click.option("--authorization", default="", help="Authorization that covers the units.")
@click.option(
    "--authorization-version",
    type=NUMBER_OR_NONE,
    default=0,
    help="Default: the latest stated here.",
)
@click.option("--vintage", type=NUMBER_OR_NONE, default=0, help="Calendar year of the mitigation.")
@click.option(
    "--party", default="", help="First transferring Party; default: that of the authorization."
)
@click.option(
    "--cooperative-approach", default="", help="Such as CA0003; default: that of the authorization."
)
@click.option("--sector", default="")
@click.option("--activity-type", default="")
@click.option("--unit-type", type=click.Choice(_UNIT_TYPES), default="ITMO", show_default=True)
@click.option("--mitigation-type", type=click.Choice(_MITIGATION), default=_MITIGATION[0])
@click.option("--non-ghg-metric", default="", help="Name of the metric, where it is no tCO2eq.")
@click.option("--activity", default="", help="Activity of the mechanism that the units come from.")
@click.option(
    "--allot",
    "allotments",
    multiple=True,
    type=ALLOTMENT,
    help="Part that goes elsewhere at once: SHARE_OF_PROCEEDS:ACCOUNT:1-500, or OMGE:...",
)
@click.option("--underlying", default="", help="Units behind them: REGISTRY:FIRST_ID:LAST_ID.")
@click.option("--kyoto-serial", default="", help="Of CERs, such as IN-5-1-1000-2-2-0-9876.")
@click.option("--registered", default="", help="Day on which the CERs' project was: 2013-01-01.")
@sending_options
@command
def issue(
    session: Session,
    account: str,
    blocks: tuple[units_pb2.UnitBlock, ...],
    allotments: tuple[terms_pb2.Allotment, ...],
    transaction_id: str,
    note: str,
    unchecked: bool,
    wait: float,
    **attributes: Any,  # noqa: ANN401 - the other options
) -> None:
    """Issues units: registry-node issue ACCOUNT 1-1916 --authorization A --vintage 2022."""
    stated = _attributes(**attributes)
    for block in blocks:
        block.attributes.paris.CopyFrom(stated)
    propose_one(
        session,
        "Issued",
        type=proposal_pb2.TRANSACTION_TYPE_ISSUANCE,
        to_account=account,
        blocks=blocks,
        **in_terms(allotments=allotments),
        transaction_id=transaction_id,
        note=note,
        unchecked=unchecked,
        wait=wait,
    )


def _attributes(
    *,
    authorization: str,
    authorization_version: int,
    vintage: int,
    party: str,
    cooperative_approach: str,
    sector: str,
    activity_type: str,
    activity: str,
    unit_type: str,
    mitigation_type: str,
    non_ghg_metric: str,
    underlying: str,
    kyoto_serial: str,
    registered: str,
) -> attributes_pb2.UnitAttributes:
    stated = attributes_pb2.UnitAttributes(
        unit_type=attributes_pb2.UnitType.Value(f"UNIT_TYPE_{unit_type}"),
        cooperative_approach=cooperative_approach,
        first_transferring_party=party,
        vintage=vintage,
        metric=attributes_pb2.METRIC_NON_GHG if non_ghg_metric else attributes_pb2.METRIC_GHG,
        non_ghg_metric=non_ghg_metric,
        mitigation_type=attributes_pb2.MitigationType.Value(f"MITIGATION_TYPE_{mitigation_type}"),
        sector=sector,
        activity_type=activity_type,
        activity=activity,
    )
    if authorization:
        stated.authorization.id = authorization
        stated.authorization.version = authorization_version
    if underlying:
        parts = underlying.split(":")
        if len(parts) != 3:  # noqa: PLR2004 - registry, first, last
            raise click.BadParameter(
                f"{underlying!a}: write REGISTRY:FIRST_ID:LAST_ID", param_hint="--underlying"
            )
        stated.underlying.registry, stated.underlying.first_unit_id = parts[0], parts[1]
        stated.underlying.last_unit_id = parts[2]
    if kyoto_serial or registered:
        stated.cer.kyoto_serial, stated.cer.project_registration_date = kyoto_serial, registered
    return stated
