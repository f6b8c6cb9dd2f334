#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
# The drill of high availability (deploy/docs/availability.md): kills leaders and brokers while registries
# trade. Debian's packages etcd-server and postgresql are needed. Options: --kills N, --workers N, --more, --json.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
bash "$root/deploy/environment.sh"
"$root/.venv/bin/python" -c 'import patroni' 2>/dev/null ||
  "$root/.venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    --group "$root/pyproject.toml:availability" >&2
export PYTHONPATH=$root:$root/proto${PYTHONPATH:+:$PYTHONPATH}
cd "$root"
exec "$root/.venv/bin/python" -m tests.availability "$@"
