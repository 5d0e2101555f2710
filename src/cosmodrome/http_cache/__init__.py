"""Finished answers, kept in front of Django: what has been asked before is answered without it.

An answer is kept with the data version that it was made of, and given only while that is the catalogue's.
Nothing here changes what is answered: `COSMODROME_CACHE=off` answers the same, more slowly.

Validity order: `entries` (one answer in every coding), `shelf` (answers within a number of bytes),
`turns` (one rendering at a time), `freshness` (which version is committed), `cache` (the WSGI callable).
"""
