"""Readers with the surface of others, for code that was written for these.

`event_accumulator`, `event_multiplexer`, `plugin_event_accumulator` and `plugin_event_multiplexer`
are in the place of TensorBoard's modules of these names, `summary_iterator` of TensorFlow's
function, `tbparse` of tbparse. `tfevents.install()` puts `event_accumulator` and `tbparse` there.
"""
