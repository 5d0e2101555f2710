"""The database as such: which it is, what it holds, how long to wait for it, and what to say when it fails.

SQLite or PostgreSQL; no module here names a table of the catalogue.  Read in this order: `routers` (which
tables are in which database), `migrations` (a database that is new, older or newer than this program),
`outages` (sentences for what goes wrong).
"""
