//! Adds the records of a file to columns.

use std::io;

use crate::columns::blobs::Place;
use crate::columns::builder::Columns;
use crate::crc32c;
use crate::record::Verify;
use crate::scan::outline::{Outline, Part};
use crate::scan::progress::HEAD;
use crate::scan::scanner::Sink;
use crate::storage::source::{self, Source};
use crate::wire::Malformed;

/// How many bytes of a value are compared later to tell whether it changed, if checksums are not
/// verified.
const CHECKED: u64 = 1 << 10;

/// Adds the records of a file to columns.
pub(super) struct Intake<'i, 'c> {
    pub columns: &'i mut Columns<'c>,
    pub verify: Verify,
    /// Reading stops after the first record that ends at this offset or after it.
    pub until: u64,
    /// The number and the checksum of the file's first bytes, if they were read.
    pub head: Option<(u8, u32)>,
}

impl Sink for Intake<'_, '_> {
    fn run(&mut self, window: &[u8], offset: u64, verify: Verify) -> (usize, u64) {
        if offset == 0 {
            let head = &window[..window.len().min(HEAD)];
            self.head = Some((head.len() as u8, crc32c::checksum(head)));
        }
        let wanted = usize::try_from(self.until.saturating_sub(offset)).unwrap_or(usize::MAX);
        self.columns.run(&window[..window.len().min(wanted)], offset, verify)
    }

    fn event(&mut self, payload: &[u8], offset: u64) -> std::result::Result<(), Malformed> {
        self.columns.add(payload, offset)
    }

    /// Adds a large event, of which only a few bytes are kept.
    fn large(&mut self, source: &dyn Source, payload: Part) -> io::Result<bool> {
        let Some(outline) = Outline::read(source, payload)? else { return Ok(false) };
        let place = |part: Part| {
            let checked = match self.verify {
                Verify::Crc => part.length,
                Verify::None => part.length.min(CHECKED),
            };
            let checksum = source::checksum_at(source, part.offset, checked)?.unwrap_or(0);
            Ok(Place::new(part.offset, part.length as u32, checked as u32, checksum))
        };
        self.columns.add_outline(&outline, place)
    }
}
