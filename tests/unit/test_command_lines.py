# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Both command lines keep one contract: walked over every command of `broker` and `registry-node`."""

from __future__ import annotations

import asyncio
import errno
import importlib
import json
import marshal
import os
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from google.protobuf.descriptor import Descriptor, FieldDescriptor

import itmo.clearing.v1 as clearing
import itmo.core.v1 as core
import itmo.kyoto.v1 as kyoto
import itmo.message.v1 as message_parts
import itmo.paris.v1 as paris
import itmo.registry.v1 as registry
from broker.cli import root
from itmo.runtime.cli.contract import EXIT_HELP, Program, wide
from registry_node.cli import main
from tests.kit.kyoto import world_of_both
from tests.unit.broker.cli.kit import fill, lay, set_up

PROGRAMS: dict[str, click.Group] = {"broker": root, "registry-node": main}
ERROR = {"reason", "message", "metadata", "remedy", "again"}
RUNS_ON = {"serve", "bench", "init"}
"""What does something in an empty directory instead of refusing."""


@dataclass(frozen=True)
class Command:
    program: str
    words: tuple[str, ...]
    command: click.Command

    def __str__(self) -> str:
        return " ".join((self.program, *self.words))


def leaves(group: click.Group, words: tuple[str, ...] = ()) -> Iterator[tuple[Any, ...]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from leaves(command, (*words, name))
        else:
            yield (*words, name), command


ASKED: dict[tuple[str, ...], list[str]] = {
    ("balance",): ["--party", "CHE", "--year", "2024"],
    ("summary",): ["--party", "CHE", "--period", "2021-2030"],
}


def fields_of(*types: int) -> set[str]:
    """Names of the fields of these types in every message of the protocol."""
    found: set[str] = set()

    def look(message: Descriptor) -> None:
        found.update(each.name for each in message.fields if each.type in types)
        for inner in message.nested_types:
            look(inner)

    for package in (clearing, core, kyoto, message_parts, paris, registry):
        for module in pkgutil.iter_modules(package.__path__):
            if module.name.endswith("_pb2"):
                made = importlib.import_module(f"{package.__name__}.{module.name}")
                for message in made.DESCRIPTOR.message_types_by_name.values():
                    look(message)
    return found


EVERY = [
    Command(program, words, command)
    for program, group in PROGRAMS.items()
    for words, command in leaves(group)
]
commands = pytest.mark.parametrize("each", EVERY, ids=str)


def call(program: str, *words: str) -> Result:
    result = CliRunner().invoke(PROGRAMS[program], list(words))
    if result.exit_code != 4:
        assert "Traceback" not in result.output
    return result


def error_of(result: Result) -> dict[str, Any]:
    """The one JSON value that was printed, which is an error of the one shape."""
    value = json.loads(result.stdout)
    assert set(value) == {"error"}, value
    assert set(value["error"]) == ERROR
    assert value["error"]["remedy"]
    for line in ("error: ", "reason: ", "remedy: "):
        assert line in result.stderr
    return dict(value["error"])


@commands
def test_help_names_the_options_of_every_command_and_the_exit_status(each: Command) -> None:
    result = call(each.program, *each.words, "--help")
    assert result.exit_code == 0
    for option in ("--dir", "--json"):
        assert option in result.stdout
    assert "Exit status: 0 done" in result.stdout
    assert EXIT_HELP.split()[-1] in result.stdout


@commands
def test_bad_usage_is_an_error_of_the_one_shape(each: Command) -> None:
    for words in ((*each.words, "--json"), ("--json", *each.words)):
        result = call(each.program, *words, "--no-such-option")
        assert result.exit_code == 2
        error = error_of(result)
        assert error["reason"] == "USAGE"
        assert "--no-such-option" in error["message"]
    result = call(each.program, *each.words, "--no-such-option")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "reason: USAGE" in result.stderr


def filled(command: click.Command, file: Path) -> list[str]:
    """Something for everything that is required."""
    words = []
    for parameter in command.params:
        if not parameter.required:
            continue
        if isinstance(parameter, click.Option):
            words.append(parameter.opts[0])
        match parameter.type:
            case click.Choice():
                words.append(str(parameter.type.choices[0]))
            case click.Path():
                words.append(str(file))
            case click.types.IntParamType():
                words.append("2023")
            case _ if parameter.type.name in ("block", "moment", "time", "years"):
                words.append(
                    {"block": "THA01:1-2"}.get(parameter.type.name, "2023-01-01T00:00:00Z")
                )
            case _:
                words.append("x")
    return words


@commands
def test_what_cannot_be_done_is_an_error_of_the_one_shape(each: Command, tmp_path: Path) -> None:
    if each.words[0] in RUNS_ON and each.words != ("serve",):
        pytest.skip("does something in an empty directory")
    file = tmp_path / "file"
    file.write_text("x")
    result = call(
        each.program, "--dir", str(tmp_path), *each.words, *filled(each.command, file), "--json"
    )
    if result.exit_code == 0:  # knows its answer without a directory
        assert isinstance(json.loads(result.stdout), dict)
    else:
        assert result.exit_code in (1, 2, 3), result.output
        if "files" not in json.loads(result.stdout):  # of several files one says of each
            error_of(result)


@commands
def test_the_directory_may_be_named_after_the_command(each: Command, tmp_path: Path) -> None:
    if each.words[0] in RUNS_ON and each.words != ("serve",):
        pytest.skip("does something in an empty directory")
    file = tmp_path / "file"
    file.write_text("x")
    words = [*each.words, *filled(each.command, file), "--json"]
    before = call(each.program, "--dir", str(tmp_path), *words)
    after = call(each.program, *words, "--dir", str(tmp_path))
    assert after.exit_code == before.exit_code
    assert after.stdout == before.stdout


def groups(group: click.Group, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    context = click.Context(group)
    yield words
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        # Some show or state something when they are called alone.
        if isinstance(command, click.Group) and not command.invoke_without_command:
            yield from groups(command, (*words, name))


@pytest.mark.parametrize(
    ("program", "words"),
    [(program, words) for program, group in PROGRAMS.items() for words in groups(group)],
)
def test_commands_that_have_commands_name_them_when_they_are_called_alone(
    program: str, words: tuple[str, ...]
) -> None:
    alone = call(program, *words)
    assert alone.exit_code == 2
    assert "\nCommands:\n" in alone.stderr
    assert "needs one of its commands.\nreason: USAGE" in alone.stderr
    assert not alone.stdout
    if words:
        said = error_of(call(program, *words, "--json"))["message"]
        assert said == "Missing command."


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_program_alone_and_an_unknown_command(program: str) -> None:
    assert call(program).exit_code == 2
    result = call(program, "no-such-command", "--json")
    assert (result.exit_code, error_of(result)["reason"]) == (2, "USAGE")


@pytest.mark.parametrize(
    ("program", "module"), [("broker", "broker"), ("registry-node", "registry_node")]
)
def test_the_version_and_the_start_as_a_module(program: str, module: str) -> None:
    said = call(program, "--version")
    assert said.exit_code == 0
    ran = subprocess.run(
        [sys.executable, "-m", module, "--version"], capture_output=True, text=True, check=True
    )
    assert ran.stdout == said.stdout
    assert ran.stdout.startswith(f"{program}, version ")


@pytest.mark.parametrize("program", ["broker", "registry-node"])
def test_a_word_in_another_encoding_is_bad_usage(program: str) -> None:
    """Before, it was a fault of the program wherever a message was made of it."""
    word = "Z\xfcrich".encode("latin-1").decode(errors="surrogateescape")
    result = call(program, "status", "--dir", word, "--json")
    assert result.exit_code == 2
    error = error_of(result)
    assert error["reason"] == "USAGE"
    assert error["message"].startswith("Word 3 of the command line is not UTF-8: 'Z\\udcfcrich'.")


def test_what_is_not_confirmed_is_no_lack_of_permission() -> None:
    """Reason and remedy are those of somebody who said no, with text and with JSON."""
    program = Program("program")

    @program.command()
    @click.option("--json", "as_json", is_flag=True)
    def ask(*, as_json: bool) -> None:
        click.confirm("Really?", abort=True, err=True)

    for words in (["ask"], ["ask", "--json"]):
        result = CliRunner().invoke(program, words, input="n\n")
        assert result.exit_code == 1
        assert "reason: NOT_CONFIRMED" in result.stderr
        assert "remedy: Say yes, or give --yes." in result.stderr
        assert ("NOT_CONFIRMED" in result.stdout) is ("--json" in words)


def test_ctrl_c_amidst_work_is_no_answer_to_a_question() -> None:
    """Before, it was told as "Not confirmed" with status 1, which of `verify` means that something is wrong."""
    program = Program("program")

    @program.command()
    @click.option("--json", "as_json", is_flag=True)
    def work(*, as_json: bool) -> None:
        raise KeyboardInterrupt

    for words in (["work"], ["work", "--json"]):
        result = CliRunner().invoke(program, words)
        assert result.exit_code == 130
        assert "reason: INTERRUPTED" in result.stderr
        assert ("INTERRUPTED" in result.stdout) is ("--json" in words)


def test_a_file_that_this_user_may_not_write_is_no_wrong_setting() -> None:
    """Before, a setting was to be corrected, and none was named."""
    program = Program("program")

    @program.command()
    def keep() -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), "the.file")

    result = CliRunner().invoke(program, ["keep"])
    assert result.exit_code == 2
    assert "The file the.file cannot be used: Permission denied." in result.stderr
    assert "remedy: Run the command as the user of the program" in result.stderr


def test_a_fault_that_looks_like_a_missing_answer_is_none() -> None:
    """Before, a module that Python could not load again was told as "Not confirmed", with status 1."""
    program = Program("program")

    @program.command()
    def load() -> None:
        marshal.loads(marshal.dumps("a module whose disk was full")[:-1])

    result = CliRunner().invoke(program, ["load"])
    assert result.exit_code == 4
    assert "EOFError: marshal data too short" in result.stderr
    assert "reason: INTERNAL" in result.stderr


# -- answers ---------------------------------------------------------------------------------------

SMALL = {
    *fields_of(FieldDescriptor.TYPE_INT32, FieldDescriptor.TYPE_UINT32) - {"first", "last"},
    "authorization_version", "ndc_first", "ndc_last", "open_findings", "year_of_use", "max_streams",
}  # fmt: skip
"""Names of numbers that are numbers in JSON: those of 32 bits in the protocol, and years."""


def numbers_in(value: object, name: str = "", within: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from numbers_in(each, key, name)
    elif isinstance(value, list):
        for each in value:
            yield from numbers_in(each, name, within)
    elif isinstance(value, int) and not isinstance(value, bool):
        yield name, within


def test_every_64_bit_number_of_the_protocol_is_text() -> None:
    wide_names = fields_of(
        FieldDescriptor.TYPE_INT64, FieldDescriptor.TYPE_UINT64, FieldDescriptor.TYPE_SINT64
    )
    left = {name for name in wide_names if wide({name: 7}) != {name: "7"}}
    assert left <= {"disk_free_bytes", "disk_total_bytes"}  # in `program`, which is ProtoJSON
    assert not {name for name in SMALL if wide({name: 7}) != {name: 7}}
    assert wide({"vintages": {"first": 2021, "last": 2030}})["vintages"]["first"] == 2021
    assert wide({"blocks": [{"first": 2021, "last": 2030}]})["blocks"][0]["first"] == "2021"
    assert wide({"used": {"NDC": 2**60}, "ok": True}) == {"used": {"NDC": str(2**60)}, "ok": True}


async def lived_in(place: Path) -> None:
    await (await fill(place)).house.stop()


async def lived_in_by_both(place: Path) -> None:
    world = await world_of_both()
    await world.house.stop()
    lay(world, place)


@commands
def test_no_whole_number_is_larger_than_what_is_made_of_it_holds(each: Command) -> None:
    """Before, a number beyond a message's field, or a year whose end is no time, was a fault of the program."""
    for parameter in each.command.params:
        if isinstance(parameter.type, click.types.IntParamType):
            assert isinstance(parameter.type, click.IntRange), parameter.name
            assert parameter.type.min is not None, parameter.name
            assert parameter.type.max is not None, parameter.name
            assert parameter.type.max != 9_999, f"a year: {parameter.name}"


def test_the_last_time_there_is_can_be_asked_for(tmp_path: Path) -> None:
    place = set_up(tmp_path / "b", "--rulebook", "paris", "--rulebook", "kyoto")
    asyncio.run(lived_in_by_both(place))
    asked = 0
    for each in EVERY:
        words = ASKED.get(each.words) or filled(each.command, tmp_path / "none")
        if each.program == "broker" and "as_of" in {named.name for named in each.command.params}:
            for last in ("9999-12-31", "9999-12-31T23:59:59.999999Z"):
                result = call("broker", "--dir", str(place), *each.words, *words, "--as-of", last)
                assert result.exit_code in (0, 1, 2), result.output
                asked += result.exit_code == 0
    assert asked > 10


def test_answers_are_objects_without_wide_numbers(tmp_path: Path) -> None:
    place = set_up(tmp_path / "b")
    asyncio.run(lived_in(place))
    listed = 0
    for each in EVERY:
        if each.program != "broker" or each.words[0] in RUNS_ON or each.words == ("backup",):
            continue
        words = filled(each.command, tmp_path / "none")
        if words and each.words not in (("balance",), ("summary",)):
            continue
        result = call(
            "broker", "--dir", str(place), *each.words, *(ASKED.get(each.words) or words), "--json"
        )
        value = json.loads(result.stdout)
        assert isinstance(value, dict), str(each)
        stray = {(name, within) for name, within in numbers_in(value) if name not in SMALL}
        assert stray <= {
            ("first", "vintages"),
            ("last", "vintages"),
            ("first", "period"),
            ("last", "period"),
        }, str(each)
        listed += result.exit_code == 0
    assert listed > 15
