"""Many records at once: a field of all that are chosen, and tables of records as CSV files.

Both fill in the form of each record (`cosmodrome.admin.entry`) in one change, and tell what it has become by
the history's own notes.  A preview does the same, and then undoes it: `undoing`.  `cells` writes and reads
values as texts, `files` whole files, `importing` enters their lines; `bulk` and `sheets` have the pages.
"""
