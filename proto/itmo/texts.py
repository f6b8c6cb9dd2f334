# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""No string of a message holds a character that a reader cannot see, whichever field it is in."""

from __future__ import annotations

from typing import Final

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from itmo import limits
from itmo.identifiers import parse_free_text
from itmo.reasons import ProtocolError, Reason

_SURELY_SHORT: Final = limits.MAX_IDENTIFIER
"""Any text of so many characters is below every limit."""
_NO_TEXT: Final = frozenset({int, bool, float, bytes})
"""Values of single fields that hold no text."""


def check_texts(
    message: Message,
    where: str = "",
    *,
    max_length: int = limits.MAX_TEXT,
    max_listed: int = limits.MAX_LISTED,
) -> None:
    """Admits a message when every string in it, at any depth, is text as people can read it.

    Lists are counted before their entries are looked at. Identifiers have narrower forms, which are checked where they are read; what is checked here no
    field can be forgotten in.

    Args:
        message: The message.
        where: Its name in findings; empty for the outermost.
        max_length: Code points of a text.
        max_listed: Entries of a list.

    Raises:
        ProtocolError: PAYLOAD_INVALID, naming the field: control, bidirectional, zero-width,
            private or unassigned characters, another form than NFC, too much of it, or too many.
    """
    for field, value in message.ListFields():
        kind = type(value)
        if kind is str:
            # Printable ASCII, the usual case, is in order without a look at each character.
            if not (value.isascii() and value.isprintable() and len(value) <= _SURELY_SHORT):
                parse_free_text(value, f"{where}{field.name}", max_length)
        elif kind in _NO_TEXT:
            continue
        elif isinstance(value, Message):
            inside = f"{where}{field.name}."
            check_texts(value, inside, max_length=max_length, max_listed=max_listed)
        elif len(value) > max_listed:
            raise ProtocolError(
                Reason.PAYLOAD_INVALID,
                f"{where}{field.name} has {len(value)} entries; at most {max_listed} are taken",
                where=f"{where}{field.name}",
            )
        elif field.type == FieldDescriptor.TYPE_STRING:
            for text in value:
                if not (text.isascii() and text.isprintable() and len(text) <= _SURELY_SHORT):
                    parse_free_text(text, f"{where}{field.name}", max_length)
        elif field.type == FieldDescriptor.TYPE_MESSAGE:
            inside = f"{where}{field.name}."
            for each in value:
                check_texts(each, inside, max_length=max_length, max_listed=max_listed)
