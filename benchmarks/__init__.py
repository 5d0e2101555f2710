"""How fast Cosmodrome is, beside others that answer the same page: `scripts/bench`.

Reading order: `queries` (what is asked), `contestants` (who answers), `load` (one measurement),
`report` (what is written), `__main__` (the order of it all).
"""
