# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A back-up is there whole and sound, or not at all."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.back_up import back_up
from itmo.runtime.db.sqlite import open_reader, open_writer

ID = 7


@pytest.fixture
def source(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A database in use: what it holds lies in the log still."""
    (tmp_path / "live").mkdir()
    with closing(open_writer(tmp_path / "live" / "a.sqlite", application_id=ID)) as writer:
        writer.execute("CREATE TABLE t (x)")
        writer.execute("INSERT INTO t VALUES (7)")
        with closing(open_reader(tmp_path / "live" / "a.sqlite")) as reader:
            yield reader


@pytest.fixture
def place(tmp_path: Path) -> Path:
    made = tmp_path / "copies"
    made.mkdir()
    return made


def rows(copy: sqlite3.Connection) -> list[tuple[int]]:
    return copy.execute("SELECT x FROM t").fetchall()


def names(place: Path) -> list[str]:
    return sorted(each.name for each in place.iterdir())


def test_a_back_up_is_complete_and_overwrites_nothing(
    source: sqlite3.Connection, place: Path
) -> None:
    target = place / "copy.sqlite"
    made = back_up(source, target, rows)
    assert made.holds == [(7,)]
    assert (made.file, made.size) == (target, target.stat().st_size)
    assert made.sha256 == sha256(target.read_bytes()).hexdigest()
    assert target.stat().st_mode & 0o777 == 0o600
    assert names(place) == ["copy.sqlite"]
    with pytest.raises(ProtocolError) as caught:
        back_up(source, target, rows)
    assert caught.value.reason is Reason.ALREADY_EXISTS
    with closing(open_writer(target, application_id=ID)) as copy:
        assert rows(copy) == [(7,)]


def test_until_it_is_sound_it_does_not_have_its_name(
    source: sqlite3.Connection, place: Path
) -> None:
    def look(copy: sqlite3.Connection) -> None:
        assert rows(copy) == [(7,)]
        (unfinished,) = place.iterdir()
        assert unfinished.name.startswith(".copy.sqlite.")
        assert unfinished.stat().st_mode & 0o777 == 0o600
        raise LookupError("it is not what it should be")

    with pytest.raises(LookupError):
        back_up(source, place / "copy.sqlite", look)
    assert names(place) == []


def test_a_copy_that_is_not_sound_is_not_kept(place: Path) -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as source:
        source.execute("CREATE TABLE p (k PRIMARY KEY)")
        source.execute("CREATE TABLE t (x REFERENCES p (k))")
        source.execute("INSERT INTO t VALUES (7)")
        with pytest.raises(ProtocolError, match="not sound and was removed") as caught:
            back_up(source, place / "copy.sqlite", rows)
    assert caught.value.reason is Reason.LEDGER_AUDIT_FAILED
    assert names(place) == []


def test_a_file_that_came_meanwhile_stays(source: sqlite3.Connection, place: Path) -> None:
    target = place / "copy.sqlite"

    def look(_: sqlite3.Connection) -> None:
        target.write_text("of somebody else")

    with pytest.raises(ProtocolError) as caught:
        back_up(source, target, look)
    assert caught.value.reason is Reason.ALREADY_EXISTS
    assert target.read_text() == "of somebody else"
    assert names(place) == ["copy.sqlite"]


@pytest.mark.parametrize("meanwhile", [False, True])
def test_a_disk_that_knows_no_second_names(
    source: sqlite3.Connection, place: Path, monkeypatch: pytest.MonkeyPatch, meanwhile: bool
) -> None:
    target = place / "copy.sqlite"

    def link(*_: object) -> None:
        if meanwhile:
            target.write_text("of somebody else")
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", link)
    if meanwhile:
        with pytest.raises(ProtocolError, match="exists"):
            back_up(source, target, rows)
        assert target.read_text() == "of somebody else"
    else:
        assert back_up(source, target, rows).holds == [(7,)]
    assert names(place) == ["copy.sqlite"]


def test_a_folder_that_is_not_there_is_named(source: sqlite3.Connection, place: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        back_up(source, place / "no" / "copy.sqlite", rows)
    assert caught.value.filename == str(place / "no" / "copy.sqlite")
