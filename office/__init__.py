# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A Party's own office: its AEFs, drawn and checked where its registry node runs.

A package of its own between the two programs: it asks the clearing-house through the node, and works
with the package of the AEF and the rulebook. Neither program imports it; it plugs into the node's
command line through the entry-point group `registry_node.commands`.
"""
