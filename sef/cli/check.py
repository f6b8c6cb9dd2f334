# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`sef check`: submissions held against every tie, within a file, across years and across Parties."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from pathlib import Path

from itmo.files import write_whole
from itmo.runtime.cli.progress import Bar
from sef.checks.casefile import Filed
from sef.checks.judging import judge
from sef.cli.reading import Refuse, read_files
from sef.result.document import Result
from sef.result.page import page


def check_files(
    files: tuple[Path, ...], html: Path | None, program: str, now: datetime, refuse: Refuse
) -> Result | None:
    """Carries out `sef check` and writes the page that was asked for; None: a file cannot be read.

    Args:
        files: Submissions.
        html: Where to write a page.
        program: Name and version of the program.
        now: When the checks are made.
        refuse: Is told of every file that cannot be read.
    """
    with Bar() as bar:
        read = read_files(files, bar, refuse)
        if read is None:
            return None
        filed = [Filed(number, each.submission, each.findings) for number, each in enumerate(read)]
        judgement = judge(filed, progress=partial(bar.at, "checking"))
    seen = tuple(each.seen for each in read if each.seen)
    result = Result(judgement=judgement, made=now, program=program, files=seen)
    if html is not None:
        write_whole(html, page(result))
    return result
