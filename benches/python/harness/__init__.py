"""What the workloads share: event files to read, fair timing, the peers, and the table."""
