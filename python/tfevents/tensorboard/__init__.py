"""TensorBoard's own page over our reader: `tfevents tensorboard --logdir runs`.

It needs the extra `tfevents[tensorboard]`. `python -m tfevents.tensorboard` is the same, and
`tensorboard --reader=tfevents` too, TensorBoard's own command.
"""
