//! Scalars as tables: NumPy columns and Arrow streams.

use std::collections::{HashMap, TryReserveError};
use std::ffi::{CString, c_int};
use std::iter::repeat_n;
use std::sync::Arc;

use numpy::{PyArray1, PyArray2, PyArrayMethods};
use pyo3::exceptions::{PyMemoryError, PyOverflowError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use tfevents::reader::table::{self, Batches, Column, Part};

use crate::call::list::List;
use crate::reader::column;
use crate::reader::run::RunData;
use crate::tables::arrow::{Array, Buffer, Field, Schema, Stream, Strings, Type};

/// The number of rows in a batch of a long table, which makes some tens of megabytes.
const BATCH: usize = 1 << 20;

/// `ENOMEM`, which has no portable name in `std`.
fn out_of_memory(_: TryReserveError) -> (c_int, CString) {
    (12, c"not enough memory for the table".into())
}

type Words<'py, T> = Bound<'py, PyArray1<T>>;

/// The numbers of runs and tags, steps, wall times and values.
type Long<'py> =
    (Words<'py, i32>, Words<'py, i32>, Words<'py, i64>, Words<'py, f64>, Words<'py, f64>);

/// The numbers of runs, the steps, and the values by tag and row.
type Wide<'py> = (Words<'py, i32>, Words<'py, i64>, Bound<'py, PyArray2<f64>>);

/// The scalars of some runs.
#[pyclass(frozen, module = "tfevents._native")]
pub struct ScalarTable {
    runs: Vec<String>,
    tags: Vec<Box<str>>,
    parts: Arc<[Part]>,
    /// Whether wall times are timestamps in Arrow.
    has_timestamps: bool,
}

#[pymethods]
impl ScalarTable {
    /// A table of the scalars of these runs. In Arrow, wall times are timestamps or seconds.
    #[new]
    fn new(runs: List<(String, Bound<'_, RunData>)>, has_timestamps: bool) -> ScalarTable {
        let (mut names, mut tags, mut parts) = (Vec::new(), Vec::new(), Vec::new());
        let mut numbers: HashMap<Box<str>, i32> = HashMap::new();
        for (run, (name, data)) in runs.into_iter().enumerate() {
            names.push(name);
            for series in data.get().scalar_series() {
                let tag = *numbers.entry(series.tag.clone()).or_insert_with(|| {
                    tags.push(series.tag.clone());
                    tags.len() as i32 - 1
                });
                parts.push(Part { run: run as i32, tag, series });
            }
        }
        ScalarTable { runs: names, tags, parts: parts.into(), has_timestamps }
    }

    /// The number of rows.
    fn __len__(&self) -> usize {
        self.parts.iter().map(|part| part.series.points.len()).sum()
    }

    /// The names of the tags of all runs.
    fn tags(&self) -> Vec<&str> {
        self.tags.iter().map(|tag| &**tag).collect()
    }

    /// The numbers of runs and tags, steps, wall times and values, with a row for each point. At
    /// most the first `limit` points.
    fn columns<'py>(&self, py: Python<'py>, limit: Option<usize>) -> PyResult<Long<'py>> {
        let limit = limit.unwrap_or(usize::MAX);
        let first = || Batches::new(Arc::clone(&self.parts)).next(limit);
        let long = py.detach(first).map_err(memory_error)?.unwrap_or_default();
        Ok((
            column::owned(py, long.run)?,
            column::owned(py, long.tag)?,
            column::owned(py, long.step)?,
            column::owned(py, long.wall_time)?,
            column::owned(py, long.value)?,
        ))
    }

    /// The wide table: the numbers of runs, the steps, and the values by tag and row.
    fn pivot_columns<'py>(&self, py: Python<'py>) -> PyResult<Wide<'py>> {
        let wide = self.wide(py)?;
        let rows = wide.step.len();
        let values = column::owned(py, wide.values)?;
        Ok((
            PyArray1::from_vec(py, runs(&wide.rows)),
            PyArray1::from_vec(py, wide.step),
            values.reshape([self.tags.len(), rows])?,
        ))
    }

    /// The wide table for Arrow. `names` are the names of the tags' columns.
    fn pivot(&self, py: Python<'_>, names: List<String>) -> PyResult<WideTable> {
        if names.len() != self.tags.len() {
            return Err(PyValueError::new_err("names must be as many as the tags"));
        }
        let wide = self.wide(py)?;
        let valid = wide.valid.into_iter().map(|bits| bits.map(Buffer::of));
        Ok(WideTable {
            rows: wide.step.len(),
            run: Buffer::of(runs(&wide.rows)),
            step: Buffer::of(wide.step),
            values: Arc::new(wide.values),
            valid: valid.collect(),
            runs: strings(self.runs.iter().map(String::as_str))?,
            names: names.0,
        })
    }

    /// The type of the rows: a capsule with an `ArrowSchema`.
    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        schema(py, &self.rows())
    }

    /// The rows: a capsule with an `ArrowArrayStream`.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        // The protocol does not demand the requested schema, and there is no other one to offer.
        let _ = requested_schema;
        let runs = strings(self.runs.iter().map(String::as_str))?;
        let tags = strings(self.tags.iter().map(|tag| &**tag))?;
        let mut batches = Batches::new(Arc::clone(&self.parts));
        let has_timestamps = self.has_timestamps;
        let next = move || {
            let Some(long) = batches.next(BATCH).map_err(out_of_memory)? else {
                return Ok(None);
            };
            let rows = long.step.len();
            let numbers = |values| Array::numbers(rows, None, values);
            let columns = vec![
                Array::dictionary(rows, Buffer::of(long.run), &runs),
                Array::dictionary(rows, Buffer::of(long.tag), &tags),
                numbers(Buffer::of(long.step)),
                match has_timestamps {
                    true => timestamps(&long.wall_time),
                    false => numbers(Buffer::of(long.wall_time)),
                },
                numbers(Buffer::of(long.value)),
            ];
            Ok(Some(Array::rows(rows, columns)))
        };
        let stream = Stream::new(self.rows(), Box::new(next));
        PyCapsule::new_with_value(py, stream, c"arrow_array_stream")
    }
}

impl ScalarTable {
    /// The type of the long table's rows.
    fn rows(&self) -> Field {
        let wall_time = match self.has_timestamps {
            true => Field { nullable: true, ..field("wall_time", Type::Timestamp) },
            false => field("wall_time", Type::Float64),
        };
        let columns = vec![
            field("run", Type::Dictionary),
            field("tag", Type::Dictionary),
            field("step", Type::Int64),
            wall_time,
            field("value", Type::Float64),
        ];
        field("", Type::Struct(columns))
    }

    fn wide(&self, py: Python<'_>) -> PyResult<table::Wide> {
        let (runs, tags) = (self.runs.len(), self.tags.len());
        py.detach(|| table::pivot(&self.parts, runs, tags)).map_err(memory_error)
    }
}

/// The scalars of some runs, with a column for each tag, for Arrow.
#[pyclass(frozen, module = "tfevents._native")]
pub struct WideTable {
    runs: Strings,
    names: Vec<String>,
    rows: usize,
    run: Buffer,
    step: Buffer,
    values: Arc<Column<f64>>,
    valid: Vec<Option<Buffer>>,
}

#[pymethods]
impl WideTable {
    /// The type of the rows: a capsule with an `ArrowSchema`.
    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        schema(py, &self.fields())
    }

    /// The rows: a capsule with an `ArrowArrayStream`.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let _ = requested_schema;
        let rows = self.rows;
        let mut columns = vec![
            Array::dictionary(rows, self.run.clone(), &self.runs),
            Array::numbers(rows, None, self.step.clone()),
        ];
        columns.extend(self.valid.iter().enumerate().map(|(tag, valid)| {
            let values = Buffer::new(Arc::clone(&self.values), |values| &values[tag * rows..]);
            Array::numbers(rows, valid.clone(), values)
        }));
        let mut batch = Some(Array::rows(rows, columns));
        let stream = Stream::new(self.fields(), Box::new(move || Ok(batch.take())));
        PyCapsule::new_with_value(py, stream, c"arrow_array_stream")
    }
}

impl WideTable {
    fn fields(&self) -> Field {
        let mut fields = vec![field("run", Type::Dictionary), field("step", Type::Int64)];
        fields.extend(
            self.names.iter().map(|name| Field { nullable: true, ..field(name, Type::Float64) }),
        );
        field("", Type::Struct(fields))
    }
}

/// Converts seconds to microseconds. Null if they are not a valid time.
fn timestamps(seconds: &[f64]) -> Array {
    let is_time = |seconds: f64| (seconds * 1e6).abs() < i64::MAX as f64;
    let valid = (!seconds.iter().copied().all(is_time)).then(|| {
        let mut bits = vec![0u8; seconds.len().div_ceil(8)];
        for (row, seconds) in seconds.iter().enumerate() {
            bits[row / 8] |= u8::from(is_time(*seconds)) << (row % 8);
        }
        Buffer::of(bits)
    });
    let micros = seconds.iter().map(|&seconds| {
        // The product of all seconds would be rounded before this rounds it.
        let whole = if is_time(seconds) { seconds.trunc() } else { return 0 };
        whole as i64 * 1_000_000 + ((seconds - whole) * 1e6).round_ties_even() as i64
    });
    Array::numbers(seconds.len(), valid, Buffer::of(micros.collect::<Vec<i64>>()))
}

/// A column without nulls.
pub fn field(name: &str, holds: Type) -> Field {
    // A C string ends at a null character, so the name must not contain one.
    let name = CString::new(name.replace('\0', "\u{fffd}")).unwrap_or_default();
    Field { name, holds, nullable: false }
}

pub fn schema<'py>(py: Python<'py>, rows: &Field) -> PyResult<Bound<'py, PyCapsule>> {
    PyCapsule::new_with_value(py, Schema::new(rows), c"arrow_schema")
}

fn strings<'a>(strings: impl Iterator<Item = &'a str>) -> PyResult<Strings> {
    Strings::new(strings).ok_or_else(|| PyOverflowError::new_err("the names take more than 2 GiB"))
}

/// The number of each row's run.
fn runs(rows: &[usize]) -> Vec<i32> {
    (0..).zip(rows).flat_map(|(run, &rows)| repeat_n(run, rows)).collect()
}

fn memory_error(_: TryReserveError) -> PyErr {
    PyMemoryError::new_err("not enough memory for the table")
}
