//! `Layout`: which charts the "custom_scalars" plugin shows.

use crate::proto::field::{lossy, put_message, put_text, put_varint};
use crate::proto::message::Message;
use crate::proto::number::{category, chart, layout as number, margin, margin_series, multiline};
use crate::wire::{Cursor, Malformed, Value, encode};

/// The tag of a layout.
pub const LAYOUT_TAG: &str = "custom_scalars__config__";

/// Charts under headings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Layout {
    /// The headings.
    pub categories: Vec<Category>,
}

/// Charts under a heading.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Category {
    /// The heading.
    pub title: String,
    /// The charts.
    pub charts: Vec<Chart>,
    /// Whether they are hidden at first.
    pub is_closed: bool,
}

/// A chart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Chart {
    /// Its title.
    pub title: String,
    /// What it draws.
    pub content: Option<ChartContent>,
}

/// What a chart draws.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChartContent {
    /// A line for each tag that one of these regular expressions matches.
    Multiline(Vec<String>),
    /// Lines, each in the margin between two.
    Margin(Vec<MarginSeries>),
}

/// A line in the margin between two, by their tags.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub struct MarginSeries {
    pub value: String,
    pub lower: String,
    pub upper: String,
}

impl Message<'_> for Layout {
    fn merge(&mut self, message: &[u8]) -> Result<(), Malformed> {
        for field in Cursor::new(message) {
            let field = field?;
            if let (number::CATEGORY, Value::Bytes(message)) = (field.number, field.value) {
                self.categories.push(Category::decode(message)?);
            }
        }
        Ok(())
    }

    fn encode(&self, out: &mut Vec<u8>) {
        for category in &self.categories {
            put_message(out, number::CATEGORY, |out| category.encode(out));
        }
    }
}

impl Message<'_> for Category {
    fn merge(&mut self, message: &[u8]) -> Result<(), Malformed> {
        for field in Cursor::new(message) {
            let field = field?;
            match (field.number, field.value) {
                (category::TITLE, Value::Bytes(text)) => self.title = lossy(text),
                (category::CHART, Value::Bytes(chart)) => self.charts.push(Chart::decode(chart)?),
                (category::CLOSED, Value::Varint(value)) => self.is_closed = value != 0,
                _ => {}
            }
        }
        Ok(())
    }

    fn encode(&self, out: &mut Vec<u8>) {
        put_text(out, category::TITLE, &self.title);
        for chart in &self.charts {
            put_message(out, category::CHART, |out| chart.encode(out));
        }
        put_varint(out, category::CLOSED, self.is_closed.into());
    }
}

impl Message<'_> for Chart {
    fn merge(&mut self, message: &[u8]) -> Result<(), Malformed> {
        for field in Cursor::new(message) {
            let field = field?;
            match (field.number, field.value) {
                (chart::TITLE, Value::Bytes(text)) => self.title = lossy(text),
                (chart::MULTILINE, Value::Bytes(content)) => {
                    let mut tags = match self.content.take() {
                        Some(ChartContent::Multiline(tags)) => tags,
                        _ => Vec::new(),
                    };
                    for field in Cursor::new(content) {
                        let field = field?;
                        if let (multiline::TAG, Value::Bytes(tag)) = (field.number, field.value) {
                            tags.push(lossy(tag));
                        }
                    }
                    self.content = Some(ChartContent::Multiline(tags));
                }
                (chart::MARGIN, Value::Bytes(content)) => {
                    let mut lines = match self.content.take() {
                        Some(ChartContent::Margin(lines)) => lines,
                        _ => Vec::new(),
                    };
                    for field in Cursor::new(content) {
                        let field = field?;
                        if let (margin::SERIES, Value::Bytes(line)) = (field.number, field.value) {
                            lines.push(MarginSeries::decode(line)?);
                        }
                    }
                    self.content = Some(ChartContent::Margin(lines));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn encode(&self, out: &mut Vec<u8>) {
        put_text(out, chart::TITLE, &self.title);
        match &self.content {
            None => {}
            Some(ChartContent::Multiline(tags)) => put_message(out, chart::MULTILINE, |out| {
                for tag in tags {
                    encode::bytes_field(out, multiline::TAG, tag.as_bytes());
                }
            }),
            Some(ChartContent::Margin(lines)) => put_message(out, chart::MARGIN, |out| {
                for line in lines {
                    put_message(out, margin::SERIES, |out| line.encode(out));
                }
            }),
        }
    }
}

impl Message<'_> for MarginSeries {
    fn merge(&mut self, message: &[u8]) -> Result<(), Malformed> {
        for field in Cursor::new(message) {
            let field = field?;
            match (field.number, field.value) {
                (margin_series::VALUE, Value::Bytes(tag)) => self.value = lossy(tag),
                (margin_series::LOWER, Value::Bytes(tag)) => self.lower = lossy(tag),
                (margin_series::UPPER, Value::Bytes(tag)) => self.upper = lossy(tag),
                _ => {}
            }
        }
        Ok(())
    }

    fn encode(&self, out: &mut Vec<u8>) {
        put_text(out, margin_series::VALUE, &self.value);
        put_text(out, margin_series::LOWER, &self.lower);
        put_text(out, margin_series::UPPER, &self.upper);
    }
}
