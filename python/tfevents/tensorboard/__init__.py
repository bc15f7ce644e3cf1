"""TensorBoard's own page with our reader: `tfevents tensorboard --logdir runs`.

It needs the extra `tfevents[tensorboard]`. `python -m tfevents.tensorboard` does the same, and so
does TensorBoard's own command with `--reader=tfevents`.
"""
