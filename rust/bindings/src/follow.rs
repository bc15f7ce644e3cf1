//! `follow`: events as they come.

use std::ffi::OsString;
use std::sync::{Mutex, MutexGuard};

use pyo3::prelude::*;
use pyo3::sync::MutexExt;
use tfevents::reader::Follower;

use crate::damage::{DamageTuple, checks, damage_tuple};
use crate::error::to_py;
use crate::events::Event;
use crate::reader::{Found, run_files};
use crate::state;

/// Reads on in files that it is told of.
#[pyclass(frozen, module = "tfevents._native")]
pub struct EventFollower(Mutex<Follower>);

#[pymethods]
impl EventFollower {
    #[new]
    fn new(verify: bool, skip: bool) -> EventFollower {
        let (verify, on_corrupt) = checks(verify, skip);
        EventFollower(Mutex::new(Follower::new(verify, on_corrupt)))
    }

    /// Reads on from the states, where files of these runs have one.
    fn resume(&self, py: Python<'_>, states: Vec<state::RunTuple>, found: Found) -> PyResult<()> {
        let states = states.into_iter().map(state::from_tuple).collect::<PyResult<Vec<_>>>()?;
        self.lock(py).resume(&states, &run_files(found));
        Ok(())
    }

    /// Looks at the files of these runs next, and forgets others.
    fn look(&self, py: Python<'_>, found: Found) {
        self.lock(py).look(&run_files(found));
    }

    /// The next event and the name of its run; None if there is none for now.
    fn next(&self, py: Python<'_>) -> PyResult<Option<(OsString, Event)>> {
        let mut follower = self.lock(py);
        let follower = &mut *follower;
        let is_there = match follower.is_at_hand() {
            true => follower.advance(),
            false => py.detach(|| follower.advance()),
        };
        match (is_there.map_err(to_py)?, follower.event()) {
            (true, Some((run, record))) => {
                Ok(Some((run.as_os_str().to_owned(), Event::new(py, record)?)))
            }
            _ => Ok(None),
        }
    }

    /// Path, offset, length and kind of what was stepped over.
    fn damage(&self, py: Python<'_>) -> Vec<DamageTuple> {
        self.lock(py).damage().iter().map(damage_tuple).collect()
    }

    /// The same of what is damaged at the end of a file, and may go on.
    fn open_damage(&self, py: Python<'_>) -> Vec<DamageTuple> {
        self.lock(py).open_damage().map(damage_tuple).collect()
    }

    /// Closes the file that is open.
    fn close(&self, py: Python<'_>) {
        self.lock(py).close();
    }
}

impl EventFollower {
    fn lock(&self, py: Python<'_>) -> MutexGuard<'_, Follower> {
        self.0.lock_py_attached(py).unwrap_or_else(|it| it.into_inner())
    }
}
