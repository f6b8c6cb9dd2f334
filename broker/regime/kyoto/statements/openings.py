# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a registry brings along from an archive."""

from __future__ import annotations

from typing import Final

from broker.regime.fields import known, listed
from broker.regime.kyoto import stated_keys
from broker.regime.kyoto.reading import UNIT_TYPES
from broker.regime.kyoto.statements.kind import Kind, invalid, period_number
from broker.regime.regime import Key
from broker.rulebook.kyoto import case
from broker.rulebook.kyoto.account_types import ACCOUNT_TYPES
from itmo import limits
from itmo.identifiers import parse_registry_id
from itmo.kyoto.v1 import statements_pb2

_DIGEST: Final = 32
"""Bytes of SHA-256."""


def _opening(written: statements_pb2.Opening) -> tuple[Key, case.Opening]:
    for digest in (written.archive_digest, *written.report_digests):
        if len(digest) != _DIGEST:
            raise invalid("opening", f"digests of {_DIGEST} bytes")
    if not written.report_digests:
        raise invalid("opening.report_digests", "the reports that the archive was held against")
    listed(len(written.totals), "opening.totals")
    totals: dict[case.Kind, int] = {}
    for each in written.totals:
        if each.account_type not in ACCOUNT_TYPES:
            raise invalid("opening.totals.account_type", "a type of account")
        if not 0 < each.quantity <= limits.MAX_UNITS:
            raise invalid("opening.totals.quantity", f"1 to {limits.MAX_UNITS}")
        units = known(UNIT_TYPES, each.unit_type, "opening.totals.unit_type") or 0
        kind = each.account_type, int(units), period_number(each.period, "opening.totals.period")
        if kind in totals:
            raise invalid("opening.totals", "each kind of units once")
        totals[kind] = each.quantity
    registry = parse_registry_id(written.registry, "opening.registry")
    said = case.Opening(archive=written.archive_digest.hex(), totals=totals)
    return stated_keys.opening(registry), said


KINDS: Final = (Kind("opening", _opening),)
