# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`share`: how much a registry shares."""

from __future__ import annotations

from typing import Final

import click

from itmo.core.v1 import sharing_pb2
from itmo.registry.v1 import sharing_service_pb2 as api
from itmo.runtime.cli.screen import Screen
from itmo.timestamps import moment
from registry_node.cli import showing
from registry_node.cli.options import wait_option
from registry_node.cli.sending import milliseconds
from registry_node.cli.session import Session, command, seconds_for

_LEVELS: Final = ("VIEW", "NOTIFY", "TRANSACT")


_FREQUENCIES: Final = ("AT_ONCE", "DAILY", "YEARLY")


_ROLES: Final = ("PROPOSER", "RECEIVER", "BOTH")


@click.command()
@click.option("--level", type=click.Choice(_LEVELS, case_sensitive=False), help="How much.")
@click.option(
    "--frequency",
    type=click.Choice(_FREQUENCIES, case_sensitive=False),
    help="How often it reports.",
)
@click.option(
    "--without",
    "switched_off",
    multiple=True,
    metavar="CHECK[:ROLE]",
    help="Do without an optional check, as proposer, receiver or both (default); repeatable.",
)
@click.option("--registry", default="", help="Where the node speaks for several.")
@wait_option
@command
def share(
    session: Session,
    level: str | None,
    frequency: str | None,
    switched_off: tuple[str, ...],
    registry: str,
    wait: float,
) -> None:
    r"""States how much a registry shares; without --level show it.

    \b
    VIEW      show holdings and actions in reports
    NOTIFY    report after the fact, and be checked
    TRANSACT  take part in the full protocol
    """
    if level is None:
        _show_sharing(session)
        return
    if (level == "TRANSACT") != (frequency is None):
        raise click.UsageError("--frequency goes with VIEW and NOTIFY, and with these only")
    statement = sharing_pb2.SharingStatement(
        registry=registry,
        level=sharing_pb2.SharingLevel.Value(f"SHARING_LEVEL_{level}"),
        frequency=sharing_pb2.ReportFrequency.Value(f"REPORT_FREQUENCY_{frequency}")
        if frequency
        else sharing_pb2.REPORT_FREQUENCY_UNSPECIFIED,
        switched_off=map(_switch, switched_off),
    )
    request = api.ShareRequest(statement=statement, wait_ms=milliseconds(wait))
    answer = session.call_sharing(lambda stub: stub.Share(request, timeout=seconds_for(wait)))
    session.show(
        answer, lambda screen: showing.outcome(screen, answer.outcome, f"Shares at {level}")
    )
    showing.leave(answer.outcome, wait)


def _switch(text: str) -> sharing_pb2.SwitchedOffCheck:
    check_id, _, role = text.partition(":")
    role = role.upper() or "BOTH"
    if role not in _ROLES:
        raise click.BadParameter(f"{text!a}: write CHECK:PROPOSER", param_hint="--without")
    return sharing_pb2.SwitchedOffCheck(
        check_id=check_id, role=sharing_pb2.CheckRole.Value(f"CHECK_ROLE_{role}")
    )


def _show_sharing(session: Session) -> None:
    request = api.GetSharingRequest()
    answer = session.call_sharing(lambda stub: stub.GetSharing(request, timeout=seconds_for(0)))

    def table(screen: Screen) -> None:
        rows = [
            (
                each.registry,
                sharing_pb2.SharingLevel.Name(each.level).removeprefix("SHARING_LEVEL_"),
                sharing_pb2.ReportFrequency.Name(each.frequency)
                .removeprefix("REPORT_FREQUENCY_")
                .replace("UNSPECIFIED", ""),
                _time(each, "reported_until"),
                _time(each, "due"),
            )
            for each in answer.registries
        ]
        screen.table(("registry", "level", "reports", "until", "due"), rows)

    session.show(answer, table)


def _time(each: api.Shared, field: str) -> str:
    if not each.HasField(field):  # type: ignore[arg-type]  # one of its two times
        return "-"
    return f"{moment(getattr(each, field), field):%Y-%m-%d %H:%M}Z"
