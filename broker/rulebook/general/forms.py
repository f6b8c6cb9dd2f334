# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Whether text has the form of an identifier: yes or no, never an exception.

The protocol's parsers decide. Answers are kept, because the same few identifiers come again and
again; the bound keeps a flood of invented ones from growing the memory.
"""

from __future__ import annotations

from functools import lru_cache

from itmo.identifiers import parse_account_id, parse_party_code, parse_registry_id
from itmo.parties import CDM_REGISTRY, MECHANISM_REGISTRY
from itmo.reasons import ProtocolError


@lru_cache(maxsize=4096)
def is_account(text: str) -> bool:
    """True for a two-letter code, check digits that fit, and a body of 11 to 30 characters."""
    try:
        parse_account_id(text, "account")
    except ProtocolError:
        return False
    return True


@lru_cache(maxsize=1024)
def is_registry(text: str) -> bool:
    """True for a known Party code, XEU, XMR or XCD, and two digits."""
    try:
        parse_registry_id(text, "registry")
    except ProtocolError:
        return False
    return True


@lru_cache(maxsize=1024)
def is_party(text: str) -> bool:
    """True for a known country or XEU; XMR and XCD are registries and no Parties."""
    try:
        return parse_party_code(text, "Party") not in {MECHANISM_REGISTRY, CDM_REGISTRY}
    except ProtocolError:
        return False
