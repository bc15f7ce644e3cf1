//! One run: what is read of its files, as it was at one time.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use crate::columns::builder::Origin;
use crate::columns::points::Points;
use crate::columns::restarts::{self, Purge, Restarts};
use crate::columns::series::{Segment, Series};
use crate::columns::sessions;
use crate::error::Result;
use crate::logdir::RunFiles;
use crate::proto::kind::Kind;
use crate::reader::options::Options;
use crate::reader::parallel::{FileContent, Scratch, Task, read_file};
use crate::reader::state::{FileState, RunState, TagState};
use crate::scan::damage::Damage;
use crate::scan::progress::Progress;

/// One run, as it was when it was read. What is read later makes another one, that shares what
/// stayed.
#[derive(Debug)]
pub struct Run {
    name: PathBuf,
    /// Its files, in the order in which they were found.
    files: Vec<RunFile>,
    /// The place of each file in the order in which they are read.
    rank: Vec<usize>,
    restarts: Restarts,
    /// Its tags, in the order in which they first came.
    tags: Vec<Tag>,
    /// What its events hold that are no values under tags: graphs, run metadata by their tags,
    /// session logs.
    events: Vec<Tag>,
    /// What tags hold that are not selected, or had values before it was resumed only.
    others: Vec<TagState>,
    /// Whether it was resumed: what was read before is not in it.
    is_continued: bool,
}

/// A file of a run.
#[derive(Debug, Clone)]
pub(super) struct RunFile {
    pub path: PathBuf,
    pub progress: Progress,
    pub sessions: sessions::Summary,
    pub origin: Origin,
}

/// One tag of a run.
#[derive(Debug)]
pub struct Tag {
    /// Its name.
    pub name: Box<str>,
    /// What it holds.
    pub kind: Kind,
    /// What was read, in the order in which it was. Each part is longer than the next, so that few
    /// wait to be joined, and nothing is joined often.
    parts: Vec<Arc<Series>>,
    /// All of it.
    joined: OnceLock<Arc<Series>>,
}

impl Tag {
    fn new(series: Series) -> Tag {
        let (name, kind) = (series.tag.clone(), series.kind);
        Tag { name, kind, parts: vec![Arc::new(series)], joined: OnceLock::new() }
    }

    /// Whether the file says anything of it.
    fn is_of(series: &Series) -> bool {
        !series.is_empty()
            || series.metadata.is_some()
            || series.segments.iter().any(|segment| !segment.purges.is_empty())
    }

    /// How many values were read under it.
    fn len(&self) -> usize {
        self.parts.iter().map(|part| part.len()).sum()
    }

    /// The same tag, and more of it.
    fn grown(&self, series: Option<Series>, restarts: Restarts, rank: &[usize]) -> Tag {
        let mut parts = match (self.joined.get(), restarts) {
            (Some(joined), Restarts::Raw) => vec![Arc::clone(joined)],
            _ => self.parts.clone(),
        };
        parts.extend(series.map(Arc::new));
        while let [.., before, last] = &parts[..]
            && before.len() <= last.len()
        {
            let start = parts.len() - 2;
            let Some(joined) = Series::join(&parts[start..], rank) else { break };
            parts.truncate(start);
            parts.push(Arc::new(joined));
        }
        Tag { name: self.name.clone(), kind: self.kind, parts, joined: OnceLock::new() }
    }
}

impl Run {
    /// The run of these files, in their order, read for the first time.
    pub(super) fn new(
        name: &Path,
        paths: &[PathBuf],
        contents: Vec<FileContent>,
        options: &Options<'_>,
    ) -> Result<Run> {
        let (mut series, mut events, mut files) = (Vec::new(), Vec::new(), Vec::new());
        let mut kinds = Kinds::default();
        for (path, mut file) in paths.iter().zip(contents) {
            if kinds.differ(&series, &file.content.series) {
                file = kinds.read_again(path, options)?;
            }
            let FileContent { content, progress } = file;
            series.push(content.series);
            events.push(content.events);
            let (sessions, origin) = (content.sessions, content.origin);
            files.push(RunFile { path: path.clone(), progress, sessions, origin });
        }
        let mut others = Vec::new();
        let is_other = |series: &Series| !series.is_selected;
        for series in series.iter().flatten().filter(|series| is_other(series)) {
            others.push(state_of(series));
        }
        Ok(Run {
            name: name.to_owned(),
            rank: (0..files.len()).collect(),
            files,
            restarts: options.restarts,
            tags: merge(series).into_iter().map(Tag::new).collect(),
            events: merge(events).into_iter().map(Tag::new).collect(),
            others,
            is_continued: false,
        })
    }

    /// The run that was found, read as far as `state` says, but without what was read.
    pub(super) fn resume(state: &RunState, found: &RunFiles, restarts: Restarts) -> Run {
        let mut known: HashMap<&OsStr, &FileState> =
            state.files.iter().map(|file| (&*file.name, file)).collect();
        let file = |path: &Path, file: &FileState| RunFile {
            path: path.to_owned(),
            progress: file.progress(),
            sessions: file.sessions(),
            origin: Origin::default(),
        };
        let there = found.files.iter().filter_map(|path| Some((path, path.file_name()?)));
        let mut files: Vec<RunFile> =
            there.filter_map(|(path, name)| Some(file(path, known.remove(name)?))).collect();
        // That one is gone is for the update to notice.
        files.extend(known.into_values().map(|gone| file(Path::new(&gone.name), gone)));
        Run {
            name: found.name.clone(),
            rank: (0..files.len()).collect(),
            files,
            restarts,
            tags: Vec::new(),
            events: Vec::new(),
            others: state.tags.clone(),
            is_continued: true,
        }
    }

    /// How far it is read.
    pub(super) fn state(&self) -> RunState {
        let file_state = |file: &RunFile| {
            let name = file.path.file_name().unwrap_or_default().to_owned();
            FileState::new(name, &file.progress, &file.sessions)
        };
        let tag_state = |tag: &Tag| TagState {
            name: tag.name.clone(),
            kind: tag.kind,
            metadata: tag.parts.iter().find_map(|part| part.metadata.clone()),
        };
        let names: HashSet<&str> = self.tags.iter().map(|tag| &*tag.name).collect();
        let others = self.others.iter().filter(|other| !names.contains(&*other.name));
        RunState {
            name: self.name.clone(),
            files: self.ordered().map(file_state).collect(),
            tags: self.tags.iter().map(tag_state).chain(others.cloned()).collect(),
        }
    }

    /// Whether it goes on where a state ended: what was read before is not in it.
    pub fn is_continued(&self) -> bool {
        self.is_continued
    }

    /// Its name.
    pub fn name(&self) -> &Path {
        &self.name
    }

    /// The paths of its files, by the index that [`Place::file`](crate::columns::Place::file) gives.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(|file| &*file.path)
    }

    /// Where its files come from, in the order in which they are read.
    pub fn origins(&self) -> impl Iterator<Item = &Origin> {
        self.ordered().map(|file| &file.origin)
    }

    /// What could not be read.
    pub fn damage(&self) -> impl Iterator<Item = &Damage> {
        self.ordered().flat_map(|file| &file.progress.damage)
    }

    /// Its tags, in the order in which they first came.
    pub fn tags(&self) -> &[Tag] {
        &self.tags
    }

    /// What its events hold that are no values under tags: graphs, run metadata by their tags,
    /// session logs.
    pub fn events(&self) -> &[Tag] {
        &self.events
    }

    /// How many values the tag at this index has.
    pub fn count(&self, index: usize) -> usize {
        match (self.restarts, self.tags.get(index)) {
            // Without joining what is not asked for.
            (Restarts::Raw, Some(tag)) => tag.len(),
            _ => self.series(index).map_or(0, |series| series.len()),
        }
    }

    /// What was read of the tag at this index, those of the events after the others. To join its
    /// parts takes time when it is asked for first.
    pub fn series(&self, index: usize) -> Option<Arc<Series>> {
        let Some(tag) = self.tags.get(index) else {
            let tag = self.events.get(index - self.tags.len())?;
            return Some(Arc::clone(tag.joined.get_or_init(|| self.join(tag))));
        };
        let series = tag.joined.get_or_init(|| {
            let joined = self.join(tag);
            let kept = match self.restarts {
                Restarts::Raw => None,
                Restarts::LastWins => restarts::last_of_each(joined.steps()),
                Restarts::TensorBoard => restarts::unpurged(joined.steps(), &self.purges(&joined)),
            };
            kept.map_or(joined.clone(), |kept| Arc::new(joined.of_ranges(&kept)))
        });
        Some(Arc::clone(series))
    }

    fn join(&self, tag: &Tag) -> Arc<Series> {
        match &tag.parts[..] {
            [only] => Arc::clone(only),
            parts => Arc::new(
                Series::join(parts, &self.rank)
                    .unwrap_or_else(|| Series::new(&tag.name, tag.kind, false)),
            ),
        }
    }

    /// What restarts purge of a tag.
    fn purges(&self, series: &Series) -> Vec<Purge> {
        let segments = series.segments();
        let segments: HashMap<usize, &Segment> =
            segments.iter().map(|segment| (segment.file as usize, segment)).collect();
        let (mut purges, mut end) = (Vec::new(), 0);
        for file in self.order() {
            let segment = segments.get(&file);
            let start = segment.map_or(end, |segment| segment.range.start);
            if let Some(step) = self.files[file].sessions.purged {
                restarts::add(&mut purges, Purge { before: start, step });
            }
            for purge in segment.iter().flat_map(|segment| &segment.purges) {
                restarts::add(&mut purges, *purge);
            }
            end = segment.map_or(end, |segment| segment.range.end);
        }
        purges
    }

    /// The indices of the files, in the order in which they are read.
    fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.files.len()).collect();
        order.sort_by_key(|&file| self.rank[file]);
        order
    }

    fn ordered(&self) -> impl Iterator<Item = &RunFile> {
        self.order().into_iter().map(|file| &self.files[file])
    }

    /// Its files, in the order in which they were found.
    pub(super) fn files(&self) -> &[RunFile] {
        &self.files
    }

    /// What all of its tags hold.
    pub(super) fn kinds(&self) -> Vec<(&str, Kind)> {
        let tags = self.tags.iter().map(|tag| (&*tag.name, tag.kind));
        tags.chain(self.others.iter().map(|tag| (&*tag.name, tag.kind))).collect()
    }

    /// The run after some of its files grew or came, which are given with what came, now that its
    /// files are these in this order. None if a tag turns out to hold two kinds of values.
    pub(super) fn grown(&self, paths: &[PathBuf], news: Vec<(&Path, FileContent)>) -> Option<Run> {
        let mut files = self.files.clone();
        let places: HashMap<&Path, usize> =
            self.files.iter().map(|file| &*file.path).zip(0..).collect();
        let mut contents = Vec::new();
        for (path, FileContent { content, progress }) in news {
            let index = match places.get(path) {
                Some(&index) => {
                    let file = &mut files[index];
                    file.progress = progress;
                    file.sessions.continued(content.sessions.clone());
                    file.origin.continued(&content.origin);
                    index
                }
                None => {
                    let (sessions, origin) = (content.sessions.clone(), content.origin.clone());
                    files.push(RunFile { path: path.to_owned(), progress, sessions, origin });
                    files.len() - 1
                }
            };
            contents.push((index, content));
        }
        let ranks: HashMap<&Path, usize> = paths.iter().map(|it| &**it).zip(0..).collect();
        let rank = files.iter().map(|file| ranks.get(&*file.path).copied().unwrap_or(0)).collect();
        let mut run = Run {
            name: self.name.clone(),
            files,
            rank,
            restarts: self.restarts,
            tags: self.tags.iter().map(|tag| self.unchanged(tag)).collect(),
            events: self.events.iter().map(|tag| self.unchanged(tag)).collect(),
            others: self.others.clone(),
            is_continued: self.is_continued,
        };
        let mut places: HashMap<(bool, Kind, Box<str>), usize> = HashMap::new();
        for (is_event, tags) in [(false, &run.tags), (true, &run.events)] {
            for (index, tag) in tags.iter().enumerate() {
                places.insert((is_event, tag.kind, tag.name.clone()), index);
            }
        }
        let known: HashMap<&str, Kind> = self.kinds().into_iter().collect();
        let mut new: HashMap<Box<str>, Kind> = HashMap::new();
        let mut said: HashMap<&str, _> = (self.others.iter())
            .filter_map(|tag| Some((&*tag.name, tag.metadata.as_ref()?)))
            .collect();
        for (file, content) in contents {
            let is_continued = file < self.files.len();
            // What it says of restarts holds for what was read of the same file before, too.
            let purged = content.sessions.purged.filter(|_| is_continued);
            if let Some(step) = purged {
                for tag in &mut run.tags {
                    let mut nothing = Series::new(&tag.name, tag.kind, true);
                    let purges = vec![Purge { before: 0, step }];
                    nothing.segments = vec![Segment { file: file as u32, range: 0..0, purges }];
                    *tag = tag.grown(Some(nothing), run.restarts, &run.rank);
                }
            }
            let series = content.series.into_iter().map(|series| (false, series));
            for (is_event, mut series) in
                series.chain(content.events.into_iter().map(|it| (true, it)))
            {
                if !is_event {
                    let kind = known.get(&*series.tag).or_else(|| new.get(&series.tag));
                    match kind {
                        Some(&kind) if kind != series.kind => return None,
                        Some(_) => {}
                        None => {
                            new.insert(series.tag.clone(), series.kind);
                            if !series.is_selected {
                                run.others.push(state_of(&series));
                            }
                        }
                    }
                }
                if !series.is_selected {
                    continue;
                }
                let key = (is_event, series.kind, series.tag.clone());
                // Known tags are declared, and need not come.
                if !Tag::is_of(&series) && (is_event || known.contains_key(&*series.tag)) {
                    continue;
                }
                series.set_file(file as u32);
                let tags = if is_event { &mut run.events } else { &mut run.tags };
                match places.get(&key) {
                    Some(&place) => {
                        tags[place] = tags[place].grown(Some(series), run.restarts, &run.rank);
                    }
                    None => {
                        places.insert(key, tags.len());
                        if let Some(first) = said.remove(&*series.tag).filter(|_| !is_event) {
                            series.metadata = Some(first.clone());
                        }
                        tags.push(Tag::new(series));
                    }
                }
            }
        }
        Some(run)
    }

    fn unchanged(&self, tag: &Tag) -> Tag {
        tag.grown(None, self.restarts, &self.rank)
    }
}

/// What a tag holds that is not selected.
fn state_of(series: &Series) -> TagState {
    let metadata = series.metadata.clone();
    TagState { name: series.tag.clone(), kind: series.kind, metadata }
}

/// The kinds of a run's tags, for its files after the first.
///
/// The run's first value decides what a tag is. A file that was read without knowing of it dropped
/// the wrong values, and is read again.
#[derive(Default)]
struct Kinds {
    kinds: HashMap<Box<str>, Kind>,
    /// How many files are in.
    files: usize,
}

impl Kinds {
    /// Whether the kind of a tag in the next file is not that of the files before.
    fn differ(&mut self, before: &[Vec<Series>], next: &[Series]) -> bool {
        for series in before.iter().skip(self.files).flatten() {
            self.kinds.entry(series.tag.clone()).or_insert(series.kind);
        }
        self.files = before.len();
        next.iter().any(|series| self.kinds.get(&series.tag).is_some_and(|&it| it != series.kind))
    }

    fn read_again(&self, path: &Path, options: &Options<'_>) -> Result<FileContent> {
        let known = self.kinds.iter().map(|(tag, kind)| (&**tag, *kind)).collect();
        let task = Task { path, before: None, known };
        let mut file = read_file(&task, options, &mut Scratch::default(), false)?;
        // Known tags come first and in no order; what a file does not hold must not show.
        let is_known = |series: &Series| self.kinds.contains_key(&series.tag);
        file.content.series.retain(|series| !is_known(series) || Tag::is_of(series));
        Ok(file)
    }
}

/// So many points take several pages.
const MANY: usize = 2048;

/// One run's series from those of its files, in their order, without what is not selected.
fn merge(mut parts: Vec<Vec<Series>>) -> Vec<Series> {
    for series in &mut parts {
        series.retain(|series| series.is_selected);
    }
    if parts.len() < 2 {
        return parts.pop().unwrap_or_default();
    }
    let mut places: HashMap<(Kind, Box<str>), usize> = HashMap::new();
    let mut merged: Vec<Series> = Vec::new();
    let mut lengths: Vec<usize> = Vec::new();
    let mut all = Vec::with_capacity(parts.iter().map(Vec::len).sum());
    for (file, series) in (0..).zip(parts) {
        for series in series {
            let place = *places.entry((series.kind, series.tag.clone())).or_insert_with(|| {
                merged.push(Series::new(&series.tag, series.kind, true));
                lengths.push(0);
                merged.len() - 1
            });
            lengths[place] += series.points.len();
            all.push((place, file, series));
        }
    }
    // The memory of the parts is given back as that of the whole is filled: page by page where each
    // takes several, which is best done tag after tag; or else file by file.
    let is_paged = lengths.iter().sum::<usize>() > MANY * all.len();
    if is_paged {
        all.sort_by_key(|&(place, ..)| place);
    }
    Points::pack(merged.iter_mut().map(|series| &mut series.points), &lengths, is_paged);
    for (place, file, series) in all {
        merged[place].append(series, file);
    }
    merged
}
