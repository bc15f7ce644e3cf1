"""The common parts of the workloads: event files to read, fair timing, the peers, and the table."""
