"""Monitoring of a running server: `/healthz`, `/readyz` and `/metrics`.

Start reading with `probes`, which answers the three addresses.  `metrics` has what is measured, in all
workers together, and `middleware` measures requests.
"""
