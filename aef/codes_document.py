# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The table of syntax codes for the page `deploy/docs/aef_files.md`.

`python -m aef.codes_document` prints it.
"""

from __future__ import annotations

import sys

from aef.syntax_codes import CATALOGUE


def codes_table() -> str:
    """Returns the catalogue as a Markdown table."""
    head = "| code | what was met | what is expected | what to do |\n|---|---|---|---|\n"
    return head + "".join(
        f"| `{entry.code}` | {entry.meaning} | {entry.expected} | {entry.remedy} |\n"
        for entry in CATALOGUE.values()
    )


if __name__ == "__main__":
    sys.stdout.write(codes_table())
