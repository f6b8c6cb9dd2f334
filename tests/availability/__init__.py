# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""High availability, really run: three servers under Patroni and etcd, two brokers, and what may fail, failing."""
