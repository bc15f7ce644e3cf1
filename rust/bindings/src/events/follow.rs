//! `follow`: events as they are written.

use std::ffi::OsString;

use pyo3::prelude::*;
use tfevents::reader::Follower;

use crate::call::error::to_py;
use crate::call::list::List;
use crate::call::loan::Loan;
use crate::events::event::Event;
use crate::reader::damage::{DamageTuple, SkippedTuple, checks, damage_tuple, skipped_tuple};
use crate::reader::log::{RunTuples, run_files};
use crate::reader::state;

/// Reads new events from the files that it is given.
#[pyclass(frozen, module = "tfevents._native")]
pub struct EventFollower(Loan<Position>);

struct Position {
    follower: Follower,
    /// Whether there is an event, once that is known.
    found: Option<tfevents::Result<bool>>,
}

#[pymethods]
impl EventFollower {
    #[new]
    fn new(verify: bool, skip: bool) -> EventFollower {
        let (verify, on_corrupt) = checks(verify, skip);
        let follower = Follower::new(verify, on_corrupt);
        EventFollower(Loan::new(Position { follower, found: None }))
    }

    /// Continues from the states, for the files of these runs that have one.
    fn resume(
        &self,
        py: Python<'_>,
        states: List<state::RunTuple>,
        found: RunTuples,
    ) -> PyResult<()> {
        let states = states.into_iter().map(state::from_tuple).collect::<PyResult<Vec<_>>>()?;
        let found = run_files(found);
        self.0.with(py, |it| it.follower.resume(&states, &found)).map(drop)
    }

    /// Reads the files of these runs next, and forgets others.
    fn look(&self, py: Python<'_>, found: RunTuples) -> PyResult<()> {
        let found = run_files(found);
        self.0.with(py, |it| it.follower.look(&found)).map(drop)
    }

    /// The name of the next event's run, and the event. None if there is none at present.
    fn next(&self, py: Python<'_>) -> PyResult<Option<(OsString, Py<Event>)>> {
        loop {
            let found = self.0.with(py, |it| {
                if it.found.is_none() && it.follower.advance_at_hand() {
                    it.found = Some(Ok(true));
                }
                let found = it.found.take()?;
                Some(found.map(|is_there| match (is_there, it.follower.event()) {
                    (true, Some((run, record))) => {
                        let run = run.as_os_str().to_owned();
                        Some(Event::of(py, record).map(|event| (run, event)))
                    }
                    _ => None,
                }))
            })?;
            match found {
                None => return Ok(None),
                Some(Some(found)) => return found.map_err(to_py)?.transpose(),
                Some(None) => self.0.lend(py, |it| it.found = Some(it.follower.advance()))?,
            }
        }
    }

    /// Reads files whose last events are held back once more, since no more bytes are expected.
    /// Returns whether there are such files.
    fn settle(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(self.0.with(py, |it| it.follower.settle())?.unwrap_or_default())
    }

    /// Path, offset, length and kind of the damage that was skipped.
    fn damage(&self, py: Python<'_>) -> PyResult<Vec<DamageTuple>> {
        let damage = |it: &mut Position| it.follower.damage().iter().map(damage_tuple).collect();
        Ok(self.0.with(py, damage)?.unwrap_or_default())
    }

    /// The same for damage at the end of a file, which may continue in later bytes.
    fn open_damage(&self, py: Python<'_>) -> PyResult<Vec<DamageTuple>> {
        let damage = |it: &mut Position| it.follower.open_damage().map(damage_tuple).collect();
        Ok(self.0.with(py, damage)?.unwrap_or_default())
    }

    /// The path of each skipped file, and the reason.
    fn skipped(&self, py: Python<'_>) -> PyResult<Vec<SkippedTuple>> {
        let skipped =
            |it: &mut Position| it.follower.skipped().map(|one| skipped_tuple(&one)).collect();
        Ok(self.0.with(py, skipped)?.unwrap_or_default())
    }

    /// Stops following, and closes the open file.
    fn close(&self) {
        self.0.give_up();
    }
}
