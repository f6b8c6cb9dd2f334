# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""AuthorizationService: authorizations in force and past."""

from __future__ import annotations

from functools import partial
from typing import Final

from broker.api.paging import page_of
from broker.api.peer import admitted_caller
from broker.clearing.path.house import ClearingHouse
from broker.regime.paris.reading import PURPOSES
from broker.reports.paris import letters
from broker.reports.paris.meta_answers import authorizations_for
from itmo.clearing.v1 import authorization_service_pb2 as pb
from itmo.clearing.v1 import authorization_service_pb2_grpc as pb_grpc
from itmo.identifiers import parse_authorization_id, parse_party_code
from itmo.paris.v1 import authorization_pb2
from itmo.payloads import to_proto
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.connection import Connection
from itmo.runtime.rpc.callers import Context

_PURPOSE: Final = {
    purpose: authorization_pb2.Purpose.Value(f"PURPOSE_{purpose}") for purpose in PURPOSES.values()
}


class AuthorizationServicer(pb_grpc.AuthorizationServiceServicer):
    """See authorization_service.proto."""

    def __init__(self, house: ClearingHouse) -> None:
        self._house = house

    async def GetAuthorization(
        self, request: pb.GetAuthorizationRequest, context: Context
    ) -> pb.GetAuthorizationResponse:
        """Shows every version as it was signed."""
        caller = admitted_caller(self._house)
        party = parse_party_code(request.party, "party")
        name = parse_authorization_id(request.authorization_id, "authorization_id")
        versions = await self._house.questions.ask(
            caller,
            partial(letters.signed_versions, party=party, authorization_id=name),
        )
        if not versions:
            raise ProtocolError(
                Reason.NOT_FOUND,
                f"{party} has stated no authorization {name}",
                where="authorization_id",
                found=name,
            )
        return pb.GetAuthorizationResponse(versions=[to_proto(each) for each in versions])

    async def ListAuthorizations(
        self, request: pb.ListAuthorizationsRequest, context: Context
    ) -> pb.ListAuthorizationsResponse:
        """Lists latest versions."""
        caller = admitted_caller(self._house)
        page = page_of(request)
        size = page.size
        after, _, name = page.after.partition("\n")
        party = parse_party_code(request.party, "party") if request.party else ""

        def listed(connection: Connection) -> pb.ListAuthorizationsResponse:
            found = authorizations_for(
                connection, node=caller, party=party, after=(after, name), limit=size + 1
            )
            last = found[size - 1].version if len(found) > size else None
            return pb.ListAuthorizationsResponse(
                authorizations=[_rendered(each) for each in found[:size]],
                next_page_token=page.token(f"{last.party}\n{last.id}") if last else "",
            )

        return await self._house.questions.ask(caller, listed)


def _rendered(view: letters.AuthorizationView) -> pb.Authorization:
    version = view.version
    return pb.Authorization(
        authorization_id=version.id,
        version=version.version,
        party=version.party,
        cooperative_approach=version.cooperative_approach,
        purposes=sorted(_PURPOSE[purpose] for purpose in version.purposes),
        quantity=version.quantity,
        issued_quantity=view.issued_quantity,
        revoked=version.revoked,
    )
