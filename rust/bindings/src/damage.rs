//! How files are checked, and what is found, as Python has them.

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

/// Whether checksums of data are verified, and whether damage is stepped over.
pub fn checks(verify: bool, skip: bool) -> (Verify, OnCorrupt) {
    let verify = if verify { Verify::Crc } else { Verify::None };
    (verify, if skip { OnCorrupt::Skip } else { OnCorrupt::Raise })
}
