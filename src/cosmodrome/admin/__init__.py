"""Django's admin for every table of the catalogue, generated from the declarations of tables and shapes.

Start reading with `records`, the base classes of all pages.  `introspection` finds out what to show of a
table, `factory` makes the classes of each table from that, `forms` has the form of a record, and `site`
registers all tables.  `incomplete` lists what is not on the wire yet; `display` says what pages call
things.  `accounts`, `login` and `middleware` control who may log in, and keep sessions out of the API;
`roles` and `groups` say who may do what.  `entry` fills in the form of a record without its page: for
reverts, which are in `history` with all that is noted of changes, and for `batches` of many records.
"""
