# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What is stated to the regime of the Paris Agreement, one kind of statement in each module."""
