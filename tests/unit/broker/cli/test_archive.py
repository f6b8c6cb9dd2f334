# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`broker archive`: tells what would go, moves it, and finds files again that were moved."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from tests.unit.broker.cli.kit import books, broker, fill, set_up, where


async def settled(place: Path) -> str:
    """A broker whose nodes have read everything, and a completed transfer of it."""
    set_up(place)
    await fill(place)
    with books(place) as database:
        database.execute("UPDATE mailbox SET acknowledged_sequence = last_sequence")
        query = "SELECT transaction_id FROM transaction_record WHERE type = 'TRANSFER' AND state = 'COMPLETED'"
        return str(database.execute(query).fetchone()[0])


async def test_old_messages_go_into_files_and_are_shown_from_there(tmp_path: Path) -> None:
    place = tmp_path / "broker"
    name = await settled(place)
    run = ("--dir", place, "--json")
    before = broker(*run, "transaction", name).json
    dry = broker(*run, "archive", "--dry-run")
    assert (dry.exit_code, dry.json["files"]) == (0, [])
    ran = broker(*run, "archive")
    assert ran.exit_code == 0, ran.stderr
    assert ran.json["payloads"] == dry.json["payloads"] > 0
    (file,) = ran.json["files"]
    beside = place / f"{'postgresql' if where(place).url else 'broker.sqlite'}.archive"
    assert Path(file["file"]).parent == beside
    assert file["at_hand"]
    assert file["digest"] in file["file"]
    assert broker(*run, "transaction", name).json == before
    verified = broker(*run, "verify", "--all").json
    assert (verified["problems"], verified["archives"]) == ([], [file["file"]])
    elsewhere = beside.rename(tmp_path / "elsewhere")
    shown = broker("--dir", place, "transaction", name)
    assert shown.exit_code == 0
    assert file["digest"] in shown.stdout
    assert "broker archive --folder" in shown.stdout
    without = broker("--dir", place, "verify", "--all")
    assert without.exit_code == 0
    assert (
        f"not played again, because this archive file is not at hand: {file['file']}"
        in without.stdout
    )
    found = broker("--dir", place, "archive", "--folder", elsewhere)
    assert "files found again" in found.stdout
    assert broker(*run, "transaction", name).json == before


async def test_it_says_what_to_do_where_it_cannot(tmp_path: Path) -> None:
    place = tmp_path / "broker"
    none = broker("--dir", tmp_path / "none", "archive")
    assert none.exit_code == 2
    await settled(place)
    (tmp_path / "file").touch()
    unwritten = broker("--dir", place, "archive", "--folder", tmp_path / "file" / "below")
    assert unwritten.exit_code == 2
    assert "name another folder with --folder" in unwritten.stderr
    assert broker("--dir", place, "archive", "--older-than", "1").exit_code == 2


@pytest.mark.on_sqlite("a file has one writer; on a server the broker goes on meanwhile")
async def test_a_broker_that_runs_on_a_file_is_stopped_first(tmp_path: Path) -> None:
    place = tmp_path / "broker"
    await settled(place)
    with closing(where(place).open_writer()):
        used = broker("--dir", place, "archive")
    assert used.exit_code == 2
    assert "in use by another process; stop that one first" in used.stderr
