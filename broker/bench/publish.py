# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Puts measured figures into the page that publishes them. `python -m broker.bench.publish [FILE]`.

FILE is what `broker bench --json` printed; without it, the figures that were published last are
written anew.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from broker.bench.plot import svg
from broker.bench.report import table
from itmo.files import write_whole

PLACE: Final = Path(__file__).parents[2] / "deploy" / "docs"
FIGURES: Final = PLACE / "benchmark.json"
PAGE: Final = PLACE / "benchmark.md"
PICTURE: Final = PLACE / "benchmark.svg"
_BEGIN, _END = "<!-- figures -->\n", "<!-- end of figures -->\n"


def page(written: str, measured: Mapping[str, Any]) -> str:
    """A page with the figures between its two marks."""
    before, _, rest = written.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    lines = "\n".join(table(measured))
    return f"{before}{_BEGIN}\n```text\n{lines}\n```\n\n{_END}{after}"


def main(arguments: list[str]) -> None:
    """Writes figures, page and picture."""
    found = Path(arguments[0]) if arguments else FIGURES
    measured = json.loads(found.read_text())
    write_whole(FIGURES, json.dumps(measured, indent=2) + "\n")
    write_whole(PAGE, page(PAGE.read_text(), measured))
    write_whole(PICTURE, svg(measured))


if __name__ == "__main__":
    main(sys.argv[1:])
