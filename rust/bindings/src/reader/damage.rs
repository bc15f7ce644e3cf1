//! Converts options for checking files, and the damage that was found.

use std::ffi::OsString;

use tfevents::logdir::Skipped;
use tfevents::record::Verify;
use tfevents::scan::{Damage, OnCorrupt};

/// Path, offset, length and kind.
pub type DamageTuple = (OsString, u64, u64, &'static str);

pub fn damage_tuple(damage: &Damage) -> DamageTuple {
    (damage.path.clone().into(), damage.offset, damage.length, damage.kind.name())
}

/// Path and reason.
pub type SkippedTuple = (OsString, &'static str);

pub fn skipped_tuple(skipped: &Skipped) -> SkippedTuple {
    (skipped.path.clone().into(), skipped.reason.name())
}

/// The core's options for two flags: whether to verify the checksums of data, and whether to skip
/// damage.
pub fn checks(verify: bool, skip: bool) -> (Verify, OnCorrupt) {
    let verify = if verify { Verify::Crc } else { Verify::None };
    (verify, if skip { OnCorrupt::Skip } else { OnCorrupt::Raise })
}
