#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
# Passes the tests: environment, lint, types, import rules, proto lint, all fast tests.
# Further arguments go to pytest, for example: tests/run.sh -k lifecycle
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
bash deploy/environment.sh
bin=$root/.venv/bin
step() { printf '\n== %s\n' "$*"; }

if [ $# -eq 0 ]; then
  step "lint (ruff)"
  "$bin/ruff" check .
  "$bin/ruff" format --check .
  # The rest takes one core, for a minute on a clean checkout: it works beside the tests, and is told after them.
  beside=$(mktemp)
  {
    step "types (mypy --strict)" && "$bin/mypy" &&
      step "import rules (import-linter)" && "$bin/lint-imports" &&
      step "protocol definitions (buf)" && (cd proto && "$bin/buf" lint)
  } >"$beside" 2>&1 &
  checks=$!
fi
step "tests (pytest)"
# What Python compiled is kept from run to run, whatever the caller's environment says of that: both workers, and
# each program that a test starts, would compile everything anew.
bytecode=$root/.venv/bytecode
export PYTHONPYCACHEPREFIX=$bytecode PYTHONDONTWRITEBYTECODE=
# The programs write through to the disk, and so do their tests; in memory nobody waits for it.
# A run leaves under 1 GB.
memory=
if [ "$(df --output=avail -k /dev/shm 2>/dev/null | tail -1 || true)" -gt 2000000 ] 2>/dev/null; then
  memory=$(mktemp -d /dev/shm/tests.XXXXXX)
  set -- --basetemp "$memory/run" "$@"
fi
ended() {
  [ -z "${checks:-}" ] || kill "$checks" 2>/dev/null || true
  rm -rf ${beside:+"$beside"} ${memory:+"$memory" "$bytecode$memory"}
}
trap ended EXIT
found=0
"$bin/python" -m pytest -q -n 2 --dist worksteal "$@" || found=$?
if [ -n "${checks:-}" ]; then
  wait "$checks" || found=$((found ? found : $?))
  checks=
  cat "$beside"
fi
exit "$found"
