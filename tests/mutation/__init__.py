# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Bugs planted one by one in a copy of the tree, each of which a test has to find."""
