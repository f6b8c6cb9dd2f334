# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`registry-node status` and its alarms: what they say, exit status, and what they cost."""

from __future__ import annotations

import asyncio
import resource
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from broker.authority import create_authority
from itmo.identifiers import NodeId
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.rpc.callers import identify_as
from itmo.runtime.rpc.interceptors import CallGuard
from itmo.runtime.rpc.server import add_unix_port, make_server, stop_gracefully
from itmo.runtime.rpc.tls import TlsFiles
from itmo.runtime.rpc.tls_keys import generate_tls_key
from registry_node.api.operator_service import OPERATOR_LIMITS, OperatorServicer, add_to_server
from registry_node.expiries import NodeExpiries
from tests.api.test_node_cli import Terminal
from tests.unit.registry_node.broker_double import NETWORK, Network

NAME = "tha-registry"
NOT_LOADED = (
    "registry_node.app", "registry_node.service", "registry_node.settings", "registry_node.store",
    "itmo.runtime.rpc.server", "sqlalchemy", "alembic", "pydantic", "itmo.envelope",
    "itmo.registry.v1.office_service_pb2_grpc", "itmo.registry.v1.paris_service_pb2_grpc",
)  # fmt: skip
COST_SECONDS = 0.5


@pytest.fixture
async def terminal(tmp_path: Path) -> AsyncIterator[Terminal]:
    """A folder whose node runs, with a certificate made at the start of the double's time."""
    network = Network()
    node = await network.join(NAME, "THA01")
    (tmp_path / "node.toml").write_text(f"[node]\nid = '{NAME}'\n")
    now = network.clock.now()
    authority = create_authority(NETWORK, tmp_path / "ca.pem", tmp_path / "ca.key", now)
    key = generate_tls_key(tmp_path / "tls.key")
    issued = authority.certify_server(NodeId(NAME), key.public_key(), [], now)
    (tmp_path / "node.pem").write_text(issued.pem)
    expiries = NodeExpiries(
        node,
        tls=TlsFiles(tmp_path / "ca.pem", tmp_path / "node.pem", tmp_path / "tls.key"),
        database=tmp_path / "node.db",
    )  # fmt: skip
    guard = CallGuard(identify=identify_as(NETWORK, NodeId(NAME)), limits=OPERATOR_LIMITS)
    server = make_server(interceptors=[guard])
    add_to_server(OperatorServicer(node, expiries.standing), server)
    add_unix_port(server, tmp_path / "node.sock")
    await server.start()
    node.health.succeeded()
    yield Terminal(tmp_path, network, node, node, "")
    await stop_gracefully(server, guard=guard, grace_seconds=0)
    for store in network.stores.values():
        await store.close()


async def test_it_says_version_start_disk_back_up_and_ends(terminal: Terminal) -> None:
    code, text = await terminal.run("status")
    assert code == 0, text
    for name in ("version", "running since", "disk", "last back-up", "next to end", "messages"):
        assert name in text
    found = await terminal.ask("status")
    assert isinstance(found["warnings"], list), "as `broker status --json` says them"
    assert {each["nearness"] for each in found["program"]["expiries"]} == {"FAR"}
    code, text = await terminal.run("status", "--metrics")
    assert (code, "itmo_node_connected 1" in text) == (0, True)


async def test_a_node_that_is_not_connected_does_not_pass(terminal: Terminal) -> None:
    terminal.node.health.failed(ProtocolError(Reason.BROKER_UNREACHABLE, "the line is down"))
    for words in (["status"], ["status", "--health"], ["status", "--json"]):
        code, text = await terminal.run(*words)
        assert code == 1, words
        assert "the line is down" in text
    code, text = await terminal.run("status", "--metrics")
    assert (code, "itmo_node_connected 0" in text) == (1, True)


async def test_a_node_that_is_slowed_is_connected_and_says_until_when(terminal: Terminal) -> None:
    share = "tha-registry sends faster than its share; send again in 4000 ms, or in batches."
    asked = ProtocolError(Reason.RATE_LIMITED, share, retry_after_ms=4_000)
    for terminal.node.health.connected in (
        False,
        True,
    ):  # before and after a first call got through
        terminal.node.health.failed(asked)
        code, text = await terminal.run("status")
        said = " ".join(text.split())
        assert code == 0, text
        assert "connected and being slowed" in said
        assert (
            "asks this node to wait until 2026-06-01 00:00:04Z: tha-registry sends faster" in said
        )
        assert "Wait as long as the answer says" in said
        assert "not connected" not in said
        assert "last error" not in said
    found = await terminal.ask("status")
    assert (found["connected"], found["slowed"]["refusal"]["code"]) == (True, "RATE_LIMITED")
    assert found["slowed"]["until"].startswith("2026-06-01T00:00:04")
    assert "itmo_node_slowed 1" in (await terminal.run("status", "--metrics"))[1]
    terminal.node.health.failed(ProtocolError(Reason.SHUTTING_DOWN, "The service is stopping."))
    code, text = await terminal.run("status")
    assert (code, "not connected" in text, "wait until" in text) == (1, True, False)


async def test_what_ends_is_told_and_what_ended_stops_the_health(terminal: Terminal) -> None:
    terminal.network.clock.advance(timedelta(days=340))
    code, text = await terminal.run("status")
    assert (code, "ends in 25 days" in " ".join(text.split())) == (1, True)
    assert (await terminal.run("status", "--health"))[0] == 0
    terminal.network.clock.advance(timedelta(days=30))
    code, text = await terminal.run("status", "--health")
    assert (code, "ended 5 days ago" in " ".join(text.split())) == (1, True)


async def test_alarms_are_grouped_and_acknowledged(terminal: Terminal) -> None:
    for code, found in (("CLOCK_SKEW", "one"), ("KEY_REFUSED", "two"), ("CLOCK_SKEW", "three")):
        await terminal.node.work.run(lambda trip, c=code, f=found: trip.alarm(c, f))  # type: ignore[misc]
    text = (await terminal.run("status"))[1]
    assert "CLOCK_SKEW, 2 since 2026-06-01 00:00:00Z: three" in text
    assert "one" not in text.replace("none", "")
    assert "3 alarms" in text
    listed = (await terminal.ask("alarms"))["alarms"]
    assert [each["found"] for each in listed] == ["one", "two", "three"]
    assert (await terminal.run("acknowledge-alarms"))[0] == 2
    assert (await terminal.run("acknowledge-alarms", "77"))[0] == 1
    assert await terminal.ask("acknowledge-alarms", "--code", "CLOCK_SKEW") == {"acknowledged": 2}
    found = await terminal.ask("status")
    assert ([each["code"] for each in found["alarms"]], found["open_alarms"]) == (
        ["KEY_REFUSED"],
        1,
    )
    assert "acknowledge-alarms --all` takes" in " ".join((await terminal.run("status"))[1].split())
    assert (await terminal.ask("acknowledge-alarms", listed[1]["number"]))["acknowledged"] == 1
    await terminal.node.work.run(lambda trip: trip.alarm("CLOCK_SKEW", "four"))
    assert await terminal.ask("acknowledge-alarms", "--all") == {"acknowledged": 1}
    assert "There is no alarm" in (await terminal.run("alarms"))[1]
    every = (await terminal.ask("alarms", "--all"))["alarms"]
    assert (len(every), all(each["acknowledge_time"] for each in every)) == (4, True)


async def ran(folder: Path, *start: str) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable, *start, str(folder), stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    return out.decode()


async def test_nothing_of_the_node_is_loaded(terminal: Terminal) -> None:
    code = (
        "import sys\nfrom registry_node.cli import main\n"
        "main.main(['--dir', sys.argv[1], 'status'], standalone_mode=False)\n"
        f"print([each for each in {NOT_LOADED!r} if each in sys.modules])"
    )
    assert (await ran(terminal.folder, "-c", code)).splitlines()[-1] == "[]"


@pytest.mark.slow
async def test_it_costs_less_than_half_a_second(terminal: Terminal) -> None:
    code = (
        "import sys\nfrom registry_node.cli import main\nmain(['--dir', sys.argv[1], 'status'])\n"
    )
    costs = []
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        await ran(terminal.folder, "-c", code)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        costs.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(costs) < COST_SECONDS, costs
