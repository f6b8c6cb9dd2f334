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
from broker.settings_file import read_file as read_settings
from itmo.files import MAX_SMALL_FILE, read_plain_file
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.head import read_head
from itmo.runtime.rpc.tls import TlsFiles, server_credentials
from registry_node.adapters.report_file import read_report
from registry_node.authorization_template import authorization
from registry_node.cli import main
from registry_node.settings import read_tree
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
    read_tree,
    lambda path: read_form(PartyForm, path),
    lambda path: server_credentials(TlsFiles(path, path, path)),
    read_settings,
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
    assert str(path) in str(refused.value)


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
    "broker/bench/target.py": "a settings file that the bench itself wrote",
    "broker/cli/keeping.py": "a back-up that was opened as a database before",
    "broker/reports/aef/json_reading.py": "kind and size were looked at in `opening`",
    "broker/reports/aef/opening.py": "kind and size are looked at before",
    "broker/reports/aef/workbook_writing.py": "a file that it wrote itself",
    "broker/store/migrate.py": "a file of this program",
    "proto/itmo/clock.py": "the boot id of the kernel",
}


def test_nobody_reads_files_by_another_way() -> None:
    direct = re.compile(r"\.read_(bytes|text)\(|\.open\(\s*\"rb\"")
    found = {
        str(path.relative_to(ROOT))
        for folder in ("broker", "registry_node", "proto/itmo", "scenarios")
        for path in (ROOT / folder).rglob("*.py")
        if direct.search(path.read_text(encoding="utf-8"))
    }
    assert found == set(ELSEWHERE), "use itmo.files.read_plain_file"
