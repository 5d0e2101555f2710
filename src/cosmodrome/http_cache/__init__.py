"""A cache of finished responses in front of Django.

A response is stored with the data version that it was made from, and given only while that version is the
committed one.  The cache changes no answer: with `COSMODROME_CACHE=off` Django gives the same ones, slower.

Start reading with `cache`, the WSGI callable.  `entries` has a stored response in each coding, `freshness`
reads the committed data version, `bypass` makes responses from fragments without Django, `recorder` counts
hits for the metrics, `memory` returns freed memory to the system.
"""
