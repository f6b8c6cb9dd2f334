# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What is named in place of a file: devices, pipes, folders, huge files. Each is a sentence at once."""

from __future__ import annotations

import functools
import os
import re
import resource
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from broker.cli.paris.statement_forms import PartyForm
from itmo.files import MAX_SMALL_FILE, open_to_others, read_plain_file, write_whole
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.cli.files import read_form
from itmo.runtime.db.back_up import back_up
from itmo.runtime.db.head import read_head
from itmo.runtime.rpc.tls import TlsFiles, server_credentials
from itmo.runtime.settings_file import SettingsFile
from registry_node.adapters.report_file import read_report
from registry_node.cli import main
from registry_node.paris.authorization_template import authorization
from scenarios.document import ScenarioInvalid
from scenarios.reading import read_file as read_story

ROOT = Path(__file__).resolve().parents[3]


def made(folder: Path, what: str) -> Path:
    path = folder / "named"
    if what == "endless device":
        return Path("/dev/zero")
    if what == "pipe":
        os.mkfifo(path)
    elif what == "folder":
        path.mkdir()
    elif what == "huge":
        with path.open("wb") as file:
            file.truncate(2**40)
    return path


KINDS = ["endless device", "pipe", "folder", "huge", "nothing"]
READERS: list[Callable[[Path], object]] = [
    read_plain_file,
    read_report,
    authorization,
    lambda path: SettingsFile(path.name, "X_", "X_DIR", "x").text(path.parent),
    lambda path: read_form(PartyForm, path),
    lambda path: server_credentials(TlsFiles(path, path, path)),
    read_story,
]


@pytest.mark.parametrize("what", KINDS)
@pytest.mark.parametrize("read", READERS)
def test_what_is_no_file_is_a_sentence_at_once(
    tmp_path: Path, what: str, read: Callable[[Path], object]
) -> None:
    path = made(tmp_path, what)
    with pytest.raises((ProtocolError, ScenarioInvalid)) as refused:
        read(path)
    if isinstance(refused.value, ProtocolError):
        assert refused.value.reason in (Reason.PAYLOAD_INVALID, Reason.CONFIGURATION_INVALID)
    # What a program of ours looks for by itself is named apart from the folder.
    assert any(each in str(refused.value) for each in (str(path), f"named in {tmp_path}"))


@pytest.mark.parametrize("what", ["endless device", "pipe", "folder", "huge"])
def test_a_head_that_is_no_plain_file_is_damaged(tmp_path: Path, what: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        read_head(made(tmp_path, what))
    assert refused.value.reason is Reason.LEDGER_AUDIT_FAILED


@pytest.mark.parametrize("what", KINDS)
def test_join_reads_plain_files_only(tmp_path: Path, what: str) -> None:
    words = ["--dir", str(tmp_path), "join", str(made(tmp_path, what))]
    result = CliRunner().invoke(main, words)
    assert result.exit_code != 0
    assert "Traceback" not in result.output


def test_the_greatest_file_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "whole"
    path.write_bytes(b"a" * MAX_SMALL_FILE)
    assert len(read_plain_file(path)) == MAX_SMALL_FILE


ELSEWHERE = {
    "broker/bench/publish.py": "pages of this program",
    "broker/bench/run.py": "what the kernel says of the processor",
    "broker/bench/servers.py": "what a server says that the bench itself started",
    "broker/bench/target.py": "a settings file that the bench itself wrote",
    "broker/bench/usage.py": "what the kernel says of a process",
    "broker/cli/kyoto/close_registry.py": "a file that it wrote itself",
    "aef/json_reading.py": "kind and size were looked at in `head_of`",
    "proto/itmo/clock.py": "the boot id of the kernel",
    "proto/itmo/runtime/db/back_up.py": "a file that it wrote itself",
    "proto/itmo/runtime/db/migrations.py": "a file of this program",
    "registry_node/cli/files/proposing.py": "kind and size were looked at when its table was opened",
    "workbooks/fixed_archive.py": "a file that it wrote itself",
    "workbooks/foreign_file.py": "kind and size are looked at before",
}


def test_nobody_reads_files_by_another_way() -> None:
    direct = re.compile(r"\.read_(bytes|text)\(|\.open\(\s*\"rb\"")
    found = {
        str(path.relative_to(ROOT))
        for folder in (
            "aef",
            "broker",
            "registry_node",
            "proto/itmo",
            "scenarios",
            "office",
            "sef",
            "workbooks",
        )
        for path in (ROOT / folder).rglob("*.py")
        if direct.search(path.read_text(encoding="utf-8"))
    }
    assert found == set(ELSEWHERE), "use itmo.files.read_plain_file"


@contextmanager
def full_at(size: int) -> Iterator[None]:
    """No file can grow beyond a size, as on a full disk.

    Python 3.11 would keep what fits of a module that it compiles meanwhile, and never load it again.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        sys.dont_write_bytecode = before
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("before", [None, "the old page"])
def test_an_export_on_a_full_disk_leaves_what_was_there(tmp_path: Path, before: str | None) -> None:
    target = tmp_path / "page.html"
    if before is not None:
        target.write_text(before)
    with full_at(4096), pytest.raises(OSError, match="page") as caught:
        write_whole(target, "x" * 100_000)
    assert caught.value.filename == str(target)
    assert [each.name for each in tmp_path.iterdir()] == ([] if before is None else ["page.html"])
    assert before is None or target.read_text() == before


def test_a_file_written_again_is_as_private_as_before(tmp_path: Path) -> None:
    target = tmp_path / "node.toml"
    for mode in (0o600, 0o644):
        target.write_text("before")
        target.chmod(mode)
        mask = os.umask(0)
        try:
            write_whole(target, "after")
        finally:
            os.umask(mask)
        assert (target.read_text(), target.stat().st_mode & 0o777) == ("after", mode)


def test_who_else_can_open_and_change_files(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    folder.mkdir(mode=0o700)
    secret, settings = folder / "message.pem", folder / "broker.toml"
    for file, mode in ((secret, 0o600), (settings, 0o644)):
        file.touch()
        file.chmod(mode)
    look = functools.partial(open_to_others, [secret, folder / "none"], [settings])
    assert look() == ""
    secret.chmod(0o640)
    assert look() == "others can open keys/message.pem: set mode 0600"
    settings.chmod(0o646)
    folder.chmod(0o707)
    both = look().split("; ")
    assert both[0] == "others can open keys/message.pem: set mode 0600"
    assert both[1].startswith("others can change keys/broker.toml, ")
    assert both[1].endswith("/keys: take that right away (chmod o-w)")
    folder.chmod(0o1777)
    assert "/keys:" not in look()


def test_an_export_is_whole(tmp_path: Path) -> None:
    write_whole(tmp_path / "page.html", "Zürich\n")
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == "Zürich\n"
    assert len(list(tmp_path.iterdir())) == 1


def nothing(_: sqlite3.Connection) -> None:
    """Nobody wants to know anything of the copy."""


@pytest.mark.parametrize("before", [False, True])
def test_a_back_up_on_a_full_disk_leaves_nothing(tmp_path: Path, before: bool) -> None:
    source, target = sqlite3.connect(":memory:", isolation_level=None), tmp_path / "copy"
    source.execute("CREATE TABLE t (x)")
    source.execute("INSERT INTO t VALUES (zeroblob(1000000))")
    if before:
        target.write_text("something else")
        with pytest.raises(ProtocolError, match="exists"):
            back_up(source, target, nothing)
        assert target.read_text() == "something else"
        return
    with full_at(16_384), pytest.raises(OSError, match="copy") as caught:
        back_up(source, target, nothing)
    assert caught.value.filename == str(target)
    assert list(tmp_path.iterdir()) == []


def test_nobody_writes_exports_by_another_way() -> None:
    direct = re.compile(r"\.write_(bytes|text)\(")
    found = {
        str(path.relative_to(ROOT))
        for folder in (
            "aef",
            "broker",
            "registry_node",
            "scenarios",
            "office",
            "sef",
            "workbooks",
        )
        for path in (ROOT / folder).rglob("*.py")
        if direct.search(path.read_text(encoding="utf-8"))
    }
    assert found <= {
        "broker/bench/field.py",  # a field of measurement that is thrown away
        "workbooks/generate_party_names.py",  # makes a module of this program
    }, "use itmo.files.write_whole"
