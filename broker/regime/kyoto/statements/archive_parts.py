# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The trail of an archive, in parts that hang together; they count for nothing before the opening.

Each part names the digest of the one before, so that the last one stands for all, and taking one in
asks for no other. What is lacking after a crash is stated then, from the part that is next.
"""

from __future__ import annotations

import hashlib
from typing import Final

from broker.regime.fields import day, known, short
from broker.regime.kyoto import stated_keys
from broker.regime.kyoto.reading import TRACKS, UNIT_TYPES, host_and_number
from broker.regime.kyoto.statements.kind import Kind, at_least_one, invalid
from broker.regime.refusals import NoEffect
from broker.regime.regime import Key, Needs
from broker.regime.statement import Books
from broker.rulebook.kyoto.case import ArchiveParts
from broker.rulebook.kyoto.tables import ACTIVITIES, NOTICE_TYPES
from itmo import limits
from itmo.identifiers import parse_account_id, parse_registry_id
from itmo.kyoto.v1 import attributes_pb2, statements_pb2
from itmo.reasons import Reason
from itmo.serials import MAX_SERIAL
from itmo.timestamps import moment

DIGEST: Final = 32
"""Bytes of SHA-256."""
_TYPES: Final = frozenset(statements_pb2.ArchivedType.values()) - {0}
_ACTIVITIES: Final = frozenset({0, *ACTIVITIES})


def digest_of(part: statements_pb2.ArchivePart) -> bytes:
    """By what the next part, and the opening, name a part."""
    return hashlib.sha256(part.SerializeToString(deterministic=True)).digest()


def _part(written: statements_pb2.ArchivePart) -> tuple[Key, ArchiveParts]:
    registry = parse_registry_id(written.registry, "archive_part.registry")
    number = at_least_one(written.part, "archive_part.part", "its number in the archive")
    if len(written.archive_digest) != DIGEST:
        raise invalid("archive_part.archive_digest", f"a digest of {DIGEST} bytes")
    if len(written.previous) != (DIGEST if number > 1 else 0):
        raise invalid("archive_part.previous", "the digest of the part before; none in the first")
    count = len(written.rows) + len(written.notices)
    if not 1 <= count <= limits.MAX_ARCHIVE_ROWS:
        raise invalid("archive_part", f"1 to {limits.MAX_ARCHIVE_ROWS} rows and notices")
    for each in written.rows:
        _row(each)
    for notice in written.notices:
        moment(notice.at, "archive_part.notices.at")
        if notice.type not in NOTICE_TYPES or notice.quantity > limits.MAX_UNITS:
            raise invalid("archive_part.notices", "a type of notice, and how many units")
    return stated_keys.archive_part(registry), ArchiveParts(
        archive=written.archive_digest.hex(),
        parts=number,
        last=digest_of(written).hex(),
        previous=written.previous.hex(),
    )


def _row(written: statements_pb2.ArchivedRow) -> None:
    where = "archive_part.rows"
    moment(written.at, f"{where}.at")
    if written.type not in _TYPES:
        raise invalid(f"{where}.type", "what the transaction did")
    if not short(written.transaction, f"{where}.transaction"):
        raise invalid(f"{where}.transaction", "its number")
    units = written.units
    if not 1 <= units.first <= units.last <= MAX_SERIAL:
        raise invalid(f"{where}.units", "a range from a first to a last serial number")
    parse_registry_id(units.registry, f"{where}.units.registry")
    if written.net_source_activity not in _ACTIVITIES:
        raise invalid(f"{where}.net_source_activity", "a land-use activity")
    for field in ("from_account", "to_account"):
        _place(getattr(written, field), f"{where}.{field}")
    _attributes(written.attributes, f"{where}.attributes")


def _attributes(written: attributes_pb2.UnitAttributes, where: str) -> None:
    if known(UNIT_TYPES, written.unit_type, f"{where}.unit_type") is None:
        raise invalid(f"{where}.unit_type", "a type of units")
    known(TRACKS, written.track, f"{where}.track")
    if written.lulucf_activity not in _ACTIVITIES:
        raise invalid(f"{where}.lulucf_activity", "a land-use activity")
    if written.project:
        host_and_number(written.project, f"{where}.project")
    if written.expiry_date:
        day(written.expiry_date, f"{where}.expiry_date")


def _place(text: str, where: str) -> None:
    """An account, or a registry in its place."""
    if len(text) == len("GBR01"):
        parse_registry_id(text, where)
        return
    account = parse_account_id(text, where)
    # Behind the check digits: the registry, and three digits of the type.
    parse_registry_id(account[4:9], where)
    if not account[9:12].isdecimal():
        raise invalid(where, "an account with the number of its type")


def _needs(written: statements_pb2.ArchivePart) -> Needs:
    return Needs(stated={stated_keys.archive_part(written.registry)})


def _take(books: Books, key: Key, said: ArchiveParts) -> None:
    before = books.stated(key)
    if said.parts > 1:
        on_record = before if isinstance(before, ArchiveParts) else None
        if on_record is None or on_record.archive != said.archive:
            raise NoEffect(
                Reason.NOT_FOUND,
                f"no part of archive {said.archive} is the last on record; state its part 1 first",
            )
        if (on_record.parts + 1, on_record.last) != (said.parts, said.previous):
            raise NoEffect(
                Reason.PREVIOUS_HASH_MISMATCH,
                f"part {said.parts} follows on {said.previous[:16]}; the last on record is part"
                f" {on_record.parts}, {on_record.last[:16]}",
            )
    books.state(key, said)


KINDS: Final = (Kind("archive_part", _part, needs=_needs, take=_take),)
