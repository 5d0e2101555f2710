"""LL2 pages and records into the catalogue: read, checked, and taken in whole or not at all."""
