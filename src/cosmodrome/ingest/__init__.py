"""Loads files of LL2 pages and records into the catalogue: each whole, or not at all.

Start reading with `loader`, which loads one file.  `files` turns whatever form the file has into JSON
records, `plans` says for each key of a shape where its value is stored, `collection` takes records apart into
rows of all tables, and `upsert` writes those.  `errors` has the one exception, and how messages name places
and values.
"""
