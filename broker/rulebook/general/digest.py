# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The digest of a rulebook, which stands in every verdict."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from broker.rulebook.check import Rule


def digest_of(version: str, policies: Iterable[str], rules: Iterable[Rule]) -> bytes:
    """SHA-256 over the version, policies in words, and every rule's description, in their order."""
    lines = [version, *policies]
    for rule in rules:
        parts = (
            rule.id,
            rule.title,
            rule.citation,
            rule.severity.value,
            rule.effective.isoformat(),
            " ".join(sorted(rule.protects)),
        )
        # Lengths keep the parts apart, whatever characters a text holds.
        lines.append("".join(f"{len(part)}:{part}," for part in parts))
    return hashlib.sha256("\n".join(lines).encode()).digest()
