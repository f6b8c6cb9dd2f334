# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A certificate of a cancellation proves itself, and nothing else than what was signed."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from broker.reports.kyoto import certificate
from broker.reports.kyoto.attestation import BEGIN, END, Evidence, evidence, proved, unpacked
from itmo.core.v1 import decision_pb2, proposal_pb2
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from tests.kit.cdm import CANCELLED, ask, cdm_world, cers, out_of_pending
from tests.kit.clearing import ClearingWorld, batch, failed
from tests.unit.broker.cli.kit import broker

MADE = datetime(2023, 8, 2, tzinfo=UTC)


async def attested() -> tuple[ClearingWorld, str]:
    """A hundred CERs that were cancelled for somebody."""
    world = await cdm_world()
    cdm = world.senders["cdm"]
    await cdm.propose(cers(world, 1, 1_000))
    await ask(world, 1_000, 10_000)
    wanted = out_of_pending(world, "CANCELLATION", 1, 100, CANCELLED)
    wanted.terms.kyoto.purpose = "a flight to Lima"
    wanted.terms.kyoto.beneficiary = "Łukasz <Nowak> & 서울"
    wanted.terms.kyoto.reissued_in = "KOC"
    done = await cdm.propose(wanted)
    assert done.state == decision_pb2.STATE_COMPLETED, failed(done)
    # The log goes on behind it.
    await cdm.propose(cers(world, 2_001, 2_010))
    return world, wanted.transaction_id


@pytest.mark.parametrize("ending", ["html", "pdf"])
async def test_it_is_verified_without_a_database(ending: str, tmp_path: Path) -> None:
    world, name = await attested()
    found = evidence(world.connection, "test-net", name)
    words, wrong = proved(found)
    assert words is not None
    assert wrong == []
    written = {"html": certificate.page, "pdf": certificate.document}[ending](found, words, MADE)
    file = tmp_path / f"certificate.{ending}"
    file.write_text(written)
    assert unpacked(file.read_bytes()) == found
    ran = broker("kyoto", "verify-certificate", file)
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    for told in ("100, each one tonne", "CER of commitment period 1", "IND9876", "IND01 1-100",
                 "a flight to Lima", "KOC", "Everything fits."):  # fmt: skip
        assert told in ran.stdout
    key = found.receipt.signatures[0].keyid
    assert broker("kyoto", "verify-certificate", file, "--key", key).exit_code == 0
    other = broker("kyoto", "verify-certificate", file, "--key", "0" * 64, "--root", "0" * 64)
    assert other.exit_code == 1
    assert "is signed with key" in other.stdout
    assert "the root is" in other.stdout
    await world.house.stop()


def changed(file: str, change: Callable[[dict[str, Any]], None]) -> str:
    """A certificate with other evidence."""
    block = re.search(f"{BEGIN}(.+?){END}", file, re.DOTALL)
    assert block
    said = json.loads(base64.b64decode(block[1]))
    change(said)
    other = base64.encodebytes(json.dumps(said).encode()).decode()
    return file.replace(block[1], f"\n{other}\n")


def _payload(said: dict[str, Any], name: str) -> bytearray:
    return bytearray(base64.b64decode(said[name]["payload"]))


def _flip(name: str) -> Callable[[dict[str, Any]], None]:
    """A letter of the purpose, or of the last field, is another one."""

    def change(said: dict[str, Any]) -> None:
        payload = _payload(said, name)
        place = payload.find(b"Lima") if b"Lima" in payload else payload.find(b"-7")
        payload[place + 1] ^= 1
        said[name]["payload"] = base64.b64encode(payload).decode()

    return change


def _put(name: str, value: Any) -> Callable[[dict[str, Any]], None]:  # noqa: ANN401  # of JSON
    return lambda said: said.__setitem__(name, value)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (_flip("proposal"), "signature of the proposal does not fit"),
        (_flip("receipt"), "signature of the receipt does not fit"),
        (_flip("verdict"), "signature of the verdict does not fit"),
        (_put("root", "00" * 32), "the decision is not in the log"),
        (_put("size", 3), "the decision is not in the log"),
        (_put("statement_hashes", []), "is not among the statements of its decision"),
        (lambda said: said.__setitem__("verdict", said["receipt"]), "cannot be read"),
        (
            lambda said: said["receipt"].__setitem__("signatures", []),
            "the receipt has no signature",
        ),
        (_put("keys", {}), "does not fit key"),
    ],
)
async def test_whatever_is_changed_is_found(
    change: Callable[[dict[str, Any]], None], problem: str, tmp_path: Path
) -> None:
    world, name = await attested()
    found = evidence(world.connection, "test-net", name)
    words, _ = proved(found)
    assert words is not None
    file = tmp_path / "certificate.html"
    file.write_text(changed(certificate.page(found, words, MADE), change))
    ran = broker("kyoto", "verify-certificate", file)
    assert (ran.exit_code, ran.stderr) == (1, "")
    assert problem in " ".join(ran.stdout.split())
    await world.house.stop()


@pytest.mark.parametrize("text", ["", "a letter", f"{BEGIN}\nAAAA\n{END}", f"{BEGIN}\n!\n{END}"])
def test_a_file_that_is_none_is_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "certificate.pdf"
    file.write_text(text)
    ran = broker("kyoto", "verify-certificate", file)
    assert ran.exit_code in {1, 2}
    assert "evidence" in ran.stderr
    with pytest.raises(ProtocolError) as raised:
        unpacked(text.encode())
    assert raised.value.reason is Reason.PAYLOAD_INVALID


async def test_what_is_no_cancellation_by_itself_has_none() -> None:
    world, _ = await attested()
    cdm = world.senders["cdm"]
    issued = cers(world, 3_001, 3_010)
    await cdm.propose(issued)
    together = [
        out_of_pending(world, "CANCELLATION", first, first, CANCELLED) for first in (201, 202)
    ]
    await batch(cdm, together)
    refused = out_of_pending(world, "CANCELLATION", 1, 1, CANCELLED)
    await cdm.propose(refused)
    told = {}
    for name in (
        issued.transaction_id,
        together[0].transaction_id,
        refused.transaction_id,
        "nothing",
    ):
        with pytest.raises(ProtocolError) as raised:
            evidence(world.connection, "test-net", name)
        told[name] = raised.value.message
    assert "it is no cancellation of Kyoto units" in told[issued.transaction_id]
    assert "proposed in a batch" in told[together[0].transaction_id]
    assert "it is not completed" in told[refused.transaction_id]
    assert "There is no transaction" in told["nothing"]
    await world.house.stop()


async def test_a_completion_by_the_proposer_is_attested_too() -> None:
    world, _ = await attested()
    cdm = world.senders["cdm"]
    waiting = out_of_pending(world, "CANCELLATION", 301, 310, CANCELLED)
    waiting.completion = proposal_pb2.COMPLETION_MODE_BY_PROPOSER
    await cdm.propose(waiting)
    row, _ = await world.house.transaction(cdm.node, waiting.transaction_id)
    completion = proposal_pb2.Completion(
        transaction_id=waiting.transaction_id, proposal_hash=row.proposal_hash
    )
    await cdm.say(PayloadKind.COMPLETION, completion)
    # What was signed is kept with the next decision.
    await cdm.propose(cers(world, 4_001, 4_010))
    found: Evidence = evidence(world.connection, "test-net", waiting.transaction_id)
    assert proved(found)[1] == []
    await world.house.stop()
