"""The stand-in: a server that misbehaves on purpose, and logs who calls, for those who test clients.

Read in this order: `fates` (which answer gets which fault), `replies` (answers in place of the right one),
`corruption` (right answers with something wrong in them), `misbehaviour` (what Granian serves then), `calls`
(the log).  The kinds of faults are in `environment.faults`.  Without a fault and a log nothing of this is
loaded.
"""
