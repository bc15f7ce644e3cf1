//! Writes files anew, with other tags, fewer values, or values of another type.
//!
//! [`read`] finds one event after the other. [`decide`] decides what becomes of each of its values.
//! [`fast`] does so for values that are as earlier ones were. [`group`] holds what is known
//! meanwhile. [`value`] encodes the values that change, field by field, and keeps unknown fields.
//! [`named`] changes the tags that metrics and charts name. [`output`] holds the files, which
//! [`behind`] writes while more is read. What restarts take back is known only at the end. So all
//! files are read twice then, and [`restarts`] decides in between.

mod behind;
mod decide;
mod edit;
mod event;
mod fast;
mod group;
mod known;
mod named;
mod output;
mod read;
mod restarts;
mod rules;
mod sync;
mod value;

use std::sync::atomic::{AtomicU64, Ordering};

use crate::columns::Restarts;
use crate::error::Result;
use crate::rewrite::group::Group;

pub use rules::{LeftOut, Report, Route, Rules, Source, Target};
pub use sync::sync;
pub use value::{Cast, Style};

/// Reads some files in order, and writes the values that stay. Each file is written to one of its
/// own, or all files of one name to the same one.
///
/// None of the files that are written may exist. They are complete when this returns, and on the
/// disk once they are [synced](sync()). If it fails, some of them may be there. `progress` counts
/// the bytes that are read. They are counted twice if restarts may take something back.
pub fn rewrite(
    sources: &[Source],
    rules: &Rules,
    route: Route<'_>,
    progress: &AtomicU64,
) -> Result<Report> {
    if rules.restarts != Restarts::Raw {
        // Only the second pass compares the checksums of usual records. If the first pass accepted
        // damaged ones, both are done again.
        let before = progress.load(Ordering::Relaxed);
        if let Some(report) = Group::new(rules, route, progress).trusting().run(sources)? {
            return Ok(report);
        }
        progress.store(before, Ordering::Relaxed);
    }
    Ok(Group::new(rules, route, progress).run(sources)?.unwrap_or_default())
}
