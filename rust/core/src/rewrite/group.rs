//! The state while files are read and written, and the places of values.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::AtomicU64;

use crate::columns::Selection;
use crate::proto::Kind;
use crate::rewrite::known::{Current, File, Goes, Known, Run, Series, Target};
use crate::rewrite::restarts::Starts;
use crate::rewrite::rules::{Report, Route, Rules, place};

/// The directory of the source itself, as one of those below it.
pub(super) const HERE: u32 = 0;

/// A group of files, and the state of their tags.
pub struct Group<'a> {
    pub(super) rules: &'a Rules,
    pub(super) route: Route<'a>,
    pub(super) progress: &'a AtomicU64,
    pub(super) report: Report,
    /// The directories below that of a source, by number.
    pub(super) below: Vec<Box<str>>,
    /// Those of them that have files.
    pub(super) filled: BTreeSet<u32>,
    /// The runs, by number.
    pub(super) runs: Vec<Run>,
    pub(super) targets: Vec<Target>,
    pub(super) target_of: HashMap<(u32, Box<str>), u32>,
    pub(super) series: Vec<Series>,
    pub(super) starts: Starts,
    /// The number of known claims, of tags that are read and of tags that are written.
    pub(super) claims: u32,
    /// Whether this pass only looks for what restarts purge.
    pub(super) is_planning: bool,
    /// Whether planning skips the checksums of usual records.
    pub(super) is_trusting: bool,
    pub(super) file: Current,
}

impl<'a> Group<'a> {
    pub fn new(rules: &'a Rules, route: Route<'a>, progress: &'a AtomicU64) -> Group<'a> {
        Group {
            rules,
            route,
            progress,
            report: Report::default(),
            below: vec!["".into()],
            filled: BTreeSet::new(),
            runs: Vec::new(),
            targets: Vec::new(),
            target_of: HashMap::new(),
            series: Vec::new(),
            starts: Starts::default(),
            claims: 0,
            is_planning: false,
            is_trusting: false,
            file: Current::default(),
        }
    }

    /// Makes planning skip the checksums of usual records.
    pub fn trusting(self) -> Group<'a> {
        Group { is_trusting: true, ..self }
    }
}

impl Group<'_> {
    /// The number of a tag of the current run.
    pub(super) fn tag(&mut self, tag: &str) -> usize {
        let run = &mut self.runs[self.file.run];
        let index = run.tags.insert(tag) as usize;
        if index == run.known.len() {
            run.known.push(Known::default());
        }
        index
    }

    pub(super) fn known(&mut self, tag: usize) -> &mut Known {
        &mut self.runs[self.file.run].known[tag]
    }

    /// The place for the values of a tag. The caller is asked once.
    pub(super) fn goes(&mut self, tag: usize) -> Goes {
        let known = self.known(tag).goes;
        if known != Goes::Unasked {
            return known;
        }
        let name: Box<str> = self.runs[self.file.run].tags.name(tag as u32).into();
        let goes = match (self.route)(self.file.run, &name) {
            None => Goes::Nowhere,
            Some(to) => {
                let below = match to.directory.as_deref().unwrap_or_default() {
                    "" => HERE,
                    directory => self.number_of(directory),
                };
                let is_renamed = to.tag.as_deref().is_some_and(|new| *new != *name);
                let tag = to.tag.map_or(name, String::into_boxed_str);
                Goes::To(self.target(below, tag), is_renamed)
            }
        };
        self.known(tag).goes = goes;
        goes
    }

    pub(super) fn number_of(&mut self, directory: &str) -> u32 {
        let known = self.below.iter().position(|it| **it == *directory);
        known.unwrap_or_else(|| {
            self.below.push(directory.into());
            self.below.len() - 1
        }) as u32
    }

    pub(super) fn target(&mut self, below: u32, tag: Box<str>) -> u32 {
        let next = self.targets.len() as u32;
        *self.target_of.entry((below, tag)).or_insert_with_key(|(_, tag)| {
            self.targets.push(Target { below, tag: tag.clone(), claim: None, series: Vec::new() });
            next
        })
    }

    pub(super) fn series(&mut self, target: u32, kind: Kind) -> u32 {
        let target = &mut self.targets[target as usize];
        if let Some((_, series)) = target.series.iter().find(|(it, _)| *it == kind) {
            return *series;
        }
        let next = self.series.len() as u32;
        target.series.push((kind, next));
        self.series.push(Series { starts: self.starts.count(), ..Series::default() });
        next
    }

    /// Whether the next value of a series stays. It counts as a selected value.
    pub(super) fn stays(&mut self, series: u32, kind: Kind, step: i64) -> bool {
        let series = &mut self.series[series as usize];
        if self.is_planning {
            series.restart(&self.starts);
            series.steps.push(step);
            return false;
        }
        // The profile of one step is not a curve, so it is not thinned out.
        let every = if kind == Kind::RunMetadata { 1 } else { self.rules.every };
        series.stays(every, &mut self.report.left_out)
    }

    pub(super) fn has_step(&self, step: i64) -> bool {
        Selection { steps: self.rules.steps, ..Selection::default() }.has_step(step)
    }

    /// Writes a record unchanged.
    pub(super) fn copy(&mut self, below: u32, record: &[u8]) {
        if self.is_planning {
            return;
        }
        let file = self.file_below(below);
        self.file.outputs.put(file, record);
        self.count(true);
    }

    /// Writes a record unchanged to all files of the source.
    pub(super) fn copy_to_all(&mut self, record: &[u8]) {
        let begun = self.file.files.iter().filter(|(_, file)| file.has_begun);
        let mut to: Vec<u32> = begun.map(|(below, _)| *below).collect();
        if !to.contains(&HERE) {
            to.push(HERE);
        }
        to.into_iter().for_each(|below| self.copy(below, record));
    }

    /// Begins a file of the source in each directory that has files of earlier ones.
    pub(super) fn begin_all(&mut self) {
        if !self.is_planning {
            for below in self.filled.clone() {
                self.file_below(below);
            }
        }
    }

    pub(super) fn count(&mut self, is_copied: bool) {
        self.report.written += 1;
        self.report.copied += u64::from(is_copied);
    }

    /// The file of the source in this directory. It begins as the source does.
    pub(super) fn file_below(&mut self, below: u32) -> usize {
        if let Some(output) = self.file.begun(below) {
            return output;
        }
        self.filled.insert(below);
        let Current { files, outputs, source, first, version, .. } = &mut self.file;
        let file = files.entry(below).or_insert_with(|| {
            let path = source.as_ref().map(|it| place(it, &self.below[below as usize]));
            File { output: outputs.add(path.unwrap_or_default()), version: None, has_begun: false }
        });
        file.has_begun = true;
        // An earlier source of the same file may have the version already.
        if !first.is_empty() && (version.is_none() || file.version != *version) {
            outputs.put(file.output, first);
            self.report.written += 1;
            self.report.copied += u64::from(version.is_some());
            file.version.clone_from(version);
        }
        file.output
    }
}
