# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A rulebook described in full: the bytes whose digest stands in every verdict."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date

from broker.rulebook.check import Rule


def catalogue_of(version: str, policies: Iterable[str], rules: Iterable[Rule]) -> bytes:
    """The version, policies in words, and every rule's description, in their order; JSON in UTF-8."""
    described = {
        "version": version,
        "policies": list(policies),
        "checks": [
            {
                "check_id": rule.id,
                "title": rule.title,
                "citation": rule.citation,
                "severity": rule.severity.value,
                "effective": rule.effective.isoformat(),
                "protects": sorted(rule.protects),
            }
            for rule in rules
        ],
    }
    return json.dumps(described, ensure_ascii=False, separators=(",", ":")).encode()


def rulebook_of(content: bytes) -> str:
    """The rulebook whose catalogue it is: its version begins with the name."""
    return str(json.loads(content)["version"]).partition(" ")[0]


def binds_from(before: bytes, after: bytes) -> date | None:
    """The day from which one catalogue judges otherwise than the one before it; None: at once.

    Only checks that were added, each with the day from which it applies, leave what was judged before
    as it was.
    """
    was, now = json.loads(before), json.loads(after)
    known = {each["check_id"] for each in was["checks"]}
    kept = [each for each in now["checks"] if each["check_id"] in known]
    if kept != was["checks"] or now["policies"] != was["policies"]:
        return None
    added = [each["effective"] for each in now["checks"] if each["check_id"] not in known]
    return min(map(date.fromisoformat, added), default=None)
