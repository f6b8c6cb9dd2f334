# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""One run of the command line: the connection to the node."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeAlias, TypeVar

from itmo.reasons import ProtocolError, Reason
from itmo.runtime.cli import session
from registry_node.settings_file import operator_socket

if TYPE_CHECKING:
    # Each command loads the one service that it asks.
    import grpc

    from itmo.core.v1 import proposal_pb2
    from itmo.registry.v1 import (
        job_service_pb2_grpc,
        key_service_pb2_grpc,
        notice_service_pb2_grpc,
        office_service_pb2_grpc,
        operator_service_pb2_grpc,
        paris_service_pb2_grpc,
        reconciliation_service_pb2_grpc,
        sharing_service_pb2_grpc,
    )

P = ParamSpec("P")
R = TypeVar("R")
Stub: TypeAlias = "operator_service_pb2_grpc.OperatorServiceAsyncStub"  # exists in the stubs only
SharingStub: TypeAlias = "sharing_service_pb2_grpc.SharingServiceAsyncStub"  # likewise
KeyStub: TypeAlias = "key_service_pb2_grpc.KeyServiceAsyncStub"  # likewise
NoticeStub: TypeAlias = "notice_service_pb2_grpc.NoticeServiceAsyncStub"  # likewise
ParisStub: TypeAlias = "paris_service_pb2_grpc.ParisServiceAsyncStub"  # likewise
ReconciliationStub: TypeAlias = (
    "reconciliation_service_pb2_grpc.ReconciliationServiceAsyncStub"  # likewise
)
JobStub: TypeAlias = "job_service_pb2_grpc.JobServiceAsyncStub"  # likewise
OfficeStub: TypeAlias = "office_service_pb2_grpc.OfficeServiceAsyncStub"  # likewise
S = TypeVar("S")

_ANSWER_SECONDS: Final = 30.0
"""How long the node itself may take to answer, on top of what it is asked to wait."""


@dataclass(frozen=True, slots=True)
class Session(session.Session):
    """What every command works with: a folder, and the node that runs there.

    Attributes:
        collect: Takes a transaction in place of the node, where a row of a file is read as a command is.
    """

    collect: Callable[[proposal_pb2.ProposedTransaction], None] | None = None

    def call(self, ask: Callable[[Stub], Awaitable[R]]) -> R:
        """Asks the running node.

        Raises:
            ProtocolError: Its refusal, or PROGRAM_NOT_RUNNING.
        """
        from itmo.registry.v1.operator_service_pb2_grpc import OperatorServiceStub

        return asyncio.run(self._call(OperatorServiceStub, ask))

    def call_sharing(self, ask: Callable[[SharingStub], Awaitable[R]]) -> R:
        """Asks the running node about what its registries share, or the meta-registry through it.

        Raises:
            ProtocolError: Its refusal, or PROGRAM_NOT_RUNNING.
        """
        from itmo.registry.v1.sharing_service_pb2_grpc import SharingServiceStub

        return asyncio.run(self._call(SharingServiceStub, ask))

    def call_reconciliation(self, ask: Callable[[ReconciliationStub], Awaitable[R]]) -> R:
        """Asks the running node about its books and the record.

        Raises:
            ProtocolError: Its refusal, or PROGRAM_NOT_RUNNING.
        """
        from itmo.registry.v1.reconciliation_service_pb2_grpc import ReconciliationServiceStub

        return asyncio.run(self._call(ReconciliationServiceStub, ask))

    def call_jobs(self, ask: Callable[[JobStub], Awaitable[R]]) -> R:
        """Asks the running node about many transactions at once.

        Raises:
            ProtocolError: Its refusal, or PROGRAM_NOT_RUNNING.
        """
        from itmo.registry.v1.job_service_pb2_grpc import JobServiceStub

        return asyncio.run(self._call(JobServiceStub, ask))

    def call_notices(self, ask: Callable[[NoticeStub], Awaitable[R]]) -> R:
        """Asks the running node about notices.

        Raises:
            ProtocolError: Its refusal, or PROGRAM_NOT_RUNNING.
        """
        from itmo.registry.v1.notice_service_pb2_grpc import NoticeServiceStub

        return asyncio.run(self._call(NoticeServiceStub, ask))

    def call_keys(self, ask: Callable[[KeyStub], Awaitable[R]]) -> R:
        """Asks the running node about its keys, or has it take others up.

        Raises:
            ProtocolError: Its refusal, or PROGRAM_NOT_RUNNING.
        """
        from itmo.registry.v1.key_service_pb2_grpc import KeyServiceStub

        return asyncio.run(self._call(KeyServiceStub, ask))

    def call_paris(self, ask: Callable[[ParisStub], Awaitable[R]]) -> R:
        """Has the running node state something under the Paris rulebook, or asks what it stated.

        Raises:
            ProtocolError: Its refusal, or PROGRAM_NOT_RUNNING.
        """
        from itmo.registry.v1.paris_service_pb2_grpc import ParisServiceStub

        return asyncio.run(self._call(ParisServiceStub, ask))

    def call_office(self, ask: Callable[[OfficeStub], Awaitable[R]]) -> R:
        """Asks the clearing-house through the running node about a Party's accounts and the rulebook.

        Raises:
            ProtocolError: Its refusal, or PROGRAM_NOT_RUNNING.
        """
        from itmo.registry.v1.office_service_pb2_grpc import OfficeServiceStub

        return asyncio.run(self._call(OfficeServiceStub, ask))

    async def _call(
        self, stub: Callable[[grpc.aio.Channel], S], ask: Callable[[S], Awaitable[R]]
    ) -> R:
        import grpc

        from itmo.runtime.rpc.client import local_channel
        from itmo.runtime.rpc.errors import TRANSPORT_CODE, from_rpc_error, is_late

        socket = operator_socket(self.folder)
        if not socket.exists():
            raise _not_running(socket)
        channel = local_channel(socket)
        try:
            return await ask(stub(channel))
        except grpc.aio.AioRpcError as error:
            refusal = from_rpc_error(error)
            if is_late(refusal):
                raise _late() from None
            if refusal.reason is Reason.BROKER_UNREACHABLE and TRANSPORT_CODE in refusal.metadata:
                raise _not_running(socket, refusal.message) from None
            raise refusal from None
        finally:
            await channel.close()


def seconds_for(wait_seconds: float) -> float:
    """Returns the deadline of a call that waits for a decision."""
    return wait_seconds + _ANSWER_SECONDS


def command(function: Callable[P, Any]) -> Callable[..., Any]:
    """Gives a command its session."""

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        return function(session.session_of(Session), *args, **kwargs)  # type: ignore[arg-type]  # click puts them together

    return run


def _not_running(socket: Path, found: str = "") -> ProtocolError:
    why = f" ({found})" if found else ""
    return ProtocolError(
        Reason.PROGRAM_NOT_RUNNING,
        f"No node answers at {socket}{why}; start it with `registry-node serve`.",
        socket=str(socket),
    )


def _late() -> ProtocolError:
    return ProtocolError(
        Reason.OVERLOADED,
        "The node runs and has not answered in time. What was asked of it may have been done: look before"
        " you ask again.",
    )
