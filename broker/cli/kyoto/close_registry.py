# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`kyoto close-registry`: the sealed export of a registry that nothing is taken from any more."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import click

from broker.cli.kyoto.stating import placed
from broker.cli.session import session

if TYPE_CHECKING:
    from broker.reports.kyoto.sealed_verifying import Sealed
    from itmo.runtime.db.connection import Connection

WAITING: Final = (
    "SELECT count(*) FROM transaction_record WHERE state IN ('VALIDATED', 'ACCEPTED')"
    " AND (from_registry = :registry OR to_registry = :registry)"
)
"""Transactions of a registry that wait for somebody."""


@click.command("close-registry")
@click.argument("registry")
@click.option(
    "--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="A .zip."
)
def close_registry(registry: str, out: Path) -> None:
    """Closes a REGISTRY that is read-only, with a sealed export: units, trail, reports, signed messages.

    `broker suspend REGISTRY --only-new` makes it read-only. The seal of the export is stated, so that it lies
    in the log, and from then on nothing moves there any more. Publish and file the seal nevertheless;
    `broker kyoto verify-export` and ordinary tools verify the file.
    """
    from broker.reports.directory import registries
    from broker.reports.kyoto.sealed_export import sealed_export, with_closing
    from broker.reports.kyoto.sealed_verifying import sealed_in
    from broker.reports.snapshot import snapshot
    from broker.rulebook.general.registries import OperationalStatus
    from itmo.clock import SystemClock
    from itmo.files import write_new_file
    from itmo.identifiers import parse_registry_id

    run = session()
    wanted = parse_registry_id(registry, "REGISTRY")
    with run.reader() as connection:
        status = {each.registry: each.status for each in registries(connection)}.get(wanted)
        if status is None:
            raise click.UsageError(f"there is no registry {wanted}")
        if status is OperationalStatus.OPERATIONAL:
            raise click.UsageError(
                f"{wanted} still takes transactions; run `broker suspend {wanted} --only-new` first"
            )
        waiting = connection.execute(WAITING, {"registry": wanted}).fetchone()[0]
        if waiting:
            raise click.UsageError(
                f"{waiting} transactions of {wanted} still wait; let them end, or withdraw them, first:"
                " nobody could complete them after the closing"
            )
        today = SystemClock().now().date()
        reports = _reports(connection, wanted[:3], today)
        with snapshot(connection):
            content, seal = sealed_export(connection, wanted, reports, today)
    sealed = sealed_in(content)
    # It is looked at as a stranger will look at it.
    if sealed.problems:
        raise RuntimeError("; ".join(sealed.problems))
    write_new_file(out, content)
    place = _state(wanted, sealed)
    with run.reader() as connection, snapshot(connection):
        whole = with_closing(connection, content, wanted, sealed.size, place)
    beside = out.with_name(f"{out.name}.closing")
    write_new_file(beside, whole)
    beside.replace(out)
    facts = {
        "registry": wanted,
        "closed_by": place,
        "file": str(out),
        "seal": seal,
        "root": sealed.root,
        "log_size": sealed.size,
        "decisions": sealed.decisions,
    }
    run.show(facts, lambda screen: screen.facts(list(facts.items())))


def _state(registry: str, sealed: Sealed) -> int:
    """States that the registry is closed; the place of that in the log."""
    from itmo.kyoto.v1 import statements_pb2

    closing = statements_pb2.RegistryClosing(
        registry=registry,
        seal=bytes.fromhex(sealed.seal),
        log_size=sealed.size,
        log_root=bytes.fromhex(sealed.root),
    )
    return placed(statements_pb2.KyotoStatement(closing=closing))


def _reports(connection: Connection, party: str, today: date) -> Mapping[str, bytes]:
    """Of each period and reported year that the record has something of."""
    from broker.reports.kyoto.sef_entries import sef_entries
    from itmo.identifiers import PartyCode
    from sef.cli.write import write_derived
    from sef.derivation import Asked
    from sef.entries import CDM, registry_of
    from sef.layout import LAST_PUBLISHED_YEAR, LAST_YEAR
    from sef.layouts import fitting
    from sef.model import Source

    whose = registry_of(PartyCode(party))
    entries = sef_entries(connection, today)
    first = {(each.period, each.year) for each in entries if each.party == whose and whose != CDM}
    years = (each.year for each in entries if each.party == whose)
    last = min(max([LAST_PUBLISHED_YEAR, *years]), LAST_YEAR)
    found: dict[str, bytes] = {}
    with TemporaryDirectory() as folder:
        for period in sorted({period for period, _ in first}):
            start = min(year for each, year in first if each == period)
            for year in range(start, last + 1):
                if fitting(None, period, year) is None:
                    continue
                name = f"RREG1_{whose}_{year}_{period}_1.xlsx"
                asked = Asked(party=whose, year=year, period=period, source=Source.REGISTRY)
                path, _ = write_derived(entries, asked, Path(folder) / name, None)
                found[name] = path.read_bytes()
    return found
