"""The chaos run: a real server under a mixed load, while everything around it goes wrong.

`__main__` plays the run; read it first.  `stage` has the server and its data folder, `questions` what clients
ask, `clients` the clients, `troubles` what goes wrong, `versions` a copy of the catalogue at each version,
`judge` the reference, and `verdict` what is a fault.
"""
