# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Notices from a node's socket through a clearing-house to another node's, by its commands."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
import pytest
from click.testing import CliRunner

from broker.rulebook.general.registries import OperationalStatus
from itmo.identifiers import NodeId, PartyCode, RegistryId
from itmo.node_kinds import NodeKind
from itmo.registry.v1 import notice_service_pb2 as api
from itmo.registry.v1 import notice_service_pb2_grpc
from itmo.runtime.cli.contract import Exit
from itmo.runtime.rpc.callers import identify_as
from itmo.runtime.rpc.client import local_channel
from itmo.runtime.rpc.interceptors import CallGuard
from itmo.runtime.rpc.server import add_unix_port, make_server, stop_gracefully
from registry_node.api import notice_service
from registry_node.api.operator_service import OPERATOR_LIMITS, OperatorServicer, add_to_server
from registry_node.cli import main
from registry_node.paris import paris_service
from scenarios.model import NodeSpec
from scenarios.network import PlayedNetwork
from tests.kit.commands import ran

NOW = datetime(2024, 1, 1, tzinfo=UTC)


def national(name: str) -> NodeSpec:
    code = name.upper()
    return NodeSpec(
        name=NodeId(name),
        kind=NodeKind.NATIONAL,
        registries=(RegistryId(f"{code}01"),),
        parties=(PartyCode(code),),
    )


PROGRAMME = NodeSpec(
    name=NodeId("gs"), kind=NodeKind.PROGRAMME, registries=(), parties=(), programmes=("GS",)
)


@dataclass
class Desks:
    """Three nodes, each served on a socket in a folder of its own."""

    folder: Path
    network: PlayedNetwork

    async def run(self, node: str, *words: str) -> tuple[int, str]:
        """Runs a command; whenever its node says something, all talk."""
        store = self.network.members[NodeId(node)].store
        changed, ended = asyncio.Event(), asyncio.Event()
        store.listen(changed.set)
        talk = asyncio.create_task(self._talk(changed, ended))
        done = await ran(main, "--dir", self.folder / node, *words)
        ended.set()
        changed.set()
        await talk
        store.forget(changed.set)
        await self.network.settle()
        return done.exit_code, done.stdout or done.stderr

    async def _talk(self, changed: asyncio.Event, ended: asyncio.Event) -> None:
        while not ended.is_set():
            await changed.wait()
            changed.clear()
            await self.network.settle()

    async def say(self, node: str, *words: str) -> str:
        """Runs a command that sends something; returns the id of the message."""
        code, text = await self.run(node, *words, "--json")
        assert code == Exit.DONE, text
        outcome = json.loads(text)["outcome"]
        assert (outcome["state"], outcome["effective"]) == ("MESSAGE_STATE_DECIDED", True)
        return str(outcome["message_id"])

    async def listed(self, node: str, *words: str) -> list[dict[str, Any]]:
        code, text = await self.run(node, "notices", *words, "--json")
        assert code == Exit.DONE, text
        found: list[dict[str, Any]] = json.loads(text)["notices"]
        return found


@pytest.fixture
async def desks(tmp_path: Path) -> AsyncIterator[Desks]:
    network = PlayedNetwork([national("tha"), national("che"), PROGRAMME], NOW)
    await network.start()
    async with AsyncExitStack() as opened:
        opened.push_async_callback(network.close)
        for name in ("tha", "che", "gs"):
            folder = tmp_path / name
            folder.mkdir()
            node = network.node(name)
            (folder / "node.toml").write_text(f"[node]\nid = '{name}'\n")
            guard = CallGuard(
                identify=identify_as(node.identity.network_id, node.identity.node),
                limits=OPERATOR_LIMITS,
            )
            server = make_server(interceptors=[guard])
            add_to_server(OperatorServicer(node), server)
            paris_service.add_to_server(paris_service.ParisServicer(node), server)
            notice_service.add_to_server(notice_service.NoticeServicer(node), server)
            add_unix_port(server, folder / "node.sock")
            await server.start()
            opened.push_async_callback(stop_gracefully, server, guard=guard, grace_seconds=0)
        yield Desks(tmp_path, network)


async def test_a_message_is_read_and_acknowledged(desks: Desks) -> None:
    told = await desks.say(
        "tha", "message", "CHE01", "GS", "--subject", "Upgrade", "--text", "On [Sunday] we rest"
    )
    (own,) = await desks.listed("tha")
    assert (own["notice_id"], own["own"], own["read_by"]) == (told, True, [])
    assert await desks.listed("tha", "--open") == [], "nobody acknowledges what they sent"
    (came,) = await desks.listed("che", "--open")
    assert (came["sender"], came["administrator_message"]["text"]) == ("tha", "On [Sunday] we rest")
    code, text = await desks.run("che", "notices")
    assert (code, "Upgrade: On [Sunday] we rest" in text, "to be acknowledged" in text) == (
        0,
        True,
        True,
    )

    await desks.say("che", "acknowledge", told, "--note", "Good")
    assert await desks.listed("che", "--open") == []
    assert "acknowledged 2024-01-01" in (await desks.run("che", "notices"))[1]
    assert (await desks.listed("tha"))[0]["read_by"] == ["che"]
    assert "read by che" in (await desks.run("tha", "notices"))[1]
    code, text = await desks.run("gs", "acknowledge", told)
    assert (code, "Acknowledged" in text) == (Exit.DONE, True)
    assert (await desks.listed("tha"))[0]["read_by"] == ["che", "gs"]
    code, text = await desks.run("che", "acknowledge", told)
    assert (code, "ALREADY_EXISTS" in text) == (Exit.REFUSED, True)
    code, text = await desks.run("tha", "acknowledge", told)
    assert (code, "NOT_FOUND" in text) == (Exit.REFUSED, True)


async def test_a_notice_fills_in_what_is_left_out_and_may_be_refused(desks: Desks) -> None:
    code, text = await desks.run("tha", "notify", "1-5", "--authorization", "X", "--reason", "new")
    assert (code, "stated no authorization" in text) == (Exit.REFUSED, True)
    words = ("notify", "1-5", "--vintage", "2022", "--reason", "new")
    code, text = await desks.run("tha", *words)
    assert code == Exit.REFUSED
    assert "No effect" in text
    assert "ID_KNOWN_AND_HELD: THA01:1-5 are not, all of them, units of THA" in text
    code, text = await desks.run("tha", *words, "--json")
    assert (code, json.loads(text)["outcome"]["effective"]) == (Exit.REFUSED, False)
    assert await desks.listed("tha") == [], "what had no effect is no notice"
    assert "No notices." in (await desks.run("tha", "notices"))[1]
    assert "No notice waits." in (await desks.run("tha", "notices", "--open"))[1]


async def test_a_suspended_registry_reads_why(desks: Desks) -> None:
    network = desks.network
    status = OperationalStatus.NON_OPERATIONAL
    await network.operator.set_registry_status("CHE01", status, "Holdings do not add up")
    await network.settle()
    _, text = await desks.run("che", "status")
    assert "CHE01 is suspended: Holdings do not add up" in text
    assert "REG_OPERATIONAL" in text
    (came,) = await desks.listed("che", "--open")
    assert came["registry_status"]["reason"] == "Holdings do not add up"
    assert "CHE01 is suspended: Holdings" in (await desks.run("che", "notices"))[1]
    assert await desks.listed("tha") == []
    await desks.say("che", "acknowledge", came["notice_id"])
    await network.operator.set_registry_status("CHE01", OperationalStatus.OPERATIONAL, "Explained")
    await network.settle()
    _, text = await desks.run("che", "status")
    assert "is suspended" not in text
    assert "Explained" in text
    assert (await network.node("che").verify()).problems == ()


CREDITS = ("GS1-1-GH-GS7312-16-2022-5-2401", "GS1-1-GH-GS7312-16-2022-5-2440")


async def test_only_a_programme_tells_of_events(desks: Desks) -> None:
    words = ("programme-event", "cancellation", *CREDITS, "--date", "2023-12-28")
    told = await desks.say("gs", *words, "--beneficiary", "Airline 7", "--purpose", "CORSIA")
    (event,) = await desks.listed("gs")
    assert (event["notice_id"], event["programme_event"]["units"]["registry"]) == (told, "GS")
    assert event["programme_event"]["kind"] == "PROGRAMME_EVENT_KIND_CANCELLATION"
    code, text = await desks.run("gs", "notices")
    assert (code, f"cancellation of GS {CREDITS[0]} to {CREDITS[1]}" in text) == (0, True)
    code, text = await desks.run("tha", *words)
    assert (code, "speaks for none" in text) == (Exit.REFUSED, True)


async def test_a_notice_that_is_named_reaches_the_proposal(desks: Desks) -> None:
    told = await desks.say("gs", "programme-event", "use", *CREDITS, "--date", "2023-12-28")
    for words in (("cancel", "--purpose", "CORSIA"), ("use", "--purpose", "CORSIA")):
        node = desks.network.node("tha")
        before = len(await node.transactions())
        kind, *options = words
        await desks.run(
            "tha", kind, "TH00", "TH01", "THA01:1-2", *options,
            "--notice", told, "--unchecked", "--wait", "0",
        )  # fmt: skip
        rows = await node.transactions()
        assert len(rows) == before + 1, kind
        assert told in str(rows[0]), "the proposal names the notice"


async def test_without_a_decision_the_message_waits_and_has_its_id(desks: Desks) -> None:
    desks.network.connect("tha", connected=False)
    words = ("message", "CHE01", "--subject", "Upgrade")
    code, text = await desks.run("tha", *words, "--wait", "0.01")
    assert (code, "Queued" in text) == (Exit.UNREACHABLE, True)
    assert re.search(r"message [0-9a-f-]{36}$", text.strip()), "others will name it"
    assert (await desks.run("tha", *words, "--wait", "0"))[0] == Exit.DONE
    desks.network.connect("tha", connected=True)
    await desks.network.settle()
    assert len(await desks.listed("che")) == 2


async def test_lists_come_in_pages(desks: Desks) -> None:
    told = [
        await desks.say("tha", "message", "CHE01", "--subject", f"Number {number}")
        for number in range(3)
    ]
    channel = local_channel(desks.folder / "che" / "node.sock")
    stub = notice_service_pb2_grpc.NoticeServiceStub(channel)
    seen, token = [], ""
    for _ in told:
        asked = api.ListNoticesRequest(page_size=1, page_token=token)
        page = await stub.ListNotices(asked, timeout=30)
        seen += [each.notice_id for each in page.notices]
        token = page.next_page_token
    assert (seen, token) == (told[::-1], "")
    for wrong in (api.ListNoticesRequest(page_size=1001), api.ListNoticesRequest(page_token="x")):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stub.ListNotices(wrong, timeout=30)
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    await channel.close()


@pytest.mark.parametrize(
    "words",
    [
        ["notify", "THA01:1-5", "--reason", "x"],
        ["notify", "THA01:1-5", "--vintage", "2022"],
        ["notify", "THA01:1-5", "--vintage", "2022", "--version", "2", "--reason", "x"],
        ["notify", "THA01:5-1", "--vintage", "2022", "--reason", "x"],
        ["acknowledge"],
        ["message", "--subject", "x"],
        ["message", "CHE01"],
        ["programme-event", "sale", "GS1-1", "GS1-2", "--date", "2023-12-28"],
        ["programme-event", "use", "GS1-1", "GS1-2", "--date", "28.12.2023"],
        ["programme-event", "use", "GS1-1", "GS1-2"],
    ],
)
def test_wrong_words_have_exit_code_two(tmp_path: Path, words: list[str]) -> None:
    assert CliRunner().invoke(main, ["--dir", str(tmp_path), *words]).exit_code == Exit.USAGE
