"""The server: Django's settings and URLconf, the WSGI callable, and the start of the processes.

Start reading with `startup`, the steps of a start; `granian` then serves.  `processes` has the workers,
`sockets` the sockets of the workers, `connections` and `bodies` what a client may hold of them.
"""
