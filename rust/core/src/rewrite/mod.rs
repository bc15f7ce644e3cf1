//! Files written anew with other tags, fewer values, or values of another type.
//!
//! Events come one after the other, as [`read`] finds them. [`decide`] knows what becomes of each
//! of their values, and [`fast`] of those that are as others were; [`group`] has what is known
//! meanwhile.
//! [`value`] encodes those that change, field by field, so that what it does not know stays;
//! [`named`] has the tags that metrics and charts name. [`output`] has the files, which [`behind`]
//! writes while more is read. What restarts take back is known only once all is read, so that then
//! all is read twice: first by [`restarts`].

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

/// Reads some files in order and writes what is to stay of them: each to a file of its own, or all
/// that have one name to one.
///
/// None of the files that are written may exist. They are complete when this returns, and on the disk
/// once they are [synced](sync()); where it fails, some may be there. `progress` counts the bytes
/// that are read, twice where restarts take something back.
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
