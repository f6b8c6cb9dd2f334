# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""From nothing to a running node: init, join, check-config, serve, and an orderly stop."""

from __future__ import annotations

import asyncio
import hashlib
import json
import signal
import socket
import sqlite3
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from broker.authority import create_authority
from itmo.admission import Admission, BrokerKey, write_admission
from itmo.identifiers import NetworkId, NodeId
from itmo.joining import read_join_request
from itmo.keys import KeyPurpose
from registry_node.cli import main
from registry_node.store.database import Store
from tests.unit.registry_node.broker_double import signer_of

NETWORK = NetworkId("itmo-test")
NOW = datetime.now(UTC)


def run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["--dir", str(folder), *words])


def init(folder: Path) -> Result:
    words = ("--node", "che-registry", "--kind", "national", "--registry", "CHE01")
    return run(folder, "init", *words, "--network", NETWORK, "--json")


def admission_for(
    folder: Path, broker_address: str, node: str = "che-registry", network: NetworkId = NETWORK
) -> Path:
    request = read_join_request((folder / "join-request.json").read_text())
    authority = create_authority(network, folder / "ca.pem", folder / "ca-key.pem", NOW)
    certificate = authority.certify_node(request.node, request.tls_request, NOW)
    admission = Admission(
        network_id=network,
        test_network=True,
        node=NodeId(node),
        broker_node=NodeId("hub"),
        broker_address=broker_address,
        ca_pem=authority.pem,
        certificate_pem=certificate.pem,
        broker_keys=(
            BrokerKey(
                KeyPurpose.SIGN_RECEIPT,
                signer_of("hub").public_key,
                NOW - timedelta(days=1),
                NOW + timedelta(days=900),
            ),
        ),
    )
    file = folder / "admission.json"
    file.write_text(write_admission(admission))
    return file


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_init_makes_keys_settings_and_a_request(tmp_path: Path) -> None:
    made = json.loads(init(tmp_path).stdout)
    request = tmp_path / "join-request.json"
    assert made["sha256"] == hashlib.sha256(request.read_bytes()).hexdigest()
    read = read_join_request(request.read_text())
    assert (read.node, read.registries, read.designated_parties) == (
        "che-registry",
        ("CHE01",),
        ("CHE",),
    )
    for name in ("keys/message.pem", "keys/tls.pem"):
        assert (tmp_path / name).stat().st_mode & 0o077 == 0
    assert init(tmp_path).exit_code == 1  # nothing is ever overwritten


def test_joined_node_has_settings_in_order(tmp_path: Path) -> None:
    init(tmp_path)
    assert run(tmp_path, "check-config").exit_code == 2
    file = admission_for(tmp_path, "hub.example:7443")
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert run(tmp_path, "join", str(file), "--sha256", "0" * 64).exit_code == 2
    joined = run(tmp_path, "join", str(file), "--sha256", digest, "--json")
    assert joined.exit_code == 0, joined.output
    assert json.loads(joined.stdout)["broker_address"] == "hub.example:7443"
    checked = run(tmp_path, "check-config")
    assert checked.exit_code == 0, checked.output
    assert "in order" in checked.output
    assert "test_network = true" in (tmp_path / "node.toml").read_text()
    assert run(tmp_path, "join", str(file)).exit_code == 1


def test_admission_of_another_node_is_refused(tmp_path: Path) -> None:
    init(tmp_path)
    result = run(tmp_path, "join", str(admission_for(tmp_path, "h:1", "tha-registry")), "--json")
    assert result.exit_code == 2
    assert json.loads(result.stdout)["error"]["reason"] == "CONFIGURATION_INVALID"


@pytest.mark.parametrize("name", ["keys/tls.pem", "keys/message.pem"])
def test_open_key_files_are_found(tmp_path: Path, name: str) -> None:
    init(tmp_path)
    run(tmp_path, "join", str(admission_for(tmp_path, "hub.example:7443")))
    (tmp_path / name).chmod(0o644)
    assert run(tmp_path, "check-config").exit_code == 2


def test_check_config_names_files_that_others_can_open_or_change(tmp_path: Path) -> None:
    place = tmp_path / "node"
    place.mkdir(mode=0o700)
    init(place)
    words = ("join", str(admission_for(place, "h:1")), "--clock", "2023-08-01T00:00:00+0000")
    assert run(place, *words).exit_code == 0

    def private_files() -> str:
        return str(json.loads(run(place, "--json", "check-config").stdout)["private_files"])

    assert private_files() == "their owner's alone"
    (place / "data" / "node.db").chmod(0o644)
    (place / "data" / "node.db.head").chmod(0o640)
    (place / "tls" / "ca.pem").chmod(0o666)
    (place / "keys").chmod(0o707)
    assert private_files() == (
        "others can open data/node.db, data/node.db.head: set mode 0600;"
        " others can change tls/ca.pem, node/keys: take that right away (chmod o-w)"
    )
    for name in ("keys/message.pem", "keys/tls.pem"):
        (place / name).chmod(0o640)
    refused = run(place, "check-config")
    assert refused.exit_code == 2
    assert "keys/message.pem, keys/tls.pem" in " ".join(refused.output.split())
    for name in ("keys/message.pem", "keys/tls.pem"):
        (place / name).chmod(0o600)
    (place / "node.toml").chmod(0o646)
    assert "open for writing to everybody" in " ".join(run(place, "check-config").output.split())


def digest_of(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


async def process(folder: Path, *words: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "from registry_node.cli import main; main()",
        "--dir",
        str(folder),
        *words,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def test_node_serves_without_its_broker_and_stops_when_told(tmp_path: Path) -> None:
    init(tmp_path)
    file = admission_for(tmp_path, f"127.0.0.1:{closed_port()}")
    assert run(tmp_path, "join", str(file)).exit_code == 0
    node = await process(tmp_path, "serve")
    assert node.stderr is not None
    lines: list[bytes] = []
    try:
        while not lines or b'"event": "serving"' not in lines[-1]:
            line = await asyncio.wait_for(node.stderr.readline(), 60)
            assert line, b"".join(lines).decode()
            lines.append(line)
        asked = await asyncio.to_thread(run, tmp_path, "status", "--json")
        assert json.loads(asked.stdout)["node"] == "che-registry"
        assert (tmp_path / "node.sock").stat().st_mode & 0o777 == 0o600
        second = await process(tmp_path, "serve")
        _, err = await second.communicate()
        assert (second.returncode, b"another process" in err) == (2, True)
        words = ("open-account", "--type", "100", "--wait", "0.1")
        queued = await asyncio.to_thread(run, tmp_path, *words)
        assert (queued.exit_code, "Queued" in queued.stdout) == (3, True)
        for code in (0, 1):  # a copy of a store in use; nothing is overwritten
            copied = await asyncio.to_thread(
                run, tmp_path, "backup", str(tmp_path / "copy.db"), "--json"
            )
            assert copied.exit_code == code, copied.stderr
            said = json.loads(copied.stdout)
            assert code or said["sha256"] == digest_of(tmp_path / "copy.db")
            assert not code or said["error"]["reason"] == "ALREADY_EXISTS"
    finally:
        # As when a terminal closes; who runs the tests under `nohup` has that ignored.
        hung_up = signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN
        node.send_signal(signal.SIGHUP if hung_up else signal.SIGTERM)
        _, rest = await asyncio.wait_for(node.communicate(), 60)
    assert node.returncode == 0, rest.decode()
    assert b'"event": "stopped"' in rest
    assert b"Traceback" not in b"".join(lines) + rest
    for name in ("node.db", "node.db-wal", "node.db-shm", "node.db.head"):
        (tmp_path / "data" / name).unlink(missing_ok=True)
    (tmp_path / "copy.db").rename(tmp_path / "data" / "node.db")
    assert run(tmp_path, "head", "--accept-loss", "--yes").exit_code == 0
    assert await (await process(tmp_path, "verify")).wait() == 0
    with closing(sqlite3.connect(tmp_path / "data" / "node.db")) as restored:
        assert restored.execute("SELECT count(*) FROM outbox_item").fetchone() == (1,)


def test_a_certificate_for_another_key_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    """The answer to the request of another folder, for a node of the same name."""
    mine, other = tmp_path / "mine", tmp_path / "other"
    for folder in (mine, other):
        folder.mkdir()
        init(folder)
    before = (mine / "node.toml").read_bytes()
    result = run(mine, "join", str(admission_for(other, "hub.example:7443")), "--json")
    assert result.exit_code != 0
    assert json.loads(result.stdout)["error"]["reason"] == "KEY_REFUSED"
    assert "another key" in json.loads(result.stdout)["error"]["message"]
    assert (mine / "node.toml").read_bytes() == before
    assert list((mine / "tls").iterdir()) == []
    right = run(mine, "join", str(admission_for(mine, "hub.example:7443")), "--json")
    assert right.exit_code == 0, right.output


def offset_of(folder: Path) -> int | None:
    """What the clock of the node is ahead of the machine's, in milliseconds; None: no store."""
    path = folder / "data" / "node.db"
    if not path.exists():
        return None
    with closing(sqlite3.connect(path)) as store:
        found: int = store.execute("SELECT clock_offset_ms FROM node_state").fetchone()[0]
    return found


class PowerCut(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("again", [[], ["--clock", "2023-08-01T00:00:00+0000"]])
def test_a_join_with_a_clock_is_one_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, again: list[str]
) -> None:
    """A node that has joined has the clock it was given; until then nothing is left of it."""
    init(tmp_path)
    file, settings = admission_for(tmp_path, "h:1"), (tmp_path / "node.toml").read_text()
    words = ["join", str(file), "--clock", "2023-08-01T00:00:00+0000"]
    close = Store.close

    async def cut_off(*_: object) -> None:
        raise PowerCut

    async def closed_and_cut_off(store: Store) -> None:
        await close(store)
        raise PowerCut

    for step, cut in (("run", cut_off), ("close", closed_and_cut_off)):  # not yet stored; stored
        with monkeypatch.context() as patch:
            patch.setattr(Store, step, cut)
            with pytest.raises(PowerCut):
                main.main(["--dir", str(tmp_path), *words], standalone_mode=False)
        assert (tmp_path / "node.toml").read_text() == settings
    joined = run(tmp_path, *words[:2], *again)
    assert joined.exit_code == 0, joined.output
    offset = offset_of(tmp_path)
    assert offset is not None
    assert (offset < 0) is bool(again)
    assert run(tmp_path, "check-config").exit_code == 0


def test_an_admission_that_makes_no_settings_leaves_them(tmp_path: Path) -> None:
    init(tmp_path)
    file, settings = admission_for(tmp_path, "h:1"), (tmp_path / "node.toml").read_text()
    refused = run(tmp_path, "join", str(file), "--address", 'h:1"\nmore = "1')
    assert refused.exit_code == 2, refused.output
    assert (tmp_path / "node.toml").read_text() == settings
    assert run(tmp_path, "join", str(file)).exit_code == 0


@pytest.mark.parametrize("writes", [0, 1, 2])
def test_a_join_that_was_cut_off_is_done_again(
    tmp_path: Path, writes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    init(tmp_path)
    file = admission_for(tmp_path, "hub.example:7443")
    settings = (tmp_path / "node.toml").read_text()
    left = iter(range(writes))
    replace = Path.replace

    def cut(path: Path, to: Path) -> Path:
        if next(left, None) is None:
            raise PowerCut(path.name)
        return replace(path, to)

    monkeypatch.setattr(Path, "replace", cut)
    with pytest.raises(PowerCut):
        main.main(["--dir", str(tmp_path), "join", str(file)], standalone_mode=False)
    monkeypatch.undo()
    assert (tmp_path / "node.toml").read_text() == settings
    joined = run(tmp_path, "join", str(file))
    assert joined.exit_code == 0, joined.output
    assert run(tmp_path, "check-config").exit_code == 0
    assert not list(tmp_path.glob(".*.part"))
