"""An invented catalogue of any size: consistent, repeatable, and marked as invented in every name.

`cosmodrome synth` fills an empty database with it; benchmarks, fuzzing and conformance run on it.  Start
reading with `catalogue`, which calls all other modules in order.  `world` has the state that they share,
`words` generates names and decides which values are null, `writer` writes rows, and `tallies` counts for
totals.  Names end in "(invented)"; serial numbers and abbreviations, for which there is little room, begin
with "INV-".  Look-ups and the four known celestial bodies have plain names, since they are not invented and
filters look for them; so does "Starship", the program and the two families that the dashboard looks for by
name.  There are no live streams: the dashboard shows all of them, and in the contract the key for a stream's
page is the one that elsewhere holds a record's own url.

The catalogue is as of the instant of `--until`.  Flights that are under way then go on under any clock.
Planned events are spread from the next day over twenty years, so that lists of them are never empty.

Values are null as rarely as in real records: a launch always has its status, pad, rocket, configuration
and provider, mostly an image, rarely a probability.  The rates stand where the values are made, as `share`.

A hostile world has whatever the contract allows, for programs that should stand it.  From 600 craft on, every
key that may be null is null somewhere, and every list is empty somewhere and has several items somewhere, in
every mode of every endpoint; names have odd characters, and texts are as long as their columns.

Where the contract requires a value and there is
none, it is zero (`turn_around_time` of a first flight) or the record itself (`previous_flight` of one).
"""
