# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The page CHECKS.md, made from the catalogue: `python -m broker.rulebook.paris.document`."""

from __future__ import annotations

import sys
from itertools import groupby
from typing import Final

from broker.rulebook.check import Kept, Phase, Rule
from broker.rulebook.paris.catalogue import CHECKS, VERSION
from broker.rulebook.paris.reporting.catalogue import REPORT_RULES

_HEAD: Final = f"""\
<!-- SPDX-FileCopyrightText: 2026 The clearing-house authors -->
<!-- SPDX-License-Identifier: Apache-2.0 -->
<!-- Made by `python -m broker.rulebook.paris.document`; do not edit. -->

# Checks of the Paris rulebook

Rulebook version: {VERSION}. Checks are judged in this order, and every outcome is kept. An error
that fails or stays inconclusive invalidates the transaction; a warning is recorded.

What is *kept* no proposal can break: what is named carries it out, and every verdict lists it as
passed.
"""


def page() -> str:
    """The whole page, in Markdown."""
    parts = [_HEAD]
    for category, checks in groupby(CHECKS, key=lambda check: check.category):
        title = category.value.replace("_", " ").capitalize()
        parts.append(f"## {title}\n")
        parts += [_rule(check) for check in checks]
    parts.append(_REPORTS)
    for group, listed in groupby(REPORT_RULES, key=lambda check: check.category):
        parts.append(f"## {group.value.capitalize()}\n")
        parts += [_rule(check) for check in listed]
    return "\n".join(parts) + "\n"


_REPORTS: Final = """\
# Checks of reports and holdings

These are judged on what Parties filed and registries hold, not on proposals, and stop no transaction.
"""


def _rule(rule: Rule) -> str:
    on = "Judged on" if rule.phase is Phase.REPORT else "Applies to"
    return (
        f"### {rule.id}\n\n"
        f"{rule.title}.\n\n"
        f"- Severity: {rule.severity.value.lower()}\n"
        f"- Citation: {rule.citation}\n"
        f"- In force from: {rule.effective.isoformat()}\n"
        f"- {on}: {rule.scope}\n"
        f"{_kept(rule)}"
        f"- What to do: {rule.remedy}\n"
        f"{_optional(rule)}"
    )


def _kept(rule: Rule) -> str:
    """What carries it out, where nothing judges it."""
    if not isinstance(rule, Kept):
        return ""
    refused = f", which refuses with {' '.join(f'`{each}`' for each in rule.reasons)}"
    return f"- Kept by: {rule.where}{refused if rule.reasons else ''}\n"


def _optional(check: Rule) -> str:
    """Who may do without it."""
    if not check.optional:
        return ""
    roles = " and ".join(role.lower() for role in sorted(check.protects))
    return f"- Optional: protects the {roles}, and is off where each of them switched it off\n"


if __name__ == "__main__":
    sys.stdout.write(page())
