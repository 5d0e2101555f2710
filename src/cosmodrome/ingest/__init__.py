"""Loads files of LL2 pages and records into the catalogue: each whole, or not at all.

Start reading with `loader`, which loads one file.  `sources` finds the files, `unpacking` opens packed ones,
`values` finds the JSON values in their text, and `files` the records in those, with their endpoints; `kinds`
and `other_versions` recognise what is something else.  `plans` says for each key of a shape where its value
is stored, `collection` takes records apart into rows of all tables, `faults` finds all that is wrong in them,
and `upsert` writes them.  `errors` has the one exception, and how messages name places and values.
"""
