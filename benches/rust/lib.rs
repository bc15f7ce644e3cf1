//! Holds the micro-benchmarks, so that criterion stays out of the core's dependencies.
