"""The project's documents as pages: those that its README links to, as the wheel holds them.

Start reading with `documents`, which finds them; `markdown` makes their HTML, `views` their pages.
"""
