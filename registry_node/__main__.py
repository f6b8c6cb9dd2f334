# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`python -m registry_node`: the same as the command `registry-node`."""

from __future__ import annotations

from registry_node.cli import main

if __name__ == "__main__":
    main(prog_name="registry-node")
