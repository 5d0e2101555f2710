"""Documentation and checks that are derived from the declarations.

`help` writes the help pages, `openapi` the OpenAPI document, `describe` the text of the command `describe`,
and `checks` has the checks at start.
"""
