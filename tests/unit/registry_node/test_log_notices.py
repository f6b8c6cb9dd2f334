# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A notice of the log reaches the node of the registry that is to act, and no other, and is kept there."""

from __future__ import annotations

from datetime import UTC, datetime

from google.protobuf import json_format

from itmo.identifiers import NodeId, RegistryId
from itmo.kyoto.v1 import statements_pb2 as kyoto_pb2
from itmo.message.v1 import ranges_pb2
from itmo.node_kinds import NodeKind
from itmo.parties import PartyCode
from itmo.payloads import PayloadKind
from registry_node.api import notice_service
from registry_node.cli.notices import _said
from scenarios.model import NodeSpec
from scenarios.network import PlayedNetwork


async def test_a_notice_of_the_log_is_kept_shown_and_acknowledged() -> None:
    specs = [
        NodeSpec(
            name=NodeId(name),
            registries=(RegistryId(f"{party}01"),),
            parties=(PartyCode(party),),
            kind=NodeKind.NATIONAL,
        )
        for name, party in (("gbr", "GBR"), ("che", "CHE"))
    ]
    network = PlayedNetwork(specs, datetime(2012, 1, 2, tzinfo=UTC))
    try:
        await network.start()
        notice = kyoto_pb2.LogNotice(
            number=12,
            type=kyoto_pb2.LOG_NOTICE_TYPE_REVERSAL_OF_STORAGE,
            registry="GBR01",
            project="IND7",
            quantity=1200,
            due_date="2012-06-30",
            units=[ranges_pb2.UnitRange(registry="IND01", first=1, last=1200)],
        )
        said = kyoto_pb2.KyotoStatement(log_notice=notice)
        await network.operator.state(PayloadKind.KYOTO_STATEMENT, said)
        await network.settle()
        (row,) = await network.node("gbr").notices(only_open=True)
        shown = notice_service._notice(row, "gbr")
        assert json_format.Parse(
            shown.stated, kyoto_pb2.KyotoStatement()
        ) == kyoto_pb2.KyotoStatement(log_notice=notice)
        assert _said(shown) == (
            "log notice number 12, type LOG_NOTICE_TYPE_REVERSAL_OF_STORAGE, registry GBR01,"
            " project IND7, quantity 1200, due date 2012-06-30, units registry IND01, first 1, last 1200"
        )
        assert not await network.node("che").notices()
        await network.node("gbr").acknowledge(row.notice_id, "seen")
        await network.settle()
        assert not await network.node("gbr").notices(only_open=True)
    finally:
        await network.close()
