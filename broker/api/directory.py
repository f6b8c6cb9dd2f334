# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""DirectoryService: the network, its nodes, registries, accounts and keys."""

from __future__ import annotations

from typing import Final

from broker import __version__
from broker.api.paging import page_of
from broker.api.peer import admitted_caller
from broker.api.rulebook import rulebooks
from broker.clearing.directory.directory import STATUSES
from broker.clearing.directory.keys import PURPOSES
from broker.clearing.path.house import ClearingHouse
from broker.rulebook.general.accounts import AccountFacts
from broker.store import listing, nodes
from itmo.clearing.v1 import directory_service_pb2 as pb
from itmo.clearing.v1 import directory_service_pb2_grpc as pb_grpc
from itmo.keys import PublicKey
from itmo.node_kinds import NODE_KINDS
from itmo.runtime.db.connection import Connection
from itmo.runtime.rpc.callers import Context
from itmo.schema_versions import SCHEMA_VERSIONS
from itmo.timestamps import timestamp

_STATUS: Final = {status: number for number, status in STATUSES.items()}
_KIND: Final = {kind: number for number, kind in NODE_KINDS.items()}
_PURPOSE: Final = {purpose: number for number, purpose in PURPOSES.items()}


class DirectoryServicer(pb_grpc.DirectoryServiceServicer):
    """See directory_service.proto."""

    def __init__(self, house: ClearingHouse, *, test_network: bool) -> None:
        self._house = house
        self._test_network = test_network

    async def GetNetwork(
        self, request: pb.GetNetworkRequest, context: Context
    ) -> pb.GetNetworkResponse:
        """Shows the network."""
        admitted_caller(self._house)
        return pb.GetNetworkResponse(
            network_id=self._house.charter.network_id,
            test_network=self._test_network,
            broker_node=self._house.charter.broker_node,
            time=timestamp(self._house.now()),
            software_version=__version__,
            schema_versions=SCHEMA_VERSIONS,
            rulebooks=rulebooks(self._house.charter.regimes),
        )

    async def GetSender(
        self, request: pb.GetSenderRequest, context: Context
    ) -> pb.GetSenderResponse:
        """Shows where the caller's chain stands."""
        standing = await self._house.sender_standing(admitted_caller(self._house))
        return pb.GetSenderResponse(
            next_sequence=standing.next_sequence,
            previous_payload_hash=standing.previous_payload_hash,
        )

    async def ListNodes(
        self, request: pb.ListNodesRequest, context: Context
    ) -> pb.ListNodesResponse:
        """Lists nodes."""
        caller = admitted_caller(self._house)
        page = page_of(request)
        size = page.size

        def listed(connection: Connection) -> pb.ListNodesResponse:
            nodes = listing.nodes(connection, after=page.after, limit=size + 1)
            return pb.ListNodesResponse(
                nodes=[
                    pb.Node(
                        node=each.node,
                        kind=_KIND[each.kind],
                        registries=each.registries,
                        designated_parties=each.designated_parties,
                        schema_versions=map(int, each.schema_versions.split()),
                    )
                    for each in nodes[:size]
                ],
                next_page_token=page.token(nodes[size - 1].node) if len(nodes) > size else "",
            )

        return await self._house.questions.ask(caller, listed)

    async def ListRegistries(
        self, request: pb.ListRegistriesRequest, context: Context
    ) -> pb.ListRegistriesResponse:
        """Lists registries."""
        caller = admitted_caller(self._house)
        page = page_of(request)
        size = page.size

        def listed(connection: Connection) -> pb.ListRegistriesResponse:
            found = listing.registries(connection, after=page.after, limit=size + 1)
            return pb.ListRegistriesResponse(
                registries=[
                    pb.Registry(
                        registry=each.registry,
                        node=each.node,
                        party=each.party,
                        status=_STATUS[each.status],
                        rulebooks=each.rulebooks,
                    )
                    for each in found[:size]
                ],
                next_page_token=page.token(found[size - 1].registry) if len(found) > size else "",
            )

        return await self._house.questions.ask(caller, listed)

    async def ListAccounts(
        self, request: pb.ListAccountsRequest, context: Context
    ) -> pb.ListAccountsResponse:
        """Lists the caller's accounts in full, and of others the open holding accounts."""
        caller, page = admitted_caller(self._house), page_of(request)
        size = page.size

        def listed(connection: Connection) -> pb.ListAccountsResponse:
            found = listing.accounts(
                connection,
                visible_to=caller,
                registry=request.registry,
                after=page.after,
                limit=size + 1,
            )
            last = found[size - 1][0].account_id if len(found) > size else ""
            return pb.ListAccountsResponse(
                accounts=[
                    self._account(account, own=owner == caller) for account, owner in found[:size]
                ],
                next_page_token=page.token(last) if last else "",
            )

        return await self._house.questions.ask(caller, listed)

    def _account(self, account: AccountFacts, *, own: bool) -> pb.Account:
        shown = pb.Account(
            account_id=account.account_id,
            registry=account.registry,
            account_type=account.account_type,
            closed=account.closed,
            rulebook=account.rulebook,
        )
        self._house.charter.regimes[account.rulebook].show_account(account, shown, own=own)
        return shown

    async def ListKeys(self, request: pb.ListKeysRequest, context: Context) -> pb.ListKeysResponse:
        """Lists keys, past ones included."""

        def listed(connection: Connection) -> pb.ListKeysResponse:
            found = nodes.keys(connection)
            return pb.ListKeysResponse(
                keys=[_key(each) for each in found if request.node in ("", each.node)]
            )

        return await self._house.questions.ask(admitted_caller(self._house), listed)


def _key(key: PublicKey) -> pb.Key:
    return pb.Key(
        keyid=key.keyid,
        node=key.node,
        purpose=_PURPOSE[key.purpose],
        public_key=key.raw,
        not_before=timestamp(key.not_before),
        not_after=timestamp(key.not_after),
        revoke_time=timestamp(key.revoked_at) if key.revoked_at else None,
    )
