//! Where a file comes from.

/// Who wrote a file, and when.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Origin {
    /// The wall time of its first event.
    pub wall_time: Option<f64>,
    /// Who wrote it, if it says so.
    pub writer: Option<Box<str>>,
}

impl Origin {
    /// Adds what the next part of the file says, or the file after it grew.
    pub(crate) fn append(&mut self, rest: &Origin) {
        self.wall_time = self.wall_time.or(rest.wall_time);
        self.writer = rest.writer.clone().or(self.writer.take());
    }
}
