# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A PDF of one sheet: a title, names and values, a line below, and a file attached to it.

It is written by hand, since one sheet of text needs nothing that a library would bring: five objects
and the fonts that every reader has (PDF 1.7, ISO 32000-1). These fonts have the letters of western
Europe; others are written by their number, and stand as they are in the attached file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap
from typing import Final

_WIDTH, _HEIGHT = 595, 842
"""A4 in points."""
_LEFT: Final = 56
_VALUES: Final = 170
_TOP: Final = 770
_LINE: Final = 15
_CHARACTERS: Final = 74
"""Of a value in a line: in Helvetica of ten points even wide letters fit."""
_FOOT_CHARACTERS: Final = 100
_LONGEST: Final = 38
"""Lines of values on the sheet."""


def document(
    *,
    title: str,
    under: str,
    facts: Iterable[tuple[str, str]],
    foot: str,
    attached: tuple[str, bytes],
) -> bytes:
    """The bytes of the file, all ASCII; what has no room on the sheet is only in the attached file.

    Args:
        title: In large letters.
        under: A line under it.
        facts: Names and values.
        foot: What stands below.
        attached: Name and content of the attached file, in ASCII; it is stored as it is.
    """
    name, content = attached
    drawn = "\n".join(_drawn(title, under, facts, foot)).encode("ascii")
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R /Names << /EmbeddedFiles << /Names [ %b 7 0 R ] >> >> >>"
        % _string(name),
        b"<< /Type /Pages /Kids [ 3 0 R ] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [ 0 0 %d %d ] /Contents 6 0 R"
        b" /Resources << /Font << /F1 4 0 R /F2 5 0 R >> >> >>" % (_WIDTH, _HEIGHT),
        _font(b"Helvetica"),
        _font(b"Helvetica-Bold"),
        _stream(b"", drawn),
        b"<< /Type /Filespec /F %b /UF %b /EF << /F 8 0 R >> >>" % (_string(name), _string(name)),
        _stream(b"/Type /EmbeddedFile /Subtype /text#2Fplain ", content),
        b"<< /Title %b >>" % _string(title),
    )
    return _written(objects)


def _drawn(title: str, under: str, facts: Iterable[tuple[str, str]], foot: str) -> Iterator[str]:
    yield _text("F2", 20, _LEFT, _TOP, title)
    yield _text("F1", 10, _LEFT, _TOP - 18, under)
    yield f"0.8 w {_LEFT} {_TOP - 30} m {_WIDTH - _LEFT} {_TOP - 30} l S"
    at, lines = _TOP - 54, 0
    for name, value in facts:
        rows = wrap(_plain(value), _CHARACTERS, break_on_hyphens=False) or [""]
        if lines + len(rows) > _LONGEST:
            rows = [*rows[: max(0, _LONGEST - lines - 1)], "(more in the attached file)"]
        yield _text("F2", 10, _LEFT, at, name)
        for row in rows:
            yield _text("F1", 10, _VALUES, at, row)
            at, lines = at - _LINE, lines + 1
        at -= 4
        if lines >= _LONGEST:
            break
    for row in wrap(foot, _FOOT_CHARACTERS):
        at -= 12
        yield _text("F1", 8, _LEFT, at, row)


def _text(font: str, size: int, left: int, at: int, written: str) -> str:
    return f"BT /{font} {size} Tf {left} {at} Td {_string(_plain(written)).decode('ascii')} Tj ET"


def _plain(text: str) -> str:
    """The text in letters that the fonts have; others by their number."""
    return text.encode("cp1252", "backslashreplace").decode("cp1252")


def _string(text: str) -> bytes:
    """A string of a PDF, its bytes in hexadecimal, so that none needs an escape."""
    return b"<%b>" % text.encode("cp1252", "backslashreplace").hex().encode("ascii")


def _font(name: bytes) -> bytes:
    return b"<< /Type /Font /Subtype /Type1 /BaseFont /%b /Encoding /WinAnsiEncoding >>" % name


def _stream(kind: bytes, content: bytes) -> bytes:
    return b"<< %b/Length %d >>\nstream\n%b\nendstream" % (kind, len(content), content)


def _written(objects: Sequence[bytes]) -> bytes:
    """The objects one after the other, and the table that says where each begins."""
    file = b"%PDF-1.7\n"
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(file))
        file += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    return (
        file
        + b"xref\n0 %d\n0000000000 65535 f \n%b" % (count, table)
        + b"trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (count, len(objects), len(file))
    )
