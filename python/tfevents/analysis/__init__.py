"""Compares runs and shows them: trials, aggregates, plots, notebooks."""
