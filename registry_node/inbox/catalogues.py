# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Catalogues of rulebooks, fetched when a verdict first names one and kept: they restore every finding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, cast

import structlog
from sqlalchemy import bindparam

from itmo.core.v1 import decision_pb2
from itmo.findings import findings_of, read_catalogue, stated_of
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError
from registry_node.broker_link import BrokerLink
from registry_node.commands.trip import Trip
from registry_node.inbox.opening import Statement
from registry_node.store.rows import CatalogueRow
from registry_node.store.tables import CATALOGUES
from registry_node.work import Work

_log: Final = structlog.get_logger(__name__)
_CATALOGUE: Final = CATALOGUES.select(CATALOGUES.table.c.digest == bindparam("digest"))
_EVERY: Final = CATALOGUES.select(order=CATALOGUES.table.c.digest)


class Catalogues:
    """Those that verdicts named."""

    def __init__(self, work: Work, link: BrokerLink) -> None:
        self._work = work
        self._link = link
        self._kept: set[bytes] = set()

    async def keep(self, statements: Iterable[Statement]) -> None:
        """Fetches what verdicts name and is not kept; what cannot be had now is with the next one."""
        for statement in statements:
            if statement.kind is not PayloadKind.VERDICT:
                continue
            digest = cast("decision_pb2.Verdict", statement.message).rulebook_digest
            if digest in self._kept:
                continue
            if await self._work.read(lambda trip, digest=digest: _find(trip, digest)) is None:  # type: ignore[misc]
                try:
                    content = await self._link.catalogue(digest)
                    read_catalogue(content, digest)
                except ProtocolError as error:
                    _log.warning("catalogue_not_fetched", digest=digest.hex(), reason=error.reason)
                    continue
                row = CatalogueRow(digest=digest, content=content)
                await self._work.run(lambda trip, row=row: _store(trip, row))  # type: ignore[misc]
            self._kept.add(digest)


def every_finding(
    trip: Trip, verdict: decision_pb2.Verdict, result: decision_pb2.TransactionVerdict
) -> tuple[decision_pb2.Finding, ...]:
    """Every check of a result; where the catalogue is not kept, those of which something is stated."""
    row = _find(trip, verdict.rulebook_digest)
    if row is None:
        return tuple(stated_of(verdict, result).findings)
    return findings_of(verdict, result, read_catalogue(row.content, row.digest))


def catalogue_faults(trip: Trip) -> Iterator[str]:
    """What is kept and is not what its digest says."""
    for row in _EVERY.all(trip.db):
        try:
            read_catalogue(row.content, row.digest)
        except ProtocolError as error:
            yield f"catalogue {row.digest.hex()}: {error.message}"


def _find(trip: Trip, digest: bytes) -> CatalogueRow | None:
    return _CATALOGUE.first(trip.db, digest=digest)


def _store(trip: Trip, row: CatalogueRow) -> None:
    if _find(trip, row.digest) is None:
        CATALOGUES.insert(trip.db, row)
