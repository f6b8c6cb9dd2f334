# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The command `broker`: its themes, and the one place where errors end."""

from __future__ import annotations

import logging
import sqlite3
import sys
from collections.abc import Sequence
from typing import Any, Final

import click

from broker.cli.acting import actions
from broker.cli.activities import activities, activity
from broker.cli.adjusting import adjustments, balance
from broker.cli.admission import admit, resume, suspend
from broker.cli.aef import aef
from broker.cli.books import (
    accounts,
    authorization,
    authorizations,
    holdings,
    mailboxes,
    refusals,
    registries,
)
from broker.cli.certifying import tls
from broker.cli.checking import checks
from broker.cli.clocking import clock
from broker.cli.failing import Exit, tell, tell_fault, tell_usage
from broker.cli.heading import head
from broker.cli.keeping import backup, bench, verify
from broker.cli.keying import key
from broker.cli.knowing import approach, party
from broker.cli.noticing import maintenance, notices
from broker.cli.plugins import LoadedPlugins
from broker.cli.reversing import agree_to_reversal
from broker.cli.rotating import rotate_key
from broker.cli.session import Session
from broker.cli.signed_with import signed_key
from broker.cli.starting import check_config, init, serve
from broker.cli.status import status
from broker.cli.summarizing import summary
from broker.cli.transacting import transaction, transactions
from broker.cli.unitary import sharing, units
from itmo.reasons import ProtocolError, Reason


class Root(LoadedPlugins):
    """The command `broker`. However it is called, expected errors end in a sentence."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,  # click's signature
        windows_expand_args: bool = True,  # same
        **extra: Any,  # noqa: ANN401  # same
    ) -> Any:  # noqa: ANN401  # same
        """Runs a command line; ends the process unless `standalone_mode` is off."""
        words = sys.argv[1:] if args is None else list(args)
        if not standalone_mode:
            return super().main(words, prog_name, complete_var, standalone_mode=False, **extra)

        def run() -> object:
            return super(Root, self).main(
                words, prog_name, complete_var, standalone_mode=False,
                windows_expand_args=windows_expand_args, **extra,
            )  # fmt: skip

        sys.exit(_status(run, as_json="--json" in words))


def _status(run: Any, *, as_json: bool) -> int:  # noqa: ANN401  # a bound method of click
    """Runs and turns whatever happens into an exit status."""
    _quiet_log()
    try:
        result = run()
    except click.ClickException as error:
        return tell_usage(error, as_json=as_json)
    except click.Abort:
        refusal = ProtocolError(Reason.PERMISSION_DENIED, "Not confirmed; nothing was done.")
        tell(refusal, as_json=as_json)
        return Exit.REFUSED
    except ProtocolError as error:
        return tell(error, as_json=as_json)
    except sqlite3.Error as error:
        return tell(
            ProtocolError(Reason.INTERNAL, f"The database failed: {error}."),
            as_json=as_json,
        )
    except OSError as error:
        where = f" {error.filename}" if error.filename else ""
        return tell(
            ProtocolError(
                Reason.CONFIGURATION_INVALID, f"The file{where} cannot be used: {error.strerror}."
            ),
            as_json=as_json,
        )
    except Exception as error:  # noqa: BLE001  # the last line of defence: status 4
        return tell_fault(error, as_json=as_json)
    return int(result) if isinstance(result, int) else Exit.DONE


def _quiet_log() -> None:
    """Standard output is for the answer, standard error for what went wrong.

    `broker serve` sets up a log of its own.
    """
    import structlog

    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )


for each in (rotate_key, signed_key):
    key.add_command(each)
COMMANDS: Final[tuple[click.Command, ...]] = (
    init,
    check_config,
    serve,
    status,
    admit,
    suspend,
    resume,
    party,
    approach,
    activity,
    activities,
    key,
    tls,
    registries,
    accounts,
    holdings,
    transactions,
    transaction,
    agree_to_reversal,
    checks,
    actions,
    adjustments,
    balance,
    summary,
    aef,
    authorizations,
    authorization,
    units,
    sharing,
    mailboxes,
    refusals,
    notices,
    maintenance,
    clock,
    verify,
    head,
    bench,
    backup,
)

root: Final = Root(
    "broker",
    {command.name: command for command in COMMANDS if command.name is not None},
    top=True,
    context_settings={"help_option_names": ["-h", "--help"], "obj": Session()},
    help="The clearing-house: checks, decides and proves transfers of units between registries.",
)
