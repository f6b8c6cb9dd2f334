# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Exit status of the command line, and how a refusal is told."""

from __future__ import annotations

import traceback
from enum import IntEnum
from typing import Final

import click

from broker.cli.printing import print_json, printable
from itmo.reasons import CATALOGUE, Family, ProtocolError, Reason


class Exit(IntEnum):
    """Exit status of every command."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    UNREACHABLE = 3
    FAULT = 4


EXIT_HELP: Final = (
    "Exit status: 0 done; 1 refused, or a check or verification failed; 2 bad usage, input or"
    " configuration; 3 the broker is not running or cannot be reached; 4 a fault of the program."
)
_INPUT: Final = frozenset(
    {
        Reason.CONFIGURATION_INVALID,
        Reason.IDENTIFIER_INVALID,
        Reason.MESSAGE_TOO_LARGE,
        Reason.MESSAGE_UNDECODABLE,
        Reason.MESSAGE_UNKNOWN_FIELDS,
        Reason.PAYLOAD_INVALID,
        Reason.PAYLOAD_TYPE_UNKNOWN,
        Reason.QUANTITY_INVALID,
        Reason.SCHEMA_VERSION_UNSUPPORTED,
        Reason.SERIAL_RANGE_INVALID,
    }
)
_DECIDED: Final = "code"
"""Detail that the operator's desk adds to what a receipt refused."""


class Unreachable(ProtocolError):  # noqa: N818  # the name says what happened
    """The broker cannot be reached from here; the remedy is the operator's, not a node's."""

    remedy = "Start it with `broker serve`, or look at its log to see why it does not answer."

    def __init__(self, message: str) -> None:
        super().__init__(Reason.PROGRAM_NOT_RUNNING, message)


def exit_of(error: ProtocolError) -> Exit:
    """Returns the exit status for a refusal."""
    if error.reason is Reason.LEDGER_AUDIT_FAILED:
        return Exit.REFUSED
    match CATALOGUE[error.reason].family:
        case Family.UNAVAILABLE:
            return Exit.UNREACHABLE
        case Family.BUG:
            return Exit.FAULT
        case _:
            pass
    # The same reason is bad input when it was found here, and a refusal when the broker decided so.
    if error.reason in _INPUT and _DECIDED not in error.metadata:
        return Exit.USAGE
    return Exit.REFUSED


def tell(error: ProtocolError, *, as_json: bool) -> Exit:
    """Tells a refusal: sentence, reason and remedy. Returns the exit status."""
    remedy = error.remedy if isinstance(error, Unreachable) else CATALOGUE[error.reason].remedy
    if as_json:
        print_json(
            {
                "error": {
                    "reason": error.reason,
                    "message": error.message,
                    "metadata": error.metadata,
                    "remedy": remedy,
                }
            }
        )
    click.echo(f"{click.style('error:', fg='red', bold=True)} {printable(error.message)}", err=True)
    click.echo(f"reason: {error.reason}", err=True)
    click.echo(f"remedy: {printable(remedy)}", err=True)
    return exit_of(error)


def tell_usage(error: click.ClickException, *, as_json: bool) -> Exit:
    """Tells that the command line itself is wrong. Returns the exit status."""
    if as_json:
        print_json(
            {
                "error": {
                    "reason": "USAGE",
                    "message": error.format_message(),
                    "metadata": {},
                    "remedy": "See --help.",
                }
            }
        )
    error.show()
    return Exit.USAGE


def tell_fault(error: BaseException, *, as_json: bool) -> Exit:
    """Tells a fault of the program, with what its makers need. Returns the exit status."""
    message = f"The program has a fault of its own: {type(error).__name__}: {error}"
    if as_json:
        print_json(
            {
                "error": {
                    "reason": Reason.INTERNAL,
                    "message": message,
                    "metadata": {},
                    "remedy": "Report it with what standard error says.",
                }
            }
        )
    for line in "".join(traceback.format_exception(error)).splitlines():
        click.echo(printable(line), err=True)
    click.echo(printable(message), err=True)
    return Exit.FAULT
