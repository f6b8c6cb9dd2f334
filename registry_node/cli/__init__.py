# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The command line of a registry node."""

from registry_node.cli.main import main

__all__ = ["main"]
