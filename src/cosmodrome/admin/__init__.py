"""Django's admin over the catalogue: every table, generated from what its family declares."""
