# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`broker bench`: what this machine clears per second, and the floor measured in the same run."""
