# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Units come, move and go: issue, propose, accept, reject, withdraw, complete, use, cancel."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Final

import click
from google.protobuf.message import Message

from itmo.core.v1 import proposal_pb2, units_pb2
from itmo.payloads import timestamp
from itmo.registry.v1 import operator_service_pb2 as api
from itmo.runtime.cli.times import MOMENT
from registry_node.cli import showing
from registry_node.cli.reading import ALLOTMENT, BLOCK
from registry_node.cli.session import Session, Stub, command, seconds_for

DEFAULT_WAIT: Final = 10.0
LONGEST_WAIT: Final = 600.0
_UNIT_TYPES: Final = ("ITMO", "MITIGATION_OUTCOME", "AMO", "UNAUTHORIZED_A64ER", "CER", "MCU")
_MITIGATION: Final = (
    "EMISSION_REDUCTIONS",
    "REMOVALS",
    "EMISSION_REDUCTIONS_AND_REMOVALS",
)

wait_option = click.option(
    "--wait",
    type=click.FloatRange(0, LONGEST_WAIT),
    default=DEFAULT_WAIT,
    show_default=True,
    metavar="SECONDS",
    help="Wait this long for the decision of the clearing-house.",
)
id_option = click.option(
    "--id", "transaction_id", default="", help="Transaction id (UUIDv7); default: a fresh one."
)
note_option = click.option("--note", default="", help="Free text for the other side.")
unchecked_option = click.option(
    "--unchecked", is_flag=True, help="Send it as it is; only the clearing-house judges."
)
claim_option = click.option(
    "--first-transfer/--no-first-transfer",
    "first_transfer",
    default=None,
    help="Claim that it is, or is not, a first transfer; a check compares the claim.",
)
notice_option = click.option(
    "--notice",
    "notice_id",
    default="",
    help="Notice of a crediting programme that this acknowledges (see `notices`).",
)
blocks_argument = click.argument("blocks", nargs=-1, required=True, type=BLOCK)


def send(session: Session, ask: Callable[[Stub], Awaitable[Any]], wait: float, done: str) -> None:
    """Give a command to the node, show what came of it, leave with its exit code."""
    answer: Message = session.call(ask)
    found: api.Outcome = answer.outcome  # type: ignore[attr-defined]  # every command's answer has it
    session.show(answer, lambda: showing.outcome(session, found, done))
    showing.leave(found, wait)


def propose_one(
    session: Session,
    done: str,
    *,
    wait: float,
    unchecked: bool = False,
    **fields: Any,  # noqa: ANN401 - fields of a ProposedTransaction
) -> None:
    """Propose one transaction, show what came of it, leave with its exit code."""
    request = api.ProposeRequest(
        transactions=[proposal_pb2.ProposedTransaction(**fields)],
        unchecked=unchecked,
        wait_ms=milliseconds(wait),
    )
    send(session, lambda stub: stub.Propose(request, timeout=seconds_for(wait)), wait, done)


def milliseconds(wait: float) -> int:
    """Seconds as the operator's service takes them."""
    return int(wait * 1000)


@click.command()
@click.argument("account")
@blocks_argument
@click.option("--authorization", default="", help="Authorization that covers the units.")
@click.option(
    "--authorization-version", type=int, default=0, help="Default: the latest stated here."
)
@click.option("--vintage", type=int, default=0, help="Calendar year of the mitigation.")
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
@id_option
@note_option
@unchecked_option
@wait_option
@command
def issue(
    session: Session,
    account: str,
    blocks: tuple[units_pb2.UnitBlock, ...],
    allotments: tuple[proposal_pb2.Allotment, ...],
    transaction_id: str,
    note: str,
    unchecked: bool,
    wait: float,
    **attributes: Any,  # noqa: ANN401 - the other options
) -> None:
    """Issue units: registry-node issue ACCOUNT 1-1916 --authorization A --vintage 2022."""
    stated = _attributes(**attributes)
    for block in blocks:
        block.attributes.CopyFrom(stated)
    propose_one(
        session,
        "Issued",
        type=proposal_pb2.TRANSACTION_TYPE_ISSUANCE,
        to_account=account,
        blocks=blocks,
        allotments=allotments,
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
) -> units_pb2.UnitAttributes:
    stated = units_pb2.UnitAttributes(
        unit_type=units_pb2.UnitType.Value(f"UNIT_TYPE_{unit_type}"),
        cooperative_approach=cooperative_approach,
        first_transferring_party=party,
        vintage=vintage,
        metric=units_pb2.METRIC_NON_GHG if non_ghg_metric else units_pb2.METRIC_GHG,
        non_ghg_metric=non_ghg_metric,
        mitigation_type=units_pb2.MitigationType.Value(f"MITIGATION_TYPE_{mitigation_type}"),
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


@click.command()
@click.argument("from_account")
@click.argument("to_account")
@blocks_argument
@click.option("--to-registry", default="", help="Registry of TO_ACCOUNT; default: as in its id.")
@click.option(
    "--by-proposer", is_flag=True, help="Keep the last word: complete it after acceptance."
)
@click.option("--deadline", type=MOMENT, help="When it times out.")
@claim_option
@id_option
@note_option
@unchecked_option
@wait_option
@command
def propose(
    session: Session,
    from_account: str,
    to_account: str,
    blocks: tuple[units_pb2.UnitBlock, ...],
    to_registry: str,
    by_proposer: bool,
    deadline: datetime | None,
    first_transfer: bool | None,
    transaction_id: str,
    note: str,
    unchecked: bool,
    wait: float,
) -> None:
    """Propose a transfer: registry-node propose FROM TO THA01:1-1916."""
    propose_one(
        session,
        "Proposed",
        type=proposal_pb2.TRANSACTION_TYPE_TRANSFER,
        from_account=from_account,
        to_account=to_account,
        to_registry=to_registry,
        blocks=blocks,
        completion=proposal_pb2.COMPLETION_MODE_BY_PROPOSER
        if by_proposer
        else proposal_pb2.COMPLETION_MODE_ON_ACCEPTANCE,
        first_transfer=first_transfer,
        deadline=None if deadline is None else timestamp(deadline),
        transaction_id=transaction_id,
        note=note,
        unchecked=unchecked,
        wait=wait,
    )


@click.command()
@click.argument("transaction_id")
@wait_option
@command
def accept(session: Session, transaction_id: str, wait: float) -> None:
    """Accept a transfer that waits here (see `inbox`)."""
    request = api.AcceptRequest(transaction_id=transaction_id, wait_ms=milliseconds(wait))
    send(session, lambda stub: stub.Accept(request, timeout=seconds_for(wait)), wait, "Accepted")


@click.command()
@click.argument("transaction_id")
@click.option("--reason", default="", help="Why, for the proposer.")
@wait_option
@command
def reject(session: Session, transaction_id: str, reason: str, wait: float) -> None:
    """Reject a transfer that waits here (see `inbox`)."""
    request = api.RejectRequest(
        transaction_id=transaction_id, reason=reason, wait_ms=milliseconds(wait)
    )
    send(session, lambda stub: stub.Reject(request, timeout=seconds_for(wait)), wait, "Rejected")


@click.command()
@click.argument("transaction_id")
@click.option("--reason", default="", help="Why, for the receiver.")
@wait_option
@command
def withdraw(session: Session, transaction_id: str, reason: str, wait: float) -> None:
    """Withdraw an own proposal that is not accepted yet, or that was never sent."""
    request = api.WithdrawRequest(
        transaction_id=transaction_id, reason=reason, wait_ms=milliseconds(wait)
    )
    send(session, lambda stub: stub.Withdraw(request, timeout=seconds_for(wait)), wait, "Withdrawn")


@click.command()
@click.argument("transaction_id")
@wait_option
@command
def complete(session: Session, transaction_id: str, wait: float) -> None:
    """Complete an own proposal that was made with --by-proposer and accepted."""
    request = api.CompleteRequest(transaction_id=transaction_id, wait_ms=milliseconds(wait))
    send(session, lambda stub: stub.Complete(request, timeout=seconds_for(wait)), wait, "Completed")


@click.command()
@click.argument("from_account")
@click.argument("to_account")
@blocks_argument
@click.option("--year", type=int, default=0, help="Calendar year of use towards an NDC.")
@click.option("--purpose", default="", help="Purpose of a use other than towards an NDC.")
@click.option("--entity", default="", help="Entity that uses.")
@claim_option
@notice_option
@id_option
@note_option
@unchecked_option
@wait_option
@command
def use(session: Session, *, year: int, **fields: Any) -> None:  # noqa: ANN401 - the options
    """Use units towards an NDC (account type 200) or other purposes (210)."""
    kind = proposal_pb2.TRANSACTION_TYPE_USE
    propose_one(session, "Used", type=kind, year_of_use=year, **fields)


@click.command()
@click.argument("from_account")
@click.argument("to_account")
@blocks_argument
@click.option("--purpose", default="", help="Purpose of the cancellation.")
@click.option("--entity", default="", help="Entity that cancels.")
@claim_option
@notice_option
@id_option
@note_option
@unchecked_option
@wait_option
@command
def cancel(session: Session, **fields: Any) -> None:  # noqa: ANN401 - the options
    """Cancel units (account types 300 to 330)."""
    propose_one(session, "Cancelled", type=proposal_pb2.TRANSACTION_TYPE_CANCELLATION, **fields)


@click.command()
@click.argument("transaction_id")
@note_option
@wait_option
@command
def reverse(session: Session, transaction_id: str, note: str, wait: float) -> None:
    """Ask to reverse a completed transfer that came here; the clearing-house agrees first."""
    kind = proposal_pb2.TRANSACTION_TYPE_REVERSAL
    propose_one(
        session, "Reversal proposed", type=kind, reverses=transaction_id, note=note, wait=wait
    )


COMMANDS: Final = (issue, propose, accept, reject, withdraw, complete, use, cancel, reverse)
