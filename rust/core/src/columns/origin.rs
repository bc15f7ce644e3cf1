//! Who wrote a file, and when.

/// Who wrote a file, and when.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Origin {
    /// The wall time of its first event.
    pub wall_time: Option<f64>,
    /// The program that wrote it, if the file names it.
    pub writer: Option<Box<str>>,
}

impl Origin {
    /// Adds the origin of the next part of the file.
    pub(crate) fn append(&mut self, rest: &Origin) {
        self.wall_time = self.wall_time.or(rest.wall_time);
        self.writer = rest.writer.clone().or(self.writer.take());
    }
}
