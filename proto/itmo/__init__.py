# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The clearing-house protocol: everything that independent parties must agree on byte for byte."""
