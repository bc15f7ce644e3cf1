"""Reads logs: finds runs and their files, reads them at once, and follows what is added."""
