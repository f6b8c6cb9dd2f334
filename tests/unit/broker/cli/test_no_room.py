# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A disk without room is no damage and no wrong setting: who starts the service tries again."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from itmo.reasons import Reason
from itmo.runtime.cli.contract import Exit
from tests.unit.broker.cli.kit import Ran, broker, lived_in
from tests.unit.itmo.test_files import full_at

DATABASE = "broker.sqlite"
COMMANDS = (
    "verify", "timeline", "head", "check-config", "registries", "transactions", "adjustments",
    "refusals", "key list", "migrate --dry-run", "migrate", "backup {copy}", "clock", "serve",
    "suspend CHE01 --reason x",
)  # fmt: skip
_INDEX = 32_768
"""The -shm file that reading makes is as large."""

pytestmark = pytest.mark.on_sqlite("the disk under the database's own file")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lived_in(tmp_path_factory.mktemp("whole") / "broker")


@pytest.fixture
def place(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "broker"))


def _refused(ran: Ran) -> None:
    assert f"reason: {Reason.DISK_REFUSED}" in ran.stderr, ran.stdout + ran.stderr
    assert "No space left" in ran.stderr
    assert ran.exit_code == Exit.UNREACHABLE


@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_disk_is_told_as_one(place: Path, tmp_path: Path, command: str) -> None:
    """Before, `serve` ended with status 2, after which systemd leaves it down, and `verify` with a finding."""
    with full_at(_INDEX // 2):
        ran = broker("--dir", place, *command.format(copy=tmp_path / "copy").split())
    _refused(ran)


def test_a_timeline_is_not_thrown_away_for_want_of_room(place: Path) -> None:
    """Before, it was taken for damaged, and all of it made again: a millisecond for each transaction."""
    told = broker("--dir", place, "timeline", "--json").json
    assert told["taken_in"] == told["decisions"] > 0
    reader = sqlite3.connect(f"file:{place / DATABASE}?mode=ro", uri=True)
    with closing(reader):  # so that the ledger can be read without room, and the timeline is asked
        reader.execute("SELECT count(*) FROM log_leaf").fetchone()
        with full_at(_INDEX // 2):
            _refused(broker("--dir", place, "timeline"))
    told = broker("--dir", place, "timeline", "--json").json
    assert told["taken_in"] == 0


@pytest.mark.parametrize("room", [_INDEX, 8 * _INDEX])
def test_a_verification_that_finds_no_room_leaves_it_to_the_broker(place: Path, room: int) -> None:
    """Before, what it had kept so far filled the disk, and the broker beside it stopped."""
    with full_at(room):
        _refused(broker("--dir", place, "verify"))
    assert not list(place.glob("*.verified*"))
    assert broker("--dir", place, "verify").exit_code == Exit.DONE


def test_a_verification_that_will_find_no_room_is_not_begun(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = (place / DATABASE).stat().st_size
    usage = shutil.disk_usage(place)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=2 * size - 1))
    _refused(broker("--dir", place, "verify"))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=2 * size))
    assert broker("--dir", place, "verify").exit_code == Exit.DONE
    # What is only read on needs no more than what was decided since.
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=0))
    assert broker("--dir", place, "verify").exit_code == Exit.DONE
