"""Readers with the interfaces of other packages, for code that was written for those.

`event_accumulator`, `event_multiplexer`, `plugin_event_accumulator` and `plugin_event_multiplexer`
replace TensorBoard's modules of these names. `summary_iterator` replaces TensorFlow's function, and
`tbparse` replaces tbparse. `tfevents.install()` installs `event_accumulator` and `tbparse` in their
place.
"""
