# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What people write on the command line: blocks and years."""

from __future__ import annotations

from typing import Final

import click

from itmo.core.v1 import proposal_pb2, units_pb2
from itmo.reasons import ProtocolError, shown
from itmo.serials import parse_serial_range


class BlockType(click.ParamType[units_pb2.UnitBlock]):
    """A block of units: THA01:1-1916, or 1-1916 where the registry is the account's."""

    name = "block"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> units_pb2.UnitBlock:
        """Read a block."""
        if isinstance(value, units_pb2.UnitBlock):
            return value
        registry, _, serials = str(value).rpartition(":")
        if "-" not in serials and ".." not in serials:
            serials = f"{serials}-{serials}"
        try:
            read = parse_serial_range(serials, "block")
        except ProtocolError as error:
            self.fail(f"{error.message} Write THA01:1-1916.", param, ctx)
        return units_pb2.UnitBlock(registry=registry, first=read.first, last=read.last)


class SpanType(click.ParamType[tuple[int, int]]):
    """A span of years: 2021-2030, or one year."""

    name = "years"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        """Read a span."""
        if isinstance(value, tuple):
            return value
        first, _, last = str(value).partition("-")
        if not (first.isdigit() and (last or first).isdigit()):
            self.fail(f"{shown(value)} is no span of years; write 2021-2030.", param, ctx)
        return int(first), int(last or first)


class AllotmentType(click.ParamType[proposal_pb2.Allotment]):
    """Part of an issuance that goes elsewhere at once: PURPOSE:ACCOUNT:1-500."""

    name = "allotment"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> proposal_pb2.Allotment:
        """Read an allotment."""
        if isinstance(value, proposal_pb2.Allotment):
            return value
        purpose, _, rest = str(value).partition(":")
        account, _, serials = rest.partition(":")
        known = f"ALLOTMENT_PURPOSE_{purpose}"
        if known not in proposal_pb2.AllotmentPurpose.keys() or not account:  # noqa: SIM118  # no dict
            self.fail(
                f"{shown(value)} is no allotment; write SHARE_OF_PROCEEDS:ACCOUNT:1-500 or OMGE:...",
                param,
                ctx,
            )
        try:
            read = parse_serial_range(serials, "allotment")
        except ProtocolError as error:
            self.fail(error.message, param, ctx)
        return proposal_pb2.Allotment(
            purpose=proposal_pb2.AllotmentPurpose.Value(known),
            account=account,
            first=read.first,
            last=read.last,
        )


ALLOTMENT: Final = AllotmentType()
BLOCK: Final = BlockType()
SPAN: Final = SpanType()
