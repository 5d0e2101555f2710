"""Tokens of clients, and rates that limit how often clients may call.

Neither is required: everything can be read without a token, and no rate applies until one is set.  They exist
because clients of Launch Library send a token, ask `api-throttle` how many calls are left, and wait when they
are throttled; a server that stands in for the original must support that.

Read in this order: `rates` (15/h), `window` (a sliding window over recent calls), `tokens`, `network` and
`callers` (who calls), `usage` (the stored calls of each caller), `views` (`api-throttle`).  `gate` makes the
same checks for responses that are served without Django.  `database.routers` puts the counts into a database
of their own.
"""
