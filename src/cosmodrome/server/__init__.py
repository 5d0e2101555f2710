"""The server: Django's settings and urls, the WSGI callable, and how the processes start.

Start reading with `startup`.
"""
