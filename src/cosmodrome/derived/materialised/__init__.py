"""Materialised derived values: stored in the served columns, and refreshed by changes and by time.

Start reading with `materialise`, which writes derived values in place of published ones.  `refresh` decides
which rows to derive again, after a change or when time has passed.  `models` has the tables that store the
published values meanwhile, and `provenance` shows clients which values are derived.
"""
