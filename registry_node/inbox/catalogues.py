# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Catalogues of rulebooks, fetched when a verdict first names one and kept: they restore every finding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, cast

import structlog
from sqlalchemy import bindparam

from itmo.core.v1 import decision_pb2
from itmo.findings import begun_in, findings_of, read_catalogue, stated_of
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
            verdict = cast("decision_pb2.Verdict", statement.message)
            others = (other for result in verdict.results for other in begun_in(result))
            for digest in {verdict.rulebook_digest, *(each.rulebook_digest for each in others)}:
                await self._keep(digest)

    async def _keep(self, digest: bytes) -> None:
        if digest in self._kept:
            return
        if await self._work.read(lambda trip: _find(trip, digest)) is None:
            try:
                content = await self._link.catalogue(digest)
                read_catalogue(content, digest)
            except ProtocolError as error:
                _log.warning("catalogue_not_fetched", digest=digest.hex(), reason=error.reason)
                return
            row = CatalogueRow(digest=digest, content=content)
            await self._work.run(lambda trip: _store(trip, row))
        self._kept.add(digest)


def every_finding(
    trip: Trip, verdict: decision_pb2.Verdict, result: decision_pb2.TransactionVerdict
) -> tuple[decision_pb2.Finding, ...]:
    """Every check of a result; where the catalogue is not kept, those of which something is stated.

    Those of a transition's other rulebook follow.
    """
    others = (every_finding(trip, each, each.results[0]) for each in begun_in(result))
    rest = tuple(finding for other in others for finding in other)
    row = _find(trip, verdict.rulebook_digest)
    if row is None:
        return (*stated_of(verdict, result).findings, *rest)
    return (*findings_of(verdict, result, read_catalogue(row.content, row.digest)), *rest)


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
