# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a registry brings along from an archive."""

from __future__ import annotations

from typing import Final

from broker.regime.fields import known, listed
from broker.regime.kyoto import stated_keys
from broker.regime.kyoto.reading import UNIT_TYPES
from broker.regime.kyoto.statements.archive_parts import DIGEST
from broker.regime.kyoto.statements.kind import Kind, invalid, period_number
from broker.regime.refusals import NoEffect
from broker.regime.regime import Key, Needs
from broker.regime.statement import Books
from broker.rulebook.kyoto import case
from broker.rulebook.kyoto.account_types import ACCOUNT_TYPES
from itmo import limits
from itmo.identifiers import parse_registry_id
from itmo.kyoto.v1 import statements_pb2
from itmo.reasons import Reason


def _opening(written: statements_pb2.Opening) -> tuple[Key, case.Opening]:
    for digest in (written.archive_digest, *written.report_digests):
        if len(digest) != DIGEST:
            raise invalid("opening", f"digests of {DIGEST} bytes")
    if not written.report_digests:
        raise invalid("opening.report_digests", "the reports that the archive was held against")
    listed(len(written.totals), "opening.totals")
    totals: dict[case.TotalKey, int] = {}
    for each in written.totals:
        if each.account_type not in ACCOUNT_TYPES:
            raise invalid("opening.totals.account_type", "a type of account")
        if not 0 < each.quantity <= limits.MAX_UNITS:
            raise invalid("opening.totals.quantity", f"1 to {limits.MAX_UNITS}")
        units = known(UNIT_TYPES, each.unit_type, "opening.totals.unit_type") or 0
        period = period_number(each.period, "opening.totals.period")
        kind = case.TotalKey(
            each.account_type, int(units), period, each.had_left, each.were_replaced
        )
        if kind in totals:
            raise invalid("opening.totals", "each kind of units once")
        totals[kind] = each.quantity
    registry = parse_registry_id(written.registry, "opening.registry")
    if len(written.last_part) != (DIGEST if written.parts else 0):
        raise invalid("opening.last_part", "the digest of the last part; none where there are none")
    said = case.Opening(
        archive=written.archive_digest.hex(),
        totals=totals,
        parts=written.parts,
        last_part=written.last_part.hex(),
    )
    return stated_keys.opening(registry), said


def _needs(written: statements_pb2.Opening) -> Needs:
    return Needs(stated={stated_keys.archive_part(written.registry)} if written.parts else set())


def _take(books: Books, key: Key, said: case.Opening) -> None:
    """States it, where its trail is on record whole."""
    if said.parts:
        on_record = books.stated(stated_keys.archive_part(key.name))
        wanted = said.archive, said.parts, said.last_part
        if not isinstance(on_record, case.ArchiveParts):
            raise NoEffect(Reason.NOT_FOUND, f"none of its {said.parts} parts is on record")
        if (on_record.archive, on_record.parts, on_record.last) != wanted:
            raise NoEffect(
                Reason.NOT_FOUND,
                f"of archive {on_record.archive[:16]} {on_record.parts} parts are on record, the last"
                f" {on_record.last[:16]}; the opening names {said.parts} of {said.archive[:16]}, the"
                f" last {said.last_part[:16]}: state the parts that are lacking first",
            )
    books.state(key, said)


KINDS: Final = (Kind("opening", _opening, needs=_needs, take=_take),)
