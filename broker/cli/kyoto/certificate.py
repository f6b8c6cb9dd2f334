# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`kyoto certificate`: attests a cancellation to somebody outside."""

from __future__ import annotations

from pathlib import Path

import click

from broker.cli.session import session
from itmo.files import write_whole


@click.command()
@click.argument("transaction")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="A file that ends in .html or .pdf.",
)
def certificate(transaction: str, out: Path) -> None:
    """Writes a certificate of a completed cancellation, which proves itself.

    TRANSACTION was proposed by itself, not in a batch. The certificate carries the signed messages and
    the way to the root of the log; anyone verifies it with `broker kyoto verify-certificate`.
    """
    from broker.reports.kyoto import certificate as written
    from broker.reports.kyoto.attestation import evidence, proved
    from broker.reports.log_position import log_position
    from broker.reports.snapshot import snapshot
    from broker.reports.transactions import meant
    from itmo.clock import SystemClock
    from itmo.identifiers import parse_transaction_id

    run = session()
    if out.suffix not in {".html", ".pdf"}:
        raise click.UsageError(f"--out {out.name}: give a name that ends in .html or .pdf")
    with run.reader() as connection, snapshot(connection):
        wanted = parse_transaction_id(meant(connection, transaction), "TRANSACTION")
        found = evidence(connection, log_position(connection).network, wanted)
    words, wrong = proved(found)
    # It is looked at as a stranger will look at it.
    if words is None or wrong:
        raise RuntimeError("; ".join(wrong))
    made = SystemClock().now()
    content = (
        written.page(found, words, made)
        if out.suffix == ".html"
        else written.document(found, words, made)
    )
    write_whole(out, content)
    run.show(
        {"transaction": wanted, "file": str(out)},
        lambda screen: screen.line(f"{out} attests the cancellation."),
    )
