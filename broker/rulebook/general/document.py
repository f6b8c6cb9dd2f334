# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""How a page of checks tells its rules, in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from broker.rulebook.check import Kept, Phase, Provenance, Rule

KEPT_RULES = """\
What is *kept* no proposal can break: what is named carries it out, and every verdict lists it as
passed.
"""


def sections(rules: Iterable[Rule]) -> Iterator[str]:
    """Every rule in its order, under the name of its group."""
    for category, group in groupby(rules, key=lambda rule: rule.category):
        yield f"## {category.value.replace('_', ' ').capitalize()}\n"
        yield from map(_rule, group)


def _rule(rule: Rule) -> str:
    on = "Judged on" if rule.phase is Phase.REPORT else "Applies to"
    return (
        f"### {rule.id}\n\n"
        f"{rule.title}.\n\n"
        f"- Severity: {rule.severity.value.lower()}\n"
        f"- Citation: {rule.citation}\n"
        f"{_numbers(rule)}"
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


def _numbers(rule: Rule) -> str:
    """By what numbers others know it."""
    if not rule.code:
        return ""
    recalled = " (recalled, not seen in print)"
    return f"- Known as: {rule.code}{'' if rule.provenance is Provenance.CONFIRMED else recalled}\n"
