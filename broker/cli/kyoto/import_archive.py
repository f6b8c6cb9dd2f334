# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`kyoto import-archive`: an archive becomes the opening of a registry, when it ties with the reports."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from broker.cli.kyoto.stating import state, state_all
from broker.cli.session import session
from itmo.runtime.cli.contract import Exit, tell

if TYPE_CHECKING:
    from itmo.kyoto.v1 import statements_pb2
    from itmo.runtime.cli.screen import Screen
    from sef.archive import Archive
    from sef.read_file import ReadFile

_PLACE = click.Path(path_type=Path, exists=True)


@click.command("import-archive")
@click.argument("archive", type=_PLACE)
@click.option("--party", required=True, help="The Party whose archive it is, such as GBR.")
@click.option(
    "--sef", "reports", multiple=True, required=True, type=_PLACE, metavar="FILE",
    help="The Party's last report on a period; repeatable, and earlier ones do no harm.",
)  # fmt: skip
@click.option("--yes", is_flag=True, help="State it without asking.")
def import_archive(archive: Path, party: str, reports: tuple[Path, ...], yes: bool) -> int:
    """States what the registry of a Party brings along, from its ARCHIVE: a folder or a file.

    Nothing is stated unless the units of the archive are those of the reports, by account type, unit
    type and period, to the unit; where the archive has a trail, every cell of every report must follow
    from it. Run again after a crash it goes on where it stopped. Then the registry's own node brings them in:
    registry-node kyoto bring-in ARCHIVE. Exit status 1: they differ, and every row is told.
    """
    from broker.reports.kyoto.archives import opening_of
    from itmo.identifiers import parse_party_code
    from itmo.kyoto.v1 import statements_pb2
    from itmo.runtime.cli.progress import Bar
    from sef.archive_reading import read_archive
    from sef.cli.reading import read_files

    run = session()
    code = parse_party_code(party, "--party")
    with Bar() as bar:
        read = read_files(
            reports, bar, lambda error, first: tell(error, as_json=run.as_json and first)
        )
    if read is None:
        return Exit.USAGE
    found = read_archive(archive)
    faults = list(found.faults) or _differences(found, read, code)
    if faults:
        run.show({"ties": False, "differences": faults}, lambda screen: _tell(screen, faults))
        return Exit.REFUSED
    registry = found.blocks[0].account_registry
    quantity = sum(each.quantity for each in found.blocks)
    run.ask(
        f"State {quantity} units in {len(found.blocks)} blocks as the opening of {registry}?",
        yes=yes,
        before=f"The archive ties with the reports to the unit; its SHA-256 is {found.digest.hex()}.",
    )
    opening = opening_of(found, [bytes.fromhex(each.seen.digest) for each in read if each.seen])
    _state_trail(found, opening)
    state(f"The opening of {registry}", statements_pb2.KyotoStatement(opening=opening))
    return Exit.DONE


def _state_trail(found: Archive, opening: statements_pb2.Opening) -> None:
    """States what the archive tells of the past, from the first part that is not on record."""
    from broker.regime.kyoto.statements.archive_parts import digest_of
    from broker.reports.kyoto.archives import parts_of, parts_on_record
    from itmo.kyoto.v1 import statements_pb2
    from itmo.runtime.cli.progress import Bar

    parts = list(parts_of(found))
    if not parts:
        return
    with session().reader() as connection:
        known = parts_on_record(connection, opening.registry)
    digests = [digest_of(each) for each in parts]
    stated = 0
    if known is not None and known.parts <= len(parts):
        stated = known.parts if digests[known.parts - 1].hex() == known.last else 0

    def lacking(bar: Bar) -> Iterator[statements_pb2.KyotoStatement]:
        for part in parts[stated:]:
            bar.at("Parts of the trail", part.part - 1, len(parts))
            yield statements_pb2.KyotoStatement(archive_part=part)

    with Bar() as bar:
        state_all(lacking(bar))
    opening.parts, opening.last_part = len(parts), digests[-1]


def _differences(found: Archive, read: list[ReadFile], code: str) -> list[str]:
    from sef.archive_ties import differences
    from sef.checks.casefile import Filed
    from sef.entries import registry_of

    registries = {each.account_registry for each in found.blocks}
    wrong = [each for each in sorted(registries) if not each.startswith(code)]
    if wrong or len(registries) != 1:
        named = ", ".join(sorted(registries))
        return [f"the accounts are of registries {named}; expected those of one registry of {code}"]
    filed = [Filed(number, each.submission, each.findings) for number, each in enumerate(read)]
    return differences(found, filed, registry_of(code))


def _tell(screen: Screen, faults: list[str]) -> None:
    for fault in faults:
        screen.line(fault)
    screen.line(
        f"{len(faults)} found; nothing is stated. Mend the archive, or give the right reports."
    )
