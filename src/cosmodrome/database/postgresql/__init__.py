"""Django's database engine for PostgreSQL, with an end to waiting for a server that is away: see `base`."""
