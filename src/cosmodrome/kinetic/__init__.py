"""The order of records by a duration that grows for some of them, at any instant, without sorting again.

It serves large catalogues: of 60,000 craft in the order of `time_in_space`, which is another each second,
a page takes microseconds where sorting takes a second.  Start reading with `order.KineticOrder`, which is all
that other packages use; it knows columns and instants, and nothing of resources.
"""
