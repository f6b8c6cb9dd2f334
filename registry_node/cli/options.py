# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Options and arguments that several commands have, and the values that they take."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

import click

from itmo.core.v1 import units_pb2
from itmo.reasons import ProtocolError, shown
from itmo.runtime.cli.times import MOMENT
from itmo.serials import parse_serial_range


class BlockType(click.ParamType[units_pb2.UnitBlock]):
    """A block of units: THA01:1-1916, or 1-1916 where the registry is the account's."""

    name = "block"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> units_pb2.UnitBlock:
        """Reads a block."""
        if isinstance(value, units_pb2.UnitBlock):
            return value
        registry, _, serials = str(value).rpartition(":")
        try:
            read = parse_serial_range(
                f"{serials}-{serials}" if serials.isascii() and serials.isdigit() else serials,
                "block",
            )
        except ProtocolError as error:
            self.fail(f"{error.message} Write THA01:1-1916.", param, ctx)
        return units_pb2.UnitBlock(registry=registry, first=read.first, last=read.last)


_SPAN: Final = re.compile(r"([0-9]{4})(?:-([0-9]{4}))?", re.ASCII)


class SpanType(click.ParamType[tuple[int, int]]):
    """A span of years: 2021-2030, or one year."""

    name = "years"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        """Reads a span."""
        if isinstance(value, tuple):
            return value
        found = _SPAN.fullmatch(str(value))
        if found is None:
            self.fail(f"{shown(value)} is no span of years; write 2021-2030.", param, ctx)
        return int(found[1]), int(found[2] or found[1])


BLOCK: Final = BlockType()


SPAN: Final = SpanType()


DEFAULT_WAIT: Final = 10.0


LONGEST_WAIT: Final = 600.0


wait_option = click.option(
    "--wait",
    type=click.FloatRange(0, LONGEST_WAIT),
    default=DEFAULT_WAIT,
    show_default=True,
    metavar="SECONDS",
    help="Wait this long for the decision of the clearing-house.",
)


note_option = click.option("--note", default="", help="Free text for the other side.")


blocks_argument = click.argument("blocks", nargs=-1, required=True, type=BLOCK)


def sending_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command what every proposal may have: an id, a note, no check before, and how long to wait."""
    for option in (
        wait_option,
        click.option(
            "--unchecked", is_flag=True, help="Send it as it is; only the clearing-house judges."
        ),
        note_option,
        click.option(
            "--id", "transaction_id", default="",
            help="Transaction id (UUIDv7); default: a fresh one.",
        ),
    ):  # fmt: skip
        function = option(function)
    return function


def proposing_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command these, and when the transaction is completed and when it times out."""
    function = click.option("--deadline", type=MOMENT, help="When it times out.")(
        sending_options(function)
    )
    return click.option(
        "--by-proposer", is_flag=True, help="Keep the last word: complete it after acceptance."
    )(function)
