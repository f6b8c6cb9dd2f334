# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`registry-node authorize` on a pseudo-terminal: as a person of a Party's office sits before it."""

from __future__ import annotations

import asyncio
import os
import pty
import re
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from itmo.clearing.v1 import directory_service_pb2
from itmo.runtime.rpc.callers import identify_as
from itmo.runtime.rpc.interceptors import CallGuard
from itmo.runtime.rpc.server import add_unix_port, make_server, stop_gracefully
from registry_node.adapters.grpc_office import GrpcPartyAccounts
from registry_node.api import office_service
from registry_node.api.operator_service import OPERATOR_LIMITS, OperatorServicer, add_to_server
from registry_node.cli.paris.questions import QUESTIONS
from registry_node.paris import paris_service
from registry_node.paris.statements import ParisStatements
from registry_node.service import RegistryNode
from tests.unit.registry_node.broker_double import Network

SECONDS = 60
PATIENCE = 2
TEXTS = "|".join(re.escape(question.text) for question in QUESTIONS)
PROMPT = re.compile(rf"((?:{TEXTS})(?: \[[^\]]*\])?|[a-z]+ of an(?:other)? [a-z ]+; empty: none): ")


class Registries(GrpcPartyAccounts):
    """A clearing-house that knows two registries, and nothing else."""

    def __init__(self) -> None:
        pass

    async def registries(
        self, request: directory_service_pb2.ListRegistriesRequest
    ) -> directory_service_pb2.ListRegistriesResponse:
        return directory_service_pb2.ListRegistriesResponse(
            registries=[
                directory_service_pb2.Registry(registry=each, party=each[:3])
                for each in ("THA01", "CHE01")
            ]
        )


@dataclass
class Terminal:
    """The program on a terminal of its own."""

    process: asyncio.subprocess.Process
    master: int
    shown: str = ""
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def read(self) -> None:
        try:
            self.shown += os.read(self.master, 65536).decode(errors="replace")
        except OSError:  # the program has ended
            asyncio.get_running_loop().remove_reader(self.master)
        self.changed.set()

    async def until(self, text: str) -> None:
        """Wait for a text, and take what stands before it as read."""
        async with asyncio.timeout(SECONDS):
            while text not in self.shown:
                self.changed.clear()
                await self.changed.wait()
        self.shown = self.shown.partition(text)[2]

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    async def answer(self, *steps: tuple[str, str]) -> None:
        """To each question, an answer."""
        for question, answer in steps:
            await self.until(question)
            self.type(answer + "\n")

    async def fill_in(self, given: dict[str, str]) -> str:
        """Answer each question by how it begins, else with Enter; returns what was shown."""
        seen = ""
        async with asyncio.timeout(SECONDS):
            while "What now" not in self.shown:
                asked = PROMPT.search(self.shown)
                if asked is None:
                    self.changed.clear()
                    await self.changed.wait()
                    continue
                seen += self.shown[: asked.end()]
                self.shown = self.shown[asked.end() :]
                said = [answer for begin, answer in given.items() if asked[1].startswith(begin)]
                self.type("".join(said[:1]) + "\n")
        return seen

    async def interrupt(self) -> None:
        """Ctrl-C; again where nothing comes of it: one that falls between prompt and wait is not seen."""
        before = self.shown
        async with asyncio.timeout(SECONDS):
            while self.shown == before:
                self.changed.clear()
                os.killpg(self.process.pid, signal.SIGINT)
                try:
                    await asyncio.wait_for(self.changed.wait(), PATIENCE)
                except TimeoutError:
                    continue

    async def ended(self) -> int:
        async with asyncio.timeout(SECONDS):
            return await self.process.wait()


@dataclass
class Office:
    """A folder whose node runs."""

    folder: Path
    node: RegistryNode

    async def sit_down(self, *words: str) -> Terminal:
        master, slave = pty.openpty()
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", "from registry_node.cli import main; main()",
            "--dir", str(self.folder), "authorize", *words,
            stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            env={**os.environ, "COLUMNS": "100", "TERM": "dumb"},
        )  # fmt: skip
        os.close(slave)
        terminal = Terminal(process, master)
        asyncio.get_running_loop().add_reader(master, terminal.read)
        return terminal

    async def drafts(self) -> list[str]:
        return [
            each.statement.authorization_id
            for each in await ParisStatements(self.node.work).tracked()
            if each.standing == "DRAFT"
        ]


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Office]:
    network = Network()
    node = await network.join("tha-registry", "THA01")
    (tmp_path / "node.toml").write_text("[node]\nid = 'tha-registry'\n")
    identity = node.identity
    guard = CallGuard(
        identify=identify_as(identity.network_id, identity.node), limits=OPERATOR_LIMITS
    )
    server = make_server(interceptors=[guard])
    add_to_server(OperatorServicer(node), server)
    paris_service.add_to_server(paris_service.ParisServicer(node), server)
    office_service.add_to_server(office_service.OfficeServicer(identity, Registries()), server)
    add_unix_port(server, tmp_path / "node.sock")
    await server.start()
    await node.start()
    yield Office(tmp_path, node)
    await node.stop()
    await stop_gracefully(server, guard=guard, grace_seconds=0)
    for store in network.stores.values():
        await store.close()


async def test_a_letter_is_begun_left_gone_on_with_and_sent(place: Office) -> None:
    first = await place.sit_down()
    await first.answer(
        ("Party, such as THA [THA]", ""),
        ("Identifier", "1006.4/2810"),
        ("Cooperative approach", "CA3"),
        ("That cannot be: Cooperative approach", "CA0003"),
        ("Kinds", "use"),
        ("Issuing body", "Office of Climate"),
        ("Date", "<"),
        ("Issuing body [Office of Climate]", ""),
        ("Date", "30.11.2022"),
        ("write it as 2022-11-30", "2022-11-30"),
    )
    await first.until("Registration number: ")
    assert await place.drafts() == ["1006.4/2810"]
    await first.interrupt()
    command = f"registry-node --dir {place.folder} authorize --id"
    await first.until(f"Draft of 1006.4/2810 of THA kept; go on with `{command}")
    assert (await first.ended(), "Traceback" in first.shown) == (1, False)

    again = await place.sit_down("--id", "1006.4/2810")
    given = {"Purposes": "NDC", "Parties that may use": "CHE,SWE", "Total quantity": "500 000",
             "Vintages": "2022-2030", "Tracked in": "THA=THA01"}  # fmt: skip
    said = await again.fill_in(given)
    again.type("send\n")
    assert await again.ended() == 0, again.shown
    assert "SWE: no registry in this network yet" in said
    assert "[Office of Climate]" in said
    (letter,) = await ParisStatements(place.node.work).tracked()
    assert (letter.statement.quantity, letter.statement.version) == (500_000, 1)
    assert (letter.statement.issuing_body, letter.statement.date) == (
        "Office of Climate",
        "2022-11-30",
    )
    assert letter.standing == "IN_EFFECT"


async def test_who_leaves_at_once_is_told_that_nothing_was_kept(place: Office) -> None:
    terminal = await place.sit_down()
    await terminal.until("Party, such as THA")
    terminal.type("\x04")  # end of input
    await terminal.until("Nothing was kept")
    assert await terminal.ended() == 1
    assert await place.drafts() == []


async def test_a_node_that_does_not_run_is_said_before_anything_is_asked(tmp_path: Path) -> None:
    (tmp_path / "node.toml").write_text("[node]\nid = 'tha-registry'\n")
    terminal = await Office(tmp_path, None).sit_down()  # type: ignore[arg-type]  # there is none
    await terminal.until("PROGRAM_NOT_RUNNING")
    assert await terminal.ended() == 3
