# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Lists of a node or of the clearing-house that come in pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from google.protobuf.message import Message

PAGE: Final = 1000
"""Rows of a page, the most there may be."""
P = TypeVar("P", bound=Message)


def all_pages(ask: Callable[[str], P], field: str) -> P:
    """All pages of a list as one.

    Args:
        ask: Returns the page of a token; that of the first is empty.
        field: Holds the rows of a page.
    """
    whole = ask("")
    token = str(whole.next_page_token)  # type: ignore[attr-defined]  # every page has one
    while token:
        page = ask(token)
        getattr(whole, field).extend(getattr(page, field))
        token = str(page.next_page_token)  # type: ignore[attr-defined]
    whole.ClearField("next_page_token")
    return whole
