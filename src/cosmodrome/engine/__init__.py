"""How any resource is declared, queried, documented and rendered.  Knows no family of resources.

Reading order: `shapes` (what an object looks like), `resources` (one endpoint, declared once),
then what is derived from those two: `queries`, `choosing`, `help`, `openapi`, `checks`, `describe`.
"""
