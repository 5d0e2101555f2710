"""Selections: the ids that a query selects, in order, found once for each data version.

Start reading with `queries`, which is asked for them.  `conditions` reads the parameters of a query,
`filtersets` makes the filters, `listings` puts a selection together from `columns` and `lookups` in memory;
where these can't tell, the backends of Django REST Framework ask the database.
"""
