"""What objects look like on the wire, and the tables behind them.

A shape is a DRF serializer that is called like its OpenAPI component.  Start reading with `shapes`.
`tables` has the kinds of columns and tables that the contract needs, `fields` the kinds of serializer
fields, `relations` reads and writes lists in order, `graph` walks a shape once for all who need to know
what it shows, `fieldsets` narrows a shape by `?fields=` and `?omit=`, and `history` says what rows were at
an earlier instant.
"""
