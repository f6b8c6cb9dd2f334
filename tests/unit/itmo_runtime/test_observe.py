# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from itmo.runtime import observe
from itmo.runtime.observe import LogFormat, LogLevel

PEM = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA\n-----END PRIVATE KEY-----"


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def written(**facts: object) -> tuple[dict[str, Any], str]:
    stream = io.StringIO()
    observe.set_up(stream=stream, node="broker", version="1")
    structlog.get_logger().info("rpc", **facts)
    return json.loads(stream.getvalue()), stream.getvalue()


def test_a_line_is_json_with_time_level_and_facts() -> None:
    line, text = written(rpc="/a/B", duration_ms=1.5)
    assert line["ts"].endswith("Z")
    del line["ts"]
    assert line == {
        "event": "rpc",
        "level": "info",
        "node": "broker",
        "version": "1",
        "rpc": "/a/B",
        "duration_ms": 1.5,
    }
    assert text.count("\n") == 1


@pytest.mark.parametrize("key", ["password", "pin", "private_key", "payload", "signer_uri", "PIN"])
def test_secrets_and_contents_are_redacted_by_key(key: str) -> None:
    assert written(**{key: "hunter2"})[0][key] == "[redacted]"
    line, text = written(request={key: "hunter2", "size": 3})
    assert "hunter2" not in text
    assert "size" in line["request"]


def test_a_pem_is_redacted_wherever_it_stands() -> None:
    for facts in ({"note": PEM}, {"note": [PEM]}, {"note": {"deep": {"er": PEM}}}):
        assert "MC4C" not in written(**facts)[1]


def test_bytes_are_counted_not_shown() -> None:
    assert written(hash=b"\x00\x01")[0]["hash"] == "[2 bytes]"


def test_long_values_are_cut_and_controls_escaped() -> None:
    assert len(written(text="x" * 10_000)[0]["text"]) == observe.MAX_VALUE + 3
    assert written(text="a\nb\x1b[31m\u202e")[0]["text"] == r"a\nb\x1b[31m\u202e"


def test_lines_of_libraries_have_the_same_form() -> None:
    stream = io.StringIO()
    observe.set_up(stream=stream, node="broker")
    logging.getLogger("grpc").warning("torn %s", PEM)
    line = json.loads(stream.getvalue())
    assert (line["event"], line["level"], line["node"]) == ("[redacted]", "warning", "broker")


def test_a_traceback_shows_no_local_variables() -> None:
    for log_format in (LogFormat.JSON, LogFormat.TEXT):
        stream = io.StringIO()
        observe.set_up(stream=stream, log_format=log_format)
        try:
            hidden = "hunter" + str(2)
            raise ValueError(len(hidden))
        except ValueError as error:
            structlog.get_logger().error("unexpected_error", exc_info=error)
        assert "ValueError: 7" in stream.getvalue()
        assert "hunter2" not in stream.getvalue()


def test_bound_facts_are_on_every_further_line() -> None:
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(transaction="t-1")
    assert written()[0]["transaction"] == "t-1"


def test_the_level_keeps_lighter_lines_out() -> None:
    stream = io.StringIO()
    observe.set_up(stream=stream, level=LogLevel.WARNING)
    structlog.get_logger().info("rpc")
    logging.getLogger("x").info("y")
    assert stream.getvalue() == ""
