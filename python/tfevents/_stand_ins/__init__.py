"""The classes that `tfevents.install` puts in the place of others. They have the same signatures.

They are separate classes, so that `tfevents.uninstall` knows what to undo.
"""
