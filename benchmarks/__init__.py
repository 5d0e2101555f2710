"""How fast Cosmodrome is, beside others that answer the same page: `scripts/bench`.

Read in this order: `queries` (what is asked), `contestants` (who answers; `plain` is the source of one of
them), `catalogues` (of what), `load` (one measurement), `changes` and `writer` (what is measured while a
catalogue changes), `goals` (what was promised), `report` (what is written), `__main__` (the order of it all).
"""
