"""Readers with the surface of others, for code that was written for these.

`tfevents.compat.event_accumulator` is in the place of TensorBoard's module of that name,
`tfevents.compat.tbparse` in the place of tbparse. `tfevents.install()` puts them there.
"""
