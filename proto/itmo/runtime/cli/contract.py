# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The contract of both command lines: exit status, one shape of errors, one JSON value with --json.

With --json exactly one JSON object goes to standard output, an error included; sentences for people
go to standard error, always, but for a service whose log a program reads: there they are lines of it. Whole numbers that may need 64 bits are text in JSON, as they are in
the JSON form of the protocol: many readers would round them.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum
from typing import Any, Final

import click

from itmo.legible import printable
from itmo.reasons import CATALOGUE, Again, Family, ProtocolError, Reason
from itmo.runtime.cli.hints import as_typed, of_one_run

from itmo.runtime.plain_structlog import structlog  # isort: skip  # before others load it
from itmo.runtime import observe
from itmo.runtime.db.in_use import is_locked, locked
from itmo.runtime.garbage import look_seldom
from itmo.runtime.rights import NotAllowed
from itmo.runtime.tasks import of_the_machine


class Exit(IntEnum):
    """Exit status of every command of both programs."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    UNREACHABLE = 3
    FAULT = 4
    INTERRUPTED = 130
    """As a shell says of a program that SIGINT ended: 128 and the number of the signal."""


EXIT_HELP: Final = (
    "Exit status: 0 done; 1 refused, not confirmed, or a check or verification failed; 2 bad usage,"
    " input or settings; 3 the program does not run or cannot be reached, no decision came in time,"
    " or the disk refused; 4 a fault of the program; 130 stopped by Ctrl-C."
)
USAGE: Final = "USAGE"
NOT_CONFIRMED: Final = "NOT_CONFIRMED"
INTERRUPTED: Final = "INTERRUPTED"
"""What a command line says beside the reasons of the protocol; never on the wire."""

_INPUT: Final = frozenset(
    {
        Reason.CONFIGURATION_INVALID,
        Reason.IDENTIFIER_INVALID,
        Reason.MESSAGE_TOO_LARGE,
        Reason.MESSAGE_UNDECODABLE,
        Reason.MESSAGE_UNKNOWN_FIELDS,
        Reason.PAGE_SIZE_INVALID,
        Reason.PAGE_TOKEN_INVALID,
        Reason.PAYLOAD_INVALID,
        Reason.PAYLOAD_TYPE_UNKNOWN,
        Reason.QUANTITY_INVALID,
        Reason.SCHEMA_VERSION_UNSUPPORTED,
        Reason.SERIAL_RANGE_INVALID,
        Reason.TOO_MANY_BLOCKS,
    }
)
_ENDS: Final = frozenset({"first", "last"})
_YEARS: Final = frozenset({"ndc_period", "period", "use_years", "vintages"})
"""Spans of years, whose ends are small; those of blocks of units are serial numbers."""
_WIDE: Final = _ENDS | {
    "acknowledged_sequence", "adaptation_fund", "adjustment", "after_sequence", "average", "balance",
    "base_emissions", "behind", "bytes",
    "cancelled", "cers_used", "checked", "claimed", "commits", "count", "cumulative",
    "cumulative_net", "cursor", "decisions", "deliveries", "delivery_sequence", "denominator",
    "emissions", "emissions_balance", "entry_id", "entry_ids", "epoch", "failures", "figure",
    "first_transferred",
    "held", "inventory", "inventory_part", "issued", "issued_first", "issued_quantity", "lag_bytes",
    "last_sequence", "log_index", "log_notice", "log_size", "messages", "net", "next_sequence", "notice", "number",
    "numbers", "numerator", "other_purposes", "outside_scope", "owed_cents", "pending", "quantity", "recorded_sequence",
    "reported", "reserved_quantity", "sender_sequence", "sequence", "serial", "snapshot_index", "statements",
    "tonnes", "total_adjustment", "transactions_behind", "trajectory_multi_year", "trajectory_single_year", "turns", "units", "units_before", "up_to", "written_since",
    "used", "valid", "verified_before", "waiting", "yearly_reductions",
    "expired_held", "left", "met", "owed", "replaced", "required",
}  # fmt: skip
"""Names of 64-bit numbers: those of the protocol, and of what the commands count themselves."""
_BY_PURPOSE: Final = frozenset({"used"})
"""Maps of such numbers, with names of their own."""
_DECIDED: Final = "code"
"""Detail that is added to what a receipt refused to the operator."""
_STOPPED: Final = (
    "Stopped by Ctrl-C before it was done.",
    "Give the same command again. One that changes something may have done so: look first.",
)
_NO_ROOM: Final = (
    "The database (its file, the log -wal beside it, or SQLite's temporary files) has no room left."
    " Nothing half done was kept."
)


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


class Program(click.Group):
    """The group of all commands of a program. However it is called, errors end here."""

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
            with of_one_run():
                return super().main(words, prog_name, complete_var, standalone_mode=False, **extra)

        def run() -> object:
            _look_at(words)
            return super(Program, self).main(
                words, prog_name, complete_var, standalone_mode=False,
                windows_expand_args=windows_expand_args, **extra,
            )  # fmt: skip

        look_seldom()
        with of_one_run():
            status = _status(run, as_json="--json" in words)
        sys.exit(status)


def _look_at(words: Sequence[str]) -> None:
    """Refuses what a terminal sent in another encoding: it could neither be signed, stored nor shown."""
    for number, word in enumerate(words, 1):
        if not word.isascii() and any("\ud800" <= each <= "\udfff" for each in word):
            raise click.UsageError(
                f"Word {number} of the command line is not UTF-8: {word!a}."
                " Set the terminal, or the script that runs this, to UTF-8."
            )


def _status(run: Callable[[], object], *, as_json: bool) -> int:
    """Runs and turn whatever happens into an exit status."""
    # Standard output is for the answer; `serve` sets up a log of its own.
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    try:
        result = run()
    except click.ClickException as error:
        return _tell_usage(error, as_json=as_json)
    except click.Abort as aborted:
        if isinstance(
            aborted.__cause__, EOFError
        ):  # of the program: a question ends without a cause
            return _tell_failure(aborted.__cause__, as_json=as_json)
        # Click says the same of Ctrl-C amidst work, which is no answer to a question.
        if isinstance(aborted.__cause__, KeyboardInterrupt):
            _tell(INTERRUPTED, *_STOPPED, {}, as_json=as_json)
            return Exit.INTERRUPTED
        message, remedy = "Not confirmed; nothing was done.", "Say yes, or give --yes."
        _tell(NOT_CONFIRMED, message, remedy, {}, as_json=as_json)
        return Exit.REFUSED
    except ProtocolError as error:
        return tell(error, as_json=as_json)
    except Exception as error:  # noqa: BLE001  # the last line of defence: status 4
        return _tell_failure(error, as_json=as_json)
    return int(result) if isinstance(result, int) else Exit.DONE


def tell(error: ProtocolError, *, as_json: bool) -> Exit:
    """Tells a refusal: sentence, reason and remedy. Returns the exit status."""
    remedy = getattr(error, "remedy", "") or CATALOGUE[error.reason].remedy
    _tell(error.reason, as_typed(error.message), as_typed(remedy), error.metadata, as_json=as_json)
    return exit_of(error)


def _tell_usage(error: click.ClickException, *, as_json: bool) -> Exit:
    """Tells that the command line itself is wrong."""
    context = getattr(error, "ctx", None)
    where = "" if context is None else context.command_path
    alone = isinstance(error, click.exceptions.NoArgsIsHelpError)  # its message is the whole help
    if context is not None and not as_json:
        click.echo(context.get_help() if alone else context.get_usage(), err=True)
    remedy = f"See `{where} --help`." if where else "See --help."
    message = f"`{where}` needs one of its commands." if alone else error.format_message()
    _tell(USAGE, message, remedy, {}, as_json=as_json)
    return Exit.USAGE


def _tell_failure(error: Exception, *, as_json: bool) -> Exit:
    """Tells what the machine refused, or a fault of the program with what its makers need."""
    if isinstance(error, OSError) and not of_the_machine(error):
        where = f" {error.filename}" if error.filename else ""
        message = f"The file{where} cannot be used: {error.strerror or error}."
        kind = NotAllowed if isinstance(error, PermissionError) else ProtocolError
        return tell(kind(Reason.CONFIGURATION_INVALID, message), as_json=as_json)
    if is_locked(error):
        return tell(locked(), as_json=as_json)
    if of_the_machine(error):
        return tell(ProtocolError(Reason.DISK_REFUSED, _refused(error)), as_json=as_json)
    message = f"The program has a fault of its own: {type(error).__name__}: {error}"
    if observe.as_json():
        structlog.get_logger().critical("own_fault", exc_info=error)
    else:
        for line in "".join(traceback.format_exception(error)).splitlines():
            click.echo(printable(line), err=True)
    remedy = "Report it with the lines above."
    _tell(Reason.INTERNAL, message, remedy, {}, as_json=as_json)
    return Exit.FAULT


def _refused(error: Exception) -> str:
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror or error}."
    full = getattr(error, "sqlite_errorname", "") == "SQLITE_FULL"
    return _NO_ROOM if full else f"The database failed: {error}. Nothing half done was kept."


def _tell(
    reason: str, message: str, remedy: str, metadata: Mapping[str, str], *, as_json: bool
) -> None:
    if as_json:
        said = {
            "reason": reason, "message": message, "metadata": dict(metadata), "remedy": remedy,
            "again": CATALOGUE[Reason(reason)].again if reason in CATALOGUE else Again.NEVER,
        }  # fmt: skip
        click.echo(json.dumps({"error": said}, indent=2))
    if observe.as_json():
        observe.tell_the_end(reason, message, remedy)
        return
    click.echo(f"{click.style('error:', fg='red', bold=True)} {printable(message)}", err=True)
    click.echo(f"reason: {reason}", err=True)
    click.echo(f"remedy: {printable(remedy)}", err=True)


def print_json(value: Mapping[str, Any]) -> None:
    """Prints one JSON object on standard output; what may need 64 bits is text in it.

    A document of a published format, which says so, is printed as that format has it.
    """
    click.echo(json.dumps(value if "format" in value else wide(value), indent=2))


def wide(value: Any, name: str = "", within: str = "") -> Any:  # noqa: ANN401  # any JSON value
    """Returns a JSON value in which numbers that may need 64 bits are text, as ProtoJSON has them.

    Args:
        value: The value.
        name: The key that it stands under.
        within: The key above that.
    """
    if isinstance(value, Mapping):
        return {
            key: wide(each, name if name in _BY_PURPOSE else str(key), name)
            for key, each in value.items()
        }
    if isinstance(value, list | tuple):
        return [wide(each, name, within) for each in value]
    years = name in _ENDS and within in _YEARS
    if isinstance(value, int) and not isinstance(value, bool) and name in _WIDE and not years:
        return str(value)
    return value


def with_contract(command: click.Command, options: Callable[[], list[click.Parameter]]) -> None:
    """Gives a command of others, and what is below it, the options and the help of all commands."""
    given = {name for parameter in command.params for name in parameter.opts}
    command.params.extend(each for each in options() if not given.intersection(each.opts))
    command.epilog = command.epilog or EXIT_HELP
    if isinstance(command, click.Group):
        for each in command.commands.values():
            with_contract(each, options)
