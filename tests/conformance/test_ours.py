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
from tests.conformance import report
from tests.conformance.__main__ import main


def _identities(made: Field) -> Path:
    def side(trader: Trader) -> dict[str, str]:
        seed = trader.chain.node.encode().ljust(32, b".")
        key = made.directory / f"{trader.chain.node}.message.pem"
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


async def test_our_broker_conforms(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = await build_field(tmp_path, 1)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "broker.bench.target",
        str(describe(made, floor=False)),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), 30)
        words = ["broker", "--address", f"127.0.0.1:{int(line)}", "--format", "json"]
        words += ["--identities", str(_identities(made))]
        capsys.readouterr()  # what preparing the field has logged
        status = await asyncio.to_thread(main, words)
    finally:
        process.terminate()
        await process.wait()
    told = json.loads(capsys.readouterr().out)
    assert [case for case in told["cases"] if not case["passed"]] == []
    assert (status, told["ok"]) == (0, True)


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
