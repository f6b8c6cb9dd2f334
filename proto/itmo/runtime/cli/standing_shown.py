# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a program said of itself, for the commands `status` of both: words, figures, exit status."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, TypeAlias

from itmo import forms
from itmo.timestamps import moment

if TYPE_CHECKING:
    from itmo.clearing.v1 import operator_service_pb2 as of_broker
    from itmo.registry.v1 import operator_service_pb2 as of_node

Program: TypeAlias = "of_broker.ProgramStanding | of_node.ProgramStanding"
Metric: TypeAlias = "tuple[str, str, Sequence[tuple[dict[str, str], float | int]]]"
"""Name, what it is, and values by label."""

MIN_FREE: Final = 0.2
"""Part of a disk below which its operator is warned: time to act while a back-up still fits."""
MAX_BACK_UP_AGE: Final = timedelta(days=2)
"""From when on its operator is warned: back-ups are made each day, and the next makes up for one that failed."""
_STOPPED: Final = frozenset({"ENDED", "NOT_YET"})
_MIB: Final = 1 << 20
_GIB: Final = 1 << 30
_DAY: Final = timedelta(days=1)


def disk_short(program: Program) -> bool:
    """Says whether the disk of the database runs full."""
    return program.disk_free_bytes < program.disk_total_bytes * MIN_FREE


def back_up_due(program: Program, now: datetime) -> bool:
    """Says whether the last back-up is too old, or none is known of a program that runs for as long."""
    since = program.back_up_time if program.HasField("back_up_time") else program.start_time
    return bool(since.seconds) and now - moment(since, "since") > MAX_BACK_UP_AGE


def warnings(program: Program, now: datetime) -> list[str]:
    """Returns what somebody has to see to, in sentences.

    Args:
        program: What it said.
        now: By the machine's clock.
    """
    found = [each.said for each in program.expiries if each.said]
    if disk_short(program):
        found.append(f"The disk of the database is nearly full: {_disk(program)}.")
    if back_up_due(program, now):
        found.append(
            f"A back-up is due; the last: {_back_up(program, now)}."
            ' See "Back up and restore" in operating.md.'
        )
    return found


def ends(program: Program) -> bool:
    """Says whether something that the program needs has ended or ends within 60 days."""
    return any(each.own and each.nearness != "FAR" for each in program.expiries)


def ended(program: Program) -> bool:
    """Says whether something that the program needs cannot be used now."""
    return any(each.own and each.nearness in _STOPPED for each in program.expiries)


def lines(program: Program, now: datetime) -> list[tuple[str, str]]:
    """Returns names and values for people.

    Args:
        program: What it said.
        now: By the machine's clock.
    """
    if not program.HasField("start_time"):
        return []
    started = moment(program.start_time, "start_time")
    own = [each for each in program.expiries if each.own]
    shown = [
        ("version", program.software_version),
        ("running since", f"{forms.moment(started)}, {_span(now - started)}"),
        ("disk", _disk(program)),
        ("last back-up", _back_up(program, now)),
    ]
    if own:
        first = min(own, key=lambda each: each.not_after.ToNanoseconds())
        end = moment(first.not_after, "not_after")
        thing = first.thing.lower().replace("_", " ").replace("tls", "TLS")
        shown.append(("next to end", f"{thing} of {first.owner}, {forms.moment(end)}"))
    return shown


def metrics(prefix: str, program: Program, more: Iterable[Metric]) -> str:
    """Returns figures in the text format of OpenMetrics, for whatever watches the machine.

    Args:
        prefix: Before every name.
        program: What it said.
        more: Figures of this program alone.
    """
    every: list[Metric] = [
        (
            "start_time_seconds",
            "When the program was started.",
            [({"version": program.software_version}, program.start_time.seconds)],
        ),
        ("disk_free_bytes", "Free where the database lies.", [({}, program.disk_free_bytes)]),
        ("disk_total_bytes", "Size of that disk.", [({}, program.disk_total_bytes)]),
        (
            "expiry_time_seconds",
            "When a certificate or key ends.",
            [
                (
                    {"thing": each.thing, "owner": each.owner, "name": each.name},
                    each.not_after.seconds,
                )
                for each in program.expiries
            ],
        ),
        *more,
    ]
    if program.HasField("back_up_time"):
        every.append(
            ("back_up_time_seconds", "When the last back-up was made.",
             [({}, program.back_up_time.seconds)])
        )  # fmt: skip
    written = []
    for name, meaning, values in every:
        written += [f"# HELP {prefix}_{name} {meaning}", f"# TYPE {prefix}_{name} gauge"]
        written += [f"{prefix}_{name}{_labels(labels)} {value}" for labels, value in values]
    return "\n".join([*written, "# EOF"])


def _labels(labels: dict[str, str]) -> str:
    if not labels:
        return ""
    quoted = (
        '{}="{}"'.format(key, value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n"))
        for key, value in labels.items()
    )
    return "{" + ",".join(quoted) + "}"


def _disk(program: Program) -> str:
    free, total = program.disk_free_bytes, program.disk_total_bytes
    part = free * 100 // total if total else 0
    size, name = (_GIB, "GiB") if total >= _GIB else (_MIB, "MiB")
    return f"{free / size:.1f} {name} of {total / size:.1f} {name} free, {part} per cent"


def _back_up(program: Program, now: datetime) -> str:
    if not program.HasField("back_up_time"):
        return "none is known"
    made = moment(program.back_up_time, "back_up_time")
    return f"{forms.moment(made)}, {_span(now - made)} ago"


def _span(passed: timedelta) -> str:
    seconds = max(passed, timedelta(0)) // timedelta(seconds=1)
    days, rest = divmod(seconds, _DAY // timedelta(seconds=1))
    hours, rest = divmod(rest, 3600)
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {rest // 60} min" if hours else f"{rest // 60} min {rest % 60} s"
