//! What is read of one tag.

use super::blobs::Blobs;
use super::histograms::Histograms;
use super::kind::Kind;
use super::points::Points;
use super::texts::Texts;
use crate::event::{Data, Event, Metadata, SummaryValue};

/// One tag of a run, with all that is read of it.
#[derive(Debug)]
pub struct Series {
    /// The tag's name.
    pub tag: Box<str>,
    /// What it holds.
    pub kind: Kind,
    /// The first metadata that came with its values.
    pub metadata: Option<Box<Metadata<'static>>>,
    /// Its scalars, if it holds scalars.
    pub points: Points,
    /// Its values, if it holds something else.
    pub values: Values,
    /// Whether it is wanted. One that is not only says what the tag is.
    pub(super) is_selected: bool,
}

/// Values of one tag that are no scalars.
#[derive(Debug)]
pub enum Values {
    /// There are none.
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
    /// None yet, of this kind.
    pub(super) fn of(kind: Kind) -> Values {
        match kind {
            Kind::Scalar | Kind::Other => Values::None,
            Kind::Text => Values::Texts(Box::default()),
            Kind::Histogram => Values::Histograms(Box::default()),
            _ => Values::Blobs(Box::default()),
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Values::None => 0,
            Values::Texts(texts) => texts.values.len(),
            Values::Histograms(histograms) => histograms.len(),
            Values::Blobs(blobs) => blobs.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The steps.
    pub fn steps(&self) -> &[i64] {
        match self {
            Values::None => &[],
            Values::Texts(texts) => &texts.steps,
            Values::Histograms(histograms) => &histograms.steps,
            Values::Blobs(blobs) => &blobs.steps,
        }
    }

    /// Seconds since the epoch.
    pub fn wall_times(&self) -> &[f64] {
        match self {
            Values::None => &[],
            Values::Texts(texts) => &texts.wall_times,
            Values::Histograms(histograms) => &histograms.wall_times,
            Values::Blobs(blobs) => &blobs.wall_times,
        }
    }

    /// Appends a value of this kind, if it is one. The value's bytes lie at `offset` in the file,
    /// if that is known.
    pub(super) fn push(
        &mut self,
        kind: Kind,
        event: &Event<'_>,
        value: &SummaryValue<'_>,
        offset: Option<u64>,
    ) {
        let (step, wall_time) = (event.step, event.wall_time);
        match (self, &value.data) {
            (Values::Texts(texts), Data::Tensor(tensor)) => {
                if let Some(text) = tensor.text() {
                    texts.push(step, wall_time, &text);
                }
            }
            (Values::Histograms(histograms), data) => histograms.push(step, wall_time, data),
            (Values::Blobs(blobs), data) if kind.takes(data) => {
                blobs.push(step, wall_time, value.raw, offset);
            }
            _ => {}
        }
    }

    /// Appends all of `other`, which comes from the file at this index.
    fn append(&mut self, other: Values, file: u32) {
        match (self, other) {
            (Values::Texts(into), Values::Texts(texts)) => into.append(*texts),
            (Values::Histograms(into), Values::Histograms(histograms)) => into.append(*histograms),
            (Values::Blobs(into), Values::Blobs(blobs)) => into.append(*blobs, file),
            _ => {}
        }
    }
}

impl Series {
    /// A tag without values.
    pub(super) fn new(tag: &str, kind: Kind, is_selected: bool) -> Series {
        Series {
            tag: tag.into(),
            kind,
            metadata: None,
            points: Points::default(),
            values: if is_selected { Values::of(kind) } else { Values::None },
            is_selected,
        }
    }

    /// How many values it has.
    pub fn len(&self) -> usize {
        self.points.len() + self.values.len()
    }

    /// Whether it has no values.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Appends all of `other`, the same tag in the file at this index. There is room already for
    /// the points.
    pub(super) fn append(&mut self, other: Series, file: u32) {
        self.metadata = self.metadata.take().or(other.metadata);
        self.points.append(other.points);
        self.values.append(other.values, file);
    }
}
