# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The kit on our own programs: real processes, real mutual TLS."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from broker.bench.field import BROKER, NETWORK, Field, Trader, build_field, receipt_signer
from broker.bench.field import write_target as describe
from deploy.demo.network import found
from deploy.demo.programs import Programs
from deploy.demo.telling import Stage
from itmo.clearing.v1 import delivery_service_pb2
from tests.conformance import identities, report, speaking
from tests.conformance.__main__ import main
from tests.conformance.identities import IdentitiesError


@pytest.fixture(scope="module")
def field_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An identity file without fault; no broker runs."""
    return _identities(asyncio.run(build_field(tmp_path_factory.mktemp("field"), 1)))


def _identities(made: Field) -> Path:
    def side(trader: Trader) -> dict[str, str]:
        seed = trader.chain.node.encode().ljust(32, b".")
        key = made.directory / f"{trader.chain.node}.message.pem"
        key.unlink(missing_ok=True)
        key.touch(0o600)
        key.write_bytes(
            Ed25519PrivateKey.from_private_bytes(seed).private_bytes(
                Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
            )
        )
        return {
            "node": trader.chain.node,
            "registry": trader.registry,
            "account": trader.account,
            "key": key.name,
            "ca": trader.tls.ca.name,
            "certificate": trader.tls.certificate.name,
            "tls_key": trader.tls.key.name,
        }

    path = made.directory / "identities.json"
    pair = made.pairs[0]
    path.write_text(
        json.dumps(
            {
                "network_id": NETWORK,
                "broker_node": BROKER,
                "broker_key": receipt_signer(made.directory).public_key.hex(),
                "server_name": "localhost",
                "first": 1,
                "giver": side(pair.giver),
                "taker": side(pair.taker),
            }
        )
    )
    return path


async def read_all(path: Path, address: str) -> None:
    """Acknowledges everything in the taker's mailbox, as its node would have."""
    pair = speaking.pair_of(path, address)
    fetch = delivery_service_pb2.FetchRequest(cursor=0, max_deliveries=1)
    last = (await pair.taker.deliveries.Fetch(fetch, timeout=20)).last_sequence
    await pair.taker.deliveries.Acknowledge(
        delivery_service_pb2.AcknowledgeRequest(sequence=last), timeout=20
    )
    for speaker in (pair.giver, pair.taker):
        await speaker.channel.close()


@pytest.mark.slow
async def test_our_broker_conforms_again_and_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The second run finds used serial numbers and a mailbox that was read to its end."""
    made = await build_field(tmp_path, 1)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "broker.bench.target",
        str(describe(made)),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), 30)
        address, path = f"127.0.0.1:{int(line)}", _identities(made)
        words = ["broker", "--address", address, "--format", "json", "--identities", str(path)]
        for _ in range(3):
            capsys.readouterr()  # what preparing the field has logged
            status = await asyncio.to_thread(main, words)
            told = json.loads(capsys.readouterr().out)
            assert [case for case in told["cases"] if not case["passed"]] == []
            assert (status, told["ok"]) == (0, True)
            await read_all(path, address)
        for change, said in (
            ({"first": 2**40}, "giver.account has no unit that can go to the taker"),
            ({"broker_key": "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"},
             "broker_key is no key of"),
        ):  # fmt: skip
            path.write_text(json.dumps(json.loads(path.read_text()) | change))
            with pytest.raises(SystemExit) as ended:
                await asyncio.to_thread(main, words)
            assert ended.value.code == 2
            assert said in capsys.readouterr().err
            path = _identities(made)
    finally:
        process.terminate()
        await process.wait()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"giver": None}, "giver is not an object"),
        ({"first": "1"}, "first is not a whole number"),
        ({"first": 0}, "serial numbers count from 1"),
        ({"broker_key": "xyz"}, "broker_key is not hexadecimal"),
        ({"broker_key": "00" * 32}, "broker_key: The public key"),
        ({"servername": "x"}, "servername is not known; members are network_id"),
        ({"network_id": "Test"}, "network_id: found"),
        ({"network_id": "other-net"}, "giver.certificate names spiffe://"),
        ({"giver.account": "TH00THA0110000000001"}, "giver.account: found"),
        ({"giver.registry": "BRA01"}, "is not of the Party of BRA01"),
        ({"giver.key": "nowhere.pem"}, "giver.key: there is no file"),
        ({"giver.tls_key": "nowhere.pem"}, "giver.tls_key: there is no file"),
        ({"giver.node": "somebody"}, "giver.certificate names spiffe://"),
    ],
)
def test_what_is_wrong_with_an_identity_file_is_said(
    tmp_path_factory: pytest.TempPathFactory, field_path: Path, change: dict[str, object], said: str
) -> None:
    told = json.loads(field_path.read_text())
    for name, value in change.items():
        side, _, member = name.rpartition(".")
        (told[side] if side else told)[member] = value
    path = field_path.with_name(f"{tmp_path_factory.mktemp('x').name}.json")
    path.write_text(json.dumps(told))
    with pytest.raises(IdentitiesError) as refused:
        identities.read(path)
    assert said in str(refused.value)


def test_every_fault_of_an_identity_file_is_said_at_once(tmp_path: Path) -> None:
    path = tmp_path / "identities.json"
    with pytest.raises(IdentitiesError, match="cannot be read"):
        identities.read(path)
    path.write_text("{")
    with pytest.raises(IdentitiesError, match="is no JSON"):
        identities.read(path)
    path.write_text("{}")
    with pytest.raises(IdentitiesError) as refused:
        identities.read(path)
    assert [line.rpartition(": ")[2] for line in str(refused.value).splitlines()] == [
        f"{name} is missing"
        for name in sorted(
            ("network_id", "broker_node", "broker_key", "server_name", "first", "giver", "taker")
        )
    ]


@pytest.mark.slow
async def test_our_node_conforms(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    programs = Programs(tmp_path, 2)
    try:
        network = await found(programs, Stage(quiet_output=True))
        await network.hang_up()
        address = f"unix:{tmp_path / 'che' / 'node.sock'}"
        status = await asyncio.to_thread(main, ["node", "--address", address, "--format", "json"])
    finally:
        programs.stop()
    told = json.loads(capsys.readouterr().out)
    assert [case for case in told["cases"] if not case["passed"]] == []
    assert status == 0


def test_what_does_not_conform_is_told() -> None:
    async def fails(_: None) -> None:
        report.expect(False, "seen <this>")  # see expect

    cases = [report.Case("X01", "Something & more.", fails)]
    results = asyncio.run(report.play(cases, None))
    assert "FAIL  X01" in report.as_text(results)
    assert json.loads(report.as_json(results))["ok"] is False
    assert "&lt;this&gt;" in report.as_junit(results)
