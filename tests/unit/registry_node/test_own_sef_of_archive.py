# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A node that brought in an archive: its own reports on the past are the record's, cell by cell."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest

from broker.regime.kyoto.statements.archive_parts import digest_of
from broker.reports.kyoto.archives import opening_of, parts_of
from broker.reports.kyoto.sealed_export import sealed_export
from broker.reports.kyoto.sealed_verifying import sealed_in
from broker.rulebook.general.registries import OperationalStatus
from itmo.core.v1 import statements_pb2
from itmo.identifiers import NodeId, RegistryId
from itmo.kyoto.v1 import statements_pb2 as kyoto_pb2
from itmo.node_kinds import NodeKind
from itmo.parties import PartyCode
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError
from registry_node.cli.kyoto.bring_in import proposed_of
from scenarios.model import NodeSpec
from scenarios.network import PlayedNetwork
from sef.archive import Archive
from sef.archive_reading import read_archive
from sef.entries import EntryKind
from tests.kit.kyoto_archive import filed_of, past, stored_archive
from tests.kit.own_sefs import differing, of_node

START = datetime(2026, 5, 4, tzinfo=UTC)


async def brought_in(network: PlayedNetwork, archive: Archive) -> None:
    """What the operator states, and what the node proposes."""
    await network.operator.set_registry_status(
        RegistryId("GBR01"), OperationalStatus.OPERATIONAL, "", ["kyoto"]
    )
    parts = list(parts_of(archive))
    opening = opening_of(archive, [bytes(32)])
    opening.parts, opening.last_part = len(parts), digest_of(parts[-1])
    said = [kyoto_pb2.KyotoStatement(archive_part=each) for each in parts]
    for each in (*said, kyoto_pb2.KyotoStatement(opening=opening)):
        await network.operator.state(PayloadKind.KYOTO_STATEMENT, each)
    node = network.node("gbr")
    for kind in (100, 230, 300):
        wish = statements_pb2.AccountStatement(
            registry="GBR01", account_type=kind, rulebook="kyoto"
        )
        if kind >= 200:
            wish.terms.kyoto.period = 1
        await node.open_account(wish)
        await network.settle()
    for proposed in proposed_of(archive, ""):
        told = await node.propose(proposed)
        await network.settle()
        assert (await node.outcome(told.message_id)).item.effective


async def test_reports_on_the_past_are_those_of_the_record(tmp_path: Path) -> None:
    archive = read_archive(stored_archive(await past(), tmp_path / "archive"))
    spec = NodeSpec(
        name=NodeId("gbr"),
        registries=(RegistryId("GBR01"),),
        parties=(PartyCode("GBR"),),
        kind=NodeKind.NATIONAL,
    )
    network = PlayedNetwork([spec], START)
    try:
        await network.start()
        with pytest.raises(ProtocolError, match="were brought in here"):
            await of_node(network, "gbr", archives=[archive])
        await brought_in(network, archive)
        compared, found = await differing(network, START.date(), [archive])
        assert (compared, found) == (2, [])
        own = await of_node(network, "gbr", START.date(), archives=[archive])
        assert sum(e.quantity for e in own if e.kind is EntryKind.ISSUANCE) == 1_000
        # Closed here, too, it leaves an archive of its whole life behind.
        reports = {each.name: each.read_bytes() for each in filed_of(network.database, tmp_path)}
        content, _ = sealed_export(network.database, "GBR01", reports, START.date())
        assert sealed_in(content).problems == ()
        with ZipFile(BytesIO(content)) as packed:
            packed.extractall(tmp_path / "later")
        later = read_archive(tmp_path / "later")
        assert later.faults == ()
        assert [each.transaction for each in later.trail] == [e.transaction for e in archive.trail]
        assert later.trail[0].at.year == 2010
        # Without the archive its units are told from the day on which they came.
        bare = await of_node(network, "gbr", START.date())
        assert {each.year for each in bare} == {START.year}
    finally:
        await network.close()
