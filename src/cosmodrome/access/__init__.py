"""Who asks, and how often they may: tokens and rates.

Nobody needs either: everything can be read without a token, and no rate holds until somebody sets one.
They are here because clients of Launch Library send a token, ask `api-throttle` what is left, and wait
when they are told to; a server that is to stand in for the original must be able to tell them.

Validity order: `rates` (15/h), `window` (what calls in the last hour leave room for), `tokens` and
`callers` (who asks), `counting` (the calls of each, kept), `views` (`api-throttle`).
"""
