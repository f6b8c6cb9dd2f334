# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The table of checks in deploy/docs/aef.md: `python -m aef.result.table`."""

from __future__ import annotations

import sys
from itertools import groupby

from aef.checks.catalogue import CHECKS


def table() -> str:
    """Every check with what it means and what to do, in Markdown."""
    lines = ["| check | meaning | what to do |", "|---|---|---|"]
    for group, checks in groupby(CHECKS, key=lambda check: check.group):
        lines.append(f"| **{group.value}** | | |")
        lines += [f"| {each.id} | {each.meaning} | {each.remedy} |" for each in checks]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(table())
