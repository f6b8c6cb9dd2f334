# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`kyoto verify-certificate`: looks at a certificate with nothing but the broker's key."""

from __future__ import annotations

from pathlib import Path

import click

from broker.cli.session import session
from itmo.files import read_plain_file
from itmo.runtime.cli.contract import Exit
from itmo.runtime.cli.screen import Screen


@click.command("verify-certificate")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--key", metavar="KEYID", help="The broker's key, as you know it from elsewhere.")
@click.option("--root", metavar="HEX", help="The root of the log at that size, as you know it.")
def verify_certificate(file: Path, key: str | None, root: str | None) -> int:
    """Verifies a certificate of cancellation in FILE, of HTML or PDF, without any database.

    Exit status 0: every signature fits, the messages belong together, and the decision is in the log;
    1: something does not. Without --key it is for you to compare the broker's key.
    """
    from broker.reports.kyoto.attestation import proved, signers, unpacked
    from broker.reports.kyoto.certificate import facts

    run = session()
    found = unpacked(read_plain_file(file))
    words, wrong = proved(found)
    if key is not None and signers(found)["receipt"] != key:
        wrong.append(f"the receipt is signed with key {signers(found)['receipt']}, not with {key}")
    if root is not None and found.root.hex() != root:
        wrong.append(f"the root is {found.root.hex()}, not {root}")
    told = facts(found, words) if words is not None else []

    def text(screen: Screen) -> None:
        screen.facts(told)
        screen.line()
        for each in wrong:
            screen.line(each, "red")
        screen.line("It does not hold." if wrong else "Everything fits.", "bold")

    run.show({"verified": not wrong, "problems": wrong, "facts": dict(told)}, text)
    return Exit.REFUSED if wrong else Exit.DONE
