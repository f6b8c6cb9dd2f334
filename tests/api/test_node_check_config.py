# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`registry-node check-config` compares certificate and node, key and revocation, key and purpose."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from broker.authority import create_authority, load_authority
from itmo.clock import to_ms
from itmo.identifiers import NodeId
from itmo.joining import read_join_request
from itmo.keys import FileSigner
from itmo.runtime.db.sqlite import open_writer
from registry_node.app import DATABASE
from registry_node.settings import load
from registry_node.store.database import APPLICATION_ID, Store, claim, open_for_writing
from tests.api.test_node_setup import NETWORK, admission_for, init, run

NAME = "che-registry"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    place = tmp_path / "node"
    place.mkdir(mode=0o700)
    init(place)
    assert run(place, "join", str(admission_for(place, "h:1"))).exit_code == 0
    return place


def fault(place: Path) -> str:
    result = run(place, "check-config", "--json")
    assert result.exit_code == 2, result.output
    return str(json.loads(result.stdout)["error"]["message"])


def found(place: Path) -> dict[str, str]:
    result = run(place, "check-config", "--json")
    assert result.exit_code == 0, result.output
    return dict(json.loads(result.stdout))


def certify(place: Path, days_ago: int, node: str = NAME) -> None:
    request = read_join_request((place / "join-request.json").read_text())
    authority = load_authority(NETWORK, place / "ca.pem", place / "ca-key.pem")
    made = datetime.now(UTC) - timedelta(days=days_ago)
    issued = authority.certify_node(NodeId(node), request.tls_request, made)
    (place / "tls" / "node.pem").write_text(issued.pem)


def register(place: Path, **changed: object) -> None:
    """Puts the registration of the own key into the store, as the broker told it."""
    data = place / "data"
    data.mkdir(exist_ok=True)
    signer = FileSigner.load(place / "keys" / "message.pem")
    now = to_ms(datetime.now(UTC))
    row = {
        "keyid": signer.keyid, "node": NAME, "purpose": "SIGN_MESSAGE", "raw": signer.public_key,
        "not_before": now - 10**9, "not_after": now + 10**11, "revoked_at": None, **changed,
    }  # fmt: skip
    with closing(sqlite3.connect(data / "node.db")) as db, db:
        db.execute("DELETE FROM known_key")
        db.execute(
            f"INSERT INTO known_key ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})",
            list(row.values()),
        )


def test_a_store_that_went_back_is_not_in_order(place: Path) -> None:
    """Before, it was called in order, and the start after it was refused."""
    store(place)
    found(place)
    with closing(sqlite3.connect(place / "data" / "node.db")) as db, db:
        db.execute("UPDATE commit_mark SET commits = commits - 1")
    result = run(place, "check-config", "--json")
    assert result.exit_code == 1, result.output
    assert json.loads(result.stdout)["error"]["reason"] == "LEDGER_AUDIT_FAILED"


def test_what_was_joined_is_in_order(place: Path) -> None:
    said = found(place)
    assert said["certificate"].startswith(f"names {NAME}, until ")
    assert said["ends"] == "nothing within 60 days"


def test_a_certificate_that_is_near_its_end_is_told_and_one_that_ended_is_a_fault(
    place: Path,
) -> None:
    certify(place, days_ago=340)
    assert "ends in 24 days" in found(place)["ends"]
    certify(place, days_ago=370)
    assert "ended" in fault(place)


def test_a_certificate_of_another_node_or_authority(place: Path, tmp_path: Path) -> None:
    certify(place, 0, "tha-registry")
    assert "names 'spiffe://itmo-test/node/tha-registry'" in fault(place)
    certify(place, 0)
    other = create_authority(NETWORK, tmp_path / "o.pem", tmp_path / "o.key", datetime.now(UTC))
    (place / "tls" / "ca.pem").write_text(other.pem)
    assert "was issued by no authority of" in fault(place)


def test_the_signing_key_against_its_registration(place: Path) -> None:
    run(place, "join", str(place / "admission.json"))
    store(place)
    register(place)
    assert found(place)["ends"] == "nothing within 60 days"
    now = to_ms(datetime.now(UTC))
    register(place, not_after=now + 20 * 86_400_000)
    assert "The signing key of che-registry" in found(place)["ends"]
    for changed, expected in (
        ({"revoked_at": now - 1000}, "is revoked since"),
        ({"not_after": now - 1000}, "is valid from"),
        ({"purpose": "OPERATE"}, "is registered for OPERATE"),
        ({"node": "tha-registry"}, "is registered for tha-registry"),
    ):
        register(place, **changed)
        assert expected in fault(place), changed


def store(place: Path) -> None:
    """Makes the node's database, as a start does."""
    settings = load(place)

    async def make() -> None:
        made = await Store.open(settings.node.data_dir / DATABASE)
        await made.run(lambda db: claim(db, settings.identity()))
        await made.close()

    settings.node.data_dir.mkdir(exist_ok=True)
    asyncio.run(make())


def test_a_key_of_the_clearing_house_is_not_the_nodes(place: Path) -> None:
    signer = FileSigner.load(place / "keys" / "message.pem")
    text = (place / "node.toml").read_text()
    key = text.partition('public_key = "')[2][:64]
    (place / "node.toml").write_text(text.replace(key, signer.public_key.hex()))
    assert "a key of the clearing-house" in fault(place)


def test_keys_of_the_clearing_house_that_all_ended(place: Path) -> None:
    text = (place / "node.toml").read_text()
    end = text.partition('not_after = "')[2].partition('"')[0]
    (place / "node.toml").write_text(
        text.replace(end, "2026-01-01T00:00:00.000Z").replace(
            text.partition('not_before = "')[2].partition('"')[0], "2025-01-01T00:00:00.000Z"
        )
    )
    assert "broker.keys holds no key that has not ended" in fault(place)


def _empty(database: Path) -> None:
    database.touch(0o600)


def _marked(database: Path) -> None:
    open_writer(database, application_id=APPLICATION_ID).close()


def _with_tables(database: Path) -> None:
    open_for_writing(database).close()


@pytest.mark.parametrize("made", [_empty, _marked, _with_tables])
def test_a_store_whose_making_was_cut_off_is_no_damage(
    place: Path, made: Callable[[Path], None]
) -> None:
    """Before, a kill at the first start left a fault of the program, or a damaged file and a unit that stays down."""
    data = place / "data"
    data.mkdir(mode=0o700, exist_ok=True)
    for each in data.iterdir():
        each.unlink()
    made(data / DATABASE)
    assert found(place)["node"] == NAME
    for command in (["verify"], ["record"], ["key", "signed", "00"]):
        told = run(place, *command, "--json")
        assert told.exit_code == 2, told.output
        error = json.loads(told.stdout)["error"]
        assert "its making was cut off" in error["message"]
        assert "serve`" in error["remedy"]
    asyncio.run(_goes_on(place))
    assert run(place, "verify").exit_code == 0


async def _goes_on(place: Path) -> None:
    settings = load(place)
    store = await Store.open(settings.node.data_dir / DATABASE)
    await store.run(lambda db: claim(db, settings.identity()))
    await store.close()


def test_a_store_that_says_no_longer_whose_it_is_is_damaged(place: Path) -> None:
    """What was written once is not taken for what was never written."""
    (place / "data").mkdir(mode=0o700, exist_ok=True)
    asyncio.run(_goes_on(place))
    with closing(sqlite3.connect(place / "data" / DATABASE)) as db, db:
        db.execute("DELETE FROM node_state")
    told = run(place, "verify", "--json")
    assert (told.exit_code, json.loads(told.stdout)["ok"]) == (1, False)
    assert "LEDGER_AUDIT_FAILED" in run(place, "check-config").stderr
