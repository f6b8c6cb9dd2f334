# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Logs: one line per event, JSON for machines or text for a terminal, UTC, without secrets.

The text log is for operators. What the parties can be held to is in the signed log, not here.
"""

import atexit
import json
import logging
import sys
import threading
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, TextIO, cast

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from itmo.runtime.log_stream import LogStream, StandardError
from itmo.runtime.tasks import TaskStanding

# A value longer than this is content, not a fact about an event.
MAX_VALUE: Final = 500
# A traceback may be longer; this one ends recursion errors.
MAX_EXCEPTION: Final = 20_000

_HIDDEN: Final = "[redacted]"
_PEM_MARK: Final = "-----BEGIN"
# Keys whose value never reaches a log, whoever logs it: secrets, and what was confided to us.
_SECRET_KEYS: Final = frozenset(
    {
        "authorization_header",
        "credentials",
        "envelope",
        "key_pem",
        "metadata",
        "passphrase",
        "password",
        "payload",
        "pem",
        "pin",
        "private_key",
        "secret",
        "seed",
        "signature",
        "signer_uri",
        "token",
    }
)
_LONG_KEYS: Final = frozenset({"exception", "stack"})


class LogFormat(StrEnum):
    """How log lines are written."""

    AUTO = "auto"  # text on a terminal, else JSON
    JSON = "json"
    TEXT = "text"


class LogLevel(StrEnum):
    """From which weight on lines are written. Refused and served calls are `info`."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


def set_up(
    *,
    log_format: LogFormat = LogFormat.AUTO,
    level: LogLevel = LogLevel.INFO,
    stream: TextIO | None = None,
    **facts: str,
) -> None:
    """Sends the log of this process, that of its libraries included, to one stream.

    Args:
        log_format: How lines are written.
        level: From which weight on.
        stream: Where to; standard error unless given.
        facts: What every line says, such as `node` and `version`.
    """
    target = sys.stderr if stream is None else stream
    as_text = log_format is LogFormat.TEXT or (log_format is LogFormat.AUTO and target.isatty())
    weight = logging.getLevelNamesMapping()[level.name]
    shared = _shared(dict(facts))
    ending = _ending(as_text=as_text)
    structlog.configure(
        processors=[*shared, *ending],
        wrapper_class=structlog.make_filtering_bound_logger(weight),
        logger_factory=structlog.WriteLoggerFactory(file=target),
        # Microseconds per line, and no logger holds on to a stream that has been replaced.
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *ending],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    # What libraries find worth an information is none to whoever looks after a service.
    root.setLevel(weight if level is LogLevel.DEBUG else max(weight, logging.WARNING))


def set_up_service(
    *,
    log_format: LogFormat = LogFormat.AUTO,
    level: LogLevel = LogLevel.INFO,
    **facts: str,
) -> None:
    """Sends the log of a program in service to standard error, and what it writes there otherwise too.

    Unless a person reads along, every line is JSON: warnings, uncaught exceptions, and what gRPC's core
    and the interpreter write themselves. A log that is full, stalled or gone does not hold it up. May be
    called again when the settings are known.

    Args:
        log_format: How lines are written.
        level: From which weight on.
        facts: What every line says.
    """
    for_people = log_format is LogFormat.TEXT or (
        log_format is LogFormat.AUTO and sys.stderr.isatty()
    )
    if for_people or sys.stderr is not sys.__stderr__:  # the process is somebody else's
        _service.as_json = False
        set_up(log_format=log_format, level=level, stream=None, **facts)
        return
    if _service.stream is None:
        _service.stream = _take_over()
    _service.as_json, _service.facts = True, dict(facts)
    set_up(log_format=LogFormat.JSON, level=level, stream=cast("TextIO", _service.stream), **facts)


def tell_the_end(reason: str, found: str, remedy: str) -> None:
    """Says why a service does not start, or ends: the last line of its log."""
    structlog.get_logger().critical("not_served", reason=str(reason), found=found, remedy=remedy)


def standard_error() -> int:
    """Where a process of the same service writes its log: what standard error was, before this one took it."""
    return 2 if _service.stream is None else _service.stream.descriptor


def as_json() -> bool:
    """Whether a program reads the log of this service."""
    return _service.as_json


def log_standings() -> tuple[TaskStanding, ...]:
    """How the log itself does: nothing while its lines get through."""
    stream = _service.stream
    if stream is None or not stream.fault:
        return ()
    return (TaskStanding("log", f"its lines are lost: {stream.fault}", stream.lost),)


@dataclass(slots=True)
class _Service:
    """The log of this process, once it is one in service."""

    stream: LogStream | None = None
    as_json: bool = False
    facts: dict[str, str] = field(default_factory=dict)


_service: Final = _Service()


def _take_over() -> LogStream:
    log = structlog.get_logger()
    error = StandardError(lambda line: log.warning("stderr", line=line))
    atexit.register(error.drain)
    logging.captureWarnings(True)

    def uncaught(kind: type[BaseException], raised: BaseException, _: object) -> None:
        log.critical("uncaught", error=f"{kind.__name__}: {raised}", exc_info=raised)

    sys.excepthook = uncaught
    threading.excepthook = lambda said: log.critical(
        "uncaught", thread=said.thread and said.thread.name, exc_info=said.exc_value
    )
    sys.unraisablehook = lambda said: log.error(
        "unraisable", where=repr(said.object), exc_info=said.exc_value
    )
    return LogStream(error.own, _lost)


def _lost(count: int, why: str) -> str:
    said = {
        **_service.facts,
        "event": "log_lines_lost",
        "level": "warning",
        "ts": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        "count": count,
        "why": why,
    }
    return json.dumps(said) + "\n"


def _shared(facts: dict[str, str]) -> list[Processor]:
    def add_facts(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        for name, value in facts.items():
            event.setdefault(name, value)
        return event

    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="ts"),
        add_facts,
    ]


def _ending(*, as_text: bool) -> list[Processor]:
    render: Processor
    if as_text:
        # Plain tracebacks: the decorated ones print the values of local variables.
        render = structlog.dev.ConsoleRenderer(
            timestamp_key="ts", exception_formatter=structlog.dev.plain_traceback
        )
    else:
        render = structlog.processors.JSONRenderer()
    return [structlog.processors.format_exc_info, _clean, render]


def _clean(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    for key, value in event.items():
        if type(value) is int or type(value) is float or value is None:
            continue
        event[key] = _HIDDEN if key.lower() in _SECRET_KEYS else _safe(key, value)
    return event


def _safe(key: str, value: object) -> object:
    if isinstance(value, bool):
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        return f"[{len(value)} bytes]"
    if isinstance(value, MutableMapping | list | tuple | set | frozenset):
        return _safe(key, str(_cleaned(value)))
    text = value if isinstance(value, str) else str(value)
    if _PEM_MARK in text:
        return _HIDDEN
    if key in _LONG_KEYS:
        return text[:MAX_EXCEPTION]
    if len(text) > MAX_VALUE:
        text = text[:MAX_VALUE] + "..."
    # Nothing that moves a cursor or fakes a line, also not on a terminal.
    return text if text.isprintable() else ascii(text)[1:-1]


def _cleaned(value: Any) -> Any:  # noqa: ANN401 - whatever somebody logs
    if isinstance(value, MutableMapping):
        return {
            str(key): _HIDDEN if str(key).lower() in _SECRET_KEYS else _cleaned(each)
            for key, each in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [_cleaned(each) for each in value]
    return _safe("", value)
