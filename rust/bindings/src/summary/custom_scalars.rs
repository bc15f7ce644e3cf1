//! Layouts of charts, for the "custom_scalars" plugin.

use pyo3::prelude::*;
use tfevents::proto::{Category, Chart, ChartContent, Layout, MarginSeries};
use tfevents::summary;

use super::encoded::Summary;
use crate::call::list::List;

/// A chart's tags: those of its lines, or those of a value, its lower and its upper bound.
#[derive(FromPyObject)]
pub enum Tags {
    // This is a tuple, and the other is a list.
    Margin((String, String, String)),
    Multiline(List<String>),
}

/// The layout of these categories. A category is (title, charts), and a chart is (title, tags).
#[pyfunction]
pub fn custom_scalars(categories: List<(String, List<(String, Tags)>)>) -> PyResult<Summary> {
    let chart = |(title, tags)| {
        let content = match tags {
            Tags::Margin((value, lower, upper)) => {
                ChartContent::Margin(vec![MarginSeries { value, lower, upper }])
            }
            Tags::Multiline(List(tags)) => ChartContent::Multiline(tags),
        };
        Chart { title, content: Some(content) }
    };
    let category = |(title, charts): (String, List<_>)| Category {
        title,
        charts: charts.into_iter().map(chart).collect(),
        is_closed: false,
    };
    let layout = Layout { categories: categories.into_iter().map(category).collect() };
    Summary::encoded("layout", |out| summary::custom_scalars_value(out, &layout))
}
