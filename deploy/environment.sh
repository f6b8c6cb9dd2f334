#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
# Makes the one environment of this project, .venv in its root, on first use and when what it needs
# has changed. Says what it does on standard error; standard output stays clean.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=$root/.venv
say() { printf '%s\n' "$*" >&2; }

find_python() {
  local candidate
  for candidate in python3.14 python3.13 python3.12 python3.11 python3; do
    if command -v "$candidate" >/dev/null 2>&1 &&
      "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
  say "Python 3.11 or newer is needed and was not found; install it and run this again."
  exit 2
}

stamp=$(cat "$root/pyproject.toml" "$root/requirements.lock" | cksum | cut -d' ' -f1)
if [ -f "$venv/.complete" ] && [ "$(cat "$venv/.complete")" = "$stamp" ]; then
  exit 0
fi

python=$(find_python)
[ -x "$venv/bin/python" ] || {
  say "Making the environment .venv with $("$python" --version) ..."
  "$python" -m venv "$venv" || {
    say "The venv module is missing; on Debian: apt-get install python3-venv"
    exit 2
  }
}
say "Installing what the project needs (once; a minute or two) ..."
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1" >&2
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  --constraint "$root/requirements.lock" --group "$root/pyproject.toml:dev" --editable "$root" >&2
printf '%s' "$stamp" >"$venv/.complete"
say "The environment is ready."
