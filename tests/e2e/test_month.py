# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A month passes as the operator's page tells it, by the commands that stand there.

Every block is read from deploy/docs/operating.md and typed line by line: only paths, names of keys and the
time of day are put in. The machine's clock is moved from day to day while the machine is off.
"""

from __future__ import annotations

import asyncio
import os
import re
import resource
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Final

import pytest

from deploy.demo.programs import BIN, DemoFailed
from deploy.demo.speaking import failed, state_of
from itmo.clock import to_text
from itmo.reasons import Reason
from itmo.runtime.cli.contract import Exit
from tests.architecture.documents import Block, executed_blocks
from tests.e2e.moved_clock import ACCOUNTS, NODES, MovedNetwork, moved_network

BEGIN: Final = timedelta(days=304)
"""Since the network was set up. Certificates last 365 days: the month holds the sixtieth before the end."""
PLACES: Final = {
    "/var/lib/itmo-broker": "broker",
    "/var/lib/itmo-node/che-registry": "che",
    "/srv": "srv",
    "/tmp": "tmp",
}
"""Where the page has what, and where it is here."""
SECONDS: Final = 60
A_WEEK: Final = 7
"""A machine that was off for more days asks whether its clock is right."""
NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
DONE: Final[Mapping[str, int]] = MappingProxyType({})

pytestmark = pytest.mark.slow


@dataclass
class Month:
    """A network, the page, and what day it is."""

    network: MovedNetwork
    page: Mapping[str, Block] = field(default_factory=executed_blocks)
    number: int = 0

    @property
    def home(self) -> Path:
        return self.network.home

    async def day(self, number: int, *, away: str = "") -> None:
        """The machine is off in between, and boots on a day of the month; a node may be away."""
        self.network.switch_off(BEGIN + timedelta(days=number))
        self.network.boot()
        await self.network.start_broker()
        if number - self.number > A_WEEK:
            await self.accept_clock()
        self.number = number
        for name in NODES:
            if name != away:
                await self.network.start_node(name)

    async def accept_clock(self) -> None:
        """Another clock was looked at, and says the same."""
        await self.typed("operating-clock", {"2026-11-27T07:30:00Z": to_text(self.network.now)})

    async def typed(
        self,
        name: str,
        put: Mapping[str, str] = NOTHING,
        expect: Mapping[str, int] = DONE,
        only: str = "",
    ) -> dict[str, str]:
        """Types a block of the page.

        Args:
            name: The block.
            put: What is put in for words of the page.
            expect: Exit status by the words of our command, where it is not 0.
            only: The words of the one command that is typed; else all are.

        Returns:
            What each line printed, by the words of our command, else by the line.
        """
        printed = {}
        for line in lines_of(self.page[name]):
            words = command_of(line)
            if only not in ("", words):
                continue
            if words.endswith(" backup") and self.backed_up(line):
                continue
            status, said = await self.line(self.placed(line, put))
            while status == Exit.UNREACHABLE and Reason.OVERLOADED in said:
                status, said = await self.line(self.placed(line, put))  # a machine with much to do
            assert status == expect.get(words, 0), f"{name}: {line}\n{said}"
            printed[words] = said
        return printed

    def placed(self, line: str, put: Mapping[str, str]) -> str:
        places = {page: str(self.home / here) for page, here in PLACES.items()} | dict(put)
        longest_first = sorted(places, key=len, reverse=True)
        pattern = "|".join(map(re.escape, longest_first))
        return re.sub(pattern, lambda found: places[found[0]], line)

    def backed_up(self, line: str) -> bool:
        """Whether the copy of the day is there already: a back-up overwrites nothing."""
        name = (
            line.rpartition("/")[2]
            .strip('"')
            .replace("$(date --utc +%F)", f"{self.network.now:%Y-%m-%d}")
        )
        return (self.home / "srv" / "backup" / name).exists()

    async def line(self, line: str) -> tuple[int, str]:
        """Types a line; whatever asks is answered with yes."""
        name, *rest = line.split()
        if name == "systemctl":
            return await self._systemctl(*rest)
        process = await asyncio.create_subprocess_exec(
            "bash", "-euo", "pipefail", "-c", line,
            env={
                **self.network.programs._environment,
                "PATH": f"{BIN}:{os.environ['PATH']}",
                "COLUMNS": "200",
            },
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        said, _ = await asyncio.wait_for(process.communicate(b"y\n" * 5), SECONDS)
        assert b"Traceback" not in said, said.decode()
        return process.returncode or 0, said.decode()

    async def _systemctl(self, verb: str, unit: str) -> tuple[int, str]:
        name = unit.rpartition("@")[2].partition("-")[0]
        if verb == "stop":
            self.network.stop(name)
        elif name == "broker":
            await self.network.start_broker()
        else:
            await self.network.start_node(name)
        return 0, ""

    async def look(self, *, broker: int = 0, node: int = 0) -> tuple[str, str, str]:
        """What is done each day; returns what `status` of both and the alarms say."""
        at_broker = await self.typed("month-day-of-the-broker", expect={"broker status": broker})
        at_node = await self.typed("month-day-of-a-node", expect={"registry-node status": node})
        return (
            at_broker["broker status"],
            at_node["registry-node status"],
            at_node["registry-node alarms"],
        )

    async def week(self) -> None:
        """What is done each week."""
        broker = await self.typed("month-week-of-the-broker")
        node = await self.typed("month-week-of-a-node")
        assert "Everything holds." in broker["broker verify"]
        assert "Everything holds." in node["registry-node verify"]

    async def offered(self) -> str:
        """A unit is offered to Switzerland, whose person has to accept it."""
        made = await self.network.nodes["tha"].offer(
            ACCOUNTS["tha"], ACCOUNTS["che"], [self.network.unit()]
        )
        return made.transaction_id


def lines_of(block: Block) -> Iterator[str]:
    """What is typed at once: a line, or a loop."""
    held: list[str] = []
    for line in block.text.splitlines():
        held.append(line)
        if not held[0].startswith("for ") or line == "done":
            yield "\n".join(held)
            held = []


def command_of(line: str) -> str:
    """Program and command of a line, without options and what they take."""
    words = re.sub(r"--\w[\w-]*( /\S+)?", "", line).split()
    if words[0] not in {"broker", "registry-node"}:
        return line
    plain = [each for each in words if re.fullmatch(r"[a-z-]+", each)]
    return " ".join(plain[:3] if plain[1] in {"key", "tls", "clock"} else plain[:2])


@pytest.fixture
async def month(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Month]:
    home = tmp_path_factory.mktemp("month")
    (home / "tmp").mkdir()
    (home / "srv" / "backup").mkdir(parents=True)
    async with moved_network(home, automatic=False) as network:
        yield Month(network)


async def test_a_month_passes_as_the_page_tells_it(month: Month) -> None:
    await _the_clock_is_accepted(month)
    await _what_ends_is_renewed(month)
    await _keys_are_rotated(month)
    await _a_node_is_away_for_days(month)
    await _back_ups_are_tried(month)
    await _the_disk_is_full(month)
    await _a_registry_is_suspended_and_told(month)
    await _a_new_version_is_put_in_place(month)
    await _the_month_ends(month)


async def _the_clock_is_accepted(month: Month) -> None:
    """Day 0: after ten months in which nobody looked, the broker asks whether the clock is right."""
    network = month.network
    network.switch_off(BEGIN)
    network.boot()
    await network.start_broker()
    look = next(lines_of(month.page["month-day-of-the-broker"]))
    status, said = await month.line(month.placed(look, {}))
    assert (status, "its clock has jumped" in said) == (1, True), said
    await month.accept_clock()
    for name in NODES:
        await network.start_node(name)
    at_broker, at_node, alarms = await month.look()
    assert "304 d" not in at_broker, "it runs since a minute, whatever the clock said then"
    assert "connected" in at_node
    assert "There is no alarm." in alarms
    await network.transfer()


async def _what_ends_is_renewed(month: Month) -> None:
    """Day 1: sixty days before the end it is told, and what to type."""
    await month.day(1)
    at_broker, at_node, _ = await month.look(broker=1, node=1)
    assert "The TLS certificate of broker" in at_broker
    assert "broker tls renew" in at_broker
    assert "The TLS certificate of che" in at_node
    assert re.search(r"`registry-node --dir \S+/che renew`", at_node)
    await month.typed("operating-renew-a-node")
    _, at_node, _ = await month.look(broker=1)
    assert "The TLS certificate" not in at_node


async def _keys_are_rotated(month: Month) -> None:
    """Day 2: the broker renews, and every key is rotated; nodes compare and acknowledge."""
    await month.day(2)
    said = await month.typed("operating-rotate-the-broker")
    message = said["broker key rotate"] + said["broker key list"]
    at_broker, _, alarms = await month.look()
    assert "The TLS certificate of tha" in at_broker, "its own operator's, so the exit status is 0"
    said = await month.typed("operating-rotate-key-of-a-node")
    (fingerprint,) = re.findall(r"channel: (\w{64})", alarms)
    assert fingerprint in message, "what the broker's operator reads out"
    assert fingerprint in said["registry-node key list"], "what the node's operator compares"
    await month.typed("month-alarms-were-looked-at")
    _, _, alarms = await month.look()
    assert "There is no alarm." in alarms
    (old,) = set(re.findall(r"key revoke (\w{64})", said["registry-node key rotate"]))
    signed = await month.typed("operating-signed-with", {"KEYID": old})
    for command in ("broker key signed", "registry-node key signed"):
        assert "account-statement" in signed[command]
        assert "key-statement" in signed[command], "the last: with it the next key was registered"
    await month.network.transfer()
    assert signed == await month.typed("operating-signed-with", {"KEYID": old})


async def _a_node_is_away_for_days(month: Month) -> None:
    """Days 3 to 6: what is offered to a node that is away ends by itself, and its mailbox waits."""
    network = month.network
    await month.day(3)
    network.stop("che")
    offered = [await month.offered() for _ in range(2)]
    at_broker = await month.typed("month-day-of-the-broker")
    assert re.search(r"che +no ", at_broker["broker status"])
    await month.typed("month-day-of-a-node", expect=dict.fromkeys(
        ("registry-node status", "registry-node alarms", "registry-node inbox", "registry-node notices"), 3
    ))  # fmt: skip
    await month.day(6, away="che")
    for each in offered:
        await network.nodes["tha"].until(each, "TERMINATED")
    said = await month.typed("month-week-of-the-broker", only="broker mailboxes")
    assert not re.search(r"che .* 0\n", said["broker mailboxes"]), "what came meanwhile waits"
    await network.start_node("che")
    for each in offered:
        await network.nodes["che"].until(each, "TERMINATED")
    _, _, alarms = await month.look()
    assert "There is no alarm." in alarms
    await network.transfer()


async def _back_ups_are_tried(month: Month) -> None:
    """Day 7: a drill takes the copy and not what runs, and says when there is no back-up."""
    await month.day(7)
    await month.look()
    await month.week()
    for block, verify, copy in (
        ("month-week-of-the-broker", "broker verify", "broker-*.sqlite"),
        ("month-week-of-a-node", "registry-node verify", "che-registry-*.db"),
    ):
        newest = max((month.home / "srv" / "backup").glob(copy))
        whole = newest.read_bytes()
        newest.write_bytes(whole[: len(whole) // 2])
        said = await month.typed(block, expect={verify: 1})
        assert "malformed" in said[verify], said[verify]
        newest.write_bytes(whole)
    await month.week()


async def _the_disk_is_full(month: Month) -> None:
    """Day 9: the broker stops itself on a full disk; with room it goes on, and nothing is lost."""
    network = month.network
    await month.day(9)
    # The timer failed on the eighth, so both say that a back-up is due.
    for said in (await month.look())[:2]:
        assert "A back-up is due" in said
    service = network.programs.services.pop("broker")
    resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
    with suppress(DemoFailed):  # nobody decides in time; what was signed waits in the outbox
        await month.offered()
    assert await asyncio.to_thread(service.process.wait, SECONDS) == Exit.FAULT
    await network.start_broker()
    told = await network.node_says("tha", "transactions", "--limit", "1")
    offered = told["transactions"][0]["transaction_id"]
    await network.nodes["che"].until(offered, "VALIDATED")
    await network.nodes["che"].accept(offered)
    for node in network.nodes.values():
        await node.until(offered, "COMPLETED")
    assert "A back-up is due" not in "".join(await month.look())


async def _a_registry_is_suspended_and_told(month: Month) -> None:
    """Day 11: its node shows the reason everywhere; proposals are invalidated until it is resumed."""
    await month.day(11)
    tha = month.network.nodes["tha"]
    await month.typed("operating-suspend", only="broker suspend")
    block = [month.network.unit()]
    offered = await tha.offer(ACCOUNTS["tha"], ACCOUNTS["che"], block, unchecked=True)
    assert state_of(offered) == "INVALIDATED"
    assert [each.check_id for each in failed(offered)] == ["REG_OPERATIONAL"]
    said = await month.typed("month-day-of-a-node")
    for command in ("status", "alarms", "notices"):
        assert "Holdings do not add up" in said[f"registry-node {command}"], said
    await month.typed("operating-suspend", only="broker resume")
    said = await month.typed("month-day-of-a-node")
    assert "is SUSPENDED" not in said["registry-node status"]
    await month.typed("month-alarms-were-looked-at")
    told = await month.network.node_says("che", "notices", "--open")
    for each in told["notices"]:
        await month.network.node_says("che", "acknowledge", each["notice_id"])
    said = await month.typed("month-day-of-a-node")
    assert "There is no alarm." in said["registry-node alarms"]
    assert "No notice waits." in said["registry-node notices"]
    await month.network.transfer()


async def _a_new_version_is_put_in_place(month: Month) -> None:
    """Day 14: a week's work, and an upgrade in a window that is announced."""
    await month.day(14)
    await month.look()
    await month.week()
    offered = await month.offered()
    await month.typed("month-window")
    said = await month.typed("upgrading-file")
    assert "The schema is up to date." in said["broker migrate"]
    assert "Everything holds." in said["broker verify"]
    assert "up to date" in (await month.typed("upgrading-file-contract"))["broker migrate"]
    said = await month.typed("upgrading-node")
    assert "Everything holds." in said["registry-node verify"]
    for name, node in month.network.nodes.items():
        await month.network.programs.until(f"{name} to find the broker again", node.connected)
    said = await month.typed("month-day-of-a-node")
    assert "A new version is put in place" in said["registry-node notices"]
    await month.network.nodes["che"].accept(offered)
    await month.network.nodes["tha"].until(offered, "COMPLETED")


async def _the_month_ends(month: Month) -> None:
    """Day 32: the month's work; old dailies go, and the other node renews thirty days before the end."""
    await month.day(32)
    backups = month.home / "srv" / "backup"
    first = min(backups.glob("broker-*"))
    at_broker, _, _ = await month.look()
    assert "The TLS certificate of tha" in at_broker
    assert re.search(r"ends in 2[89] days", at_broker)
    for file in backups.glob("*-20*"):  # the file system goes by the real clock
        made = datetime.fromisoformat(f"{file.stem[-10:]}T00:00:00+00:00").timestamp()
        os.utime(file, (made, made))
    for block, verify in (
        ("month-month-of-the-broker", "broker verify"),
        ("month-month-of-a-node", "registry-node verify"),
    ):
        assert "Everything holds." in (await month.typed(block))[verify]
    kept = {each.name for each in backups.iterdir()}
    assert first.name not in kept
    assert {f"broker-{month.network.now:%F}.sqlite", "monthly"} < kept
    assert len(list((backups / "monthly").iterdir())) == 1
    tha = {
        "/var/lib/itmo-node/che-registry": str(month.home / "tha"),
        "/tmp/che-renewed.json": str(month.home / "tmp" / "tha-renewed.json"),
    }
    await month.typed("operating-renew-a-node", tha)
    await month.network.transfer()
    at_broker, *_ = await month.look()
    assert "The TLS certificate" not in at_broker
