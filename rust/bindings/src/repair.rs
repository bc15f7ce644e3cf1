//! `verify` and `repair`: what is damaged in a file, and what is good of it.

use std::path::{Path, PathBuf};

use pyo3::prelude::*;
use tfevents::Error;
use tfevents::logdir::Skipped;
use tfevents::scan::repair::{self, Report};

use crate::call::error::to_py;
use crate::call::job;
use crate::reader::damage::{DamageTuple, damage_tuple};

/// How many records there are, their bytes, what is damaged, and the length of an unfinished
/// record.
type ReportTuple = (u64, u64, Vec<DamageTuple>, u64);

fn report_tuple(report: Report) -> ReportTuple {
    let damage = report.damage.iter().map(damage_tuple).collect();
    (report.records, report.bytes, damage, report.unfinished)
}

/// What `verify_file` and `repair_file` give: a report, or the reason why the file is left out.
#[derive(IntoPyObject)]
pub enum Reported {
    Report(ReportTuple),
    LeftOut(&'static str),
}

/// What is in the file at `path`. `is_given`: that it can't be read is an error.
#[pyfunction]
pub fn verify_file(py: Python<'_>, path: PathBuf, is_given: bool) -> PyResult<Reported> {
    let read = path.clone();
    reported(&path, is_given, job::run(py, move || repair::verify(&read))?)
}

/// Copies what is good in the file at `path` to a new file at `output`, but nothing of what is no
/// event file. `is_given`: that it can't be read is an error.
#[pyfunction]
pub fn repair_file(
    py: Python<'_>,
    path: PathBuf,
    output: PathBuf,
    is_given: bool,
) -> PyResult<Reported> {
    let read = path.clone();
    reported(&path, is_given, job::run(py, move || repair::repair(&read, &output))?)
}

fn reported(path: &Path, is_given: bool, report: Result<Report, Error>) -> PyResult<Reported> {
    match report {
        Ok(report) => Ok(Reported::Report(report_tuple(report))),
        Err(error) => match Skipped::instead_of(&error, true) {
            Some(skipped) if !is_given && skipped.path == path => {
                Ok(Reported::LeftOut(skipped.reason.name()))
            }
            _ => Err(to_py(error)),
        },
    }
}
