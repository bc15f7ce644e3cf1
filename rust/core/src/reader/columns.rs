//! Records to columns.

use super::kind::Kind;
use super::points::Points;
use super::tags::Tags;
use super::template::Template;
use super::texts::Texts;
use crate::event::{Data, Event, Malformed, Number, SummaryValue, What};
use crate::wire::Cursor;

/// One tag of a run, with all that is read of it.
#[derive(Debug)]
pub struct Series {
    /// The tag's name.
    pub tag: Box<str>,
    /// What it holds.
    pub kind: Kind,
    /// Its scalars, if it holds scalars.
    pub points: Points,
    /// Its texts, if it holds texts.
    pub texts: Texts,
    /// The shape of its last value that was decoded in full.
    template: Option<Template>,
    /// The tag whose value came after this one's, the last time.
    next: u32,
}

impl Series {
    fn new(tag: &str, kind: Kind) -> Series {
        Series {
            tag: tag.into(),
            kind,
            points: Points::default(),
            texts: Texts::default(),
            template: None,
            next: 0,
        }
    }
}

/// The columns of one run, while its records come.
#[derive(Debug, Default)]
pub struct Columns {
    tags: Tags,
    series: Vec<Series>,
    /// The tag of the last value that was read the fast way.
    last: u32,
    /// Values of an event that is not wholly read yet.
    pending: Vec<(u32, f64)>,
    /// Whether to decode every event in full.
    #[cfg(test)]
    pub thorough: bool,
}

impl Columns {
    /// The tags, in the order in which they came.
    pub fn into_series(self) -> Vec<Series> {
        self.series
    }

    /// Declares a tag's kind before its first value comes.
    pub fn declare(&mut self, tag: &str, kind: Kind) {
        self.intern(tag, || kind);
    }

    /// Takes an event in. One that is malformed changes nothing.
    #[inline]
    pub fn add(&mut self, payload: &[u8]) -> Result<(), Malformed> {
        #[cfg(test)]
        if self.thorough {
            return self.decode(payload);
        }
        match self.fast(payload) {
            Some(()) => Ok(()),
            None => self.decode(payload),
        }
    }

    /// Takes in `wall_time, step?, summary` with values of known shapes only.
    #[inline(always)]
    fn fast(&mut self, payload: &[u8]) -> Option<()> {
        let rest = payload.strip_prefix(b"\x09")?;
        let (wall_time, rest) = rest.split_first_chunk::<8>()?;
        let wall_time = f64::from_le_bytes(*wall_time);
        let (step, rest) = match rest.strip_prefix(b"\x10") {
            Some(rest) => {
                let (step, rest) = varint(rest)?;
                (step as i64, rest)
            }
            None => (0, rest),
        };
        let (length, values) = varint(rest.strip_prefix(b"\x2a")?)?;
        if length != values.len() as u64 {
            return None;
        }
        // Nearly always there is one value.
        let (tag, value, length) = self.fast_value(values)?;
        let mut values = &values[length..];
        if values.is_empty() {
            self.series[tag as usize].points.push(step, wall_time, value);
            return Some(());
        }
        self.pending.clear();
        self.pending.push((tag, value));
        while !values.is_empty() {
            let (tag, value, length) = self.fast_value(values)?;
            self.pending.push((tag, value));
            values = &values[length..];
        }
        for &(tag, value) in &self.pending {
            self.series[tag as usize].points.push(step, wall_time, value);
        }
        Some(())
    }

    /// The tag and number of the value at the beginning of `values`, and the field's length.
    #[inline(always)]
    fn fast_value(&mut self, values: &[u8]) -> Option<(u32, f64, usize)> {
        // Tags mostly come in the order in which they came before.
        let predicted = self.series.get(self.last as usize)?.next;
        if let Some(template) = &self.series[predicted as usize].template
            && let Some((value, length)) = template.read(values)
        {
            self.last = predicted;
            return Some((predicted, value, length));
        }
        self.fast_lookup(values)
    }

    #[inline(never)]
    fn fast_lookup(&mut self, values: &[u8]) -> Option<(u32, f64, usize)> {
        let (_, value) = varint(values.strip_prefix(b"\x0a")?)?;
        let (length, rest) = varint(value.strip_prefix(b"\x0a")?)?;
        let tag = rest.get(..usize::try_from(length).ok()?)?;
        let tag = self.tags.get(tag)?;
        let (value, length) = self.series[tag as usize].template.as_ref()?.read(values)?;
        self.series[self.last as usize].next = tag;
        self.last = tag;
        Some((tag, value, length))
    }

    /// Takes in any event.
    #[inline(never)]
    fn decode(&mut self, payload: &[u8]) -> Result<(), Malformed> {
        let event = Event::decode(payload)?;
        let What::Summary(summary) = &event.what else { return Ok(()) };
        // All of it must be well-formed before any of it counts.
        summary.values().try_for_each(|value| value.map(drop))?;
        summary.values().try_for_each(|value| {
            self.add_value(&value?, &event);
            Ok(())
        })
    }

    fn add_value(&mut self, value: &SummaryValue<'_>, event: &Event<'_>) {
        let known = self.tags.get(value.tag.as_bytes()).is_some();
        let tag = self.intern(value.tag, || Kind::of(value));
        let series = &mut self.series[tag as usize];
        match (series.kind, &value.data) {
            (Kind::Scalar, data) => {
                let number = match data {
                    Data::SimpleValue(bytes) => {
                        Some(Number::Fixed(crate::event::Element::F32, bytes))
                    }
                    Data::Tensor(tensor) => tensor.number(),
                    _ => None,
                };
                let Some(number) = number else { return };
                let Some(scalar) = number.to_f64() else { return };
                series.points.push(event.step, event.wall_time, scalar);
                // A tag with one value only is not worth a template.
                if known {
                    series.template = Template::of(value, number);
                }
            }
            (Kind::Text, Data::Tensor(tensor)) => {
                if let Some(text) = tensor.text() {
                    series.texts.push(event.step, event.wall_time, &text);
                }
            }
            _ => {}
        }
    }

    fn intern(&mut self, tag: &str, kind: impl FnOnce() -> Kind) -> u32 {
        if let Some(known) = self.tags.get(tag.as_bytes()) {
            return known;
        }
        let new = self.tags.insert(tag.as_bytes());
        self.series.push(Series::new(tag, kind()));
        new
    }

    /// Lays the columns out for a file of which `done` bytes are read and `rest` are not, with as
    /// much room for each tag as it will need if it comes as often as it did.
    pub fn settle(&mut self, done: u64, rest: u64) {
        let ratio = rest as f64 / done.max(1) as f64;
        let capacities: Vec<usize> = (self.series.iter())
            .map(|series| {
                let seen = series.points.len() as f64;
                // Three standard deviations of a count, for tags that come at random.
                (seen + (seen + 3.0 * seen.sqrt()) * ratio).ceil() as usize + 16
            })
            .collect();
        Points::settle(self.series.iter_mut().map(|series| &mut series.points), &capacities);
    }

    /// Gives back the memory that nothing uses.
    pub fn shrink(&mut self) {
        for series in &mut self.series {
            series.points.shrink();
            series.template = None;
        }
    }
}

/// The varint at the beginning of `bytes`, and what follows it.
#[inline(always)]
fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    if let [byte @ ..0x80, rest @ ..] = bytes {
        return Some((u64::from(*byte), rest));
    }
    if let [low, high @ ..0x80, rest @ ..] = bytes {
        return Some((u64::from(*low & 0x7f) | u64::from(*high) << 7, rest));
    }
    if let [low, mid, high @ ..0x80, rest @ ..] = bytes {
        let value = u64::from(*low & 0x7f) | u64::from(*mid & 0x7f) << 7 | u64::from(*high) << 14;
        return Some((value, rest));
    }
    let mut cursor = Cursor::new(bytes);
    let value = cursor.varint().ok()?;
    Some((value, cursor.rest()))
}
