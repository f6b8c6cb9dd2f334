# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`python -m deploy.demo`: plays the demonstration. Exit status 0: all came out as expected."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from deploy.demo import kyoto, reporting, result
from deploy.demo.network import found
from deploy.demo.programs import BIN, DemoFailed, Programs, cores
from deploy.demo.story import play
from deploy.demo.telling import Stage

KEPT: Final = Path("demo-network")
_INTERRUPTED: Final = 130
_LOOKING: Final = {
    "broker": (
        "status",
        "transactions",
        "balance --party THA --year 2022 --explain",
        "checks list",
    ),
    "tha": ("holdings",),
    "che": ("inbox            # accept what waits with: accept ID", "verify"),
}
"""Commands for looking around in the network, by program."""


def main() -> int:
    """Plays; returns the exit status."""
    options = _options()
    stage = Stage(quiet_output=options.json)
    began = time.monotonic()
    programs: Programs | None = None
    status = 1
    try:
        programs = Programs(_home(keep=options.keep), cores())
        played = _run_kyoto(programs, stage) if options.kyoto else _run(programs, stage, began)
        status, outcome = asyncio.run(played)
    except (KeyboardInterrupt, asyncio.CancelledError):
        status, outcome = _INTERRUPTED, _nothing(stage, "interrupted", began)
        stage.plain("Interrupted; ending all processes.")
    except Exception as error:  # noqa: BLE001  # whatever it was, say where, and clean up
        outcome = _nothing(stage, str(error) or repr(error), began)
        _explain(stage, error, programs)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not leave processes
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if programs is not None and not (options.keep and status == 0):
            programs.stop()
        if programs is not None and not options.keep:
            shutil.rmtree(programs.home, ignore_errors=True)
    if programs is not None and options.keep and status == 0:
        _tell_how_to_look(stage, programs, kyoto.LOOKING if options.kyoto else _LOOKING)
    if options.json:
        print(json.dumps(outcome))
    return status


def _home(*, keep: bool) -> Path:
    if not keep:
        return Path(tempfile.mkdtemp(prefix="itmo-demo-"))
    if KEPT.exists():
        raise DemoFailed(
            f"./{KEPT} exists. End what runs there with `sh {KEPT}/stop`, then remove it."
        )
    home = KEPT.absolute()
    home.mkdir(mode=0o700)
    return home


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="deploy/demo.sh",
        description="Plays real transfers of ITMOs, and what goes wrong, between five processes.",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object, nothing else")
    parser.add_argument(
        "--keep", action="store_true", help=f"leave the network running, in ./{KEPT}"
    )
    parser.add_argument(
        "--kyoto", action="store_true", help="play units of the Kyoto Protocol instead"
    )
    return parser.parse_args()


def _end_when_told() -> None:
    """Lets signals end the story as Ctrl-C does."""
    task = asyncio.current_task()
    if task is not None:
        for number in (signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)


async def _run_kyoto(programs: Programs, stage: Stage) -> tuple[int, dict[str, object]]:
    _end_when_told()
    outcome = await kyoto.play(programs, stage)
    return int(outcome["ok"] is not True), outcome


async def _run(programs: Programs, stage: Stage, began: float) -> tuple[int, dict[str, object]]:
    _end_when_told()
    network = await found(programs, stage)
    try:
        await play(network)
        # Reports are drawn while the rest is asked for: each is a process that mostly loads itself.
        drawing = asyncio.ensure_future(reporting.draw(network))
        try:
            came_out = await result.gather(network)
            came_out.take(reporting.report(network, await drawing))
        finally:
            drawing.cancel()
    finally:
        await network.hang_up()
    seconds = time.monotonic() - began
    result.show(came_out, network, stage, seconds)
    return int(bool(came_out.wrong)), came_out.as_json(seconds)


def _nothing(stage: Stage, error: str, began: float) -> dict[str, object]:
    failed = result.Result(wrong=[f"{stage.step}: {error}"])
    return failed.as_json(time.monotonic() - began)


def _explain(stage: Stage, error: Exception, programs: Programs | None) -> None:
    stage.plain()
    stage.plain(f"Failed at: {stage.step}", "red")
    stage.plain(str(error) if isinstance(error, DemoFailed) else repr(error), "red")
    for name, lines in programs.tails() if programs is not None else []:
        stage.plain(f"--- log of {name}", "bold")
        for line in lines:
            stage.plain(line)


def _tell_how_to_look(
    stage: Stage, programs: Programs, looking: Mapping[str, Sequence[str]]
) -> None:
    home, program = Path(os.path.relpath(programs.home)), Path(os.path.relpath(BIN))
    stop = f"kill {' '.join(map(str, reversed(programs.pids())))}"
    (programs.home / "stop").write_text(f"{stop}\n", encoding="utf-8")
    stage.chapter("The network is left running")
    for name, commands in looking.items():
        typed = program / ("broker" if name == "broker" else "registry-node")
        for words in commands:
            stage.plain(f"  {typed} --dir {home / name} {words}")
    stage.plain(f"  tail -f {home}/logs/broker.log")
    stage.plain(f"End it with `sh {home / 'stop'}`, then remove it with `rm -r {home}`.")


if __name__ == "__main__":
    sys.exit(main())
