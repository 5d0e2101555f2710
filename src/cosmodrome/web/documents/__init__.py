"""The project's documents as pages: all in `docs/` and at its root, as the wheel holds them.

Start reading with `documents`, which finds them; `markdown` makes their HTML, `views` their pages.
"""
