"""The forms of objects on the wire, and the kinds of tables behind them.

A shape is a DRF serializer with the name of its OpenAPI component.  Start reading with `shapes`.
`tables` has the kinds of columns and tables that the contract needs, `fields` the kinds of serializer
fields, `relations` reads and writes lists in order, `graph` walks a shape once for all modules that need
to know what it shows, `fieldsets` narrows a shape by `?fields=` and `?omit=`, and `history` says what rows
were at an earlier instant.
"""
