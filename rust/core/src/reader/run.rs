//! One run: the content of its files at one time.

use std::borrow::Cow;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::columns::claims::{Claimed, Claims};
use crate::columns::content::{Content, merge};
use crate::columns::origin::Origin;
use crate::columns::restarts::{self, Purge, Restarts};
use crate::columns::series::{Segment, Series};
use crate::columns::sessions::SessionsRead;
use crate::error::Result;
use crate::logdir::RunFiles;
use crate::proto::{Kind, Metadata};
use crate::reader::options::Options;
use crate::reader::others::Others;
use crate::reader::parallel::{FileContent, Scratch, Task, read_file};
use crate::reader::state::{FileState, RunState, TagState};
use crate::reader::tag::Tag;
use crate::scan::damage::Damage;
use crate::scan::progress::Progress;

/// One run, as it was when it was read. A later update makes a new run, which shares the unchanged
/// parts.
#[derive(Debug)]
pub struct Run {
    name: PathBuf,
    /// Its files, in the order in which they were found.
    files: Vec<RunFile>,
    /// For each file, its position in the order in which the files are read.
    rank: Vec<usize>,
    restarts: Restarts,
    /// About how many scalars of a tag are kept.
    max_points: Option<NonZeroUsize>,
    /// Each kind of each of its tags, in the order in which they came first.
    tags: Vec<Tag>,
    /// The content of events other than summaries: graphs, run metadata by their tags, session
    /// logs.
    events: Vec<Tag>,
    /// The metadata of tags that are not selected, or whose values all came before the state that
    /// the run continues.
    others: Vec<TagState>,
    /// Whether it continues a state. Then it does not have the values before that state.
    is_continued: bool,
}

/// A file of a run.
#[derive(Debug, Clone)]
pub(super) struct RunFile {
    pub path: PathBuf,
    pub progress: Progress,
    pub sessions: SessionsRead,
    pub origin: Origin,
    pub claims: Claims,
}

impl Run {
    /// Makes a run from the content of its files, in their order.
    pub(super) fn new(
        name: &Path,
        paths: &[PathBuf],
        contents: Vec<FileContent>,
        options: &Options<'_>,
    ) -> Result<Run> {
        let (mut series, mut events, mut files) = (Vec::new(), Vec::new(), Vec::new());
        let (mut claimed, mut others) = (Claimed::default(), Others::default());
        for ((index, path), mut file) in (0..).zip(paths).zip(contents) {
            // A pipe can't be read again.
            if !claimed.add(&file.content.claims) && file.progress.stamp.is_some() {
                file = read_again(path, &claimed, options)?;
                claimed.add(&file.content.claims);
            }
            let FileContent { mut content, progress } = file;
            others.take(&mut content);
            series.push((index, content.series));
            events.push((index, content.events));
            let (sessions, origin, claims) = (content.sessions, content.origin, content.claims);
            files.push(RunFile { path: path.clone(), progress, sessions, origin, claims });
        }
        let max_points = options.max_points;
        let tag = |series| Tag::new(series, max_points);
        Ok(Run {
            name: name.to_owned(),
            rank: (0..files.len()).collect(),
            files,
            restarts: options.restarts,
            max_points,
            tags: merge(series).into_iter().map(tag).collect(),
            events: merge(events).into_iter().map(tag).collect(),
            others: others.states,
            is_continued: false,
        })
    }

    /// A run that continues after `state`. `values` are those before the state, if they are there.
    pub(super) fn resume(
        state: &RunState,
        found: &RunFiles,
        restarts: Restarts,
        values: Option<&Run>,
    ) -> Run {
        let mut known: HashMap<&OsStr, &FileState> =
            state.files.iter().map(|file| (&*file.name, file)).collect();
        let file = |path: &Path, file: &FileState| RunFile {
            path: path.to_owned(),
            progress: file.progress(),
            sessions: file.sessions(),
            origin: Origin::default(),
            claims: file.claims.clone(),
        };
        let there = found.files.iter().filter_map(|path| Some((path, path.file_name()?)));
        let mut files: Vec<RunFile> =
            there.filter_map(|(path, name)| Some(file(path, known.remove(name)?))).collect();
        // Files that are gone stay in the list, so that the update notices it.
        files.extend(known.into_values().map(|gone| file(Path::new(&gone.name), gone)));
        let mut ranked: Vec<(usize, RunFile)> = files.into_iter().enumerate().collect();
        if let Some(values) = values {
            // The values name their files by these indices.
            let index = |file: &RunFile| {
                let name = file.path.file_name();
                values.files.iter().position(|other| other.path.file_name() == name)
            };
            ranked.sort_by_key(|(_, file)| index(file).unwrap_or(usize::MAX));
        }
        let (rank, files) = ranked.into_iter().unzip();
        Run {
            name: found.name.clone(),
            files,
            rank,
            restarts,
            max_points: None,
            tags: values.map_or(Vec::new(), |it| it.tags.clone()),
            events: values.map_or(Vec::new(), |it| it.events.clone()),
            others: state.tags.clone(),
            is_continued: values.is_none_or(|it| it.is_continued),
        }
    }

    /// Makes a run from the tags and events of another one, with the paths of its files. To update
    /// it takes the state of its log; see [`Log::resume`](super::Log::resume).
    pub fn of_series(
        name: PathBuf,
        paths: Vec<PathBuf>,
        [tags, events]: [Vec<Series>; 2],
        is_continued: bool,
    ) -> Run {
        let file = |path| RunFile {
            path,
            progress: Progress::default(),
            sessions: SessionsRead::default(),
            origin: Origin::default(),
            claims: Claims::default(),
        };
        let tag = |series| Tag::new(series, None);
        Run {
            name,
            rank: (0..paths.len()).collect(),
            files: paths.into_iter().map(file).collect(),
            // The values that restarts drop were dropped already.
            restarts: Restarts::Raw,
            max_points: None,
            tags: tags.into_iter().map(tag).collect(),
            events: events.into_iter().map(tag).collect(),
            others: Vec::new(),
            is_continued,
        }
    }

    /// The same run with some of its tags, and all of its events.
    pub fn only(&self, wants: impl Fn(&Tag) -> bool) -> Run {
        Run {
            name: self.name.clone(),
            files: self.files.clone(),
            rank: self.rank.clone(),
            restarts: self.restarts,
            max_points: self.max_points,
            tags: self.tags.iter().filter(|tag| wants(tag)).cloned().collect(),
            events: self.events.clone(),
            others: Vec::new(),
            is_continued: self.is_continued,
        }
    }

    /// How far the run was read.
    pub(super) fn state(&self) -> RunState {
        let tag_state = |tag: &Tag| TagState {
            name: tag.name.clone(),
            kind: tag.kind,
            metadata: tag.metadata(&self.rank).map(|metadata| Box::new(metadata.clone())),
        };
        let there: HashSet<(&str, Kind)> =
            self.tags.iter().map(|tag| (&*tag.name, tag.kind)).collect();
        let others = self.others.iter().filter(|it| !there.contains(&(&*it.name, it.kind)));
        RunState {
            name: self.name.clone(),
            files: self.ordered().map(RunFile::state).collect(),
            tags: self.tags.iter().map(tag_state).chain(others.cloned()).collect(),
        }
    }

    /// Whether it continues a state. Then it does not have the values before that state.
    pub fn is_continued(&self) -> bool {
        self.is_continued
    }

    /// Its name.
    pub fn name(&self) -> &Path {
        &self.name
    }

    /// The number of bytes of its files when they were opened. A pipe has none.
    pub fn size(&self) -> u64 {
        let stamps = self.files.iter().filter_map(|file| file.progress.stamp.as_ref());
        stamps.map(|stamp| stamp.length).sum()
    }

    /// The paths of its files, in the order of the indices that
    /// [`Place::file`](crate::columns::Place::file) gives.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(|file| &*file.path)
    }

    /// The origins of its files, in the order in which they are read.
    pub fn origins(&self) -> impl Iterator<Item = &Origin> {
        self.ordered().map(|file| &file.origin)
    }

    /// The damage in its files.
    pub fn damage(&self) -> impl Iterator<Item = &Damage> {
        self.ordered().flat_map(|file| &file.progress.damage)
    }

    /// Each kind of each of its tags, in the order in which they came first.
    pub fn tags(&self) -> &[Tag] {
        &self.tags
    }

    /// The content of events other than summaries: graphs, run metadata by their tags, session
    /// logs.
    pub fn events(&self) -> &[Tag] {
        &self.events
    }

    /// The number of values of the tag at this index.
    pub fn count(&self, index: usize) -> usize {
        match (self.restarts, self.tags.get(index)) {
            // The count is known without joining the parts.
            (Restarts::Raw, Some(tag)) => tag.len(),
            _ => self.parts(index).iter().map(|part| part.len()).sum(),
        }
    }

    /// The values of the tag at this index, in parts. One after the other they are those of
    /// `series`. The parts of a run that grew are joined only if they must be.
    pub fn parts(&self, index: usize) -> Cow<'_, [Arc<Series>]> {
        let is_purged = |tag: &Tag| {
            let sessions = |file: &RunFile| file.sessions.purged(&tag.name).is_some();
            self.files.iter().any(sessions)
        };
        let tag = self.tags.get(index).filter(|tag| !is_purged(tag));
        match tag.and_then(|tag| tag.rising(&self.rank)) {
            Some(parts) => parts.into(),
            None => self.series(index).into_iter().collect::<Vec<_>>().into(),
        }
    }

    /// The first metadata of the tag at this index. The indices of events follow those of tags.
    pub fn metadata(&self, index: usize) -> Option<&Metadata<'static>> {
        let events = || self.events.get(index - self.tags.len());
        self.tags.get(index).or_else(events)?.metadata(&self.rank)
    }

    /// The values of the tag at this index. The indices of events follow those of tags. The first
    /// call joins the parts of the tag, which takes time.
    pub fn series(&self, index: usize) -> Option<Arc<Series>> {
        if let Some(tag) = self.tags.get(index) {
            return Some(tag.series(&self.rank, |series| self.without_repeated(series)));
        }
        let event = self.events.get(index - self.tags.len())?;
        Some(event.series(&self.rank, |series| series))
    }

    /// Drops values whose step was logged again after a restart.
    fn without_repeated(&self, series: Arc<Series>) -> Arc<Series> {
        let kept = match self.restarts {
            Restarts::Raw => None,
            Restarts::LastWins => restarts::last_of_each(series.steps()),
            Restarts::TensorBoard => restarts::unpurged(series.steps(), &self.purges(&series)),
            Restarts::Latest => return self.latest(series),
        };
        kept.map_or(series.clone(), |kept| Arc::new(series.of_ranges(&kept)))
    }

    /// Drops values that restarts purge, and then values whose step was logged again.
    fn latest(&self, series: Arc<Series>) -> Arc<Series> {
        let mut ends: Vec<usize> = series.segments().iter().map(|it| it.range.end).collect();
        let mut left = series;
        if let Some(kept) = restarts::unpurged(left.steps(), &self.purges(&left)) {
            // The number of kept values before each end.
            let before = |range: &Range<usize>, end| range.end.min(end).saturating_sub(range.start);
            let moved = |end| kept.iter().map(|range| before(range, end)).sum();
            ends = ends.into_iter().map(moved).collect();
            left = Arc::new(left.of_ranges(&kept));
        }
        let kept = restarts::latest_of_each(left.steps(), &ends);
        kept.map_or(left.clone(), |kept| Arc::new(left.of_ranges(&kept)))
    }

    /// The purges of a tag by restarts.
    fn purges(&self, series: &Series) -> Vec<Purge> {
        let segments = series.segments();
        let segments: HashMap<usize, &Segment> =
            segments.iter().map(|segment| (segment.file as usize, segment)).collect();
        let (mut purges, mut end) = (Vec::new(), 0);
        for file in self.order() {
            let segment = segments.get(&file);
            let start = segment.map_or(end, |segment| segment.range.start);
            if let Some(step) = self.files[file].sessions.purged(&series.tag) {
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

    /// The kinds that tags claim at the end of the file at `path`, or at its beginning if it is
    /// new. `paths` are the run's files, in their new order.
    pub(super) fn claimed_in(&self, paths: &[PathBuf], path: &Path) -> Claimed {
        let files: HashMap<&Path, &RunFile> =
            self.files.iter().map(|file| (&*file.path, file)).collect();
        let mut claimed = Claimed::default();
        for other in paths {
            if let Some(file) = files.get(&**other) {
                claimed.add(&file.claims);
            }
            if other == path {
                break;
            }
        }
        claimed
    }

    /// The run after some of its files grew or were added. `news` are these files with their new
    /// content, and `paths` are the run's files in their new order. None if all has to be read
    /// again, since an earlier file now gives other kinds to tensors in later ones.
    pub(super) fn grown(&self, paths: &[PathBuf], news: Vec<(&Path, FileContent)>) -> Option<Run> {
        let mut files = self.files.clone();
        let contents = add_files(&mut files, news);
        let ranks: HashMap<&Path, usize> = paths.iter().map(|it| &**it).zip(0..).collect();
        let rank: Vec<usize> =
            files.iter().map(|file| ranks.get(&*file.path).copied().unwrap_or(0)).collect();
        let unchanged = |tag: &Tag| tag.grown(None, self.max_points, &rank);
        let mut run = Run {
            name: self.name.clone(),
            files,
            restarts: self.restarts,
            max_points: self.max_points,
            tags: self.tags.iter().map(unchanged).collect(),
            events: self.events.iter().map(unchanged).collect(),
            others: Vec::new(),
            is_continued: self.is_continued,
            rank,
        };
        let mut claimed = Claimed::default();
        if !run.ordered().all(|file| claimed.add(&file.claims)) {
            return None;
        }
        let mut others = Others::of(&self.others);
        let (mut tags, mut events) = (Places::of(&run.tags), Places::of(&run.events));
        for (file, mut content) in contents {
            if file < self.files.len() {
                run.purge_again(file, &content.sessions);
            }
            others.take(&mut content);
            if self.is_continued {
                content.series.iter_mut().for_each(|series| others.complete(series));
            }
            let (max_points, rank) = (self.max_points, &run.rank[..]);
            tags.append(&mut run.tags, content.series, file, max_points, rank);
            events.append(&mut run.events, content.events, file, max_points, rank);
        }
        run.others = others.states;
        Some(run)
    }

    /// Applies the restarts in the new part of a file to the values that were read from it before.
    fn purge_again(&mut self, file: usize, sessions: &SessionsRead) {
        for tag in &mut self.tags {
            let Some(step) = sessions.purged(&tag.name) else { continue };
            let mut nothing = Series::new(&tag.name, tag.kind, true);
            let purges = vec![Purge { before: 0, step }];
            nothing.segments = vec![Segment { file: file as u32, range: 0..0, purges }];
            *tag = tag.grown(Some(nothing), self.max_points, &self.rank);
        }
    }
}

impl RunFile {
    fn state(&self) -> FileState {
        let name = self.path.file_name().unwrap_or_default().to_owned();
        FileState::new(name, &self.progress, &self.sessions, &self.claims)
    }
}

/// Reads a file again, since wrong kinds were assumed for tensors in it.
fn read_again(path: &Path, claimed: &Claimed, options: &Options<'_>) -> Result<FileContent> {
    let task = Task { path, before: None, claimed: claimed.clone() };
    read_file(&task, options, &mut Scratch::default(), NonZeroUsize::MIN)
}

/// Adds new content of files to the list of files. Returns their values, with the index of each
/// file.
fn add_files(files: &mut Vec<RunFile>, news: Vec<(&Path, FileContent)>) -> Vec<(usize, Content)> {
    let places: HashMap<PathBuf, usize> =
        files.iter().map(|file| file.path.clone()).zip(0..).collect();
    let mut contents = Vec::new();
    for (path, FileContent { mut content, progress }) in news {
        let sessions = content.sessions.clone();
        let (origin, claims) = (content.origin.clone(), std::mem::take(&mut content.claims));
        let index = match places.get(path) {
            Some(&index) => {
                let file = &mut files[index];
                file.progress = progress;
                file.sessions.append(sessions);
                file.origin.append(&origin);
                file.claims.append(claims);
                index
            }
            None => {
                files.push(RunFile { path: path.to_owned(), progress, sessions, origin, claims });
                files.len() - 1
            }
        };
        contents.push((index, content));
    }
    contents
}

/// The index of each kind of each tag.
struct Places(HashMap<(Kind, Box<str>), usize>);

impl Places {
    fn of(tags: &[Tag]) -> Places {
        Places(tags.iter().map(|tag| (tag.kind, tag.name.clone())).zip(0..).collect())
    }

    /// Appends new values from the file at this index to these tags.
    fn append(
        &mut self,
        tags: &mut Vec<Tag>,
        news: Vec<Series>,
        file: usize,
        max_points: Option<NonZeroUsize>,
        rank: &[usize],
    ) {
        for mut series in news {
            series.set_file(file as u32);
            match self.0.entry((series.kind, series.tag.clone())) {
                Entry::Occupied(place) => {
                    let tag = &mut tags[*place.get()];
                    *tag = tag.grown(Some(series), max_points, rank);
                }
                Entry::Vacant(place) => {
                    place.insert(tags.len());
                    tags.push(Tag::new(series, max_points));
                }
            }
        }
    }
}
