# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`kyoto verify-export`: looks at the sealed export of a registry with nothing but the file."""

from __future__ import annotations

from pathlib import Path

import click

from broker.cli.session import session
from itmo.files import read_plain_file
from itmo.runtime.cli.contract import Exit
from itmo.runtime.cli.screen import Screen


@click.command("verify-export")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--seal", metavar="HEX", help="The seal, as it was published.")
@click.option("--key", metavar="KEYID", help="The broker's key, as you know it from elsewhere.")
@click.option("--root", metavar="HEX", help="The root of the log at that size, as you know it.")
def verify_export(file: Path, seal: str | None, key: str | None, root: str | None) -> int:
    """Verifies the sealed export of a registry in FILE, without any database.

    Exit status 0: every file is the listed one, every signature fits, every decision is in the log, and
    the tables (trail, units, reports) follow from the signed messages; 1: something does not. The closing
    in the log says what was sealed and when; without it, the seal is worth what you know of it.
    """
    from broker.reports.kyoto.sealed_verifying import MAX_EXPORT, sealed_in

    run = session()
    found = sealed_in(read_plain_file(file, MAX_EXPORT))
    wrong = list(found.problems)
    for name, wanted, has in (("seal", seal, found.seal), ("root", root, found.root)):
        if wanted is not None and wanted != has:
            wrong.append(f"the {name} is {has}, not {wanted}")
    if key is not None and key not in found.keys:
        wrong.append(f"nothing is signed with key {key}")
    facts = {
        "network": found.network,
        "seal": found.seal,
        "root": found.root,
        "log_size": found.size,
        "decisions": found.decisions,
        "keys": ", ".join(sorted(found.keys)),
    }
    if found.closed is not None:
        facts |= {
            "closed_at": found.closed.at.isoformat(),
            "closed_by": found.closed.log_index,
            "root_with_closing": found.closed.root,
        }

    def text(screen: Screen) -> None:
        screen.facts(list(facts.items()))
        screen.line()
        for each in wrong:
            screen.line(each, "red")
        screen.line("It does not hold." if wrong else "Everything fits.", "bold")

    run.show({"verified": not wrong, "problems": wrong} | facts, text)
    return Exit.REFUSED if wrong else Exit.DONE
