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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::encode;
    use proptest::prelude::*;

    fn message(build: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let mut out = Vec::new();
        build(&mut out);
        out
    }

    /// Every shape of value that occurs, and some that do not.
    fn value() -> impl Strategy<Value = Vec<u8>> {
        let tensor = (0..6usize, any::<[u8; 8]>(), 0..3u64).prop_map(|(shape, bytes, dims)| {
            message(|out| match shape {
                0 => {
                    encode::varint_field(out, 1, 1);
                    encode::bytes_field(out, 2, b"");
                    encode::bytes_field(out, 4, &bytes[..4]);
                }
                1 => {
                    encode::varint_field(out, 1, 2);
                    encode::bytes_field(out, 6, &bytes);
                }
                2 => {
                    encode::bytes_field(out, 5, &bytes[..4]);
                    encode::varint_field(out, 1, 1);
                }
                3 => {
                    encode::varint_field(out, 1, 9);
                    encode::varint_field(out, 10, u64::from_le_bytes(bytes));
                }
                4 => {
                    let dim = message(|out| encode::varint_field(out, 1, dims));
                    let shape = message(|out| encode::bytes_field(out, 2, &dim));
                    encode::varint_field(out, 1, 3);
                    encode::bytes_field(out, 2, &shape);
                    encode::bytes_field(out, 4, &bytes[..4]);
                }
                _ => {
                    encode::varint_field(out, 1, 7);
                    encode::bytes_field(out, 8, &bytes[..3]);
                }
            })
        });
        let plugin = prop_oneof![2 => Just("scalars"), 1 => Just("text"), 1 => Just("other")];
        let metadata = plugin.prop_map(|plugin| {
            let plugin = message(|out| encode::bytes_field(out, 1, plugin.as_bytes()));
            message(|out| encode::bytes_field(out, 1, &plugin))
        });
        let tag = prop_oneof!["[ab]", "tag/[ab]{8}", "[ab]{200}"];
        let simple = any::<f32>().prop_map(|value| message(|o| encode::float_field(o, 2, value)));
        let tensor = tensor.prop_map(|tensor| message(|o| encode::bytes_field(o, 8, &tensor)));
        let metadata = metadata.prop_map(|data| message(|o| encode::bytes_field(o, 9, &data)));
        let content = prop_oneof![
            simple,
            tensor.clone(),
            (tensor, metadata).prop_map(|(a, b)| [a, b].concat())
        ];
        (tag, content).prop_map(|(tag, content)| {
            let tag = message(|out| encode::bytes_field(out, 1, tag.as_bytes()));
            [tag, content].concat()
        })
    }

    fn event() -> impl Strategy<Value = Vec<u8>> {
        let step = prop_oneof![any::<i64>(), 0..1000i64];
        (any::<f64>(), prop::option::of(step), prop::collection::vec(value(), 1..4)).prop_map(
            |(wall_time, step, values)| {
                message(|out| {
                    encode::double_field(out, 1, wall_time);
                    if let Some(step) = step {
                        encode::varint_field(out, 2, step as u64);
                    }
                    let summary = message(|out| {
                        values.iter().for_each(|value| encode::bytes_field(out, 1, value));
                    });
                    encode::bytes_field(out, 5, &summary);
                })
            },
        )
    }

    fn contents(columns: Columns) -> Vec<String> {
        (columns.series.iter())
            .map(|series| {
                let points = &series.points;
                let bits = |column: &[f64]| column.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
                let (times, values) = (bits(points.wall_times()), bits(points.values()));
                let (tag, kind, steps, texts) =
                    (&series.tag, series.kind, points.steps(), &series.texts);
                format!("{tag} {kind:?} {steps:?} {times:?} {values:?} {texts:?}")
            })
            .collect()
    }

    proptest! {
        #[test]
        fn the_fast_path_reads_what_the_general_one_reads(
            pool in prop::collection::vec(event(), 1..8),
            order in prop::collection::vec(any::<prop::sample::Index>(), 0..60),
            change in prop::option::of((any::<prop::sample::Index>(), any::<u8>())),
        ) {
            let (mut fast, mut thorough) = (Columns::default(), Columns::default());
            thorough.thorough = true;
            for index in order {
                // The same events again and again, so that the fast path knows them.
                let event = &pool[index.index(pool.len())];
                let mut payload = event.clone();
                if let Some((at, byte)) = change {
                    let at = at.index(payload.len());
                    payload[at] = byte;
                }
                prop_assert_eq!(fast.add(&payload), thorough.add(&payload));
                prop_assert_eq!(fast.add(event), thorough.add(event));
            }
            prop_assert_eq!(contents(fast), contents(thorough));
        }
    }
}
