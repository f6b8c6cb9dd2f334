# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What is named in place of a file: devices, pipes, folders, huge files. Each is a sentence at once."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from broker.cli.files import PartyForm, read_form
from itmo.files import MAX_SMALL_FILE, read_plain_file
from itmo.reasons import ProtocolError, Reason
from registry_node.adapters.report_file import read_report
from registry_node.authorization_template import authorization
from registry_node.cli import main
from registry_node.settings import read_tree

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
    read_tree,
    lambda path: read_form(PartyForm, path),
]


@pytest.mark.parametrize("what", KINDS)
@pytest.mark.parametrize("read", READERS)
def test_what_is_no_file_is_a_sentence_at_once(
    tmp_path: Path, what: str, read: Callable[[Path], object]
) -> None:
    path = made(tmp_path, what)
    with pytest.raises(ProtocolError) as refused:
        read(path)
    assert refused.value.reason in (Reason.PAYLOAD_INVALID, Reason.CONFIGURATION_INVALID)
    assert str(path) in refused.value.message


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
    "broker/bench/target.py",  # a settings file that the bench itself wrote
    "broker/reports/aef/opening.py",  # a workbook whose kind and size were looked at before
    "broker/store/migrate.py",  # a file of this program
}


def test_nobody_reads_whole_files_by_another_way() -> None:
    whole = re.compile(r"\.read_(bytes|text)\(")
    found = {
        str(path.relative_to(ROOT))
        for folder in ("broker", "registry_node", "proto/itmo", "scenarios")
        for path in (ROOT / folder).rglob("*.py")
        if whole.search(path.read_text(encoding="utf-8"))
    }
    assert found <= ELSEWHERE
