# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What people write on the command line and in files: blocks, years, authorizations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import click
import yaml

from itmo.core.v1 import proposal_pb2, statements_pb2, units_pb2
from itmo.reasons import ProtocolError, Reason, shown
from itmo.serials import parse_serial_range

_PURPOSES: Final = {
    "NDC": (statements_pb2.PURPOSE_NDC,),
    "IMP": (statements_pb2.PURPOSE_IMP,),
    "OP": (statements_pb2.PURPOSE_OP,),
    "OIMP": (statements_pb2.PURPOSE_IMP, statements_pb2.PURPOSE_OP),
}
_DEFINITIONS: Final = {
    "authorization": statements_pb2.FIRST_TRANSFER_DEFINITION_AUTHORIZATION,
    "issuance": statements_pb2.FIRST_TRANSFER_DEFINITION_ISSUANCE,
    "use-or-cancellation": statements_pb2.FIRST_TRANSFER_DEFINITION_USE_OR_CANCELLATION,
}


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


def authorization(file: Path) -> dict[str, Any]:
    """Read the YAML file of an authorization: the fields of the scenarios' `authorize` step.

    Raises:
        ProtocolError: PAYLOAD_INVALID, naming file and key.
    """
    try:
        tree = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise _bad(file, "", f"cannot be read: {str(error)[:200]}") from None
    if isinstance(tree, dict) and set(tree) == {"authorize"}:
        tree = tree["authorize"]
    if not isinstance(tree, dict):
        raise _bad(file, "", "must hold the fields of an authorization")
    for key in tree:
        if key not in _FIELDS:
            raise _bad(file, str(key), f"is unknown; known are {', '.join(_FIELDS)}")
    return {str(key): value for key, value in tree.items()}


def statement(
    fields: Mapping[str, Any], where: Path | str
) -> statements_pb2.AuthorizationStatement:
    """Make the statement of an authorization from its fields.

    Raises:
        ProtocolError: PAYLOAD_INVALID, naming the field.
    """
    made = statements_pb2.AuthorizationStatement()
    for key, value in fields.items():
        try:
            _FIELDS[key](made, value)
        except (TypeError, ValueError, KeyError):
            raise _bad(where, key, f"cannot be {shown(value)}") from None
    return made


Write = Callable[[statements_pb2.AuthorizationStatement, Any], None]


def _plain(name: str, kind: type) -> Write:
    def write(made: statements_pb2.AuthorizationStatement, value: object) -> None:
        # type() rather than isinstance(): True is no quantity.
        if type(value) is not kind:
            raise TypeError
        setattr(made, name, value)

    return write


def _text(name: str) -> Write:
    def write(made: statements_pb2.AuthorizationStatement, value: object) -> None:
        setattr(made, name, str(value))  # YAML reads 2022-01-01 as a date and 1006 as a number

    return write


def _list(name: str) -> Write:
    def write(made: statements_pb2.AuthorizationStatement, value: object) -> None:
        if not isinstance(value, Sequence) or isinstance(value, str):
            raise TypeError
        getattr(made, name).extend(str(each) for each in value)

    return write


def _span(name: str) -> Write:
    def write(made: statements_pb2.AuthorizationStatement, value: Sequence[int]) -> None:
        first, last = value
        getattr(made, name).first, getattr(made, name).last = int(first), int(last)

    return write


def _purposes(made: statements_pb2.AuthorizationStatement, value: Sequence[str]) -> None:
    if isinstance(value, str):
        raise TypeError
    made.purposes.extend(dict.fromkeys(p for name in value for p in _PURPOSES[name]))


def _definition(made: statements_pb2.AuthorizationStatement, value: str) -> None:
    made.first_transfer_definition = _DEFINITIONS[value]


def _hash(made: statements_pb2.AuthorizationStatement, value: str) -> None:
    made.document_hash = bytes.fromhex(value)


_FIELDS: Final[dict[str, Write]] = {
    "id": _text("authorization_id"),
    "version": _plain("version", int),
    "party": _text("party"),
    "cooperative_approach": _text("cooperative_approach"),
    "purposes": _purposes,
    "quantity": _plain("quantity", int),
    "quantity_is_limit": _plain("quantity_is_limit", bool),
    "parties": _list("parties"),
    "entities": _list("entities"),
    "vintages": _span("vintages"),
    "use_years": _span("use_years"),
    "first_transfer": _definition,
    "other_purposes": _text("other_purposes"),
    "date": _text("date"),
    "terms": _text("terms"),
    "binds_first_transferred": _plain("binds_first_transferred", bool),
    "document_hash": _hash,
    "revoked": _plain("revoked", bool),
    "revocation_reason": _text("revocation_reason"),
}


def _bad(where: Path | str, key: str, fault: str) -> ProtocolError:
    place = f"{where}: {key}" if key else str(where)
    return ProtocolError(Reason.PAYLOAD_INVALID, f"{place} {fault}.", where=key, file=str(where))
