# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The drill: two brokers on three servers, registries that trade, and one after the other what may fail, failing."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final

from deploy.demo.programs import BIN, DemoFailed, free_address
from tests.attacks.honest import RunningPair, SpeakingPair
from tests.attacks.network import Network, found
from tests.availability.cluster import Cluster, Member, NotAvailable
from tests.availability.proxy import Proxy

QUIET_SECONDS: Final = 3.0
"""Trading between two events."""
READY_SECONDS: Final = 60.0
NODES_SECONDS: Final = 90.0
"""One transfer there and one back, when the wait for a decision that was under way is over: 20 s each."""
FROZEN_SECONDS: Final = 15.0
"""Longer than any connection waits for a word (10 s), or a leader's place is kept for one that is silent."""
FAKETIME: Final = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")
_LOOK: Final = 0.01


@dataclass
class BrokerProcess:
    """One of the brokers: a directory of its own, with the keys of the one broker that they are.

    Attributes:
        ended: How often it ended by itself.
    """

    folder: Path
    listen: str
    variables: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    ended: int = 0

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        return _address(self.listen)

    def start(self, besides: Mapping[str, str] = MappingProxyType({})) -> None:
        """Starts it; `besides` is in its environment, too."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [BIN / "broker", "--dir", self.folder, "serve"],
                env={**self.variables, **besides, "ITMO_BROKER_SERVER__LISTEN": self.listen},
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    async def until_serves(self) -> None:
        """Waits until it takes calls; one that has ended is started again, as a service manager would."""
        host, _, port = self.listen.rpartition(":")
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until:
            if self.process is None or self.process.poll() is not None:
                self.start()
            with suppress(OSError):
                _, writer = await asyncio.open_connection(host, int(port))
                writer.close()
                return
            await asyncio.sleep(0.2)
        raise NotAvailable(f"{self.folder.name} does not serve: {self.said()}")

    def signal(self, number: int) -> None:
        """Sends a signal to all its processes."""
        for each in self.processes():
            with suppress(ProcessLookupError):
                os.kill(each, number)

    def processes(self) -> list[int]:
        """The process that decides, then its workers."""
        if self.process is None:
            return []
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [pid, *map(int, children)]

    def kill(self) -> None:
        """Ends it as a power cut would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        self.process = None

    async def kept_running(self) -> None:
        """Starts it again whenever it ends by itself, as a service manager would."""
        while True:
            if self.process is not None and self.process.poll() is not None:
                self.ended += 1
                self.start()
            await asyncio.sleep(1.0)

    def said(self, since: int = -1500) -> str:
        """Its log from a character on; unless told otherwise, its end."""
        return (self.folder / "log").read_text()[since:]


@dataclass(frozen=True)
class Gap:
    """An event, and for how long nothing was answered around it."""

    event: str
    seconds: float


@dataclass
class Drill:
    """What runs.

    Attributes:
        gaps: What happened so far.
        say: Told of each gap.
    """

    home: Path
    cluster: Cluster
    network: Network
    brokers: list[BrokerProcess]
    balancer: Proxy
    pair: SpeakingPair
    nodes: RunningPair
    say: Callable[[Gap], object]
    gaps: list[Gap] = field(default_factory=list)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def trade(self, seconds: float = QUIET_SECONDS) -> None:
        """Lets the registries trade; they must get on."""
        before = self.pair.transfers
        await asyncio.sleep(seconds)
        async with asyncio.timeout(READY_SECONDS):
            while self.pair.transfers == before:  # noqa: ASYNC110  # no event tells
                await asyncio.sleep(_LOOK)

    async def _gap(self, event: str, happens: Callable[[], Awaitable[object]]) -> None:
        """Has something happen, and measures the longest time without an answer until trade goes on."""
        longest, last, known = 0.0, time.monotonic(), len(self.pair.acknowledged)
        done = asyncio.ensure_future(_and_trade(self, happens))
        while not done.done():
            await asyncio.sleep(_LOOK)
            now = time.monotonic()
            longest = max(longest, now - last)
            if len(self.pair.acknowledged) != known:
                known, last = len(self.pair.acknowledged), now
        await done
        gap = Gap(event, round(longest, 2))
        self.gaps.append(gap)
        self.say(gap)

    async def kill_leader(self, asleep: BrokerProcess | None = None) -> None:
        """The machine of the leader loses its power; another one takes its place, and it starts again.

        Args:
            asleep: A broker that sleeps meanwhile, and goes on as if nothing had been.
        """
        old = await self.cluster.until_leader()
        if asleep is not None:
            self._put_to_sleep(asleep)

        async def happens() -> None:
            self.cluster.kill(old)
            await self.cluster.until_leader(old)

        await self._gap("the leader is killed", happens)
        if asleep is not None:
            self._wake(asleep)
        self.cluster.start_member(old)

    def _put_to_sleep(self, broker: BrokerProcess) -> None:
        broker.signal(signal.SIGSTOP)
        self.balancer.leave_out(broker.address)

    def _wake(self, broker: BrokerProcess) -> None:
        broker.signal(signal.SIGCONT)
        self.balancer.take_in(broker.address)

    async def kill_broker(self, number: int) -> None:
        """A broker is killed; the other one goes on, and it comes back."""
        broker = self.brokers[number]

        async def happens() -> None:
            broker.kill()

        await self._gap(f"{broker.folder.name} is killed", happens)
        await broker.until_serves()

    async def switch_over(self) -> None:
        """The leader hands over in order."""
        await self._gap("a planned switchover", self.cluster.switch_over)
        await self.cluster.until_whole()

    async def partition(self) -> None:
        """The leader cannot reach etcd any more: it must give its place up by itself."""
        old = await self.cluster.until_leader()

        async def happens() -> None:
            for each in old.to_etcd:
                each.cut()
            await self.cluster.until_leader(old)

        await self._gap("the leader is cut off from etcd", happens)
        for each in old.to_etcd:
            each.heal()
        await self.cluster.until_whole()

    async def kill_standby(self) -> None:
        """The machine of the synchronous standby loses its power: the third server takes its part."""
        old = await self.cluster.standby()

        async def happens() -> None:
            self.cluster.kill(old)

        await self._gap("the synchronous standby is killed", happens)
        await self._come_back(old)

    async def kill_etcd(self) -> None:
        """A member of etcd is killed: two are enough."""

        async def happens() -> None:
            self.cluster.kill_etcd(0)

        await self._gap("a member of etcd is killed", happens)
        self.cluster.start_etcd(0)

    async def freeze_broker(self, number: int, seconds: float) -> None:
        """A broker with all its processes sleeps, and goes on as if nothing had been."""
        broker = self.brokers[number]

        async def happens() -> None:
            self._put_to_sleep(broker)
            await self.trade(seconds)

        await self._gap(f"{broker.folder.name} sleeps for {seconds:g} s", happens)
        self._wake(broker)
        await self.trade(1.0)

    async def wrong_clock(self, number: int, ahead: str) -> None:
        """A broker starts with a clock that is wrong by hours: it must decide nothing."""
        broker = self.brokers[number]
        decided = len(self.pair.acknowledged)

        async def happens() -> None:
            broker.kill()
            before = len(broker.said(0))
            self.balancer.leave_out(broker.address)
            broker.start(
                {
                    "LD_PRELOAD": str(FAKETIME),
                    "FAKETIME": ahead,
                    "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                }
            )
            async with asyncio.timeout(READY_SECONDS):
                while "clock_jumped" not in broker.said(before):  # noqa: ASYNC110  # no event tells
                    await asyncio.sleep(_LOOK)
            self.balancer.take_in(broker.address)
            self.balancer.cut()
            self.balancer.heal()
            await asyncio.sleep(3.0)  # half of the connections lead to it
            self.balancer.leave_out(broker.address)

        await self._gap(f"the clock of {broker.folder.name} is {ahead}", happens)
        assert len(self.pair.acknowledged) > decided
        broker.kill()
        broker.start()
        await broker.until_serves()
        self.balancer.take_in(broker.address)

    async def fill_leaders_disk(self) -> None:
        """The leader's disk is full: its server fails, and another one takes its place."""
        old = await self.cluster.until_leader()

        async def happens() -> None:
            self.cluster.fill_disk(old)
            await self.cluster.until_leader(old)

        await self._gap("the leader's disk is full", happens)
        self.cluster.empty_disk(old)
        await self.cluster.until_whole()

    async def _come_back(self, member: Member) -> None:
        self.cluster.start_member(member)
        await self.cluster.until_whole()

    async def nodes_trade(self) -> None:
        """Waits until nodes have traded after whatever happened last: as all is whole again, they do.

        Raises:
            NotAvailable: They did not.
        """
        before = len(self.nodes.completed)
        for _ in range(round(NODES_SECONDS / _LOOK)):
            if len(self.nodes.completed) > before:
                return
            await asyncio.sleep(_LOOK)
        raise NotAvailable(f"nodes did not trade within {NODES_SECONDS:g} s")

    async def settle(self) -> dict[str, object]:
        """Ends the trade and looks what is left of it; every value is empty or 0 where all is well."""
        await self.nodes_trade()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.pair.pause()
        for broker in self.brokers:
            await broker.until_serves()
        kept = await asyncio.to_thread(self._kept)
        lost = sum(h not in kept for one in self.pair.acknowledged for h in one.answers)
        verified = await self.network.verify()
        return {
            "statements lost": lost,
            "answers that differ": await self.pair.replay(random.Random(1)),
            "transfers lost by nodes": await self.nodes.missing(),
            "problems": [*self.pair.problems, *self.nodes.problems],
            **{f"verify {name}": told for name, told in verified.items()},
        }

    def _kept(self) -> set[bytes]:
        leader = self.cluster.leader()
        if leader is None:
            raise NotAvailable("no leader")
        with self.cluster.connect(leader, "itmo") as connection:
            return {
                bytes(row[0]) for row in connection.execute("SELECT payload_hash FROM statement")
            }


async def _and_trade(drill: Drill, happens: Callable[[], Awaitable[object]]) -> None:
    await happens()
    await drill.trade(1.0)


async def _nodes_trade(nodes: RunningPair) -> None:
    """Nodes that run as programs trade; what does not complete while nothing is decided is no fault."""
    serial = 0
    while True:
        serial += 1
        try:
            await nodes.there_and_back(serial)
        except DemoFailed:
            await asyncio.sleep(1.0)
        await asyncio.sleep(0.2)


def say_logs(home: Path) -> None:
    """Shows the end of each log, for whoever has to find out why the drill failed."""
    for log in (*home.glob("**/log"), *home.glob("**/*.log")):
        sys.stderr.write(f"== {log}\n{log.read_text(errors='replace')[-1500:]}\n")


@asynccontextmanager
async def staged(
    home: Path, say: Callable[[Gap], object], settings: Mapping[str, str], cluster: Cluster
) -> AsyncIterator[Drill]:
    """Brings everything up, and down again."""
    network: Network | None = None
    drill: Drill | None = None
    try:
        await cluster.start()
        variables = {
            "ITMO_BROKER_DATABASE__URL": f'"{cluster.url}"',
            "ITMO_BROKER_DATABASE__SHARED": "true",
        }
        network = await found(home / "network", variables=variables)
        drill = await _with_two_brokers(home, cluster, network, say, settings)
        yield drill
    except BaseException:
        say_logs(home)
        raise
    finally:
        if drill is not None:
            for broker in drill.brokers:
                broker.kill()
            await drill.balancer.stop()
            with contextlib.suppress(Exception):
                await drill.pair.stop()
        if network is not None:
            await network.close()
        await cluster.stop()


async def _with_two_brokers(
    home: Path,
    cluster: Cluster,
    network: Network,
    say: Callable[[Gap], object],
    settings: Mapping[str, str],
) -> Drill:
    """In place of the one broker a load balancer, and two behind it."""
    service = network.programs.services.pop("broker")
    service.process.terminate()
    await asyncio.to_thread(service.process.wait)
    first = network.home / "broker"
    second = network.home / "broker2"
    shutil.copytree(first, second, ignore=shutil.ignore_patterns("*.sock"))
    brokers = [
        BrokerProcess(folder, free_address(), {**network.programs._environment, **settings})
        for folder in (first, second)
    ]
    for broker in brokers:
        broker.start()
    for broker in brokers:
        await broker.until_serves()
    balancer = Proxy(*(_address(each.listen) for each in brokers))
    balancer.port = _address(network.address)[1]
    await balancer.start()
    pair = SpeakingPair(network.home, network.address)
    nodes = RunningPair(network.nodes)
    await pair.start()
    drill = Drill(home, cluster, network, brokers, balancer, pair, nodes, say)
    kept = (each.kept_running() for each in brokers)
    drill.tasks = [asyncio.create_task(each) for each in (_nodes_trade(nodes), *kept)]
    return drill


async def play_more(drill: Drill, *, disks: bool) -> None:
    """What else may fail, once each."""
    await drill.kill_standby()
    for number in range(len(drill.brokers)):
        await drill.freeze_broker(number, FROZEN_SECONDS)
    if FAKETIME.exists():
        for ahead in ("+5h", "-5h"):
            await drill.wrong_clock(1, ahead)
    if disks:
        await drill.fill_leaders_disk()
    await drill.trade()


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host, int(port)


async def play(drill: Drill, kills: int) -> None:
    """Everything that may fail, so often."""
    await drill.trade()
    for number in range(kills):
        at = number % len(drill.brokers)
        await drill.kill_leader(drill.brokers[at - 1])
        await drill.kill_broker(at)
        await drill.cluster.until_whole()
    await drill.kill_etcd()
    await drill.switch_over()
    await drill.partition()
    await drill.trade()
