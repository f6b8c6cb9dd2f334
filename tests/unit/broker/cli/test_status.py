# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`broker status`: what it says, its exit status, and what it costs."""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from broker.authority import load_authority
from itmo.identifiers import NetworkId, NodeId
from tests.unit.broker.cli.kit import NETWORK, broker, set_up
from tests.unit.broker.cli.test_running import started

NOT_LOADED = (
    "broker.app", "broker.serving", "broker.settings", "broker.store", "broker.clearing.path.house",
    "itmo.runtime.rpc.server", "sqlalchemy", "alembic", "pydantic", "uvloop", "itmo.envelope",
)  # fmt: skip
COST_SECONDS = 0.5


def certify(place: Path, days_ago: int) -> None:
    """Exchanges the broker's certificate for one that was made some time ago."""
    tls = place / "tls"
    authority = load_authority(NetworkId(NETWORK), tls / "ca.pem", place / "authority" / "ca.key")
    key = load_pem_private_key((tls / "broker.key").read_bytes(), None)
    issued = authority.certify_server(
        NodeId("broker"),
        key.public_key(),  # type: ignore[arg-type]  # of the kind that `init` makes
        ["localhost"],
        datetime.now(UTC) - timedelta(days=days_ago),
    )
    (tls / "broker.pem").write_text(issued.pem)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    where = tmp_path_factory.mktemp("served")
    place = set_up(where / "b", "--listen", "127.0.0.1:0", "--public", "localhost:7443")
    process = started(place, where)
    try:
        yield place
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


@pytest.mark.slow
def test_nothing_of_the_server_is_loaded(served: Path) -> None:
    code = (
        "import sys\nfrom broker.cli import root\n"
        "status = root.main(['--dir', sys.argv[1], 'status'], standalone_mode=False)\n"
        f"print(status, [each for each in {NOT_LOADED!r} if each in sys.modules])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, str(served)], capture_output=True, text=True, check=True
    )
    assert ran.stdout.splitlines()[-1] == "0 []"


@pytest.mark.slow
def test_it_costs_less_than_half_a_second(served: Path) -> None:
    costs = []
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [sys.executable, "-m", "broker", "--dir", str(served), "status"],
            capture_output=True, check=True,
        )  # fmt: skip
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        costs.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(costs) < COST_SECONDS, costs


def test_it_says_version_start_disk_back_up_and_ends(served: Path, tmp_path: Path) -> None:
    text = broker("--dir", served, "status").stdout
    for name in ("version", "running since", "disk", "last back-up", "next to end", "queue"):
        assert name in text
    assert "none is known" in text
    assert broker("--dir", served, "backup", tmp_path / "copy").exit_code == 0
    assert "none is known" not in broker("--dir", served, "status").stdout
    program = broker("--dir", served, "status", "--json").json["program"]
    assert program["software_version"]
    assert int(program["disk_free_bytes"]) < int(program["disk_total_bytes"])
    assert {each["nearness"] for each in program["expiries"]} == {"FAR"}
    figures = broker("--dir", served, "status", "--metrics").stdout
    assert "itmo_broker_queue_depth 0" in figures
    assert "itmo_broker_back_up_time_seconds" in figures


def test_it_says_how_far_the_timeline_is(served: Path) -> None:
    told = broker("--dir", served, "--json", "status").json
    assert told["timeline"]["decisions"] + told["timeline"]["behind"] == told["log_size"]
    assert "itmo_broker_timeline_behind" in broker("--dir", served, "status", "--metrics").stdout


def test_a_certificate_that_ends_soon_is_told_and_one_that_ended_stops_the_health(
    served: Path,
) -> None:
    certify(served, days_ago=340)
    soon = broker("--dir", served, "status")
    assert soon.exit_code == 1
    assert "The TLS certificate of broker" in soon.stdout
    assert "ends in 24 days" in soon.stdout
    assert "Renew it" in soon.stdout
    asked = broker("--dir", served, "status", "--json")
    assert (asked.exit_code, "ends in 24 days" in asked.json["warnings"][0]) == (1, True)
    assert broker("--dir", served, "status", "--health").exit_code == 0
    certify(served, days_ago=370)
    ended = broker("--dir", served, "status", "--health")
    assert ended.exit_code == 1
    assert "ended 5 days ago" in ended.stdout
    certify(served, days_ago=0)
    assert broker("--dir", served, "status").exit_code == 0


def test_one_that_does_not_run_says_so(tmp_path: Path) -> None:
    place = set_up(tmp_path / "b")
    ran = broker("--dir", place, "status", "--json")
    assert (ran.exit_code, ran.json["error"]["reason"]) == (3, "PROGRAM_NOT_RUNNING")
    assert NETWORK in ran.json["error"]["message"]
    assert "not running" in broker("--dir", place, "status").stderr
