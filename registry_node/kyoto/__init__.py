# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a node knows of the Kyoto rulebook: its own history, and the reports that follow from it."""
