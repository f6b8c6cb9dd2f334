# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A row for which the clearing-house refuses a whole message stands alone in the end."""

from __future__ import annotations

import hashlib
from functools import partial

from broker.rulebook.general.registries import OperationalStatus
from itmo.core.v1 import proposal_pb2, units_pb2
from itmo.identifiers import NodeId, RegistryId
from itmo.kyoto.v1 import statements_pb2 as kyoto_pb2
from itmo.lifecycle import State
from itmo.node_kinds import NodeKind
from itmo.parties import PartyCode
from itmo.payloads import PayloadKind
from registry_node.jobs import loading, results
from registry_node.jobs.loading import Row
from scenarios.model import NodeSpec
from scenarios.network import PlayedNetwork
from tests.unit.registry_node.test_other_rulebooks import START, STATED, _done, _opened

ROWS, ODD = 70, 40


async def test_one_row_s_failure_stops_no_other() -> None:
    network = PlayedNetwork(
        [
            NodeSpec(
                name=NodeId(name),
                registries=(RegistryId(f"{party}01"),),
                parties=(PartyCode(party),),
                kind=NodeKind.NATIONAL,
            )
            for name, party in (("gbr", "GBR"), ("che", "CHE"))
        ],
        START,
    )
    try:
        await network.start()
        for said in STATED:
            await network.operator.state(
                PayloadKind.KYOTO_STATEMENT, kyoto_pb2.KyotoStatement(**said)
            )
        for registry in ("GBR01", "CHE01"):
            await network.operator.set_registry_status(
                RegistryId(registry), OperationalStatus.OPERATIONAL, "", ["paris", "kyoto"]
            )
        gbr = network.node("gbr")
        ours, theirs = await _opened(network, "gbr", 100), await _opened(network, "che", 100)
        await _done(network, gbr, "ISSUANCE", ours, ours, 1, 100)
        digest = hashlib.sha256(b"file").digest()
        await gbr.work.run(partial(loading.open_job, digest=digest, name="file.csv"))
        rows = [
            Row(
                number,
                proposal_pb2.ProposedTransaction(
                    type=proposal_pb2.TRANSACTION_TYPE_TRANSFER,
                    from_account=ours,
                    to_account=theirs,
                    blocks=[units_pb2.UnitBlock(registry="GBR01", first=number, last=number)],
                    rulebook="kyoto",
                ),
            )
            for number in range(1, ROWS + 1)
        ]
        # Only cancellations state one: the clearing-house takes no message in that has such a row.
        rows[ODD - 1].wish.terms.kyoto.purpose = "a flight"
        assert await gbr.work.run(partial(loading.load, digest=digest, rows=rows)) == []
        assert await gbr.work.run(partial(loading.start, digest=digest, drop=False)) == []
        while await gbr.jobs.pump():
            await network.settle()
        found = await gbr.work.read(partial(results.results, digest=digest, after=0, most=0))
        (odd,) = [each for each in found if each.refused]
        assert (odd.row, odd.reason.partition(":")[0]) == (ODD, "PAYLOAD_INVALID")
        assert {each.state for each in found if each is not odd} == {State.VALIDATED}
        assert len({each.transaction_id for each in found}) == ROWS
        standing = await gbr.work.read(partial(results.standing, digest=digest))
        assert (standing.judged, standing.failed) == (ROWS, 1)
        assert (await gbr.verify()).problems == ()
    finally:
        await network.close()
