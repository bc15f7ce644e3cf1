//! The sessions of training that one file tells of, for [`Restarts::TensorBoard`].
//!
//! [`Restarts::TensorBoard`]: super::Restarts::TensorBoard

use std::collections::HashMap;

/// After so many restarts it is kept track of which tags had values since the last one. Before, to
/// look at all tags at each costs less.
const MANY: usize = 16;

/// What a file says of restarts, while its events come.
#[derive(Debug, Clone, Default)]
pub struct Sessions {
    /// Whether restarts matter to this reading.
    pub is_watched: bool,
    /// The file's version, once it was said.
    version: Option<f64>,
    /// The steps at which sessions started.
    starts: Vec<i64>,
    /// The step of the last event that did not go backwards, in files of the first version.
    last_step: Option<i64>,
}

/// What a file says of restarts, once it is read.
#[derive(Debug, Clone, Default)]
pub struct SessionsRead {
    /// What the file continues with, should it grow.
    pub version: Option<f64>,
    pub last_step: Option<i64>,
    /// What came before in other files and has this step or a later one is purged.
    pub purged: Option<i64>,
    /// The same of a tag alone.
    pub purged_under: HashMap<Box<str>, i64>,
}

fn is_old(version: Option<f64>) -> bool {
    version.is_none_or(|version| version < 2.0)
}

impl Sessions {
    /// Those of a file that was read up to some point.
    pub fn resume(is_watched: bool, before: Option<&SessionsRead>) -> Sessions {
        let (version, last_step) = before.map_or((None, None), |it| (it.version, it.last_step));
        Sessions { is_watched, version, last_step, ..Sessions::default() }
    }

    /// Whether each event has to be looked at in its turn.
    pub fn need_order(&self) -> bool {
        self.is_watched && (self.is_old() || self.starts.len() > MANY)
    }

    /// Whether steps that go backwards tell of a restart, since nothing else does.
    pub fn is_old(&self) -> bool {
        is_old(self.version)
    }

    /// How many sessions started.
    pub fn count(&self) -> usize {
        self.starts.len()
    }

    /// The file says which version it has: "brain.Event:2".
    pub fn set_version(&mut self, text: &str) {
        let version = text.rsplit("brain.Event:").next();
        self.version = version.and_then(|version| version.trim().parse().ok()).or(self.version);
    }

    /// A session starts at this step.
    pub fn start(&mut self, step: i64) {
        self.starts.push(step);
    }

    /// An event has this step; whether that tells of a restart, which only summaries do.
    pub fn goes_backwards(&mut self, step: i64, is_summary: bool) -> bool {
        let goes_backwards = is_summary && self.last_step.is_some_and(|last| step < last);
        if !goes_backwards {
            self.last_step = Some(step);
        }
        goes_backwards
    }

    /// Takes what the next part of the file says, where restarts do not matter.
    pub fn append(&mut self, part: &mut Sessions) {
        self.version = part.version.take().or(self.version);
    }

    /// For each session that started, the least step of it and of those that started after it.
    pub fn least_steps(&self) -> Vec<i64> {
        let mut least = self.starts.clone();
        for index in (1..least.len()).rev() {
            least[index - 1] = least[index - 1].min(least[index]);
        }
        least
    }

    /// What was read, when steps went backwards under these tags.
    pub fn into_read(self, purged_under: HashMap<Box<str>, i64>) -> SessionsRead {
        let purged = self.starts.iter().copied().min();
        SessionsRead { version: self.version, last_step: self.last_step, purged, purged_under }
    }
}

impl SessionsRead {
    /// Whether steps that go backwards tell of a restart, since nothing else does.
    pub fn is_old(&self) -> bool {
        is_old(self.version)
    }

    /// What came before under this tag and has this step or a later one is purged.
    pub fn purged(&self, tag: &str) -> Option<i64> {
        self.purged.into_iter().chain(self.purged_under.get(tag).copied()).min()
    }

    /// Adds what the next part of the file says, or the file after it grew.
    pub fn append(&mut self, rest: SessionsRead) {
        self.version = rest.version;
        self.last_step = rest.last_step;
        self.purged = self.purged.into_iter().chain(rest.purged).min();
        for (tag, step) in rest.purged_under {
            let least = self.purged_under.entry(tag).or_insert(step);
            *least = step.min(*least);
        }
    }
}
