# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`kyoto notice`: a notice of the log, or an update of one."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from broker.cli.kyoto.stating import state
from itmo.runtime.cli.times import DAY
from itmo.runtime.cli.whole_numbers import LARGE_NUMBER, NUMBER, QUANTITY_OR_NONE

if TYPE_CHECKING:
    from itmo.message.v1 import ranges_pb2

_STATUSES = ("open", "incomplete", "completed")


@click.command()
@click.argument("number", type=LARGE_NUMBER)
@click.argument("kind", metavar="TYPE", type=click.IntRange(1, 13))
@click.argument("registry")
@click.option("--quantity", type=QUANTITY_OR_NONE, default=0, help="Units that are asked for.")
@click.option("--due", type=DAY, help="Last day to answer it.")
@click.option("--project", default="", help="Project that it is about, such as IND4711.")
@click.option("--unit-type", type=click.IntRange(1, 7), help="Code of the units it is about.")
@click.option("--activity", type=click.IntRange(1, 7), help="Land-use activity of type 1.")
@click.option("--period", type=NUMBER, help="Commitment period of units that answer it.")
@click.option("--expiry", type=DAY, help="The new date of expiry, of type 9.")
@click.option(
    "--units",
    "ranges",
    multiple=True,
    metavar="IND01:1-1200",
    help="Units it is about; repeatable.",
)
@click.option("--status", type=click.Choice(_STATUSES), help="How it stands, whatever answered it.")
@click.option("--text", default="", help="What it says besides, for people.")
def notice(
    number: int,
    kind: int,
    registry: str,
    due: datetime | None,
    expiry: datetime | None,
    ranges: tuple[str, ...],
    status: str | None,
    **fields: Any,  # noqa: ANN401  # fields of the message, as click read them
) -> None:
    """States notice NUMBER of the log, of TYPE 1 to 13, to a REGISTRY, whose node is told.

    Type 10 updates the notice of that number: what is left out stays as it was.
    """
    from itmo.kyoto.v1 import statements_pb2

    said = statements_pb2.LogNotice(
        number=number,
        type=statements_pb2.LogNoticeType.ValueType(kind),
        registry=registry,
        due_date=due.date().isoformat() if due else "",
        target_date=expiry.date().isoformat() if expiry else "",
        units=map(_range, ranges),
        status=statements_pb2.LogNoticeStatus.Value(
            f"LOG_NOTICE_STATUS_{(status or 'unspecified').upper()}"
        ),
        **{name: value for name, value in fields.items() if value is not None},
    )
    state(f"Notice {number} to {registry}", statements_pb2.KyotoStatement(log_notice=said))


def _range(text: str) -> ranges_pb2.UnitRange:
    """Reads units such as IND01:1-1200."""
    from itmo.message.v1 import ranges_pb2
    from itmo.serials import parse_serial_range

    registry, _, serials = text.rpartition(":")
    read = parse_serial_range(serials, "--units")
    return ranges_pb2.UnitRange(registry=registry, first=read.first, last=read.last)
