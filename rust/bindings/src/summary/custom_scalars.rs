//! Layouts of charts.

use pyo3::prelude::*;
use tfevents::summary::{self, Category, Chart, ChartContent};

use super::encoded::Summary;

/// A chart's tags: of its lines, or of a value, its lower and its upper bound.
#[derive(FromPyObject)]
pub enum Tags {
    // A tuple, which is no list.
    Margin((String, String, String)),
    Multiline(Vec<String>),
}

/// The layout of these categories: (title, charts), a chart being (title, tags).
#[pyfunction]
pub fn custom_scalars(categories: Vec<(String, Vec<(String, Tags)>)>) -> PyResult<Summary> {
    let chart = |(title, tags)| {
        let content = match tags {
            Tags::Margin((value, lower, upper)) => ChartContent::Margin([value, lower, upper]),
            Tags::Multiline(tags) => ChartContent::Multiline(tags),
        };
        Chart { title, content }
    };
    let categories: Vec<_> = categories
        .into_iter()
        .map(|(title, charts)| Category { title, charts: charts.into_iter().map(chart).collect() })
        .collect();
    Summary::encoded("layout", |out| summary::custom_scalars_value(out, &categories))
}
