//! `iter_events`: one event after the other.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use tfevents::logdir::{Reason, Skipped};
use tfevents::record::Verify;
use tfevents::scan::{Damage, Next, OnCorrupt, Records};
use tfevents::{Corruption, Error};

use crate::call::error::to_py;
use crate::call::list::List;
use crate::call::loan::Loan;
use crate::events::event::Event;
use crate::reader::damage::{DamageTuple, SkippedTuple, checks, damage_tuple, skipped_tuple};

/// Iterates over the events of files. The base of `tfevents.Events`.
#[pyclass(subclass, frozen, module = "tfevents._native")]
pub struct EventReader {
    verify: Verify,
    on_corrupt: OnCorrupt,
    position: Loan<Position>,
    /// Its lock is never kept while anything is waited for.
    lost: Mutex<Lost>,
}

/// What could not be read.
#[derive(Default)]
struct Lost {
    damage: Vec<Damage>,
    skipped: Vec<Skipped>,
}

/// How far the files are read.
struct Position {
    files: std::vec::IntoIter<PathBuf>,
    records: Option<Records>,
    /// What was found where it had to be waited for.
    found: Option<Reached>,
    lost: Lost,
    /// The files that the caller named: what is wrong with these is an error.
    given: HashSet<PathBuf>,
    /// Whether what may not be read is left out.
    skips: bool,
}

enum Reached {
    /// A record, the last of the file so far, which takes so many bytes.
    Record(usize),
    Error(Error),
    End,
}

/// What there is without waiting.
enum AtHand {
    Event(PyResult<Py<Event>>),
    Error(Error),
    End,
    Nothing,
}

impl Position {
    /// Reads on until something is found, however long that takes.
    fn seek(&mut self, verify: Verify, on_corrupt: OnCorrupt) {
        self.found = Some(loop {
            let Some(records) = &mut self.records else {
                let Some(path) = self.files.next() else { break Reached::End };
                match Records::open(&path, verify, on_corrupt) {
                    Ok(opened) => self.records = Some(opened),
                    Err(error) if self.leaves_out(&error) => {}
                    Err(error) => break Reached::Error(error),
                }
                continue;
            };
            match records.read() {
                Ok(Next::Record(record)) => break Reached::Record(record.len()),
                Ok(Next::Damage(damage)) => self.lose(damage),
                Ok(Next::End) => self.records = None,
                Err(error) => {
                    if !self.leaves_out(&error) {
                        break Reached::Error(error);
                    }
                }
            }
        });
    }

    /// Leaves out the file that an error is about; false if it is to be raised.
    fn leaves_out(&mut self, error: &Error) -> bool {
        let skipped = Skipped::instead_of(error, self.skips);
        let skipped = skipped.filter(|skipped| !self.given.contains(&skipped.path));
        let is_left_out = skipped.is_some();
        if is_left_out {
            self.records = None;
        }
        self.lost.skipped.extend(skipped);
        is_left_out
    }

    fn lose(&mut self, damage: Damage) {
        let is_foreign = damage.kind == Corruption::NotAnEventFile;
        match is_foreign && !self.given.contains(&damage.path) {
            true => {
                let (path, reason) = (damage.path, Reason::NotAnEventFile);
                self.lost.skipped.push(Skipped { path, reason });
            }
            false => self.lost.damage.push(damage),
        }
    }

    fn at_hand(&mut self, py: Python<'_>) -> AtHand {
        match (self.found.take(), &mut self.records) {
            (None, Some(records)) => match records.read_at_hand() {
                Some(record) => AtHand::Event(Event::of(py, record)),
                None => AtHand::Nothing,
            },
            (None, None) => AtHand::Nothing,
            (Some(Reached::Record(size)), Some(records)) => {
                AtHand::Event(Event::of(py, records.last(size)))
            }
            (Some(Reached::Error(error)), _) => {
                // As of a generator that raised, nothing more comes.
                (self.records, self.files) = (None, Vec::new().into_iter());
                AtHand::Error(error)
            }
            (Some(Reached::End | Reached::Record(_)), _) => AtHand::End,
        }
    }
}

#[pymethods]
impl EventReader {
    #[new]
    fn new(files: List<PathBuf>, given: HashSet<PathBuf>, verify: bool, skip: bool) -> EventReader {
        let (verify, on_corrupt) = checks(verify, skip);
        let position = Position {
            files: files.into_iter(),
            records: None,
            found: None,
            lost: Lost::default(),
            given,
            skips: skip,
        };
        let (position, lost) = (Loan::new(position), Mutex::default());
        EventReader { verify, on_corrupt, position, lost }
    }

    fn __iter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Py<Event>>> {
        loop {
            let found = self.position.with(py, |position| {
                let Lost { damage, skipped } = &mut position.lost;
                if !damage.is_empty() || !skipped.is_empty() {
                    let mut lost = self.lost();
                    lost.damage.append(damage);
                    lost.skipped.append(skipped);
                }
                position.at_hand(py)
            })?;
            match found.unwrap_or(AtHand::End) {
                AtHand::Event(event) => return event.map(Some),
                AtHand::Error(error) => return Err(to_py(error)),
                AtHand::End => return Ok(None),
                AtHand::Nothing => {}
            }
            let (verify, on_corrupt) = (self.verify, self.on_corrupt);
            self.position.lend(py, move |position| position.seek(verify, on_corrupt))?;
        }
    }

    /// Path, offset, length and kind of what could not be read so far.
    #[getter]
    fn _damage(&self) -> Vec<DamageTuple> {
        self.lost().damage.iter().map(damage_tuple).collect()
    }

    /// Path of and reason for each file that was left out so far.
    #[getter]
    fn _skipped(&self) -> Vec<SkippedTuple> {
        self.lost().skipped.iter().map(skipped_tuple).collect()
    }

    /// Ends the iteration and closes the file.
    fn close(&self) {
        self.position.give_up();
    }
}

impl EventReader {
    fn lost(&self) -> MutexGuard<'_, Lost> {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
