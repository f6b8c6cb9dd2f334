# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Acknowledged decisions never go back in silence: the head tells, whatever became of the files."""

from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from broker.cli.own_books import own_books
from broker.settings import BrokerSettings, load_settings
from broker.store.log_head import log_shortfall
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.head import head_path
from tests.kit.engine import on_sqlite
from tests.unit.broker.cli.kit import broker, set_up

NDC = ["--ndc-start", "2021", "--ndc-end", "2030", "--target", "single-year",
       "--method", "averaging"]  # fmt: skip
DATABASE = "broker.sqlite"
DECISIONS = 4
_FRAME = 4096 + 24


def state(place: Path, *parties: str) -> None:
    for party in parties:
        assert broker("--dir", place, "party", party, *NDC).exit_code == 0


FILES = (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", f"{DATABASE}.head")


@pytest.fixture(scope="module")
def crashed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a broker that was killed: its last decisions stand in the log file alone."""
    with on_sqlite("files of a database are damaged, and exchanged with older ones"):
        place = set_up(tmp_path_factory.mktemp("crashed") / "broker")
    state(place, "THA")
    shutil.copy(place / DATABASE, place / "older.sqlite")
    # Nobody checkpoints while somebody reads; so the files are as a kill leaves them.
    with closing(sqlite3.connect(place / DATABASE)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM log_leaf").fetchall()
        state(place, "CHE", "DEU", "FRA")
        kept = place / "kept"
        kept.mkdir()
        for name in FILES:
            shutil.copy(place / name, kept / name)
    for name in FILES:
        (place / name).unlink(missing_ok=True)
        shutil.copy(kept / name, place / name)
    return place


@pytest.fixture
def place(crashed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(crashed, tmp_path / "broker"))


def refused(place: Path) -> str:
    """What is said in place of serving; nothing may be decided, and nothing may be verified."""
    before = {name: (place / name).read_bytes() for name in FILES[:2] if (place / name).exists()}
    with pytest.raises(ProtocolError) as caught, own_books(settings_of(place)):
        pass
    assert caught.value.reason in {Reason.LEDGER_AUDIT_FAILED, Reason.CONFIGURATION_INVALID}
    ran = broker("--dir", place, "verify")
    assert ran.exit_code in {1, 2}
    assert "Everything holds" not in ran.stdout
    after = {name: (place / name).read_bytes() for name in before}
    assert after == before, "what a damaged log still holds must not be ended by looking"
    return caught.value.message


def settings_of(place: Path) -> BrokerSettings:
    return load_settings(place / "broker.toml", {})


def damages() -> list[object]:
    """Damages of five kinds, of each the first one in the fast tests."""
    drawn = random.Random(7)
    kinds = ["deleted", "cut", "flipped", "overwritten", "older"]
    made = [(kinds[n % len(kinds)], drawn.randrange(1 << 30)) for n in range(40)]
    return [
        pytest.param(*each, marks=() if n < len(kinds) else pytest.mark.slow)
        for n, each in enumerate(made)
    ]


def damage(place: Path, kind: str, seed: int) -> None:
    log = place / f"{DATABASE}-wal"
    drawn = random.Random(seed)
    stored = bytearray(log.read_bytes())
    frames = (len(stored) - 32) // _FRAME
    # A place in the last frame or before it: what is behind the last commit binds nobody.
    at = drawn.randrange(32, 32 + frames * _FRAME)
    if drawn.random() < 0.5:
        (place / f"{DATABASE}-shm").unlink()
    match kind:
        case "deleted":
            log.unlink()
        case "cut":
            log.write_bytes(stored[:at])
        case "flipped":
            stored[at] ^= 1 << drawn.randrange(8)
            log.write_bytes(stored)
        case "overwritten":
            stored[at : at + 512] = b"\xff" * len(stored[at : at + 512])
            log.write_bytes(stored)
        case _:
            log.unlink()
            shutil.copy(place / "older.sqlite", place / DATABASE)


def decisions_in(place: Path, tmp_path: Path) -> int:
    """How many decisions the engine finds, without a word about those that it does not."""
    looked = Path(shutil.copytree(place, tmp_path / "looked"))
    with closing(sqlite3.connect(looked / DATABASE)) as database:
        return int(database.execute("SELECT count(*) FROM log_leaf").fetchone()[0])


@pytest.mark.parametrize(("kind", "seed"), damages())
def test_a_damaged_log_is_a_refusal_to_serve(
    place: Path, tmp_path: Path, kind: str, seed: int
) -> None:
    damage(place, kind, seed)
    left = decisions_in(place, tmp_path)
    if left == DECISIONS:  # the last commit kept a signature; it is made again
        assert kind not in {"deleted", "older"}
        assert log_shortfall(place / DATABASE) == ""
        return
    found = refused(place)
    assert f"{DECISIONS - left} acknowledged decisions are missing" in found
    assert "--accept-loss" in found


def test_what_a_kill_leaves_is_whole(place: Path) -> None:
    (place / f"{DATABASE}-shm").unlink()
    assert log_shortfall(place / DATABASE) == ""
    with own_books(settings_of(place)) as books:
        assert books.connection.execute("SELECT count(*) FROM log_leaf").fetchone() == (4,)
    assert "Everything holds" in broker("--dir", place, "verify").stdout


def test_a_database_that_is_gone_is_not_founded_again(place: Path) -> None:
    for name in FILES[:3]:
        (place / name).unlink()
    assert "4 acknowledged decisions are missing" in refused(place)
    assert not broker("--dir", place, "check-config", "--json").json["ok"]


def test_a_database_that_was_cut_is_refused(place: Path) -> None:
    state(place, "ITA")  # and with it everything moves into the main file
    stored = (place / DATABASE).read_bytes()
    for size in (0, 100, 4096, len(stored) // 2, len(stored) - 4096):
        (place / DATABASE).write_bytes(stored[:size])
        with pytest.raises(ProtocolError):
            refused_by_opening(place)
        ran = broker("--dir", place, "party", "AUT", *NDC)
        assert ran.exit_code in {1, 2}


def refused_by_opening(place: Path) -> None:
    with own_books(settings_of(place)):
        pass


def test_an_older_head_is_brought_forward(place: Path) -> None:
    older = head_path(place / DATABASE).read_bytes()
    state(place, "ITA")
    head_path(place / DATABASE).write_bytes(older)
    assert log_shortfall(place / DATABASE) == ""
    with own_books(settings_of(place)):
        pass
    assert broker("--dir", place, "head", "--json").json["decisions"] == 5


def test_a_torn_write_of_the_head_leaves_the_other_entry(place: Path) -> None:
    path = head_path(place / DATABASE)
    stored = path.read_bytes()
    for slot in (0, 1):
        torn = bytearray(stored)
        torn[slot * 4096 + 20 : slot * 4096 + 60] = b"x" * 40
        path.write_bytes(torn)
        assert log_shortfall(place / DATABASE) == ""
    path.write_bytes(stored[:10])
    assert "is damaged" in refused(place)


@pytest.mark.on_sqlite("a copy of a file takes its place; a server has tools of its own")
def test_another_database_of_the_same_network_is_not_taken(place: Path, tmp_path: Path) -> None:
    other = set_up(tmp_path / "other")
    state(other, "THA", "CHE", "DEU", "FRA", "ITA")
    for name in FILES[:3]:
        (place / name).unlink()
    shutil.copy(other / DATABASE, place / DATABASE)
    assert "the head belongs to database" in refused(place)


def test_another_history_of_the_same_length_is_not_taken(place: Path, tmp_path: Path) -> None:
    twin = Path(shutil.copytree(place, tmp_path / "twin"))
    state(place, "ITA")
    state(twin, "AUT")
    for name in FILES[:3]:
        (place / name).unlink(missing_ok=True)
    shutil.copy(twin / DATABASE, place / DATABASE)
    assert "another history" in refused(place)


def test_a_loss_is_accepted_by_a_command_and_recorded(place: Path) -> None:
    (place / f"{DATABASE}-wal").unlink()
    asked = broker("--dir", place, "head", "--accept-loss", answer="n\n")
    assert asked.exit_code != 0
    refused(place)
    assert broker("--dir", place, "head").exit_code == 1
    taken = broker("--dir", place, "head", "--accept-loss", "--yes", "--json")
    assert (taken.exit_code, taken.json["accepted"]) == (0, True)
    state(place, "AUT")
    assert "the loss was accepted" in broker("--dir", place, "refusals").stdout
    assert "Everything holds" in broker("--dir", place, "verify").stdout


def test_a_restored_back_up_is_asked_about(place: Path, tmp_path: Path) -> None:
    assert broker("--dir", place, "backup", tmp_path / "copy.sqlite").exit_code == 0
    state(place, "ITA")
    for name in FILES:
        (place / name).unlink(missing_ok=True)
    shutil.copy(tmp_path / "copy.sqlite", place / DATABASE)
    assert "There is no head" in broker("--dir", place, "verify").stdout
    with pytest.raises(ProtocolError, match="the head is missing"), own_books(settings_of(place)):
        pass
    assert broker("--dir", place, "head", "--accept-loss", "--yes").exit_code == 0
    state(place, "AUT")
