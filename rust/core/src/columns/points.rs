//! The columns of one tag's scalars.

use crate::columns::memory::Lockstep;

/// Steps, wall times and values of one tag.
pub type Points = Lockstep<3>;

impl Points {
    /// The steps.
    pub fn steps(&self) -> &[i64] {
        self.integers(0)
    }

    /// Seconds since the epoch.
    pub fn wall_times(&self) -> &[f64] {
        self.floats(1)
    }

    /// The values.
    pub fn values(&self) -> &[f64] {
        self.floats(2)
    }

    /// Appends a point.
    #[inline(always)]
    pub fn push(&mut self, step: i64, wall_time: f64, value: f64) {
        self.push_words([step as u64, wall_time.to_bits(), value.to_bits()]);
    }
}
