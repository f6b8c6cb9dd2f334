# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Files that must not be opened, and what is said of each."""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from aef.json_writing import to_json
from aef.opening import read_file
from itmo.reasons import ProtocolError, Reason
from tests.kit.aef_files import saved, swiss_workbook
from workbooks import archive_inspection

COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
Parts = dict[str, bytes]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return saved(swiss_workbook(), tmp_path_factory.mktemp("aef") / "good.xlsx").read_bytes()


def packed(parts: Parts) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()


def unpacked(content: bytes) -> Parts:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def refused(tmp_path: Path, content: bytes, name: str = "party.xlsx") -> str:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ProtocolError) as caught:
        read_file(path)
    assert caught.value.reason is Reason.AEF_FILE_UNREADABLE
    assert caught.value.metadata["file"] == name
    assert name in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"%PDF-1.7\n", "PDF"),
        (b"Party;Version\nCHE;1.0\n", "text file"),
        (b"<html><table></table></html>", "text file"),
        (b"\x7fELF\x00\x00", "no workbook"),
        (COMPOUND, "old .xls"),
        (COMPOUND + "EncryptedPackage".encode("utf-16-le"), "password"),
        (b"PK\x05\x06" + bytes(18), "empty"),
        (b"PK\x03\x04" + bytes(100), "damaged"),
    ],
)
def test_what_is_no_workbook_is_called_by_its_name(
    tmp_path: Path, content: bytes, words: str
) -> None:
    assert words in refused(tmp_path, content)


def test_a_file_that_is_not_there_and_a_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "none.xlsx", tmp_path):
        with pytest.raises(ProtocolError, match=r"no such file|no file"):
            read_file(path)


def test_a_workbook_that_was_cut_off(tmp_path: Path, good: bytes) -> None:
    assert "cut off" in refused(tmp_path, good[: len(good) // 2])


def with_part(name: str, content: bytes) -> Callable[[Parts], Parts]:
    return lambda parts: {**parts, name: content}


SHEET = "xl/worksheets/sheet5.xml"


def with_rows(text: bytes) -> Callable[[Parts], Parts]:
    return lambda parts: {
        **parts,
        SHEET: parts[SHEET].replace(b"</sheetData>", text + b"</sheetData>"),
    }


def with_entities(parts: Parts) -> Parts:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    return {**parts, "xl/workbook.xml": bomb + parts["xl/workbook.xml"]}


def without_workbook(parts: Parts) -> Parts:
    return {name: content for name, content in parts.items() if name != "xl/workbook.xml"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (with_part("xl/vbaProject.bin", b"macro"), "macros"),
        (with_part("xl/externalLinks/externalLink1.xml", b"<a/>"), "linked"),
        (with_part("xl/connections.xml", b"<a/>"), "linked"),
        (with_part("xl/media/bomb.xml", b" " * (3 << 20)), "far more"),
        (with_part("XL/WORKBOOK.XML", b"<a/>"), "two files"),
        (with_part("docProps/odd.xml", "<a/>".encode("utf-16")), "UTF-8"),
        (with_rows(b"<row><c><v>" + random.Random(1).randbytes(3 << 20).hex().encode() + b"</v></c></row>"), "too much text"),
        (with_rows(b"<row"), "damaged"),
        (with_rows(b"<row r='x'></row>"), "damaged"),
        (with_rows(b"<row r='99'><c r='B99' t='s'><v>999999</v></c></row>"), "damaged"),
        (with_entities, "entities"),
        (without_workbook, "no workbook"),
    ],
)  # fmt: skip
def test_hostile_workbooks(
    tmp_path: Path, good: bytes, change: Callable[[Parts], Parts], words: str
) -> None:
    assert words in refused(tmp_path, packed(change(unpacked(good))))


@pytest.mark.parametrize(
    ("name", "bound", "words"),
    [
        ("MAX_ENTRIES", 5, "files"),
        ("MAX_SHEETS", 3, "sheets"),
        ("MAX_EXPANDED", 1000, "expands"),
        ("MAX_PART", 1000, "part expands"),
        ("MAX_ROWS", 3, "rows"),
        ("MAX_CELLS", 3, "cells"),
    ],
)
def test_each_bound(
    tmp_path: Path,
    good: bytes,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    bound: int,
    words: str,
) -> None:
    monkeypatch.setattr(archive_inspection, name, bound)
    assert words in refused(tmp_path, good)


def test_a_file_that_is_too_large(tmp_path: Path) -> None:
    path = tmp_path / "large.xlsx"
    with path.open("wb") as stream:
        stream.write(b"PK\x03\x04")
        stream.truncate(archive_inspection.MAX_FILE + 1)
    with pytest.raises(ProtocolError, match="bytes"):
        read_file(path)


def test_damage_anywhere_is_refused_or_harmless(tmp_path: Path, good: bytes) -> None:
    chance = random.Random(7)
    parts = unpacked(good)
    path = tmp_path / "damaged.xlsx"
    parties: Counter[str | None] = Counter()
    for _ in range(60):
        name = chance.choice(sorted(parts))
        content = bytearray(parts[name])
        for _ in range(chance.randint(1, 4)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        path.write_bytes(packed({**parts, name: bytes(content)}))
        try:
            parties[read_file(path).submission.heading.party] += 1
        except ProtocolError:  # any other exception fails the test
            parties["refused"] += 1
    assert parties["refused"], parties
    assert parties["CHE"], parties


# -- JSON -----------------------------------------------------------------------------------------


@pytest.fixture
def document(tmp_path: Path, good: bytes) -> dict[str, object]:
    (tmp_path / "good.xlsx").write_bytes(good)
    return to_json(read_file(tmp_path / "good.xlsx").submission)


def test_json_is_recognised_by_its_content(tmp_path: Path, document: dict[str, object]) -> None:
    path = tmp_path / "file.txt"
    path.write_bytes(b"\xef\xbb\xbf \n" + json.dumps(document).encode())
    assert read_file(path).submission.heading.party == "CHE"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"form": "other"}, "not known"),
        ({"version": 2}, "not known"),
        ({"more": []}, "unknown field 'more'"),
        ({"submission": []}, "no object"),
        ({"actions": {}}, "no list"),
        ({"actions": [{"colour": "red"}]}, "unknown field 'colour'"),
        ({"actions": [{"quantity": True}]}, "whole number"),
        ({"actions": [{"first_id": 5}]}, "expected text"),
        ({"actions": [{"metric": ["GHG"]}]}, "list"),
        ({"authorizations": [{"parties": [1]}]}, "list"),
    ],
)
def test_json_is_held_to_its_form(
    tmp_path: Path, document: dict[str, object], change: dict[str, object], words: str
) -> None:
    content = json.dumps({**document, **change}).encode()
    assert words in refused(tmp_path, content, "party.json")


@pytest.mark.parametrize(
    "content",
    [
        b'{"form": 1, "form": 2}',
        b'{"a": 1.5}',
        b'{"a": NaN}',
        b'{"a": ' + b"[" * 100_000,
        b'{"a": ' + b"9" * 10_000 + b"}",
        b'{"a": "\xff"}',
    ],
)
def test_what_is_no_proper_json(tmp_path: Path, content: bytes) -> None:
    assert "proper JSON" in refused(tmp_path, content, "party.json")
