# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The meta-registry over real gRPC, and the node's commands that ask it."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from broker.reports.paris import meta_answers
from itmo.clearing.v1 import meta_registry_service_pb2 as pb
from itmo.identifiers import NodeId, PartyCode, RegistryId
from itmo.node_kinds import NodeKind
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.cli.contract import Exit
from itmo.runtime.db.connection import Connection
from itmo.runtime.rpc.callers import identify_as
from itmo.runtime.rpc.interceptors import CallGuard
from itmo.runtime.rpc.server import add_unix_port, make_server, stop_gracefully
from itmo.timestamps import moment, timestamp
from registry_node.adapters.grpc_meta import GrpcMetaRegistry
from registry_node.adapters.line import Line
from registry_node.api import sharing_service
from registry_node.api.operator_service import OPERATOR_LIMITS, OperatorServicer, add_to_server
from registry_node.cli import main
from registry_node.paris import paris_service
from scenarios.model import NodeSpec
from scenarios.network import PlayedNetwork
from tests.api.broker_kit import Served, trading
from tests.kit.clearing import transfer, use
from tests.kit.commands import ran


@pytest.fixture
async def broker() -> AsyncIterator[Served]:
    """Switzerland holds units 1 to 100, used ten of them, and got every third one by itself."""
    async with trading() as running:
        world = running.world
        for first, last in ((1, 100), (103, 103), (106, 106)):
            moved = transfer(world, first, last)
            await running.tha.propose(moved)
            await running.che.accept(moved.transaction_id)
        await running.che.propose(use(world, 1, 10, 2022))
        yield running


async def refusal(call: Awaitable[object]) -> ProtocolError:
    """What a node's own connection makes of a refusal."""
    with pytest.raises(ProtocolError) as refused:
        await call
    return refused.value


async def asking(broker: Served, name: str) -> GrpcMetaRegistry:
    return GrpcMetaRegistry(Line((await broker.line(name)).channel))


async def test_units_come_in_pages_to_their_holder(broker: Served) -> None:
    che = await asking(broker, "che")
    token, seen = "", []
    while True:
        request = pb.ListUnitsRequest(cooperative_approach="CA0003", page_size=2, page_token=token)
        page = await che.list_units(request)
        seen += [(each.first, each.last) for each in page.units]
        token = page.next_page_token
        if not token:
            break
    assert seen == [(1, 10), (11, 100), (103, 103), (106, 106)]
    assert (page.totals.issued, page.totals.held, page.totals.used) == (100_000, 99_990, 10)
    deu = await (await asking(broker, "deu")).list_units(
        pb.ListUnitsRequest(cooperative_approach="CA0003")
    )
    assert (list(deu.units), deu.totals.participant, deu.totals.held) == ([], False, 0)


async def test_histories_and_actions(broker: Served) -> None:
    che, tha, deu = [await asking(broker, name) for name in ("che", "tha", "deu")]
    request = pb.GetUnitHistoryRequest(registry="THA01", serial=5)
    assert [each.type for each in (await che.unit_history(request)).actions] == [
        "ISSUANCE",
        "TRANSFER",
        "USE",
    ]
    host = await tha.unit_history(request)
    assert ([each.type for each in host.actions], list(host.positions), host.withheld) == (
        ["ISSUANCE", "TRANSFER"],
        [],
        True,
    )
    assert not (await deu.unit_history(request)).ListFields()
    actions = pb.ListActionsRequest(party="CHE", year=broker.world.clock.now().year, page_size=3)
    page = await che.list_actions(actions)
    assert [each.type for each in page.actions] == ["TRANSFER"] * 3
    actions.page_token = page.next_page_token
    assert [each.type for each in (await che.list_actions(actions)).actions] == ["USE"]
    actions.page_token = ""
    assert not (await deu.list_actions(actions)).actions


async def test_units_and_histories_as_of_a_moment(broker: Served) -> None:
    che = await asking(broker, "che")
    now = broker.world.clock.now()
    broker.world.clock.advance(timedelta(hours=1))
    moved = transfer(broker.world, 201, 300)
    await broker.tha.propose(moved)
    await broker.che.accept(moved.transaction_id)

    async def held(at: datetime | None) -> tuple[list[tuple[int, int]], int]:
        request = pb.ListUnitsRequest(
            cooperative_approach="CA0003", as_of=timestamp(at) if at else None
        )
        answer = await che.list_units(request)
        return [(each.first, each.last) for each in answer.units], answer.totals.issued

    before = [(1, 10), (11, 100), (103, 103), (106, 106)]
    assert await held(now) == (before, 100_000)
    assert await held(None) == ([*before, (201, 300)], 100_000)
    assert await held(now - timedelta(days=3650)) == ([], 0)
    asked = pb.GetUnitHistoryRequest(registry="THA01", serial=205, as_of=timestamp(now))
    assert not (await che.unit_history(asked)).positions, "it was not theirs to see then"
    asked.ClearField("as_of")
    assert [each.holder for each in (await che.unit_history(asked)).positions] == ["CHE01"]


async def test_ids_of_a_host_come_without_cuts(broker: Served) -> None:
    tha, che = await asking(broker, "tha"), await asking(broker, "che")
    request = pb.ListFirstTransferredIdsRequest(host="THA")
    listed = (await tha.first_transferred(request)).units
    assert [(each.first, each.last) for each in listed] == [(1, 100), (103, 103), (106, 106)]
    refused = await refusal(che.first_transferred(request))
    assert refused.reason is Reason.PERMISSION_DENIED


async def test_questions_that_make_no_sense(broker: Served) -> None:
    che = await asking(broker, "che")

    async def reason(call: Any) -> Reason:  # noqa: ANN401  # any of the four
        return (await refusal(call)).reason

    unknown = pb.ListUnitsRequest(cooperative_approach="CA0009")
    assert await reason(che.list_units(unknown)) is Reason.NOT_FOUND
    unit = pb.GetUnitHistoryRequest(registry="THA01", serial=0)
    assert await reason(che.unit_history(unit)) is Reason.SERIAL_RANGE_INVALID
    year = pb.ListActionsRequest(party="CHE", year=10_000)
    assert await reason(che.list_actions(year)) is Reason.PAYLOAD_INVALID
    size = pb.ListActionsRequest(party="CHE", year=2023, page_size=1001)
    assert await reason(che.list_actions(size)) is Reason.PAGE_SIZE_INVALID
    for key in ("zzz", "9" * 30, "²"):
        token = base64.urlsafe_b64encode(key.encode()).decode()
        asked = pb.ListActionsRequest(party="CHE", year=2023, page_token=token)
        assert await reason(che.list_actions(asked)) is Reason.PAGE_TOKEN_INVALID


# -- the node's commands --------------------------------------------------------------------------


@dataclass
class HouseMeta:
    """The meta-registry of a clearing-house in the same process."""

    database: Connection
    node: str

    async def list_units(self, request: pb.ListUnitsRequest) -> pb.ListUnitsResponse:
        return meta_answers.list_units(self.database, self.node, request.cooperative_approach)

    async def unit_history(self, request: pb.GetUnitHistoryRequest) -> pb.GetUnitHistoryResponse:
        as_of = moment(request.as_of, "as_of") if request.HasField("as_of") else None
        return meta_answers.unit_history(
            self.database, self.node, request.registry, request.serial, as_of
        )

    async def list_actions(self, request: pb.ListActionsRequest) -> pb.ListActionsResponse:
        # One by one, so that the command has pages to join.
        cut = meta_answers.Cut(request.page_token, 1)
        return meta_answers.list_actions(
            self.database, self.node, request.party, request.year, cut=cut
        )

    async def first_transferred(
        self, request: pb.ListFirstTransferredIdsRequest
    ) -> pb.ListFirstTransferredIdsResponse:
        return meta_answers.first_transferred(self.database, self.node, request.host)


@dataclass
class Terminal:
    """A folder whose node is served on its socket."""

    folder: Path
    network: PlayedNetwork

    async def run(self, *words: str) -> tuple[int, str]:
        """Runs a command, then lets everybody talk."""
        done = await ran(main, "--dir", self.folder, *words)
        await self.network.settle()
        return done.exit_code, done.stdout or done.stderr


@pytest.fixture
async def terminal(tmp_path: Path) -> AsyncIterator[Terminal]:
    spec = NodeSpec(
        name=NodeId("vut"),
        kind=NodeKind.NATIONAL,
        registries=(RegistryId("VUT01"),),
        parties=(PartyCode("VUT"),),
    )
    network = PlayedNetwork([spec], datetime(2024, 1, 1, tzinfo=UTC))
    await network.start()
    node = network.node("vut")
    (tmp_path / "node.toml").write_text("[node]\nid = 'vut'\n")
    guard = CallGuard(
        identify=identify_as(node.identity.network_id, node.identity.node), limits=OPERATOR_LIMITS
    )
    server = make_server(interceptors=[guard])
    add_to_server(OperatorServicer(node), server)
    paris_service.add_to_server(paris_service.ParisServicer(node), server)
    sharing_service.add_to_server(
        sharing_service.SharingServicer(node, HouseMeta(network.database, "vut")), server
    )
    add_unix_port(server, tmp_path / "node.sock")
    await server.start()
    yield Terminal(tmp_path, network)
    await stop_gracefully(server, guard=guard, grace_seconds=0)
    await network.close()


async def test_a_registry_shares_and_reports(terminal: Terminal, tmp_path: Path) -> None:
    code, _ = await terminal.run("share", "--level", "view", "--frequency", "daily", "--wait", "0")
    assert code in (Exit.DONE, Exit.UNREACHABLE), "nobody waits for the decision"
    code, text = await terminal.run("share", "--json")
    (shared,) = json.loads(text)["registries"]
    assert (shared["level"], shared["frequency"]) == (
        "SHARING_LEVEL_VIEW",
        "REPORT_FREQUENCY_DAILY",
    )
    books = tmp_path / "books.json"
    action = {"action_id": "i1", "time": "2024-01-01T00:00:00Z", "type": "issuance"}
    units = {"units": "VUT01:1-50", "account_type": 100, "cooperative_approach": "CA0003"}
    books.write_text(json.dumps({"holdings": [units], "actions": [{**units, **action}]}))
    await terminal.run("report", "--file", str(books), "--wait", "0")
    code, text = await terminal.run("share")
    assert "2024-01-02 00:00Z" in text, "the next one is due in a day"
    code, text = await terminal.run("units", "history", "VUT01:5", "--json")
    history = json.loads(text)
    assert [each["action_id"] for each in history["actions"]] == ["i1"]
    assert history["positions"][0]["source"]["reported_by"] == "VUT01"
    code, text = await terminal.run(
        "units", "history", "VUT01:5", "--as-of", "2023-12-31", "--json"
    )
    assert not json.loads(text).get("actions")
    code, text = await terminal.run("units", "history", "VUT01:5")
    assert "reported by VUT01 as of 2024-01-01" in text
    code, text = await terminal.run("actions", "VUT", "2024")
    assert (code, "VUT01:1-50" in text) == (0, True)
    code, text = await terminal.run("units", "--json", "first-transferred", "VUT")
    assert json.loads(text)["units"] == []
    code, text = await terminal.run("units", "where", "--approach", "CA0003")
    assert (code, "NOT_FOUND" in text) == (Exit.REFUSED, True)


@pytest.mark.parametrize(
    "words",
    [
        ["share", "--level", "VIEW"],
        ["share", "--level", "TRANSACT", "--frequency", "DAILY"],
        ["share", "--level", "TRANSACT", "--without", "ID_MO_EVIDENCE:BUYER"],
        ["report", "--file", "nowhere.csv"],
        ["units", "history", "THA01"],
        ["units", "history", "THA01:5", "--as-of", "soon"],
        ["units", "where", "--approach", "CA0003", "--as-of", "2024-01-01T00:00:00"],
        ["actions", "CHE", "24"],
    ],
)
def test_wrong_words_have_exit_code_two(tmp_path: Path, words: list[str]) -> None:
    assert CliRunner().invoke(main, ["--dir", str(tmp_path), *words]).exit_code == Exit.USAGE
