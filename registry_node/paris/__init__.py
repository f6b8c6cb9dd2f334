# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a node knows of the Paris rulebook: its letters, its statements, and what follows from them."""
