# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Keys from the command line: one command each, and nobody is locked out by a yes."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from itmo.joining import proof_of_possession_text
from itmo.keys import MemorySigner
from tests.unit.broker.cli.kit import broker, fill, join_request, set_up


@pytest.fixture
def place(tmp_path: Path) -> Path:
    made = set_up(tmp_path / "broker")
    admitted = broker(
        "--dir", made, "admit", join_request(tmp_path), "--out", tmp_path / "c.json", "--yes"
    )
    assert admitted.exit_code == 0
    return made


def signers(place: Path) -> dict[str, str]:
    named: dict[str, str] = tomllib.loads((place / "broker.toml").read_text())["signers"]
    return named


NOW = {"message": ("--now", "--wait", "0")}
"""Nobody is waited for."""


def valid_keys(place: Path, node: str) -> list[str]:
    listed = broker("--dir", place, "key", "list", "--node", node, "--json").listed
    return [each["keyid"] for each in listed if each["revoked_at"] is None]


def test_the_operators_key_is_rotated_by_one_command(place: Path) -> None:
    (old,) = valid_keys(place, "operator")
    ran = broker("--dir", place, "key", "rotate", "operator", "--json")
    assert ran.exit_code == 0, ran.stderr
    assert (ran.json["old_keyid"], ran.json["changed_over"]) == (old, True)
    assert (place / "keys" / Path(signers(place)["operator"]).name).exists()
    assert broker("--dir", place, "check-config").exit_code == 0
    assert broker("--dir", place, "suspend", "CHE01", "--reason", "x").exit_code == 0
    assert broker("--dir", place, "key", "revoke", "operator", old, "--yes").exit_code == 0
    assert valid_keys(place, "operator") == [ran.json["keyid"]]
    last = broker("--dir", place, "key", "revoke", "operator", ran.json["keyid"], "--yes", "--json")
    assert (last.exit_code, last.json["error"]["reason"]) == (1, "KEY_REFUSED")
    assert broker("--dir", place, "verify").exit_code == 0


def test_the_message_key_waits_for_the_nodes_and_is_resumed(place: Path) -> None:
    """The node never connected, so it has not taken the new key; a second run goes on with the same."""
    words = ["--dir", place, "key", "rotate", "message", "--wait", "0", "--json"]
    first = broker(*words)
    assert first.exit_code == 0, first.stderr
    assert (first.json["changed_over"], first.json["not_taken_by"]) == (False, ["che"])
    assert signers(place)["message"] == "file:keys/message.pem"
    again = broker(*words)
    assert again.json == first.json
    assert len(valid_keys(place, "broker")) == 2
    done = broker(*words, "--now")
    assert (done.json["changed_over"], done.json["keyid"]) == (True, first.json["keyid"])
    assert broker("--dir", place, "check-config").exit_code == 0
    told = broker("--dir", place, "key", "rotate", "message", "--now", "--wait", "0").stdout
    assert "broker key revoke broker" in told
    assert first.json["keyid"] in told, "the one that went before"


@pytest.mark.on_sqlite("a copy of a file takes its place; a server has tools of its own")
def test_a_copy_from_before_an_exchange_of_keys_is_restored(place: Path, tmp_path: Path) -> None:
    """It does not know the keys in use: the settings name those of the copy, and they are exchanged again."""
    before = signers(place)
    kept = (place / "broker.toml").read_text()
    assert broker("--dir", place, "backup", tmp_path / "copy.sqlite").exit_code == 0
    for what in ("message", "operator"):
        done = broker("--dir", place, "key", "rotate", what, *NOW.get(what, ()), "--json")
        assert (done.exit_code, done.json["changed_over"]) == (0, True)
    for suffix in ("", "-wal", "-shm", ".head"):
        (place / f"broker.sqlite{suffix}").unlink(missing_ok=True)
    (tmp_path / "copy.sqlite").rename(place / "broker.sqlite")
    accepted = broker("--dir", place, "head", "--accept-loss", "--yes", "--json")
    assert accepted.exit_code == 0, accepted.stderr
    told = broker("--dir", place, "check-config", "--json")
    assert told.exit_code != 0
    ((old,), (old_operator,)) = (valid_keys(place, "broker"), valid_keys(place, "operator"))
    assert old in told.stdout
    (place / "broker.toml").write_text(kept)
    assert signers(place) == before
    assert broker("--dir", place, "check-config").exit_code == 0
    again = broker("--dir", place, "key", "rotate", "operator", "--json")
    assert (again.exit_code, again.json["old_keyid"]) == (0, old_operator), again.stderr
    assert broker("--dir", place, "verify").exit_code == 0


def test_a_key_named_by_a_variable_is_not_rotated_in_the_file(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ITMO_BROKER_SIGNERS__MESSAGE", f"file:{place}/keys/message.pem")
    ran = broker("--dir", place, "key", "rotate", "message", "--json")
    assert (ran.exit_code, ran.json["error"]["reason"]) == (2, "CONFIGURATION_INVALID")


def test_a_nodes_last_key_or_the_one_in_use_needs_a_word(place: Path) -> None:
    (only,) = valid_keys(place, "che")
    words = ["--dir", place, "key", "revoke", "che", only, "--yes", "--json"]
    refused = broker(*words)
    assert (refused.exit_code, refused.json["error"]["reason"]) == (1, "KEY_IN_USE")
    assert "registry-node key rotate" in refused.json["error"]["message"]
    assert valid_keys(place, "che") == [only]
    signer = MemorySigner.from_seed(b"n" * 32)
    proof = signer.sign(proof_of_possession_text("test-net", "che", signer.public_key).encode())
    public = ["--public-key", signer.public_key.hex(), "--proof", proof.hex()]
    assert broker("--dir", place, "key", "add", "che", *public).exit_code == 0
    assert broker(*words).exit_code == 0
    last = ["--dir", place, "key", "revoke", "che", signer.keyid, "--yes"]
    assert broker(*last).exit_code == 1
    assert broker(*last, "--lock-out").exit_code == 0


async def test_everything_signed_with_a_key_is_listed(tmp_path: Path) -> None:
    place = set_up(tmp_path / "broker")
    world = await fill(place)
    tha = world.senders["tha"].chain.signer
    ran = broker("--dir", place, "key", "signed", tha.keyid, "--json")
    assert ran.exit_code == 0, ran.stderr
    kinds = [each["kind"] for each in ran.json["signed"]]
    assert kinds.count("proposal") == 4
    assert "authorization-statement" in kinds
    assert ran.json["more"] is False
    first = broker("--dir", place, "key", "signed", tha.keyid, "--limit", "1", "--json").json
    assert (len(first["signed"]), first["more"]) == (1, True)
    later = ["--since", "2090-01-01T00:00:00Z"]
    assert broker("--dir", place, "key", "signed", tha.keyid, *later, "--json").json["signed"] == []
    own = broker("--dir", place, "key", "signed", world.parts.signer.keyid, "--json").json
    assert {"verdict", "receipt"} <= {each["kind"] for each in own["signed"]}
    operator = broker("--dir", place, "key", "signed", world.parts.operator_signer.keyid)
    assert "party-statement" in operator.stdout
    assert "nothing was signed" in broker("--dir", place, "key", "signed", "ff").stdout
    await world.house.stop()
