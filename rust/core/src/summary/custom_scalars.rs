//! The layout of the "custom_scalars" plugin: charts that show several tags.
//!
//! Field numbers are those of `layout.proto` of TensorBoard's custom_scalar plugin.

use super::*;

/// What a chart draws.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChartContent {
    /// A line for each tag that one of these regular expressions matches.
    Multiline(Vec<String>),
    /// A line in the margin between two: the tags of the value, of the lower and the upper bound.
    Margin([String; 3]),
}

/// A chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chart {
    /// What stands above it.
    pub title: String,
    /// What it draws.
    pub content: ChartContent,
}

/// Charts under a heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Category {
    /// The heading.
    pub title: String,
    /// The charts.
    pub charts: Vec<Chart>,
}

/// Appends the `Summary.value` with a layout of these categories.
pub fn custom_scalars_value(out: &mut Vec<u8>, categories: &[Category]) {
    let mut layout = Vec::new();
    for category in categories {
        encode::bytes_field(&mut layout, 2, &encode_category(category));
    }
    let mut tensor = tensor_of(DT_STRING, &[]);
    encode::bytes_field(&mut tensor, TENSOR_STRING, &layout);
    let metadata = plugin_metadata("custom_scalars", b"");
    tensor_value(out, "custom_scalars__config__", &tensor, &metadata);
}

fn encode_category(category: &Category) -> Vec<u8> {
    let mut out = Vec::new();
    put_text(&mut out, 1, &category.title);
    for chart in &category.charts {
        encode::bytes_field(&mut out, 2, &encode_chart(chart));
    }
    out
}

fn encode_chart(chart: &Chart) -> Vec<u8> {
    let mut content = Vec::new();
    let number = match &chart.content {
        ChartContent::Multiline(tags) => {
            for tag in tags {
                encode::bytes_field(&mut content, 1, tag.as_bytes());
            }
            2
        }
        ChartContent::Margin(tags) => {
            let mut series = Vec::new();
            for (number, tag) in (1..).zip(tags) {
                put_text(&mut series, number, tag);
            }
            encode::bytes_field(&mut content, 1, &series);
            3
        }
    };
    let mut out = Vec::new();
    put_text(&mut out, 1, &chart.title);
    encode::bytes_field(&mut out, number, &content);
    out
}
