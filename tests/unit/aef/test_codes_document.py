# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The page for users says what the code does."""

from __future__ import annotations

import json
import re
from pathlib import Path

from aef.codes_document import codes_table
from aef.json_reading import from_json
from workbooks import archive_inspection as bounds

PAGE = (Path(__file__).parents[3] / "deploy" / "docs" / "aef_files.md").read_text(encoding="utf-8")


def test_the_table_of_codes_is_that_of_the_catalogue() -> None:
    assert PAGE.endswith(codes_table())


def test_the_bounds_are_those_of_the_code() -> None:
    text = " ".join(PAGE.split())
    for words in (
        f"{bounds.MAX_FILE // bounds.MIB} MiB as a file",
        f"{bounds.MAX_EXPANDED // bounds.MIB} MiB expanded",
        f"{bounds.MAX_RATIO} times",
        f"{bounds.MAX_ENTRIES} parts",
        f"{bounds.MAX_SHEETS} sheets",
        f"{bounds.MAX_ROWS:,} rows".replace(",", " "),
        f"{bounds.MAX_CELLS:,} cells".replace(",", " "),
    ):
        assert words in text


def test_the_example_is_read_without_a_finding() -> None:
    example = re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert example is not None
    assert from_json(json.loads(example[1]), "example").findings == ()
