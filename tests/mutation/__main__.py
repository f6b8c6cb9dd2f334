# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Plants every bug of the list, or some, and says which ones no test found."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence

from tests.mutation.bug import Bug
from tests.mutation.planted import BUGS
from tests.mutation.running import Outcome, Result, run, without_bug

_ALL_FOUND, _NOT_FOUND, _UNFIT = 0, 1, 2


def main(words: Sequence[str] | None = None) -> int:
    """Returns 0 when every bug was found, 1 when one survived or its test had no end, 2 when one could not be tried."""
    options = _options().parse_args(words)
    unknown = set(options.only) - {bug.id for bug in BUGS}
    if unknown:
        _say(f"There is no bug {', '.join(sorted(unknown))}; --list shows all {len(BUGS)}.")
        return _UNFIT
    wanted = [bug for bug in BUGS if not options.only or bug.id in options.only]
    if options.list:
        for bug in wanted:
            print(f"{bug.id:44} {bug.breaks}")  # noqa: T201  # a developer's command
        return _ALL_FOUND
    _say(f"Running the tests of {len(wanted)} bugs without any of them ...")
    seen = without_bug(wanted)
    if seen:
        _say(f"They fail without a bug, so nothing can be said of any:\n{seen}")
        return _UNFIT
    results = _planted(wanted, options.jobs)
    if options.json:
        print(json.dumps([_row(each) for each in results], indent=2))  # noqa: T201  # as above
    return _concluded(results)


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--only", nargs="+", default=[], metavar="ID", help="these bugs alone")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many at a time")
    parser.add_argument(
        "--json", action="store_true", help="the results as JSON on standard output"
    )
    parser.add_argument("--list", action="store_true", help="show the bugs and plant none")
    return parser


def _planted(wanted: Sequence[Bug], jobs: int) -> list[Result]:
    done = 0

    def told(result: Result) -> None:
        nonlocal done
        done += 1
        what = f"{result.outcome} {result.bug.id} ({result.seconds:.1f} s)"
        _say(f"[{done}/{len(wanted)}] {what}{f' by {result.test}' if result.test else ''}")

    return run(wanted, jobs=jobs, told=told)


def _concluded(results: Sequence[Result]) -> int:
    for each in results:
        if each.outcome is Outcome.SURVIVED:
            tests = " ".join(each.bug.tests)
            _say(f"SURVIVED {each.bug.id}: {each.bug.breaks}\n  {each.bug.file}; passed: {tests}")
        elif each.outcome is Outcome.ENDLESS:
            _say(f"ENDLESS {each.bug.id}: {each.test} has no end, so it says nothing")
        elif each.outcome is Outcome.UNFIT:
            _say(f"UNFIT {each.bug.id}: {each.seen}")
    outcomes = [each.outcome for each in results]
    _say(f"{outcomes.count(Outcome.KILLED)} of {len(results)} bugs were found.")
    if Outcome.UNFIT in outcomes:
        return _UNFIT
    return _ALL_FOUND if outcomes.count(Outcome.KILLED) == len(results) else _NOT_FOUND


def _row(result: Result) -> dict[str, object]:
    return {
        "id": result.bug.id,
        "breaks": result.bug.breaks,
        "outcome": result.outcome.value,
        "test": result.test,
        "seconds": round(result.seconds, 1),
    }


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201  # progress of a developer's command


if __name__ == "__main__":
    sys.exit(main())
