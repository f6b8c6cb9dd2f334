# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What both programs say of themselves: version, start, disk, last back-up, and what ends soon."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import structlog

from itmo.clearing.v1 import operator_service_pb2 as of_broker
from itmo.clock import MAX_CLOCK_STEP, Clock, OffsetClock, machine_since_boot, to_text
from itmo.expiry import UNUSABLE, Expiring, Nearness, Thing, last_of_each
from itmo.files import read_plain_file
from itmo.reasons import ProtocolError
from itmo.registry.v1 import operator_service_pb2 as of_node
from itmo.runtime.db.back_up import last_back_up
from itmo.runtime.rpc.tls import TlsFiles
from itmo.timestamps import timestamp
from itmo.validity import certificates_of, of_certificate

LOOK_SECONDS: Final = 60
"""How often a program looks what ends; a day is what it is told in."""

_log: Final = structlog.get_logger(__name__)
P = TypeVar("P", of_broker.ProgramStanding, of_node.ProgramStanding)


def machine_time(clock: Clock) -> datetime:
    """Returns the time that TLS goes by: the machine's, also where a test network has its own."""
    return clock.base.now() if isinstance(clock, OffsetClock) else clock.now()


class Running:
    """Since when a program runs; right also where the machine's clock is set or accepted meanwhile."""

    def __init__(
        self, clock: Clock, since_boot: Callable[[], timedelta] = machine_since_boot
    ) -> None:
        self._clock = clock
        self._since_boot = since_boot
        self._started = since_boot()
        self._told = machine_time(clock)

    def since(self) -> datetime:
        """Returns when it was started, by the machine's clock as it is now."""
        found = machine_time(self._clock) - (self._since_boot() - self._started)
        # What a clock is slewed by is no other start: who watches the figure would see one.
        if abs(found - self._told) > MAX_CLOCK_STEP:
            self._told = found
        return self._told


def certificates_that_end(
    file: Path, thing: Thing, owner: str, now: datetime, *, most: int | None = None
) -> list[Expiring]:
    """Returns when the certificates of a file end; none where it cannot be read.

    Args:
        file: In PEM.
        thing: What they are.
        owner: Whose they are.
        now: By the machine's clock.
        most: Only so many: the first is a program's own, its chain follows.
    """
    try:
        found = certificates_of(read_plain_file(file), str(file))[:most]
    except ProtocolError:
        return []  # `check-config` says so, and so does the next connection
    return [
        Expiring(thing=thing, owner=owner, validity=of_certificate(str(file), each), now=now)
        for each in found
    ]


def files_that_end(files: TlsFiles, node: str, network: str, now: datetime) -> list[Expiring]:
    """Returns a program's own certificate and the last of the authorities that it believes.

    Args:
        files: Of its connections.
        node: Whose certificate it is.
        network: Whose authority it is.
        now: By the machine's clock.
    """
    read = partial(certificates_that_end, now=now)
    own = read(files.certificate, Thing.TLS_CERTIFICATE, node, most=1)
    return [*own, *last_of_each(read(files.ca, Thing.TLS_AUTHORITY, network))]


class ExpiryLog:
    """Tells the log what ends: when it comes nearer by a step, at the start, and then each day."""

    def __init__(self, remedies: Mapping[Thing, str]) -> None:
        self._remedies = remedies
        self._told: dict[tuple[str, str, str], tuple[Nearness, int]] = {}

    def tell(self, found: Sequence[Expiring]) -> None:
        """Writes what is news."""
        for each in found:
            if each.nearness is Nearness.FAR:
                continue
            key = (each.thing.value, each.owner, each.validity.fingerprint)
            news = (each.nearness, each.now.toordinal())
            if self._told.get(key) == news:
                continue
            self._told[key] = news
            tell = _log.error if each.nearness in UNUSABLE else _log.warning
            tell(
                "ended" if each.nearness is Nearness.ENDED else "ends_soon",
                thing=each.thing.value,
                owner=each.owner,
                name=each.validity.fingerprint,
                not_after=to_text(each.validity.not_after),
                nearness=each.nearness.value,
                said=said(each, self._remedies),
            )


def said(each: Expiring, remedies: Mapping[Thing, str]) -> str:
    """Returns what people are told; nothing while the end is far."""
    if each.nearness is Nearness.FAR:
        return ""
    remedy = remedies[each.thing] if each.own else "Its own operator renews it."
    return f"{each.sentence()} {remedy}"


def program_standing(
    kind: type[P],
    *,
    version: str,
    running: Running,
    database: Path,
    found: Sequence[Expiring],
    remedies: Mapping[Thing, str],
) -> P:
    """Returns what a program says of itself.

    Args:
        kind: The message of that program's service.
        version: Of the software.
        running: Since when.
        database: Whose disk is looked at.
        found: What ends.
        remedies: What to do about each.
    """
    disk = shutil.disk_usage(database.parent)
    made = kind(
        software_version=version,
        start_time=timestamp(running.since()),
        disk_free_bytes=disk.free,
        disk_total_bytes=disk.total,
    )
    backed_up = last_back_up(database)
    if backed_up is not None:
        made.back_up_time.CopyFrom(timestamp(backed_up))
    for each in sorted(found, key=lambda one: one.validity.not_after):
        made.expiries.add(
            thing=each.thing.value,
            owner=each.owner,
            name=each.validity.what,
            not_after=timestamp(each.validity.not_after),
            nearness=each.nearness.value,
            own=each.own,
            said=said(each, remedies),
        )
    return made
