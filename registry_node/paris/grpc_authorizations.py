# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Which authorizations the clearing-house has, over gRPC."""

from __future__ import annotations

from typing import Final, Protocol

from itmo import limits
from itmo.clearing.v1 import authorization_service_pb2 as pb
from itmo.clearing.v1 import authorization_service_pb2_grpc as pb_grpc
from registry_node.adapters.line import Line

AUTHORIZATION_READS: Final = ("itmo.clearing.v1.AuthorizationService/ListAuthorizations",)
"""Calls that gRPC itself may repeat."""
_SECONDS: Final = 3.0
"""A person waits for it; without an answer the proposal goes on as it is."""
_MOST_PAGES: Final = 10
"""Ten thousand authorizations; what lies beyond is left to the broker to judge."""


class KnownAuthorizations(Protocol):
    """The authorizations at the clearing-house."""

    async def of_party(self, party: str) -> list[str] | None:
        """Returns the ids of a Party's, or of all where it is empty; None where there are too many.

        Raises:
            ProtocolError: The clearing-house cannot be asked.
        """
        ...


class GrpcAuthorizations:
    """KnownAuthorizations over a line that is somebody else's to close."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._stub = pb_grpc.AuthorizationServiceStub(line.channel)

    async def of_party(self, party: str) -> list[str] | None:
        """Asks for the ids of a Party's, page by page."""
        found: list[str] = []
        token = ""
        for _ in range(_MOST_PAGES):
            request = pb.ListAuthorizationsRequest(
                party=party, page_size=limits.MAX_PAGE_SIZE, page_token=token
            )
            page = await self._line.answered(
                self._stub.ListAuthorizations(request, timeout=_SECONDS)
            )
            found += [each.authorization_id for each in page.authorizations]
            token = page.next_page_token
            if not token:
                return found
        return None
