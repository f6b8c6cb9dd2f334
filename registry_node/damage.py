# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reads values out of the store: one that cannot be what was written is a sentence, not a fault of ours."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from google.protobuf.message import DecodeError, Message

from itmo.reasons import ProtocolError, Reason

M = TypeVar("M", bound=Message)
P = ParamSpec("P")
R = TypeVar("R")


def decoded(kind: type[M], stored: object) -> M:
    """Returns a stored message.

    Raises:
        ProtocolError: LEDGER_AUDIT_FAILED; the bytes are not what was written.
    """
    try:
        return kind.FromString(stored)  # type: ignore[arg-type]  # what is no bytes is a TypeError
    except (DecodeError, TypeError) as error:
        raise damaged(f"a {kind.DESCRIPTOR.name} cannot be read: {error}") from None


def damaged(found: str) -> ProtocolError:
    """Returns the refusal for a value of the store that was never written so."""
    return ProtocolError(
        Reason.LEDGER_AUDIT_FAILED,
        f"The node's store is damaged: {found}. Stop the node, see what `registry-node verify` finds,"
        " and put back a copy that holds; the clearing-house has every decision since.",
        found=found,
    )


def of_rows(write: Callable[P, R]) -> Callable[P, R]:
    """Makes what cannot be written out of rows, and of nothing else, a refusal for a damaged store."""

    @functools.wraps(write)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return write(*args, **kwargs)
        except (ValueError, TypeError) as error:
            raise damaged(f"a row cannot be shown: {error}") from None

    return run
