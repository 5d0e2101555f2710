"""The server: Django's settings and URLconf, the WSGI callable, and the start of the processes.

Start reading with `startup`, the steps of a start; `granian` then serves.
"""
