# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""How findings of the Paris rulebook name what they are about."""

from __future__ import annotations

from broker.rulebook.general.wording import name
from broker.rulebook.paris.authorization import AuthorizationVersion


def letter(version: AuthorizationVersion) -> str:
    """A version of an authorization."""
    return f"authorization {name(version.id)} version {version.version} of {version.party}"
