# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The page CHECKS.md, made from the catalogue: `python -m broker.rulebook.paris.document`."""

from __future__ import annotations

import sys
from itertools import groupby
from typing import Final

from broker.rulebook.check import Rule
from broker.rulebook.paris.catalogue import CHECKS, UNWRITTEN, VERSION
from broker.rulebook.paris.reporting.catalogue import REPORT_CHECKS
from broker.rulebook.paris.reporting.report_check import ReportCheck

_HEAD: Final = f"""\
<!-- SPDX-FileCopyrightText: 2026 The clearing-house authors -->
<!-- SPDX-License-Identifier: Apache-2.0 -->
<!-- Made by `python -m broker.rulebook.paris.document`; do not edit. -->

# Checks of the Paris rulebook

Rulebook version: {VERSION}. Checks are judged in this order, and every outcome is kept. An error
that fails or stays inconclusive invalidates the transaction; a warning is recorded.
"""


def page() -> str:
    """The whole page, in Markdown."""
    parts = [_HEAD]
    for category, checks in groupby(CHECKS, key=lambda check: check.category):
        title = category.value.replace("_", " ").capitalize()
        parts.append(f"## {title}\n")
        parts += [_check(check) for check in checks]
    parts.append(_REPORTS)
    for group, listed in groupby(REPORT_CHECKS, key=lambda check: check.category):
        parts.append(f"## {group.value.capitalize()}\n")
        parts += [_report_check(check) for check in listed]
    if UNWRITTEN:
        parts.append(
            "## Not yet written\n\n| id | title | category | citation |\n|---|---|---|---|"
        )
        parts += [
            f"| {row.id} | {row.title} | {row.category} | {row.citation} |" for row in UNWRITTEN
        ]
    return "\n".join(parts) + "\n"


_REPORTS: Final = """\
# Checks of reports and holdings

These are judged on what Parties filed and registries hold, not on proposals, and stop no transaction.
A finding has an owner Party; it is open until answered, and closed when it is found no more.
"""


def _report_check(check: ReportCheck) -> str:
    return (
        f"### {check.id}\n\n"
        f"{check.title}.\n\n"
        f"- Severity: {check.severity.value.lower()}\n"
        f"- Citation: {check.citation}\n"
        f"- In force from: {check.effective.isoformat()}\n"
        f"- Judged on: {check.scope}\n"
        f"- What to do: {check.remedy}\n"
    )


def _check(check: Rule) -> str:
    return (
        f"### {check.id}\n\n"
        f"{check.title}.\n\n"
        f"- Severity: {check.severity.value.lower()}\n"
        f"- Citation: {check.citation}\n"
        f"- In force from: {check.effective.isoformat()}\n"
        f"- Applies to: {check.scope}\n"
        f"- What to do: {check.remedy}\n"
        f"{_optional(check)}"
    )


def _optional(check: Rule) -> str:
    """Who may do without it."""
    if not check.optional:
        return ""
    roles = " and ".join(role.lower() for role in sorted(check.protects))
    return f"- Optional: protects the {roles}, and is off where each of them switched it off\n"


if __name__ == "__main__":
    sys.stdout.write(page())
