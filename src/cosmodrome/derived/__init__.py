"""Derived values: totals, counters and durations that are computed from other rows, at any instant.

Start reading with `registry`, which says what a derived value is; `definitions` declares each of them once.
`aggregates` has the SQL expressions that they share, `bulk` computes a value for all rows of a table at once,
and `materialised` stores derived values in the columns that are served.
"""
