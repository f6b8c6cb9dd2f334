# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The demonstration: a network of five processes plays what really happened, and what goes wrong."""
