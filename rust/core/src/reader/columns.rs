//! Records to columns.

use super::frame::{Frame, WALL_TIME, WALL_TIME_LEN};
use super::kind::Kind;
use super::points::Points;
use super::prefetch::prefetch;
use super::tags::Tags;
use super::template::Template;
use super::texts::Texts;
use crate::crc32c;
use crate::event::{Data, Element, Event, Malformed, Number, SummaryValue, What};
use crate::record::{self, OVERHEAD, Parsed, Verify};
use crate::wire::Cursor;

/// How far ahead of the record that is parsed memory is fetched. Each record says where the next
/// begins, so the processor cannot guess it.
const AHEAD: usize = 2048;

/// The keys of an event's fields: its number and its wire type.
const STEP: u64 = 0x10;
const SUMMARY: u64 = 0x2a;

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
}

impl Series {
    /// A tag without values.
    pub(super) fn new(tag: &str, kind: Kind) -> Series {
        Series { tag: tag.into(), kind, points: Points::default(), texts: Texts::default() }
    }

    /// Whether anything was read of it.
    pub(super) fn has_values(&self) -> bool {
        !self.points.is_empty() || !self.texts.values.is_empty()
    }
}

/// What each value of a tag needs, close together.
#[derive(Debug, Default)]
struct Hot {
    /// The frame of the tag's last record that was not predicted.
    frame: Frame,
    /// The shape of the tag's last value that was decoded in full.
    template: Template,
    points: Points,
    /// The tag whose value came after this one's, the last time.
    next: u32,
}

/// The rest of a tag.
#[derive(Debug)]
struct Cold {
    kind: Kind,
    texts: Texts,
}

/// The columns of one run, while its records come.
#[derive(Debug, Default)]
pub struct Columns {
    tags: Tags,
    hot: Vec<Hot>,
    cold: Vec<Cold>,
    /// The tag of the last value that was read the fast way.
    last: u32,
    /// Values of an event that is not wholly read yet.
    pending: Vec<(u32, f64)>,
    /// Memory of columns that are done, for those to come.
    spare: Vec<Points>,
    /// Whether the columns are laid out for all of the file.
    is_spread: bool,
    /// Whether to decode every event in full, for want of templates.
    #[cfg(test)]
    pub thorough: bool,
}

impl Columns {
    /// Columns that take their first memory from `spare`.
    pub fn new(spare: Vec<Points>) -> Columns {
        Columns { spare, ..Columns::default() }
    }

    /// The tags, in the order in which they came, in no more memory than they need; and the spare
    /// memory.
    pub fn finish(mut self) -> (Vec<Series>, Vec<Points>) {
        if self.is_spread {
            self.hot.iter_mut().for_each(|tag| tag.points.shrink());
        } else {
            // Many small allocations cost more than one copy.
            let lengths: Vec<usize> = self.hot.iter().map(|tag| tag.points.len()).collect();
            let emptied = Points::pack(self.hot.iter_mut().map(|tag| &mut tag.points), &lengths);
            self.spare.extend(emptied.into_iter().filter(Points::is_reusable));
        }
        let tags = self.tags.into_names().into_iter().zip(self.hot).zip(self.cold);
        let series = tags.map(|((tag, hot), cold)| Series {
            tag,
            kind: cold.kind,
            points: hot.points,
            texts: cold.texts,
        });
        let series = series.collect();
        (series, self.spare)
    }

    /// Declares a tag's kind before its first value comes.
    pub fn declare(&mut self, tag: &str, kind: Kind) {
        self.intern(tag, || kind);
    }

    /// Takes in the records at the beginning of `window`, up to one that is not whole, or not
    /// good; how many bytes and records they were.
    pub fn run(&mut self, window: &[u8], verify: Verify) -> (usize, u64) {
        let (mut at, mut records) = (0, 0);
        while let Some(rest) = window.get(at..) {
            let (done, count, unusual) = self.predicted(rest, verify);
            at += done;
            records += count;
            let Some(payload) = unusual else { break };
            let size = payload.len() + OVERHEAD;
            match self.one_value(payload) {
                Some((tag, step)) => {
                    let (record, hot) = (&rest[done..done + size], &mut self.hot[tag as usize]);
                    if !hot.frame.fits(record, step) {
                        hot.frame = Frame::of(record, step).unwrap_or_default();
                    }
                }
                None if self.add(payload).is_err() => break,
                None => {}
            }
            at += size;
            records += 1;
        }
        (at, records)
    }

    /// Takes in the records at the beginning of `window` that are `wall_time, step?, summary` with
    /// one value, of the tag and in the shape that are expected next, as nearly all are; how many
    /// bytes and records they were, and the good record that comes after them.
    #[inline(never)]
    fn predicted<'w>(
        &mut self,
        window: &'w [u8],
        verify: Verify,
    ) -> (usize, u64, Option<&'w [u8]>) {
        let (mut at, mut records) = (0, 0);
        let mut last = self.last;
        let hot = &mut self.hot[..];
        let mut next = hot.get(last as usize).map_or(u32::MAX, |hot| hot.next);
        let unusual = loop {
            prefetch(window, at + AHEAD);
            let Some(rest) = window.get(at..) else { break None };
            let Some(hot) = hot.get_mut(next as usize) else { break good_record(rest, verify) };
            let Some((payload, checksum)) = hot.frame.payload(rest) else {
                break good_record(rest, verify);
            };
            if verify == Verify::Crc && crc32c::masked(payload) != checksum {
                break None;
            }
            let Some((wall_time, step, summary)) = hot.frame.head(payload) else {
                break Some(payload);
            };
            let Some(value) = hot.template.read_summary(summary) else { break Some(payload) };
            hot.points.push(step, wall_time, value);
            (last, next) = (next, hot.next);
            at += payload.len() + OVERHEAD;
            records += 1;
        };
        self.last = last;
        (at, records, unusual)
    }

    /// Takes in an event with one value of a known shape, whose tag or length was not predicted;
    /// its tag, and how many bytes its step takes.
    #[inline(never)]
    fn one_value(&mut self, payload: &[u8]) -> Option<(u32, usize)> {
        let (wall_time, step, summary) = head(payload)?;
        let (_, values) = varint(summary.get(1..)?)?;
        let tag = self.guess(values)?;
        let hot = &mut self.hot[tag as usize];
        let value = hot.template.read_summary(summary)?;
        hot.points.push(step, wall_time, value);
        self.hot[self.last as usize].next = tag;
        self.last = tag;
        Some((tag, payload.len() - WALL_TIME_LEN - summary.len()))
    }

    /// What the tag of the value at the beginning of `values` nearly always is, if it is known.
    /// That the template fits is the proof.
    #[inline]
    fn guess(&self, values: &[u8]) -> Option<u32> {
        let (_, value) = varint(values.strip_prefix(b"\x0a")?)?;
        let (length, rest) = varint(value.strip_prefix(b"\x0a")?)?;
        self.tags.guess(rest.get(..usize::try_from(length).ok()?)?)
    }

    /// Takes an event in. One that is malformed changes nothing.
    #[inline(never)]
    pub fn add(&mut self, payload: &[u8]) -> Result<(), Malformed> {
        match self.many_values(payload) {
            Some(()) => Ok(()),
            None => self.decode(payload),
        }
    }

    /// Takes in `wall_time, step?, summary` with any number of values of known shapes.
    fn many_values(&mut self, payload: &[u8]) -> Option<()> {
        let (wall_time, step, summary) = head(payload)?;
        let (length, mut values) = varint(summary.strip_prefix(b"\x2a")?)?;
        if length != values.len() as u64 {
            return None;
        }
        self.pending.clear();
        while !values.is_empty() {
            let predicted = self.hot.get(self.last as usize)?.next;
            let read = self.hot.get(predicted as usize)?.template.read_value(values);
            let (tag, (value, length)) = match read {
                Some(read) => (predicted, read),
                None => {
                    let tag = self.guess(values)?;
                    let read = self.hot[tag as usize].template.read_value(values)?;
                    self.hot[self.last as usize].next = tag;
                    (tag, read)
                }
            };
            self.last = tag;
            self.pending.push((tag, value));
            values = &values[length..];
        }
        for &(tag, value) in &self.pending {
            self.hot[tag as usize].points.push(step, wall_time, value);
        }
        Some(())
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
        let known = self.tags.get(value.tag).is_some();
        let tag = self.intern(value.tag, || Kind::of(value));
        let (hot, cold) = (&mut self.hot[tag as usize], &mut self.cold[tag as usize]);
        match (cold.kind, &value.data) {
            (Kind::Scalar, data) => {
                let number = match data {
                    Data::SimpleValue(bytes) => Some(Number::Fixed(Element::F32, bytes)),
                    Data::Tensor(tensor) => tensor.number(),
                    _ => None,
                };
                let Some(number) = number else { return };
                let Some(scalar) = number.to_f64() else { return };
                hot.points.push(event.step, event.wall_time, scalar);
                #[cfg(test)]
                let known = known && !self.thorough;
                // A tag with one value only is not worth a template.
                if known {
                    hot.template = Template::of(value, number).unwrap_or_default();
                }
            }
            (Kind::Text, Data::Tensor(tensor)) => {
                if let Some(text) = tensor.text() {
                    cold.texts.push(event.step, event.wall_time, &text);
                }
            }
            _ => {}
        }
    }

    fn intern(&mut self, tag: &str, kind: impl FnOnce() -> Kind) -> u32 {
        if let Some(known) = self.tags.get(tag) {
            return known;
        }
        let points = self.spare.pop().unwrap_or_default();
        self.hot.push(Hot { points, ..Hot::default() });
        self.cold.push(Cold { kind: kind(), texts: Texts::default() });
        self.tags.insert(tag)
    }

    /// Lays the columns out for a file of which `done` bytes are read and `rest` are not, with as
    /// much room for each tag as it will need if it comes as often as it did.
    pub fn spread(&mut self, done: u64, rest: u64) {
        let ratio = rest as f64 / done.max(1) as f64;
        let capacities: Vec<usize> = (self.hot.iter())
            .map(|tag| {
                let seen = tag.points.len() as f64;
                // Three standard deviations of a count, for tags that come at random.
                (seen + (seen + 3.0 * seen.sqrt()) * ratio).ceil() as usize + 16
            })
            .collect();
        let all = self.hot.iter_mut().map(|tag| &mut tag.points);
        self.spare.extend(Points::spread(all, &capacities).into_iter().filter(Points::is_reusable));
        self.is_spread = true;
    }
}

/// The payload of the record at the beginning of `bytes`, if it is whole and good.
#[inline(never)]
fn good_record(bytes: &[u8], verify: Verify) -> Option<&[u8]> {
    match record::parse(bytes, verify) {
        Parsed::Record(payload) => Some(payload),
        _ => None,
    }
}

/// The wall time and step at the beginning of an event, and the bytes after them.
#[inline(always)]
fn head(payload: &[u8]) -> Option<(f64, i64, &[u8])> {
    // A key, a double, and eight more bytes, most of which are the step: no event with a value
    // is shorter.
    let (&[WALL_TIME, ref times @ ..], _) = payload.split_first_chunk::<17>()? else {
        return None;
    };
    let (wall_time, word) = times.split_first_chunk::<8>()?;
    let word = u64::from_le_bytes(*word.first_chunk()?);
    let (step, length) = match word & 0xff {
        SUMMARY => (0, 0),
        STEP if word & 0x8000 == 0 => (word >> 8 & 0x7f, 2),
        STEP if word & 0x80_0000 == 0 => (word >> 8 & 0x7f | word >> 9 & 0x3f80, 3),
        STEP if word & 0x8000_0000 == 0 => {
            (word >> 8 & 0x7f | word >> 9 & 0x3f80 | word >> 10 & 0x1f_c000, 4)
        }
        STEP => {
            let (step, rest) = varint(&payload[10..])?;
            (step, payload.len() - 9 - rest.len())
        }
        _ => return None,
    };
    Some((f64::from_le_bytes(*wall_time), step as i64, payload.get(9 + length..)?))
}

/// The varint at the beginning of `bytes`, and what follows it.
#[inline(always)]
fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    match bytes {
        [a @ ..0x80, rest @ ..] => Some((u64::from(*a), rest)),
        [a, b @ ..0x80, rest @ ..] => Some((u64::from(a & 0x7f) | u64::from(*b) << 7, rest)),
        _ => {
            let mut cursor = Cursor::new(bytes);
            Some((cursor.varint().ok()?, cursor.rest()))
        }
    }
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
        (columns.finish().0.iter())
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
