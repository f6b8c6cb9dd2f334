# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A name that is admitted already: what would change is shown, and nobody is locked out silently."""

from __future__ import annotations

from pathlib import Path

import pytest

from itmo.admission import read_admission
from itmo.clock import SystemClock
from itmo.identifiers import NetworkId, NodeId, PartyCode, RegistryId
from itmo.joining import make_join_request
from itmo.keys import MemorySigner
from itmo.node_kinds import NodeKind
from itmo.runtime.rpc.tls_keys import generate_tls_key
from itmo.tls_request import make_tls_request
from tests.unit.broker.cli.kit import NETWORK, Ran, books, broker, set_up

OLD = MemorySigner.from_seed(b"old".ljust(32, b"."))
NEW = MemorySigner.from_seed(b"new".ljust(32, b"."))
STRANGER = MemorySigner.from_seed(b"stranger".ljust(32, b"."))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return set_up(tmp_path / "broker")


def request(
    place: Path,
    name: str,
    signer: MemorySigner,
    endorser: MemorySigner | None = None,
    registries: tuple[str, ...] = ("CHE01",),
) -> Path:
    file = place.parent / f"{name}.json"
    file.write_text(
        make_join_request(
            NetworkId(NETWORK),
            NodeId("che"),
            NodeKind.NATIONAL,
            [RegistryId(each) for each in registries],
            [PartyCode("CHE")],
            signer,
            make_tls_request(generate_tls_key(place.parent / f"{name}.tls")),
            SystemClock().now(),
            endorser=endorser,
        )
    )
    return file


def admit(place: Path, file: Path, *words: str, answer: str = "") -> Ran:
    out = file.with_suffix(".admission")
    return broker("--dir", place, "admit", file, "--out", out, *words, answer=answer)


def tls_keys(place: Path) -> tuple[bytes, bytes | None]:
    with books(place) as connection:
        row = connection.execute("SELECT tls_key_hash, previous_tls_key_hash FROM node").fetchone()
    return row[0], row[1]


def test_a_renewal_shows_old_and_new_and_locks_nobody_out(place: Path) -> None:
    assert admit(place, request(place, "first", OLD), "--yes").exit_code == 0
    before, none = tls_keys(place)
    assert none is None
    ran = admit(place, request(place, "second", OLD), answer="y\n")
    assert ran.exit_code == 0, ran.stderr
    assert "admitted already" in ran.stdout
    assert before.hex() in ran.stdout
    assert "registry-node renew" in ran.stdout
    now, still_taken = tls_keys(place)
    assert now.hex() in ran.stdout
    assert (now != before, still_taken) == (True, before)
    third = admit(place, request(place, "third", OLD), "--yes", "--at-once", "--json")
    assert (third.exit_code, third.json["renewed"]) == (0, True)
    assert tls_keys(place)[1] is None


def test_another_key_needs_the_old_ones_signature_or_a_word(place: Path) -> None:
    assert admit(place, request(place, "first", OLD), "--yes").exit_code == 0
    before = tls_keys(place)
    for words, answer in ((("--yes",), ""), ((), "y\n"), (("--yes", "--json"), "")):
        name = f"new{len(words)}"
        ran = admit(place, request(place, name, NEW), *words, answer=answer)
        assert ran.exit_code == 1
        told = ran.stderr + ran.stdout
        assert OLD.keyid in told
        assert NEW.keyid in told
        assert "--replace-key" in told
        assert tls_keys(place) == before
    lied = admit(place, request(place, "lied", NEW, STRANGER), "--yes", "--json")
    assert lied.json["error"]["reason"] == "KEY_UNKNOWN"
    endorsed = admit(place, request(place, "endorsed", NEW, OLD), answer="y\n")
    assert endorsed.exit_code == 0, endorsed.stderr
    assert NEW.keyid in endorsed.stdout
    word = admit(place, request(place, "word", STRANGER), "--yes", "--replace-key")
    assert word.exit_code == 0, word.stderr


def test_what_else_a_renewal_would_add_is_shown(place: Path) -> None:
    assert admit(place, request(place, "first", OLD), "--yes").exit_code == 0
    more = request(place, "more", OLD, registries=("CHE01", "CHE02"))
    ran = admit(place, more, answer="n\n")
    assert "CHE02" in ran.stdout
    assert ran.exit_code == 1
    assert read_admission((place.parent / "first.admission").read_bytes()).node == "che"


def test_an_admission_brings_every_authority_that_the_broker_trusts(place: Path) -> None:
    own = (place / "tls" / "ca.pem").read_text()
    other = set_up(place.parent / "other")
    (place / "tls" / "ca.pem").write_text(own + (other / "tls" / "ca.pem").read_text())
    assert admit(place, request(place, "first", OLD), "--yes").exit_code == 0
    told = read_admission((place.parent / "first.admission").read_bytes())
    assert told.ca_pem.count("BEGIN CERTIFICATE") == 2
