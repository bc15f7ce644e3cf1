//! The values of one tag.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use crate::columns::blobs::Blobs;
use crate::columns::extremes::KnownExtremes;
use crate::columns::histograms::Histograms;
use crate::columns::points::Points;
use crate::columns::restarts::Purge;
use crate::columns::texts::Texts;
use crate::proto::kind::Kind;
use crate::proto::{Data, Event, Metadata, SummaryValue};

/// The values of one kind under one tag.
#[derive(Debug)]
pub struct Series {
    /// The tag's name.
    pub tag: Box<str>,
    /// The kind of the values.
    pub kind: Kind,
    /// The first metadata of the values.
    pub metadata: Option<Box<Metadata<'static>>>,
    /// The values, if they are scalars.
    pub points: Points,
    /// The values of other kinds.
    pub values: Values,
    /// The values of each file, in order. It is empty if all come from the first file and nothing
    /// purges them.
    pub(crate) segments: Vec<Segment>,
    /// Whether the tag is selected. If not, only its metadata are kept.
    pub(crate) is_selected: bool,
    /// What requests for a chart ask again, found out by the first one.
    pub(crate) extremes: KnownExtremes,
    pub(crate) rises: OnceLock<bool>,
}

/// The consecutive values of a tag that come from one file.
#[derive(Debug, Clone)]
pub(crate) struct Segment {
    /// The index of the file in the run.
    pub file: u32,
    /// The indices of these values among those of the tag.
    pub range: Range<usize>,
    /// The purges by restarts in the file.
    pub purges: Vec<Purge>,
}

/// Values of one tag that are not scalars.
#[derive(Debug)]
pub enum Values {
    /// No values.
    None,
    /// Texts.
    Texts(Box<Texts>),
    /// Histograms.
    Histograms(Box<Histograms>),
    /// Values of any other kind: encoded `Summary.value` fields for
    /// [`SummaryValue::from_raw`], or the content of other events.
    Blobs(Box<Blobs>),
}

impl Values {
    /// An empty list of this kind.
    pub(crate) fn of(kind: Kind) -> Values {
        match kind {
            Kind::Scalar | Kind::Other => Values::None,
            Kind::Text => Values::Texts(Box::default()),
            Kind::Histogram => Values::Histograms(Box::default()),
            _ => Values::Blobs(Box::default()),
        }
    }

    /// The number of values.
    pub fn len(&self) -> usize {
        match self {
            Values::None => 0,
            Values::Texts(texts) => texts.values.len(),
            Values::Histograms(histograms) => histograms.len(),
            Values::Blobs(blobs) => blobs.len(),
        }
    }

    /// Whether there are no values.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The steps.
    pub fn steps(&self) -> &[i64] {
        match self {
            Values::None => &[],
            Values::Texts(texts) => &texts.steps,
            Values::Histograms(histograms) => histograms.steps(),
            Values::Blobs(blobs) => &blobs.steps,
        }
    }

    /// Seconds since the epoch.
    pub fn wall_times(&self) -> &[f64] {
        match self {
            Values::None => &[],
            Values::Texts(texts) => &texts.wall_times,
            Values::Histograms(histograms) => histograms.wall_times(),
            Values::Blobs(blobs) => &blobs.wall_times,
        }
    }

    /// Appends a value of this kind. `offset` is the place of its bytes in the file, if it is
    /// known.
    pub(crate) fn push(
        &mut self,
        kind: Kind,
        event: &Event<'_>,
        value: &SummaryValue<'_>,
        offset: Option<u64>,
    ) {
        let (step, wall_time) = (event.step, event.wall_time);
        match (self, &value.data) {
            (Values::Texts(texts), Data::Tensor(tensor)) => {
                if let Some(text) = tensor.strings() {
                    texts.push(step, wall_time, &text);
                }
            }
            (Values::Histograms(histograms), data) => histograms.push(step, wall_time, data),
            (Values::Blobs(blobs), data) => {
                blobs.push(step, wall_time, value.raw, offset, Some(parts(kind, data)));
            }
            _ => {}
        }
    }

    /// Appends all of `other`, which comes from the file at this index. `other` is empty then, but
    /// may keep its memory.
    pub(crate) fn append(&mut self, other: &mut Values, file: u32) {
        match (self, other) {
            (Values::Texts(into), Values::Texts(texts)) => into.append(texts),
            (Values::Histograms(into), Values::Histograms(histograms)) => into.append(histograms),
            (Values::Blobs(into), Values::Blobs(blobs)) => into.append(blobs, file),
            _ => {}
        }
    }

    /// Removes all values, and frees their memory.
    pub(crate) fn free(&mut self) {
        match self {
            Values::None => {}
            Values::Texts(texts) => **texts = Texts::default(),
            Values::Histograms(histograms) => **histograms = Histograms::default(),
            Values::Blobs(blobs) => **blobs = Blobs::default(),
        }
    }
}

/// The number of pictures, sounds or strings in a value.
fn parts(kind: Kind, data: &Data<'_>) -> usize {
    match (kind, data) {
        (_, Data::Image(_) | Data::Audio(_)) => 1,
        (Kind::Image, Data::Tensor(tensor)) => tensor.pictures().map_or(0, |it| it.encoded.len()),
        (Kind::Audio, Data::Tensor(tensor)) => tensor.sounds().map_or(0, |it| it.len()),
        (Kind::Tensor, Data::Tensor(tensor)) => tensor.all_strings().map_or(0, |it| it.len()),
        _ => 0,
    }
}

impl Series {
    /// A tag without values.
    pub(crate) fn new(tag: &str, kind: Kind, is_selected: bool) -> Series {
        Series {
            tag: tag.into(),
            kind,
            metadata: None,
            points: Points::default(),
            values: if is_selected { Values::of(kind) } else { Values::None },
            segments: Vec::new(),
            is_selected,
            extremes: KnownExtremes::default(),
            rises: OnceLock::new(),
        }
    }

    /// A tag with these values, of files as `by_file` gives them. Scalars are given as points.
    /// `None` if the files have other values.
    pub fn of_values(
        tag: &str,
        kind: Kind,
        metadata: Option<Metadata<'static>>,
        (points, values): (Points, Values),
        by_file: &[(u32, usize)],
    ) -> Option<Series> {
        let metadata = metadata.map(Box::new);
        let mut series = Series { metadata, points, values, ..Series::new(tag, kind, true) };
        let mut start = 0;
        for &(file, end) in by_file {
            let range = start..end;
            start = (start <= end).then_some(end)?;
            series.segments.push(Segment { file, range, purges: Vec::new() });
        }
        (start == series.len()).then_some(series)
    }

    /// The index of each file that has some of its values, and the index at which these end.
    pub fn by_file(&self) -> Vec<(u32, usize)> {
        self.segments().iter().map(|segment| (segment.file, segment.range.end)).collect()
    }

    /// The steps of the values.
    pub fn steps(&self) -> &[i64] {
        if self.values.is_empty() { self.points.steps() } else { self.values.steps() }
    }

    /// The number of values.
    pub fn len(&self) -> usize {
        self.points.len() + self.values.len()
    }

    /// Whether there are no values.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Appends all of `other`, which is the same tag and kind in the file at this index, or in the
    /// next part of the same file. There must be room for the points.
    pub(crate) fn append(&mut self, mut other: Series, file: u32) {
        let start = self.len();
        self.metadata = self.metadata.take().or(other.metadata.take());
        let purges: Vec<_> = other.purges().map(|purge| purge.moved(0, start)).collect();
        self.points.append(&mut other.points);
        self.values.append(&mut other.values, file);
        let range = start..self.len();
        match self.segments.last_mut() {
            Some(last) if last.file == file => {
                last.purges.extend(purges);
                last.range.end = range.end;
            }
            _ => self.segments.push(Segment { file, range, purges }),
        }
    }

    /// Sets the file of all values.
    pub(crate) fn set_file(&mut self, file: u32) {
        if let Values::Blobs(blobs) = &mut self.values {
            blobs.set_file(file);
        }
        let purges = self.purges().collect();
        self.segments = vec![Segment { file, range: 0..self.len(), purges }];
    }

    /// Whether each step is greater than the one before. This must not be asked before all values
    /// are there.
    pub(crate) fn rises(&self) -> bool {
        if let Some(&rises) = self.rises.get() {
            return rises;
        }
        // Nothing waits while this is found out, as a child of a fork might for ever.
        let rises = self.steps().is_sorted_by(|a, b| a < b);
        let _ = self.rises.set(rises);
        rises
    }

    /// The purges by restarts.
    pub(crate) fn purges(&self) -> impl Iterator<Item = Purge> {
        self.segments.iter().flat_map(|segment| segment.purges.iter().copied())
    }

    /// Its segments.
    pub(crate) fn segments(&self) -> Cow<'_, [Segment]> {
        match &self.segments[..] {
            [] => vec![Segment { file: 0, range: 0..self.len(), purges: Vec::new() }].into(),
            segments => segments.into(),
        }
    }

    /// The same tag with copies of the values in these ranges, in this order.
    pub(crate) fn of_ranges(&self, ranges: &[Range<usize>]) -> Series {
        let mut chosen = self.without_values(ranges.iter().map(Range::len).sum());
        ranges.iter().for_each(|range| chosen.extend_from(self, range.clone()));
        chosen
    }

    /// Joins parts of one tag. The files come in the order of `rank`. Within a file, the parts come
    /// in their order.
    pub(crate) fn join(parts: &[Arc<Series>], rank: &[usize]) -> Option<Series> {
        let mut pieces: Vec<(&Series, Segment)> = (parts.iter())
            .flat_map(|part| part.segments().into_owned().into_iter().map(move |it| (&**part, it)))
            .collect();
        pieces.sort_by_key(|(_, segment)| rank.get(segment.file as usize));
        let mut joined = parts.first()?.without_values(parts.iter().map(|part| part.len()).sum());
        for (part, Segment { file, range, purges }) in pieces {
            joined.metadata = joined.metadata.take().or_else(|| part.metadata.clone());
            let (from, to) = (range.start, joined.len());
            joined.extend_from(part, range);
            let purges = purges.into_iter().map(|purge| purge.moved(from, to));
            match joined.segments.last_mut() {
                Some(last) if last.file == file => {
                    last.purges.extend(purges);
                    last.range.end = joined.points.len() + joined.values.len();
                }
                _ => {
                    let purges = purges.collect();
                    joined.segments.push(Segment { file, range: to..joined.len(), purges });
                }
            }
        }
        Some(joined)
    }

    fn without_values(&self, capacity: usize) -> Series {
        let is_scalar = self.kind == Kind::Scalar;
        Series {
            metadata: self.metadata.clone(),
            points: if is_scalar { Points::with_capacity(capacity) } else { Points::default() },
            ..Series::new(&self.tag, self.kind, self.is_selected)
        }
    }

    fn extend_from(&mut self, other: &Series, range: Range<usize>) {
        match (&mut self.values, &other.values) {
            (Values::Texts(into), Values::Texts(texts)) => into.extend_from(texts, range),
            (Values::Histograms(into), Values::Histograms(histograms)) => {
                into.extend_from(histograms, range);
            }
            (Values::Blobs(into), Values::Blobs(blobs)) => into.extend_from(blobs, range),
            (Values::None, Values::None) => self.points.extend_from(&other.points, range),
            _ => {}
        }
    }
}
