# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Everything that was signed with one key, for whoever has to look it through."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import click

from broker.cli.session import session
from itmo.runtime.cli.screen import Screen
from itmo.runtime.cli.times import MOMENT
from itmo.runtime.cli.whole_numbers import NUMBER

_SHOWN: Final = 1_000


@click.command("signed")
@click.argument("keyid")
@click.option("--since", type=MOMENT, help="The last moment at which the key was surely safe.")
@click.option("--limit", type=NUMBER, default=_SHOWN, show_default=True)
def signed_key(keyid: str, since: datetime | None, limit: int) -> None:
    """Lists everything that was signed with the key KEYID, a node's, the broker's or the operator's.

    After a key was stolen: what lies between the last moment at which it was surely safe and its
    revocation is to be asked about, one by one.
    """
    from itertools import islice

    from broker.reports.signed_with import signed_with
    from itmo.forms import moment

    run = session()
    with run.reader() as connection:
        found = list(islice(signed_with(connection, keyid, since), limit + 1))
    more = len(found) > limit
    del found[limit:]

    def text(screen: Screen) -> None:
        screen.table(
            ("decision", "when", "what", "id", "transactions"),
            [
                (
                    "not taken in" if v.log_index is None else str(v.log_index),
                    moment(v.at),
                    v.kind,
                    v.id or None,
                    " ".join(v.transaction_ids) or None,
                )
                for v in found
            ],
            empty="nothing was signed with it",
        )
        if more:
            screen.line(f"there is more than {limit}; see --limit", "dim")

    run.show({"signed": found, "more": more}, text)
