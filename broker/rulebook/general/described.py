# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A rulebook described in full: the bytes whose digest stands in every verdict."""

from __future__ import annotations

import json
from collections.abc import Iterable

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
