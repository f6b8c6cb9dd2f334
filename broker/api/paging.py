# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Pages of lists: how many rows are asked for, and after which the next page begins."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from itmo import limits
from itmo.reasons import ProtocolError, Reason

_MAX_TOKEN: Final = 400
"""Characters of a page token: a seal and a key in base64."""
_SEAL: Final = 12
"""Bytes that bind a token to its list: no other list's token, and no chance, comes to the same."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page that is asked for.

    A token holds the key of the last row shown, sealed with the list and with all that the request
    asks of it. The seal is no secret: a key only says where to go on, and rows are chosen by who
    asks, on every page. So tokens outlive a restart of the broker.

    Attributes:
        size: Rows wanted.
        after: Key of the row before the page; empty for the first.
        list: Hash of the list, with all that the request asks of it.
    """

    size: int
    after: str
    list: bytes

    @property
    def offset(self) -> int:
        """The key, where the list counts its rows; 0 for the first page."""
        return int(self.after or 0)

    def token(self, key: str) -> str:
        """The page token that continues after a key."""
        return urlsafe_b64encode(_seal(self.list, key) + key.encode()).decode("ascii")


def page_of(request: Any) -> Page:  # noqa: ANN401  # any request of a list
    """Reads which page a request asks for.

    Raises:
        ProtocolError: PAGE_SIZE_INVALID; PAGE_TOKEN_INVALID for a token that was not given out for
            this list with these filters.
    """
    if not 0 <= request.page_size <= limits.MAX_PAGE_SIZE:
        raise ProtocolError(
            Reason.PAGE_SIZE_INVALID,
            f"page_size is {request.page_size}; 1 to {limits.MAX_PAGE_SIZE} are possible, 0 is"
            f" read as {limits.DEFAULT_PAGE_SIZE}",
            found=request.page_size,
            limit=limits.MAX_PAGE_SIZE,
        )
    asked = type(request)()
    asked.CopyFrom(request)
    asked.ClearField("page_size")
    asked.ClearField("page_token")
    name = request.DESCRIPTOR.full_name.encode()
    listed = sha256(name + b"\n" + asked.SerializeToString(deterministic=True)).digest()
    size = request.page_size or limits.DEFAULT_PAGE_SIZE
    return Page(size, _key(listed, request.page_token), listed)


def _key(listed: bytes, token: str) -> str:
    if not token:
        return ""
    try:
        if len(token) > _MAX_TOKEN:
            raise ValueError("too long")  # one refusal for all broken tokens
        raw = urlsafe_b64decode(token.encode("ascii"))
        key = raw[_SEAL:].decode("utf-8")
        if not key or urlsafe_b64encode(_seal(listed, key) + key.encode()).decode() != token:
            raise ValueError("of another list")
    except ValueError:
        raise ProtocolError(
            Reason.PAGE_TOKEN_INVALID, "the page token was not given out for this list"
        ) from None
    return key


def _seal(listed: bytes, key: str) -> bytes:
    return sha256(listed + key.encode()).digest()[:_SEAL]
