"""The clock, durations, and the instant that an answer is about.

All code that depends on the time uses this package.  Start reading with `clock`, the one clock of the
process.  `durations` reads and writes ISO 8601.  `accrual` describes durations that grow while a craft is
in space.  `as_of` holds the instant of the answer under way: the present, or the one that `?at=` names.
"""
