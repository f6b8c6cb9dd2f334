#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
# Plays the demonstration; needs nothing but Python 3.11 or newer. On first use it makes the
# environment .venv. Options: --kyoto plays units of the Kyoto Protocol; --json prints one JSON object
# and nothing else; --keep leaves the network running in ./demo-network. With ITMO_BROKER_DATABASE set to the
# URL of an empty database of a PostgreSQL server, the broker keeps its record there.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
bash "$root/deploy/environment.sh"
export PYTHONPATH=$root:$root/proto${PYTHONPATH:+:$PYTHONPATH}
exec "$root/.venv/bin/python" -m deploy.demo "$@"
