# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A conversion over a real line: from the socket to the commit and back."""

from __future__ import annotations

from broker.known_regimes import ALL_REGIMES
from itmo.clearing.v1 import directory_service_pb2
from itmo.core.v1 import decision_pb2, proposal_pb2
from itmo.kyoto.v1 import attributes_pb2
from itmo.payloads import PayloadKind
from tests.api.broker_kit import SECONDS, says, served
from tests.kit.clearing import failed
from tests.kit.kyoto import kyoto, kyoto_world


async def test_a_conversion_from_the_socket_to_the_commit_and_back() -> None:
    async with served(regimes=ALL_REGIMES) as running:
        world = running.world
        await kyoto_world(world)
        line = await running.line("gbr")
        network = await line.directory.GetNetwork(
            directory_service_pb2.GetNetworkRequest(), timeout=SECONDS
        )
        assert [(each.name, each.digest) for each in network.rulebooks] == [
            (each.name, each.digest) for each in ALL_REGIMES
        ]
        made = []
        for kind, first, last in (("ISSUANCE", 1, 100), ("CONVERSION", 11, 20)):
            wanted = proposal_pb2.Proposal(transaction=kyoto(world, kind, first, last))
            answer = await line.submit(says(world.senders["gbr"], PayloadKind.PROPOSAL, wanted))
            verdict = decision_pb2.Verdict.FromString(answer.answers[0].payload)
            assert verdict.results[0].state == decision_pb2.STATE_COMPLETED, failed(
                verdict.results[0]
            )
            made.append(decision_pb2.Receipt.FromString(answer.answers[-1].payload))
        assert list(made[0].restated) == []
        (now,) = made[1].restated
        assert (now.first, now.last) == (11, 20)
        assert now.attributes.kyoto.unit_type == attributes_pb2.UNIT_TYPE_ERU_FROM_AAU
        (delivered, *_) = reversed((await line.fetch()).deliveries)
        assert delivered.transaction_id == made[1].transaction_id
