# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""One run of the command line: the connection to the node, errors, exit codes, output."""

from __future__ import annotations

import asyncio
import functools
import json
import sys
from collections.abc import Awaitable, Callable
from enum import IntEnum
from pathlib import Path
from typing import Any, Final, NoReturn, ParamSpec, TypeAlias, TypeVar

import click
import grpc
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from itmo.reasons import CATALOGUE, Family, ProtocolError, Reason
from itmo.registry.v1 import (
    notice_service_pb2_grpc,
    office_service_pb2_grpc,
    operator_service_pb2_grpc,
    sharing_service_pb2_grpc,
)
from itmo.runtime.rpc.client import local_channel
from itmo.runtime.rpc.errors import TRANSPORT_CODE, from_rpc_error
from itmo.terminal import Terminal
from registry_node.settings_file import operator_socket

P = ParamSpec("P")
R = TypeVar("R")
Stub: TypeAlias = "operator_service_pb2_grpc.OperatorServiceAsyncStub"  # exists in the stubs only
SharingStub: TypeAlias = "sharing_service_pb2_grpc.SharingServiceAsyncStub"  # likewise
NoticeStub: TypeAlias = "notice_service_pb2_grpc.NoticeServiceAsyncStub"  # likewise
OfficeStub: TypeAlias = "office_service_pb2_grpc.OfficeServiceAsyncStub"  # likewise
S = TypeVar("S")

_FILE_WIDTH: Final = 200
"""Of lines that go to a file or another program."""

_ANSWER_SECONDS: Final = 30.0
"""How long the node itself may take to answer, on top of what it is asked to wait."""


class Exit(IntEnum):
    """Exit codes."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    UNREACHABLE = 3
    OWN_FAULT = 4


_INPUT: Final = frozenset(
    {
        Reason.CONFIGURATION_INVALID,
        Reason.IDENTIFIER_INVALID,
        Reason.SERIAL_RANGE_INVALID,
        Reason.QUANTITY_INVALID,
        Reason.PAYLOAD_INVALID,
        Reason.TOO_MANY_BLOCKS,
        Reason.MESSAGE_TOO_LARGE,
        Reason.MESSAGE_UNDECODABLE,
        Reason.MESSAGE_UNKNOWN_FIELDS,
        Reason.SCHEMA_VERSION_UNSUPPORTED,
        Reason.PAGE_SIZE_INVALID,
        Reason.PAGE_TOKEN_INVALID,
    }
)


def exit_code(reason: Reason) -> Exit:
    """Return the exit code that stands for a reason."""
    if reason in _INPUT:
        return Exit.USAGE
    family = CATALOGUE[reason].family
    if family is Family.UNAVAILABLE:
        return Exit.UNREACHABLE
    return Exit.OWN_FAULT if family is Family.BUG else Exit.REFUSED


class Session:
    """What every command works with."""

    def __init__(self, folder: Path, *, as_json: bool) -> None:
        self.folder = folder
        self.as_json = as_json
        width = None if sys.stdout.isatty() else _FILE_WIDTH
        self.console = Terminal(highlight=False, width=width)

    def call(self, ask: Callable[[Stub], Awaitable[R]]) -> R:
        """Ask the running node.

        Raises:
            ProtocolError: Its refusal, or PROGRAM_NOT_RUNNING.
        """
        return asyncio.run(self._call(operator_service_pb2_grpc.OperatorServiceStub, ask))

    def call_sharing(self, ask: Callable[[SharingStub], Awaitable[R]]) -> R:
        """Ask the running node about what its registries share, or the meta-registry through it.

        Raises:
            ProtocolError: Its refusal, or PROGRAM_NOT_RUNNING.
        """
        return asyncio.run(self._call(sharing_service_pb2_grpc.SharingServiceStub, ask))

    def call_notices(self, ask: Callable[[NoticeStub], Awaitable[R]]) -> R:
        """Ask the running node about notices.

        Raises:
            ProtocolError: Its refusal, or PROGRAM_NOT_RUNNING.
        """
        return asyncio.run(self._call(notice_service_pb2_grpc.NoticeServiceStub, ask))

    def call_office(self, ask: Callable[[OfficeStub], Awaitable[R]]) -> R:
        """Ask the clearing-house through the running node about a Party's accounts and the rulebook.

        Raises:
            ProtocolError: Its refusal, or PROGRAM_NOT_RUNNING.
        """
        return asyncio.run(self._call(office_service_pb2_grpc.OfficeServiceStub, ask))

    async def _call(
        self, stub: Callable[[grpc.aio.Channel], S], ask: Callable[[S], Awaitable[R]]
    ) -> R:
        socket = operator_socket(self.folder)
        if not socket.exists():
            raise _not_running(socket)
        channel = local_channel(socket)
        try:
            return await ask(stub(channel))
        except grpc.aio.AioRpcError as error:
            refusal = from_rpc_error(error)
            if refusal.reason is Reason.BROKER_UNREACHABLE and TRANSPORT_CODE in refusal.metadata:
                raise _not_running(socket, refusal.message) from None
            raise refusal from None
        finally:
            await channel.close()

    def show(self, found: Message | dict[str, Any] | list[Any], table: Callable[[], None]) -> None:
        """Print what was found: as JSON, or as `table` draws it."""
        if not self.as_json:
            table()
            return
        tree = as_tree(found) if isinstance(found, Message) else found
        click.echo(json.dumps(tree, ensure_ascii=False, indent=2))

    def fail(self, error: ProtocolError) -> NoReturn:
        """Say why nothing was done, and leave with the code that stands for it."""
        if self.as_json:
            said = {
                "reason": error.reason,
                "message": error.message,
                "remedy": CATALOGUE[error.reason].remedy,
                "details": error.metadata,
            }
            click.echo(json.dumps({"error": said}, ensure_ascii=False, indent=2))
        else:
            console = Terminal(stderr=True, highlight=False)
            console.print(f"[red]{error.reason}[/red]", end=" ")
            console.print(error.message, markup=False)
            console.print(f"  {CATALOGUE[error.reason].remedy}", style="dim", markup=False)
        sys.exit(exit_code(error.reason))


def seconds_for(wait_seconds: float) -> float:
    """Return the deadline of a call that waits for a decision."""
    return wait_seconds + _ANSWER_SECONDS


def as_tree(message: Message) -> dict[str, Any]:
    """Return a message as JSON values: names as in the .proto files, 64-bit integers as text."""
    tree: dict[str, Any] = MessageToDict(
        message,
        preserving_proto_field_name=True,
        always_print_fields_with_no_presence=True,
    )
    return tree


def command(function: Callable[P, Any]) -> Callable[..., Any]:
    """Give a command its session and the option --json, and turn refusals into exit codes."""

    @click.option("--json", "json_here", is_flag=True, help="Print one JSON value, nothing else.")
    @click.pass_obj
    def run(session: Session, /, *args: Any, json_here: bool, **kwargs: Any) -> None:  # noqa: ANN401
        session.as_json = session.as_json or json_here
        try:
            function(session, *args, **kwargs)  # type: ignore[arg-type]  # click puts them together
        except ProtocolError as error:
            session.fail(error)

    return functools.update_wrapper(run, function)


def _not_running(socket: Path, found: str = "") -> ProtocolError:
    why = f" ({found})" if found else ""
    return ProtocolError(
        Reason.PROGRAM_NOT_RUNNING,
        f"No node answers at {socket}{why}; start it with `registry-node serve`.",
        socket=str(socket),
    )
