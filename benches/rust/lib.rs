//! Contains the micro-benchmarks, so that the core does not depend on criterion.
