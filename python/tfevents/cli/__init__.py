"""The command `tfevents`, with a file for each subcommand. It needs the extra `tfevents[cli]`."""
