"""Loads files of LL2 pages and records into the catalogue: each whole, or not at all.

Start reading with `loader`, which loads one file. `sources` finds the files, `archives` opens packed ones,
`values` finds the JSON values in their text, and `files` the records in those, with their endpoints;
`kinds` and `other_versions` recognise what is something else. `moments` tells as of when a page is. `plans`
says for each key of a shape where its value is stored, `collection` takes records apart into rows of all
tables, and `faults` finds all that is wrong in them. `upsert` writes the rows and `lists` their lists.
`statements` remembers as of when each fact was told, so that the order of loading does not matter, and
`listings` applies what a page says of rows that it no longer lists. `images` has rows with all their facts,
as values that can be stored and written back, and `notes` those of the rows that a change writes. `errors`
has the one exception, and how messages name places and values.
"""
