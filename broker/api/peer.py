# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Who calls, and how pages are asked for."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

from broker.clearing.house import ClearingHouse
from itmo import limits
from itmo.identifiers import NodeId
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.rpc.callers import current_peer

_MAX_TOKEN: Final = 400
"""Characters of a page token: a key in base64."""


def admitted_caller(house: ClearingHouse) -> NodeId:
    """The admitted node that makes the present call.

    Raises:
        ProtocolError: UNAUTHENTICATED or NODE_NOT_ADMITTED.
    """
    peer = current_peer()
    return house.check_connection(peer.node, peer.tls_key_hash)


def page_size(asked: int) -> int:
    """The page size for what was asked.

    Raises:
        ProtocolError: PAGE_SIZE_INVALID.
    """
    if not 0 <= asked <= limits.MAX_PAGE_SIZE:
        raise ProtocolError(
            Reason.PAGE_SIZE_INVALID,
            f"page_size is {asked}; 1 to {limits.MAX_PAGE_SIZE} are possible, 0 is read as"
            f" {limits.DEFAULT_PAGE_SIZE}",
            limit=limits.MAX_PAGE_SIZE,
        )
    return asked or limits.DEFAULT_PAGE_SIZE


def token_of(key: str) -> str:
    """The page token that continues after a key."""
    return urlsafe_b64encode(key.encode()).decode("ascii")


def key_of(token: str) -> str:
    """The key after which a page begins; empty for the first page.

    Raises:
        ProtocolError: PAGE_TOKEN_INVALID.
    """
    try:
        if len(token) > _MAX_TOKEN:
            raise ValueError("too long")  # one refusal for all broken tokens
        key = urlsafe_b64decode(token.encode("ascii")).decode("utf-8")
    except ValueError:
        key = None
    if key is None or token_of(key) != token:
        raise ProtocolError(
            Reason.PAGE_TOKEN_INVALID, "the page token was not given out for this list"
        )
    return key
