"""Django's database engine for SQLite, which notices that its file was moved away: see `base`."""
