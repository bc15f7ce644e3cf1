"""The command `tfevents`, one command a file; it needs the extra `tfevents[cli]`."""
