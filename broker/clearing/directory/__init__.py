# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Use cases of the directory: who takes part, with which accounts and keys."""
