# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The 25 consistency checks of the Article 6 database, over any set of AEF submissions. Pure."""
