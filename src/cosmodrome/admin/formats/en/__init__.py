"""The formats of the one language that pages are in."""
