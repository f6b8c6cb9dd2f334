# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A database that this user may not read is no damaged one: the sentence says which right is missing."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import grpc
import pytest

from itmo.reasons import ProtocolError
from itmo.runtime.cli.contract import Exit
from itmo.runtime.db.sqlite import open_reader, open_writer
from itmo.runtime.rights import NotAllowed
from itmo.runtime.rpc.server import add_unix_port, make_server
from tests.unit.broker.cli.kit import broker, lived_in, set_up

_MARK = 77
_NOBODY = 65534


@contextmanager
def without_rights_of_root() -> Iterator[None]:
    """Rights of files hold for everybody but the administrator, who may run the tests."""
    before = os.geteuid()
    os.seteuid(_NOBODY if before == 0 else before)
    try:
        yield
    finally:
        os.seteuid(before)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Path]:
    """A database with its log beside it, in a folder that whoever runs the test owns."""
    for each in (tmp_path, *tmp_path.parents):
        if each.stat().st_uid == os.geteuid() and each != Path("/"):
            each.chmod(each.stat().st_mode | 0o711)
    folder = tmp_path / "books"
    folder.mkdir()
    file = folder / "books.sqlite"
    with closing(open_writer(file, application_id=_MARK)) as writer:
        writer.execute("CREATE TABLE units (serial INTEGER)")
    if os.geteuid() == 0:
        for each in (folder, *folder.iterdir()):
            os.chown(each, _NOBODY, _NOBODY)
    yield file
    folder.chmod(0o700)


def _file(database: Path) -> str:
    database.chmod(0o000)
    return "may not be read by this user"


def _folder(database: Path) -> str:
    database.parent.chmod(0o500)
    return "this user may not write in"


@pytest.mark.parametrize("take", [_file, _folder])
def test_a_missing_right_is_told_apart(database: Path, take: Callable[[Path], str]) -> None:
    with without_rights_of_root():
        found = take(database)
        with pytest.raises(NotAllowed, match=found) as refused:
            open_reader(database)
        assert "user" in refused.value.remedy


def test_a_damaged_file_is_not_a_matter_of_rights(database: Path) -> None:
    database.write_bytes(b"no database at all, but long enough to be looked at" * 100)
    with pytest.raises(ProtocolError, match="not a database") as refused:
        open_reader(database)
    assert not isinstance(refused.value, NotAllowed)


def test_a_full_disk_is_neither_damage_nor_a_wrong_setting(tmp_path: Path) -> None:
    """Before, a broker that was first started on a full disk told of a wrong setting."""
    with _disk(tmp_path / "disk", "size=64k") as disk:
        with (disk / "fill").open("wb") as fill, suppress(OSError):
            fill.write(bytes(1 << 20))
        with pytest.raises(OSError, match=r"No space left.*books\.sqlite"):
            open_writer(disk / "books.sqlite", application_id=_MARK)


@pytest.mark.on_sqlite("the disk under the database's own file")
@pytest.mark.parametrize("command", ["verify", "check-config", "serve", "head"])
def test_a_disk_that_can_only_be_read_is_no_missing_right(tmp_path: Path, command: str) -> None:
    """Before, somebody else was to run the command, and `serve` ended with 2: it was not started again."""
    with _disk(tmp_path / "disk", "size=16m") as disk:
        home = lived_in(disk / "broker")
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        told = broker("--dir", home, command)
    assert "Read-only file system" in told.stderr
    assert "reason: DISK_REFUSED" in told.stderr
    assert told.exit_code == Exit.UNREACHABLE


@pytest.mark.on_sqlite("the disk under the database's own file")
def test_a_back_up_on_a_disk_that_can_only_be_read_is_verified(tmp_path: Path) -> None:
    """As an auditor is given one; the database itself wants a file beside it even to be read."""
    with _disk(tmp_path / "disk", "size=16m") as disk:
        home, copy = lived_in(disk / "broker"), tmp_path / "copy"
        assert broker("--dir", home, "backup", copy).exit_code == Exit.DONE
        shutil.copyfile(copy, home / "broker.sqlite")
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        told, as_json = broker("--dir", home, "verify"), broker("--dir", home, "verify", "--json")
        left = list(home.glob("*.verified*"))
    assert (told.exit_code, as_json.exit_code) == (Exit.DONE, Exit.DONE), told.stderr
    assert "Everything holds." in told.stdout
    assert "the folder of the database cannot be written" in told.stdout
    assert (as_json.json["may_be_kept"], as_json.json["verified_before"], left) == (False, 0, [])


@contextmanager
def _disk(at: Path, options: str) -> Iterator[Path]:
    """A disk of its own, where this user may make one."""
    at.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(at)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("no disk can be made here")
    try:
        yield at
    finally:
        subprocess.run(["umount", str(at)], check=True)


def test_who_has_the_rights_reads(database: Path) -> None:
    with without_rights_of_root(), closing(open_reader(database)) as reader:
        assert isinstance(reader, sqlite3.Connection)


@pytest.mark.on_sqlite("the rights of the database's own file, which a server keeps by itself")
def test_a_verification_does_not_call_it_a_finding(tmp_path: Path, database: Path) -> None:
    """Before, it said LEDGER_AUDIT_FAILED, which wakes people at night."""
    home = set_up(tmp_path / "broker")
    (home / "broker.sqlite").write_bytes(database.read_bytes())
    for each in (home, *home.rglob("*")):
        os.chown(each, _NOBODY, -1) if os.geteuid() == 0 else None
    with without_rights_of_root():
        (home / "broker.sqlite").chmod(0o000)
        told = broker("--dir", home, "verify")
    assert (told.exit_code, "reason: CONFIGURATION_INVALID" in told.stderr) == (2, True), (
        told.stderr
    )


@pytest.mark.on_sqlite("what a verification keeps beside the database's own file")
def test_what_a_verification_kept_and_may_not_write_is_no_damage(
    tmp_path: Path, database: Path
) -> None:
    """Before, the database was said to be damaged, which wakes people at night."""
    home = lived_in(database.parent / "broker")
    assert broker("--dir", home, "verify").exit_code == Exit.DONE
    for each in (home, *home.rglob("*")):
        os.chown(each, _NOBODY, -1) if os.geteuid() == 0 else None
    with without_rights_of_root():
        (home / "broker.sqlite.verified").chmod(0o400)
        told = broker("--dir", home, "verify", "--json")
    assert (told.exit_code, told.json["ok"], told.json["verified_before"]) == (0, True, 0)


async def test_a_socket_in_a_folder_without_the_right_is_told_in_one_sentence(
    database: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Before, a line of gRPC's core stood before it."""
    folder = database.parent
    server: grpc.aio.Server = make_server(interceptors=[])
    with without_rights_of_root():
        folder.chmod(0o500)
        with pytest.raises(ProtocolError, match="this user may not write in its directory"):
            add_unix_port(server, folder / "s")
    await server.stop(None)
    assert capfd.readouterr().err == ""
