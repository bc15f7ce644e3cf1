//! The texts of one tag.

use std::ops::Range;

use crate::proto;

/// Steps, wall times and texts of one tag.
#[derive(Debug, Default)]
pub struct Texts {
    /// The steps.
    pub steps: Vec<i64>,
    /// Seconds since the epoch.
    pub wall_times: Vec<f64>,
    /// The texts.
    pub values: Vec<Text>,
}

/// What one event says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Text {
    /// A single string, in a shape of so many dimensions, each of size 1.
    One(Box<str>, u32),
    /// Strings in a shape, in row-major order: as many as it takes, or one for all.
    Many(Box<[usize]>, Box<[Box<str>]>),
}

impl Texts {
    /// Appends a text. What is not UTF-8 is replaced by U+FFFD.
    pub fn push(&mut self, step: i64, wall_time: f64, text: &proto::Strings<'_>) {
        let string = |bytes: &&[u8]| String::from_utf8_lossy(bytes).into_owned().into_boxed_str();
        self.steps.push(step);
        self.wall_times.push(wall_time);
        self.values.push(match &text.strings[..] {
            [one] if text.shape.iter().product::<usize>() == 1 => {
                Text::One(string(one), text.shape.len() as u32)
            }
            many => Text::Many(text.shape.as_slice().into(), many.iter().map(string).collect()),
        });
    }

    /// Appends copies of these texts of `other`.
    pub(crate) fn extend_from(&mut self, other: &Texts, range: Range<usize>) {
        self.steps.extend_from_slice(&other.steps[range.clone()]);
        self.wall_times.extend_from_slice(&other.wall_times[range.clone()]);
        self.values.extend_from_slice(&other.values[range]);
    }

    /// Appends all of `other`.
    pub fn append(&mut self, mut other: Texts) {
        self.steps.append(&mut other.steps);
        self.wall_times.append(&mut other.wall_times);
        self.values.append(&mut other.values);
    }
}
