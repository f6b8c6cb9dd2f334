# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A broker that judges by the toy alone, over real connections: the network, accounts, a transfer, the mail."""

from __future__ import annotations

from pathlib import Path

import pytest

from itmo.clearing.v1 import directory_service_pb2, transaction_service_pb2
from itmo.core.v1 import decision_pb2, proposal_pb2
from itmo.identifiers import NodeId
from itmo.payloads import PayloadKind, from_proto, kind_of
from tests.api.broker_kit import SECONDS, acceptance, name_of, says, served
from tests.kit.plays import UNDER_TOY
from tests.kit.toy.playing import REGIMES, prepared, transfer
from tests.kit.toy.regime import FIRST_MOVE, NAME
from tests.kit.toy.rulebook import DIGEST


@pytest.mark.parametrize("on_disk", [False, True], ids=["memory", "file"])
async def test_a_transfer_from_the_socket_to_the_commit_and_back(
    tmp_path: Path, *, on_disk: bool
) -> None:
    database = tmp_path / "broker.sqlite" if on_disk else None
    async with served(database=database, regimes=REGIMES) as running:
        await prepared(running.world)
        tha, che = await running.line("tha"), await running.line("che")
        network = await tha.directory.GetNetwork(
            directory_service_pb2.GetNetworkRequest(), timeout=SECONDS
        )
        assert [(each.name, each.digest) for each in network.rulebooks] == [(NAME, DIGEST)]
        asked = directory_service_pb2.ListAccountsRequest(registry="CHE01")
        accounts = (await che.directory.ListAccounts(asked, timeout=SECONDS)).accounts
        assert sorted((each.account_type, each.rulebook) for each in accounts) == [
            (100, "toy"),
            (200, "toy"),
        ]
        wanted = proposal_pb2.Proposal(transaction=transfer(running.world, 1, 10))
        offered = says(running.tha, PayloadKind.PROPOSAL, wanted)
        verdict = decision_pb2.Verdict.FromString((await tha.submit(offered)).answers[0].payload)
        assert (verdict.rulebook_digest, list(verdict.results[0].marks)) == (DIGEST, [FIRST_MOVE])
        told = (await che.fetch()).deliveries[-1].envelopes
        assert [kind_of(each.payload_type) for each in map(from_proto, told)] == [
            PayloadKind.PROPOSAL,
            PayloadKind.VERDICT,
        ]
        await che.submit(acceptance(running, offered))
        shown = await che.transactions.GetTransaction(
            transaction_service_pb2.GetTransactionRequest(transaction_id=name_of(offered)),
            timeout=SECONDS,
        )
        assert shown.transaction.state == decision_pb2.STATE_COMPLETED
        assert (await running.world.house.mailbox(NodeId("tha"))).last_sequence > 0
        assert UNDER_TOY.problems(running.world.connection) == ()
