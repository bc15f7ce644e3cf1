//! What is known while files are read: of tags, of what is written under them, of the file.

use std::collections::BTreeMap;
use std::ops::Range;
use std::vec;

use crate::columns::restarts::Purge;
use crate::columns::sessions::Sessions;
use crate::proto::{Kind, Metadata};
use crate::rewrite::output::Outputs;
use crate::rewrite::restarts::Steps;
use crate::rewrite::rules::Source;
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
    /// How its `simple_value`s are rewritten, while nothing else is to be asked.
    pub simple: Option<Simple>,
    /// The tag that came after it the last time.
    pub next: u32,
}

#[derive(Clone, Copy, Default, PartialEq)]
pub enum Goes {
    #[default]
    Unasked,
    Nowhere,
    /// To a target, whose tag is another one or not.
    To(u32, bool),
}

#[derive(Clone, Copy)]
pub struct Simple {
    pub series: u32,
    pub target: u32,
    pub is_renamed: bool,
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
    /// So many sessions had started when its last value came.
    pub starts: usize,
    /// Ranges of values that restarts take back, those to come.
    pub taken: vec::IntoIter<Range<usize>>,
    pub taking: Option<Range<usize>>,
    /// How many values came that were wanted.
    pub seen: usize,
    /// How many of these no restart took back.
    pub kept: u64,
}

/// Where a file is, and what is written of it.
#[derive(Default)]
pub struct Current {
    pub run: usize,
    pub sessions: Sessions,
    /// What its files begin with, and the version that says.
    pub first: Vec<u8>,
    pub version: Option<String>,
    pub has_begun: bool,
    pub has_lost_its_first: bool,
    /// The files that are written, by the directory, and the version that each says.
    pub files: BTreeMap<u32, File>,
    pub outputs: Outputs,
    pub source: Option<Source>,
    pub last_tag: u32,
}

pub struct File {
    pub output: usize,
    pub version: Option<String>,
    /// Whether it has something of the source that is read.
    pub has_begun: bool,
}

/// What becomes of a value.
pub enum Fate {
    Gone,
    /// It goes to a file, as it is or as these bytes.
    Goes(u32, Option<Vec<u8>>),
}
