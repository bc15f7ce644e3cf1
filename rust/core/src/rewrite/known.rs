//! What is known while files are read: about tags, what is written under them, and the file.

use std::collections::BTreeMap;
use std::ops::Range;
use std::vec;

use crate::columns::restarts::{self, Purge};
use crate::columns::sessions::Sessions;
use crate::columns::shape::Shape;
use crate::columns::template::Template;
use crate::proto::{Kind, Metadata};
use crate::rewrite::edit::Edit;
use crate::rewrite::output::Outputs;
use crate::rewrite::restarts::{Starts, Steps};
use crate::rewrite::rules::{LeftOut, Source};
use crate::scan::tags::Tags;

/// A run that is read.
#[derive(Default)]
pub struct Run {
    pub tags: Tags,
    /// By the numbers of the tags.
    pub known: Vec<Known>,
}

/// What is known of a tag of a run.
#[derive(Default)]
pub struct Known {
    /// The first metadata of the tag.
    pub claim: Option<Claim>,
    pub goes: Goes,
    /// How its scalars are rewritten.
    pub habit: Habit,
    /// The tag that came after it the last time.
    pub next: u32,
}

#[derive(Clone, Copy, Default, PartialEq)]
pub enum Goes {
    #[default]
    Unasked,
    Nowhere,
    /// To a target. Its tag may be another one.
    To(u32, bool),
}

/// What becomes of scalars whose messages equal an earlier one, except for the number.
#[derive(Default)]
pub struct Habit {
    /// The shape of the tag's last record that was not predicted.
    pub shape: Shape,
    pub template: Template,
    pub outcome: Outcome,
    /// The number of claims that were known. The habit no longer holds once there are more.
    pub claims: u32,
}

impl Habit {
    /// Whether it is known what becomes of such a value.
    pub fn is_known(&self, claims: u32, is_planning: bool) -> bool {
        self.claims == claims
            && match &self.outcome {
                Outcome::Unknown => false,
                Outcome::NoKind | Outcome::NoTag => true,
                Outcome::Goes { how, .. } => is_planning || !matches!(how, How::Unknown),
            }
    }
}

/// What becomes of the values of a tag that are of one kind and shape.
#[derive(Default)]
pub enum Outcome {
    /// This is not known.
    #[default]
    Unknown,
    /// Their kind is not wanted.
    NoKind,
    /// Their tag is not wanted.
    NoTag,
    /// They belong to a series. Those that stay in it go to a file.
    Goes { series: u32, below: u32, how: How },
}

/// How a value is written.
#[derive(Default)]
pub enum How {
    /// This is not known.
    #[default]
    Unknown,
    /// It is copied.
    Same,
    /// It is encoded anew.
    Edited(Edit),
}

#[derive(PartialEq)]
pub struct Claim {
    pub metadata: Vec<u8>,
    pub kind: Kind,
    /// Whether it does not say what shows the tag.
    pub is_open: bool,
}

impl Claim {
    pub fn of(raw: Vec<u8>, metadata: &Metadata<'_>) -> Claim {
        let is_open = metadata.plugin_name.is_empty() && metadata.data_class == 0;
        Claim { metadata: raw, kind: Kind::claimed_by(metadata), is_open }
    }
}

/// A tag of what is written.
pub struct Target {
    pub below: u32,
    pub tag: Box<str>,
    /// The first metadata that were written.
    pub claim: Option<Vec<u8>>,
    pub series: Vec<(Kind, u32)>,
}

/// The values of one kind of a target.
#[derive(Default)]
pub struct Series {
    pub steps: Steps,
    pub purges: Vec<Purge>,
    /// How many sessions had started when its last value came.
    pub starts: usize,
    /// Ranges of the values to come that restarts take back.
    pub taken: vec::IntoIter<Range<usize>>,
    /// The first of them that may still hold its next value.
    pub taking: Range<usize>,
    /// How many wanted values came.
    pub seen: usize,
    /// How many came since one was chosen. Those that restarts take back do not count.
    pub passed: u64,
}

impl Series {
    /// Notes the sessions that started since its last value.
    pub fn restart(&mut self, starts: &Starts) {
        if let Some(step) = starts.since(self.starts) {
            restarts::add(&mut self.purges, Purge { before: self.steps.len, step });
            self.starts = starts.count();
        }
    }

    /// Whether its next value stays. The value counts as a wanted one.
    #[inline]
    pub fn stays(&mut self, every: u64, left_out: &mut LeftOut) -> bool {
        let index = self.seen;
        self.seen += 1;
        if self.taking.start <= index && self.is_taken(index) {
            left_out.restarts += 1;
            return false;
        }
        let is_chosen = self.passed == 0;
        self.passed = if self.passed + 1 == every { 0 } else { self.passed + 1 };
        left_out.every += u64::from(!is_chosen);
        is_chosen
    }

    /// Whether a restart takes this value back.
    #[cold]
    fn is_taken(&mut self, index: usize) -> bool {
        while self.taking.end <= index {
            self.taking = self.taken.next().unwrap_or(usize::MAX..usize::MAX);
        }
        self.taking.contains(&index)
    }

    /// Forgets its last value, which stayed. The value comes again.
    pub fn put_back(&mut self, every: u64) {
        self.seen -= 1;
        self.passed = self.passed.checked_sub(1).unwrap_or(every - 1);
    }
}

/// The file that is read, and the files that are written from it.
#[derive(Default)]
pub struct Current {
    pub run: usize,
    pub sessions: Sessions,
    /// The first record of its files, and the version in it.
    pub first: Vec<u8>,
    pub version: Option<String>,
    pub has_begun: bool,
    pub has_lost_its_first: bool,
    /// The files that are written, by the number of their directory.
    pub files: BTreeMap<u32, File>,
    pub outputs: Outputs,
    /// The directory and the number of the file that was written last.
    pub last_output: Option<(u32, usize)>,
    pub source: Option<Source>,
    pub last_tag: u32,
    /// Whether the event that is decoded has only values. `lessons` is what they teach.
    pub is_values: bool,
    pub lessons: Vec<Lesson>,
}

pub struct File {
    pub output: usize,
    pub version: Option<String>,
    /// Whether it has something from the source that is read.
    pub has_begun: bool,
}

impl Current {
    /// The number of the file in this directory, if it has something from the source already.
    pub fn begun(&mut self, below: u32) -> Option<usize> {
        let output = self.files.get(&below).filter(|file| file.has_begun)?.output;
        self.last_output = Some((below, output));
        Some(output)
    }
}

/// The habit that a value shows, and its tag.
pub struct Lesson {
    pub tag: u32,
    pub habit: Habit,
}

/// What becomes of a value.
pub enum Fate {
    Gone,
    /// It goes to a file of this directory, as it is or as these bytes.
    Goes(u32, Option<Vec<u8>>),
}
