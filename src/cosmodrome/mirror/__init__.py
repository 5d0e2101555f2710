"""The mirror: keeps a copy of another service of Launch Library 2.3.0, within the rate that it allows.

Words: *upstream* is the service that is mirrored; a *call* is one HTTP request to it; the *budget* is the
rate and the calls recorded against it; a *page* is one answer of a list, and a *sweep* one pass over all
pages of a resource in a stable order; the *plan* is the list of calls to come; *intake* takes one page's
records into the catalogue; a record that could not be taken in is *set aside*.  A resource is *complete as
of* the instant at which its last consistent sweep began.
"""
