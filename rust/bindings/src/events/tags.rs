//! A cache of recent tags as Python strings.

use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;
use pyo3::types::PyString;

/// The number of tags in the cache. It does not keep tags of more than `LONGEST` bytes.
const KEPT: usize = 256;
const LONGEST: usize = 128;

static LATELY: Mutex<[Option<Py<PyString>>; KEPT]> = Mutex::new([const { None }; KEPT]);

/// The string of a tag. The same tag usually gives the same object, which saves making and hashing
/// it.
pub fn string(py: Python<'_>, tag: &str) -> Py<PyString> {
    if tag.len() > LONGEST {
        return PyString::new(py, tag).unbind();
    }
    // Making a string runs no Python code, so the lock may be held.
    let mut lately = LATELY.lock().unwrap_or_else(PoisonError::into_inner);
    let place = &mut lately[slot(tag.as_bytes())];
    match place {
        Some(known) if known.bind(py).to_str().is_ok_and(|known| known == tag) => {
            known.clone_ref(py)
        }
        _ => place.insert(PyString::new(py, tag).unbind()).clone_ref(py),
    }
}

/// Computes the slot from the length and the last bytes, since tags often begin alike.
fn slot(tag: &[u8]) -> usize {
    let last = tag.last_chunk::<8>().map_or_else(
        || tag.iter().fold(0, |word, &byte| word << 8 | u64::from(byte)),
        |bytes| u64::from_le_bytes(*bytes),
    );
    let mixed = (last ^ tag.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 56) as usize % KEPT
}
