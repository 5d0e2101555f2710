"""Changes of the catalogue, and consistent reads of it.

A change is one transaction that raises the data version; it notifies listeners, which cache or derive
something from rows.  Start reading with `transactions`.  `versions` numbers the states of the catalogue,
`snapshots` opens consistent reads and says for how long an answer is valid, `rowset` holds sets of rows by
table.
"""
