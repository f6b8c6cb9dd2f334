# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`verify`: every stored proof is verified again."""

from __future__ import annotations

from typing import Final

import click

from itmo.reasons import ProtocolError, Reason
from itmo.registry.v1 import operator_service_pb2 as api
from itmo.runtime.cli.contract import Exit
from itmo.runtime.cli.progress import Bar
from itmo.runtime.cli.screen import Screen
from itmo.runtime.cli.session import as_tree
from registry_node.cli.session import Session, command

_SECONDS: Final = 600.0


@click.command()
@command
def verify(session: Session) -> Exit:
    """Verifies everything stored; exit status 1 when something does not hold.

    Every message and receipt from its stored bytes; then own messages and deliveries are applied
    again to an empty store, and must make the same books. Works whether the node runs or not, which
    goes on meanwhile.
    """
    answer, has_head = _verified(session)
    problems = [
        f"{each.transaction_id or each.payload_hash}: {each.code} {each.found}"
        if each.transaction_id or each.payload_hash
        else each.found
        for each in answer.problems
    ]

    def table(screen: Screen) -> None:
        for problem in problems:
            screen.line(problem, "red")
        if problems:
            screen.line("Something does not hold.", "red")
        else:
            screen.line("Everything holds.", "green")
        proofs = f"{answer.valid} of {answer.checked} valid"
        screen.facts((("proofs", proofs), ("problems", len(problems))))
        if not has_head:
            screen.line(
                "There is no head beside the store: whether later commits were acknowledged cannot"
                " be told from here."
            )

    session.show({"ok": not problems, **as_tree(answer)}, table)
    return Exit.REFUSED if problems else Exit.DONE


def _verified(session: Session) -> tuple[api.VerifyReceiptsResponse, bool]:
    """What is found, and whether there is a head."""
    from itmo.runtime.db.head import head_path
    from registry_node.api.writing import verified
    from registry_node.app import DATABASE, is_of_another_version, verify_stored
    from registry_node.settings import load

    settings = load(session.folder)
    has_head = head_path(settings.node.data_dir / DATABASE).exists()
    if is_of_another_version(settings):
        request = api.VerifyReceiptsRequest()
        try:
            answer = session.call(lambda stub: stub.VerifyReceipts(request, timeout=_SECONDS))
        except ProtocolError as error:
            if error.reason is not Reason.PROGRAM_NOT_RUNNING:
                raise
        else:
            return answer, has_head
    with Bar() as bar:
        return verified(verify_stored(settings, bar.at)), has_head
