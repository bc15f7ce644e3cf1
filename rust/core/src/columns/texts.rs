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

/// The text of one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Text {
    /// A single string, and the number of its dimensions, each of size 1.
    One(Box<str>, u32),
    /// A shape and its strings in row-major order. One string may stand for all.
    Many(Box<[usize]>, Box<[Box<str>]>),
}

impl Text {
    /// A text from a shape and its strings in row-major order. One string may stand for all.
    pub fn new(shape: &[usize], mut strings: Vec<Box<str>>) -> Text {
        match strings.pop() {
            Some(one) if strings.is_empty() && shape.iter().product::<usize>() == 1 => {
                Text::One(one, shape.len() as u32)
            }
            last => Text::Many(shape.into(), strings.into_iter().chain(last).collect()),
        }
    }
}

impl Texts {
    /// Appends a text. Bytes that are not UTF-8 become U+FFFD.
    pub fn push(&mut self, step: i64, wall_time: f64, text: &proto::Strings<'_>) {
        let string = |bytes: &&[u8]| String::from_utf8_lossy(bytes).into_owned().into_boxed_str();
        self.steps.push(step);
        self.wall_times.push(wall_time);
        self.values.push(Text::new(&text.shape, text.strings.iter().map(string).collect()));
    }

    /// Appends copies of these texts of `other`.
    pub(crate) fn extend_from(&mut self, other: &Texts, range: Range<usize>) {
        self.steps.extend_from_slice(&other.steps[range.clone()]);
        self.wall_times.extend_from_slice(&other.wall_times[range.clone()]);
        self.values.extend_from_slice(&other.values[range]);
    }

    /// Appends all of `other`, which is empty then.
    pub fn append(&mut self, other: &mut Texts) {
        self.steps.append(&mut other.steps);
        self.wall_times.append(&mut other.wall_times);
        self.values.append(&mut other.values);
    }
}
