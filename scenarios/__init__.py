# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Scenarios: stories a carbon accountant writes, played against a real broker and real nodes.

This package is neither of the two programs. It needs both in one process, and so may import both;
it plugs into the broker's command line through the entry-point group `broker.commands`.
"""
