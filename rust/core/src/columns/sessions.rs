//! The training sessions in one file, for [`Restarts::TensorBoard`].
//!
//! [`Restarts::TensorBoard`]: super::Restarts::TensorBoard

use std::collections::HashMap;

/// After this many restarts, the reader keeps track of the tags that had values since the last one.
/// With fewer restarts, it costs less to check all tags at each one.
const MANY: usize = 16;

/// The restarts in a file, while it is read.
#[derive(Debug, Clone, Default)]
pub struct Sessions {
    /// Whether restarts matter for the options of this reader.
    pub is_watched: bool,
    /// The file's version, once it was read.
    version: Option<f64>,
    /// The steps at which sessions started.
    starts: Vec<i64>,
    /// The step of the last event that did not go backwards, in files of the first version.
    last_step: Option<i64>,
}

/// The restarts in a file, after it was read.
#[derive(Debug, Clone, Default)]
pub struct SessionsRead {
    /// The state to continue with if the file grows.
    pub version: Option<f64>,
    pub last_step: Option<i64>,
    /// Values of earlier files are dropped from this step on.
    pub purged: Option<i64>,
    /// The same for single tags.
    pub purged_under: HashMap<Box<str>, i64>,
}

fn is_old(version: Option<f64>) -> bool {
    version.is_none_or(|version| version < 2.0)
}

impl Sessions {
    /// The sessions of a file that was partly read before.
    pub fn resume(is_watched: bool, before: Option<&SessionsRead>) -> Sessions {
        let (version, last_step) = before.map_or((None, None), |it| (it.version, it.last_step));
        Sessions { is_watched, version, last_step, ..Sessions::default() }
    }

    /// Whether events have to be handled in order.
    pub fn need_order(&self) -> bool {
        self.is_watched && (self.is_old() || self.starts.len() > MANY)
    }

    /// Whether steps that go backwards are restarts, since the file's version has no other sign.
    pub fn is_old(&self) -> bool {
        is_old(self.version)
    }

    /// The number of sessions that started.
    pub fn count(&self) -> usize {
        self.starts.len()
    }

    /// Notes the file's version, such as "brain.Event:2".
    pub fn set_version(&mut self, text: &str) {
        let version = text.rsplit("brain.Event:").next();
        self.version = version.and_then(|version| version.trim().parse().ok()).or(self.version);
    }

    /// Notes that a session starts at this step.
    pub fn start(&mut self, step: i64) {
        self.starts.push(step);
    }

    /// Notes the step of an event. Returns whether it is a restart, which only a summary can be.
    pub fn goes_backwards(&mut self, step: i64, is_summary: bool) -> bool {
        let goes_backwards = is_summary && self.last_step.is_some_and(|last| step < last);
        if !goes_backwards {
            self.last_step = Some(step);
        }
        goes_backwards
    }

    /// Takes over the state of the next part of the file, if restarts do not matter.
    pub fn append(&mut self, part: &mut Sessions) {
        self.version = part.version.take().or(self.version);
    }

    /// For each session, the least step at which it or a later session started.
    pub fn least_steps(&self) -> Vec<i64> {
        let mut least = self.starts.clone();
        for index in (1..least.len()).rev() {
            least[index - 1] = least[index - 1].min(least[index]);
        }
        least
    }

    /// The result of reading, with the tags under which steps went backwards.
    pub fn into_read(self, purged_under: HashMap<Box<str>, i64>) -> SessionsRead {
        let purged = self.starts.iter().copied().min();
        SessionsRead { version: self.version, last_step: self.last_step, purged, purged_under }
    }
}

impl SessionsRead {
    /// Whether steps that go backwards are restarts, since the file's version has no other sign.
    pub fn is_old(&self) -> bool {
        is_old(self.version)
    }

    /// Earlier values of this tag are dropped from this step on.
    pub fn purged(&self, tag: &str) -> Option<i64> {
        self.purged.into_iter().chain(self.purged_under.get(tag).copied()).min()
    }

    /// Adds the sessions of the next part of the file.
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
