//! How many cases a property test tries.

use proptest::test_runner::Config;

/// This number of cases, or fewer if `PROPTEST_CASES` is less. Emulators are slow.
pub fn cases(most: u32) -> Config {
    let config = Config::default();
    Config { cases: config.cases.min(most), ..config }
}
