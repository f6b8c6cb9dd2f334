# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Whatever became of a file, a command says so in a sentence and with its exit status."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.kit.guards import behind_guards
from tests.kit.many import many
from tests.unit.broker.cli.kit import broker, lived_in, set_up
from tests.unit.itmo.test_files import full_at

NDC = ["--ndc-start", "2021", "--ndc-end", "2030", "--target", "single-year",
       "--method", "averaging"]  # fmt: skip
DATABASE = "broker.sqlite"
COMMANDS = [
    "verify", "timeline", "head", "head --accept-loss --yes", "check-config", "registries",
    "summary CHE --year 2024", "accounts", "holdings", "transactions", "actions", "authorizations", "mailboxes", "refusals",
    "notices", "balance CHE", "adjustments", "units THA01:1-100", "sharing show",
    "backup {copy}", "suspend CHE01 --reason x", "status", "key list",
]  # fmt: skip


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def _pages(file: Path) -> None:
    """Every second page behind the first one is overwritten."""
    stored, drawn = bytearray(file.read_bytes()), random.Random(7)
    for at in range(4096, len(stored), 8192):
        stored[at : at + 4096] = drawn.randbytes(min(4096, len(stored) - at))
    file.write_bytes(stored)


def _some_pages(file: Path) -> None:
    stored, drawn = bytearray(file.read_bytes()), random.Random(3)
    for _ in range(40):  # some of them hit what no row and no index uses
        at = drawn.randrange(4096, len(stored) - 64)
        stored[at : at + 64] = drawn.randbytes(64)
    file.write_bytes(stored)


def _zeros(file: Path) -> None:
    file.write_bytes(bytes(file.stat().st_size))


def _text(file: Path) -> None:
    file.write_text("Dear operator, this is a letter.\n" * 400)


def _other(file: Path) -> None:
    file.unlink()
    with closing(sqlite3.connect(file)) as other, other:
        other.execute("CREATE TABLE photographs (id INTEGER)")
    other.close()


def _folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def _empty(file: Path) -> None:
    file.write_bytes(b"")


def _pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file, 0o600)


def _device(file: Path) -> None:
    file.unlink()
    file.symlink_to("/dev/zero")


def _named(damage: Callable[[Path], None]) -> str:
    return damage.__name__


DAMAGES = [_cut, _pages, _some_pages, _zeros, _text, _other, _folder, _empty]


SOON = {"_cut", "_text", "_folder"}
"""Damages of the fast tests: half of it, another content, and no file at all; the long tests do all others, too."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lived_in(tmp_path_factory.mktemp("whole") / "broker")


@pytest.fixture
def place(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "broker"))


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_damaged_database(
    place: Path, tmp_path: Path, command: str, damage: Callable[[Path], None]
) -> None:
    damage(place / DATABASE)
    (tmp_path / "copies").mkdir()
    words = command.format(copy=tmp_path / "copies" / "copy").split()
    ran = broker("--dir", place, *words)
    assert ran.exit_code in {0, 1, 2, 3}, ran.stderr
    assert "Traceback" not in ran.stdout + ran.stderr
    made = [each.name for each in (tmp_path / "copies").iterdir()]
    backed_up = command.startswith("backup") and ran.exit_code == 0
    assert made == (["copy"] if backed_up else []), ran.stdout
    if command == "verify":
        assert ran.exit_code in {1, 2}
        assert "Everything holds" not in ran.stdout


@pytest.mark.parametrize(
    "damage", many([each for each in DAMAGES if each is not _some_pages], SOON, _named)
)
@pytest.mark.parametrize(
    "file", ["broker.toml", "keys/message.pem", "keys/operator.pem", "tls/broker.pem",
             "tls/broker.key", f"{DATABASE}.head"],
)  # fmt: skip
@pytest.mark.parametrize("command", ["check-config", "suspend CHE01 --reason x", "verify"])
def test_another_damaged_file(
    place: Path, file: str, damage: Callable[[Path], None], command: str
) -> None:
    path = place / file
    if not path.exists():
        pytest.skip(f"no {file}")
    damage(path)
    if damage is _pages and path.is_file() and path.stat().st_size <= 4096:
        pytest.skip("too short to have a second page")
    ran = broker("--dir", place, *command.split())
    assert ran.exit_code in {0, 1, 2, 3}, ran.stderr
    assert "Traceback" not in ran.stdout + ran.stderr


def test_a_full_disk_under_a_back_up_names_the_copy_and_leaves_none(
    place: Path, tmp_path: Path
) -> None:
    # The head's lock and the reader's index fit; the copy of the database does not.
    with full_at(65_536):
        ran = broker("--dir", place, "backup", tmp_path / "copy.sqlite")
    assert ran.exit_code not in {0, 4}
    assert "copy.sqlite" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert not list(tmp_path.glob("copy.sqlite*"))


@contextmanager
def ended_after(seconds: int, what: str) -> Iterator[None]:
    """Fails what takes longer."""

    def late(*_: object) -> None:
        pytest.fail(what)

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("damage", [*DAMAGES, _pipe, _device])
def test_a_damaged_database_is_not_served(place: Path, damage: Callable[[Path], None]) -> None:
    damage(place / DATABASE)
    with ended_after(15, "it neither serves nor ends"):
        ran = broker("--dir", place, "serve")
    assert ran.exit_code in {1, 2, 3}, ran.stdout + ran.stderr


def test_a_database_of_a_newer_version_is_told_by_every_command(place: Path) -> None:
    """Before, `suspend` ended with a traceback of Alembic, and `accounts` read on."""
    with closing(sqlite3.connect(place / DATABASE, isolation_level=None)) as newer:
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
    for command in ("accounts", "suspend CHE01 --reason x", "verify", "check-config"):
        ran = broker("--dir", place, *command.split())
        assert ran.exit_code in {1, 2}, ran.stderr
        assert "has schema version 9999, this program knows 0001" in " ".join(
            (ran.stdout + ran.stderr).split()
        )


def test_a_damaged_file_of_a_verification_is_no_finding(tmp_path: Path) -> None:
    """Before, it was told as a record that cannot be played again, which wakes people at night."""
    place = set_up(tmp_path / "broker", "--listen", "127.0.0.1:0")
    assert broker("--dir", place, "party", "THA", *NDC).exit_code == 0  # makes the database
    assert broker("--dir", place, "verify").exit_code == 0
    assert broker("--dir", place, "party", "CHE", *NDC).exit_code == 0
    kept = place / f"{DATABASE}.verified"
    with closing(sqlite3.connect(kept)) as made:
        ((page,),) = made.execute("SELECT rootpage FROM sqlite_master WHERE name = 'message'")
    with kept.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 256)
    told = broker("--dir", place, "verify", "--json")
    assert (told.exit_code, told.json["problems"], told.json["verified_before"]) == (0, [], 0)


def test_what_a_cut_off_verification_left_wrong_is_no_finding(tmp_path: Path) -> None:
    """All is played anew before anybody is woken."""
    place = set_up(tmp_path / "broker", "--listen", "127.0.0.1:0")
    assert broker("--dir", place, "party", "THA", *NDC).exit_code == 0  # makes the database
    assert broker("--dir", place, "verify").exit_code == 0
    with closing(sqlite3.connect(place / f"{DATABASE}.verified", isolation_level=None)) as made:
        made.execute("DELETE FROM looked_through")
        behind_guards(made, "UPDATE stated SET name = name || 'x'")
    told = broker("--dir", place, "verify", "--json")
    assert (told.exit_code, told.json["problems"], told.json["verified_before"]) == (0, [], 0)
    assert broker("--dir", place, "verify", "--json").json["verified_before"] > 0


def test_a_guard_that_was_taken_away_stops_the_start(place: Path) -> None:
    """As a node has it: before, only `broker verify` said so."""
    with closing(sqlite3.connect(place / DATABASE, isolation_level=None)) as open_to_all:
        open_to_all.execute("DROP TRIGGER unit_block_final_stays")
    ran = broker("--dir", place, *["suspend", "CHE01", "--reason", "x"])
    assert ran.exit_code == 1, ran.stderr
    assert "trigger unit_block_final_stays was dropped" in ran.stderr
