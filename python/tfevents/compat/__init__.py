"""Readers with the surface of others, for code that was written for these.

`tfevents.compat.event_accumulator` is in the place of TensorBoard's module of that name, and
`tfevents.compat.tbparse` in that of tbparse. `tfevents.install()` puts them there.
"""
