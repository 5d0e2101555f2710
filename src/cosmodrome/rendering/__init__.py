"""Records rendered to JSON bytes: the one way in which every answer of the API is made.

Start reading with `fragments`: a fragment is one record in one shape, as JSON with holes.  `templates`
compiles a shape into the template that renders its fragments.  `invalidation` says which fragments a change
makes worthless.  `lru` has caches that are bounded by bytes, `encoding` the percent-encoding of paths.
"""
