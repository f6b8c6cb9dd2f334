# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Points in time as they travel: UTC, whole milliseconds, none before 1970."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp

from itmo.reasons import ProtocolError, Reason

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NANOS_PER_MILLISECOND: Final = 1_000_000
_NANOS_PER_SECOND: Final = 1_000_000_000
_LATEST_SECONDS: Final = 253402300799
"""The end of the year 9999, the last that a datetime holds."""


def timestamp(moment: datetime) -> Timestamp:
    """A point in time as it travels: cut to milliseconds."""
    milliseconds = (moment - _EPOCH) // timedelta(milliseconds=1)
    return Timestamp(
        seconds=milliseconds // 1000, nanos=milliseconds % 1000 * _NANOS_PER_MILLISECOND
    )


def moment(stamp: Timestamp, where: str) -> datetime:
    """Reads a point in time.

    Raises:
        ProtocolError: PAYLOAD_INVALID when missing, out of range or finer than a millisecond. A time
            that was left out reads as the beginning of 1970, which no message speaks of.
    """
    nanos, seconds = stamp.nanos, stamp.seconds
    if not (nanos or seconds):
        raise ProtocolError(Reason.PAYLOAD_INVALID, f"{where} is missing", where=where)
    if not 0 <= seconds <= _LATEST_SECONDS or not 0 <= nanos < _NANOS_PER_SECOND:
        raise ProtocolError(
            Reason.PAYLOAD_INVALID, f"{where} is not a time after 1970", where=where
        )
    if nanos % _NANOS_PER_MILLISECOND:
        raise ProtocolError(
            Reason.PAYLOAD_INVALID,
            f"{where} is finer than a millisecond; cut it to whole milliseconds",
            where=where,
        )
    return _EPOCH + timedelta(seconds=seconds, microseconds=nanos // 1000)
