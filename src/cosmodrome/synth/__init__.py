"""An invented catalogue of any size: consistent, repeatable, and marked as invented in every name.

`cosmodrome synth` fills an empty database with it; benchmarks, fuzzing and conformance run on it.

Names end in "(invented)"; serial numbers and abbreviations, for which there is little room, begin with
"INV-".  Look-ups and the four known celestial bodies are plain words, since they are no inventions and
filters read them; so is "Starship", the program and the two families that the dashboard looks for by name.
There are no live streams: the dashboard shows them all, and the contract gives their pages the key that
elsewhere holds a record's own url.

The world stands still at the instant of `--until`.  What is under way goes on from there on any clock; what
is planned spreads from the next day over twenty years, so that lists of what is to come are never empty.

Every key that may be null is null somewhere and every list is empty somewhere and has several somewhere, in
every mode of every endpoint, from 600 craft on.  Where the contract has a value always and there is none,
it is zero (`turn_around_time` of a first flight) or the thing itself (`previous_flight` of one).
"""
