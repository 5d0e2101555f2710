"""Endpoints: each is declared once, and everything else is derived from the declaration.

Start reading with `resources`, the class that families declare.  `filters`, `ordering` and `pagination` read
the parameters of a list; `parameters` declares those beyond the contract.  `selections` finds the ids that a
query selects, once, and `kinetic` orders them by durations that grow.  `responder` answers from fragments and
selections, `store` holds both.  `endpoints` are endpoints without a table, `subresources` addresses below a
record, and `schema` documents everything.
"""
