# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`propose`: units are to move to another account."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click
from click.core import ParameterSource

from itmo.core.v1 import proposal_pb2
from itmo.runtime.cli.contract import Exit
from registry_node.cli.options import BLOCK, proposing_options
from registry_node.cli.paris.terms import claim_option, in_terms
from registry_node.cli.sending import propose_one
from registry_node.cli.session import Session, command

_PATH: Final = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("from_account", required=False)
@click.argument("to_account", required=False)
@click.argument("blocks", nargs=-1, type=BLOCK)
@click.option("--to-registry", default="", help="Registry of TO_ACCOUNT; default: as in its id.")
@click.option("--file", type=_PATH, help="Propose the rows of a .csv or .xlsx; see below.")
@click.option(
    "--type", "kind", default="transfer", show_default=True,
    help="With --file: what rows without a `type` are, such as issue.",
)  # fmt: skip
@click.option("--result", type=_PATH, help="With --file: where a line for each row goes.")
@click.option("--until-ended", is_flag=True, help="With --file: wait until every one has ended.")
@claim_option
@proposing_options
@command
def propose(  # one parameter for each option that is not of the transaction
    session: Session,
    *,
    file: Path | None = None,
    kind: str = "transfer",
    result: Path | None = None,
    until_ended: bool = False,
    **fields: Any,  # noqa: ANN401 - the other options
) -> Exit | None:
    """Proposes a transfer: registry-node propose FROM TO THA01:1-1916.

    With --file, what the rows of a file say: registry-node propose --file transfers.csv. The first row
    names the columns, which are the arguments and options of the command for one (from_account,
    to_account, units, note ...); `type` says which command that is: transfer, or whatever is typed for
    one, such as issue, use or cancel. All rows are looked at before the first is sent; then the node sends them
    in batches, each once. Giving the same file again goes on where it stopped.
    """
    if file is None:
        if not (fields["from_account"] and fields["to_account"] and fields["blocks"]):
            raise click.UsageError("name FROM_ACCOUNT, TO_ACCOUNT and BLOCKS, or --file")
        propose_one(
            session, "Proposed", type=proposal_pb2.TRANSACTION_TYPE_TRANSFER, **in_terms(**fields)
        )
        return None
    from registry_node.cli.files.proposing import propose_file

    context = click.get_current_context()
    asked = context.get_parameter_source("wait") is not ParameterSource.DEFAULT
    wait = fields["wait"] if asked else None
    return propose_file(session, file, kind, result, wait, until_ended=until_ended)
