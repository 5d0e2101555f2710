"""Values that the catalogue computes from their parts, for any instant.

Start reading with `registry`, which says what a derived value is; `definitions` declares each of them once.
`aggregates` has the SQL that they share, `bulk` computes one for all rows of a table at once, and
`materialised` keeps them in the columns that are served.
"""
