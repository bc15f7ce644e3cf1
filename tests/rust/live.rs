//! A log that is updated repeatedly or resumed equals a log that is read anew. The same holds for
//! what is followed.

#[path = "cases.rs"]
mod cases;
#[path = "messages.rs"]
mod messages;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cases::cases;
use proptest::prelude::*;
use tfevents::columns::{Blob, Restarts, Values};
use tfevents::proto::Kind;
use tfevents::reader::chart::{self, Style};
use tfevents::reader::{Follower, Log, Options, Run};
use tfevents::record::Verify;
use tfevents::scan::{Next, OnCorrupt, Records};
use tfevents::wire::encode;
use tfevents::{logdir, reader, record, summary};

/// A record of an event file.
#[derive(Debug, Clone)]
enum Record {
    Version(u8),
    SessionStart(i64),
    Scalar(&'static str, i64),
    Text(&'static str, i64),
    /// With this number of buckets.
    Histogram(&'static str, i64, usize),
    /// With this number of bytes.
    Image(&'static str, i64, usize),
    /// With the metadata of a plugin, or without.
    Tensor(&'static str, i64, Elements, Option<&'static str>),
    Graph(usize),
    /// Bytes that are not a record.
    Garbage(u8),
}

#[derive(Debug, Clone, Copy)]
enum Elements {
    Number,
    Vector,
    String,
    /// With this number of bytes.
    LongString(usize),
}

impl Elements {
    fn encode(self, time: f64) -> Vec<u8> {
        let mut out = Vec::new();
        let string = |out: &mut Vec<u8>, string: &[u8]| {
            encode::varint_field(out, 1, 7);
            encode::bytes_field(out, 8, string);
        };
        match self {
            Elements::Number => {
                encode::varint_field(&mut out, 1, 2);
                encode::bytes_field(&mut out, 6, &time.to_le_bytes());
            }
            Elements::Vector => {
                encode::varint_field(&mut out, 1, 2);
                encode::bytes_field(&mut out, 2, b"\x12\x02\x08\x02");
                encode::bytes_field(&mut out, 6, &[time.to_le_bytes(); 2].concat());
            }
            Elements::String => string(&mut out, time.to_string().as_bytes()),
            Elements::LongString(size) => string(&mut out, &vec![b'x'; size]),
        }
        out
    }
}

impl Record {
    fn encode(&self, out: &mut Vec<u8>, time: f64) {
        let start = out.len();
        let value = |out: &mut Vec<u8>, step, tag: &str, field: u32, bytes: &[u8]| {
            let mut value = Vec::new();
            encode::bytes_field(&mut value, 1, tag.as_bytes());
            encode::bytes_field(&mut value, field, bytes);
            let mut message = Vec::new();
            encode::bytes_field(&mut message, 1, &value);
            summary::summary_event(out, time, Some(step), &message);
        };
        match *self {
            Record::Version(version) => {
                let version = format!("brain.Event:{version}");
                summary::event(out, time, None, 3, version.as_bytes());
            }
            Record::SessionStart(step) => summary::event(out, time, Some(step), 7, &[8, 1]),
            Record::Scalar(tag, step) => {
                summary::scalar_event(out, time, Some(step), tag, time as f32);
            }
            Record::Text(tag, step) => {
                let mut message = Vec::new();
                summary::text_value(&mut message, tag, &time.to_string());
                summary::summary_event(out, time, Some(step), &message);
            }
            Record::Histogram(tag, step, buckets) => {
                let mut histogram = Vec::new();
                encode::double_field(&mut histogram, 1, time);
                for field in [6, 7] {
                    let packed: Vec<u8> =
                        (0..buckets).flat_map(|bucket| (bucket as f64).to_le_bytes()).collect();
                    encode::bytes_field(&mut histogram, field, &packed);
                }
                value(out, step, tag, 5, &histogram);
            }
            Record::Image(tag, step, size) => {
                let mut image = Vec::new();
                encode::bytes_field(&mut image, 4, &vec![time as u8; size]);
                value(out, step, tag, 4, &image);
            }
            Record::Tensor(tag, step, elements, plugin) => {
                let mut value = Vec::new();
                encode::bytes_field(&mut value, 1, tag.as_bytes());
                encode::bytes_field(&mut value, 8, &elements.encode(time));
                if let Some(plugin) = plugin {
                    encode::bytes_field(&mut value, 9, &messages::metadata(plugin));
                }
                let mut message = Vec::new();
                encode::bytes_field(&mut message, 1, &value);
                summary::summary_event(out, time, Some(step), &message);
            }
            Record::Graph(size) => summary::event(out, time, None, 4, &vec![time as u8; size]),
            Record::Garbage(byte) => out.extend_from_slice(&[byte; 29]),
        }
        if !matches!(self, Record::Garbage(_)) {
            record::seal(&mut out[start..]);
        }
    }
}

/// A change of the files.
#[derive(Debug, Clone)]
enum Act {
    /// Records are written, except this number of bytes of the last one. They come with the next
    /// change.
    Append(usize, Vec<Record>, usize),
    Replace(usize, Vec<Record>),
    /// The file is cut to this part of its length.
    Truncate(usize, f64),
    Remove(usize),
    RemoveRun(usize),
}

const FILES: [&str; 5] =
    ["a/tfevents.2", "a/tfevents.1", "a/tfevents.3", "b/tfevents.1", "c/d/tfevents"];

fn record() -> impl Strategy<Value = Record> {
    let step = || -3..12i64;
    // There are few tags, so that each has values of several kinds.
    let tag = || prop::sample::select(vec!["a", "b"]);
    let elements = prop_oneof![
        4 => Just(Elements::Number),
        1 => Just(Elements::Vector),
        4 => Just(Elements::String),
        1 => prop::sample::select(vec![9000, 100_000]).prop_map(Elements::LongString),
    ];
    let plugin = prop::sample::select(vec![None, None, Some("scalars"), Some("text"), Some("x")]);
    prop_oneof![
        6 => (tag(), step()).prop_map(|(tag, step)| Record::Scalar(tag, step)),
        1 => (tag(), step()).prop_map(|(tag, step)| Record::Text(tag, step)),
        2 => (tag(), step(), 0..4usize)
            .prop_map(|(tag, step, buckets)| Record::Histogram(tag, step, buckets)),
        2 => (tag(), step(), prop::sample::select(vec![5, 9000]))
            .prop_map(|(tag, step, size)| Record::Image(tag, step, size)),
        6 => (tag(), step(), elements, plugin).prop_map(|(tag, step, elements, plugin)| {
            Record::Tensor(tag, step, elements, plugin)
        }),
        1 => prop::sample::select(vec![3, 5000]).prop_map(Record::Graph),
        2 => step().prop_map(Record::SessionStart),
        1 => (1..3u8).prop_map(Record::Version),
    ]
}

fn records() -> impl Strategy<Value = Vec<Record>> {
    let garbage = any::<u8>().prop_map(Record::Garbage);
    prop::collection::vec(prop_oneof![20 => record(), 1 => garbage], 0..8)
}

fn act() -> impl Strategy<Value = Act> {
    let file = 0..FILES.len();
    prop_oneof![
        12 => (file.clone(), records(), prop::sample::select(vec![0, 0, 1, 5, 13, 30]))
            .prop_map(|(file, records, held)| Act::Append(file, records, held)),
        1 => (file.clone(), records()).prop_map(|(file, records)| Act::Replace(file, records)),
        1 => (file.clone(), 0.0..1.0).prop_map(|(file, part)| Act::Truncate(file, part)),
        1 => file.clone().prop_map(Act::Remove),
        1 => file.prop_map(Act::RemoveRun),
    ]
}

struct Writers {
    root: tempfile::TempDir,
    /// Bytes that are not written yet.
    held: BTreeMap<PathBuf, Vec<u8>>,
    time: f64,
}

impl Writers {
    fn act(&mut self, act: &Act) {
        let path = |file: usize| self.root.path().join(FILES[file]);
        match act {
            Act::Append(file, records, hold) => {
                let path = path(*file);
                let mut bytes = self.held.remove(&path).unwrap_or_default();
                if !path.exists() {
                    Record::Version(2).encode(&mut bytes, self.tick());
                }
                for record in records {
                    record.encode(&mut bytes, self.tick());
                }
                let held = bytes.split_off(bytes.len() - hold.min(&bytes.len()));
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                let mut file = OpenOptions::new().append(true).create(true).open(&path).unwrap();
                file.write_all(&bytes).unwrap();
                self.held.insert(path, held);
            }
            Act::Replace(file, records) => {
                let path = path(*file);
                let mut bytes = Vec::new();
                Record::Version(2).encode(&mut bytes, self.tick());
                for record in records {
                    record.encode(&mut bytes, self.tick());
                }
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                self.held.remove(&path);
                fs::write(&path, &bytes).unwrap();
            }
            Act::Truncate(file, part) => {
                let path = path(*file);
                if let Ok(bytes) = fs::read(&path) {
                    self.held.remove(&path);
                    let file = OpenOptions::new().write(true).open(&path).unwrap();
                    file.set_len((bytes.len() as f64 * part) as u64).unwrap();
                }
            }
            Act::Remove(file) => {
                let path = path(*file);
                self.held.remove(&path);
                let _ = fs::remove_file(path);
            }
            Act::RemoveRun(file) => {
                let run = path(*file).parent().unwrap().to_owned();
                self.held.retain(|path, _| !path.starts_with(&run));
                let _ = fs::remove_dir_all(run);
            }
        }
    }

    fn tick(&mut self) -> f64 {
        self.time += 1.0;
        self.time
    }
}

fn paths(run: &Run) -> Vec<&Path> {
    run.paths().collect()
}

/// The content of a log, in an order that does not depend on how it was read.
fn contents(log: &Log) -> BTreeMap<String, String> {
    let mut contents = BTreeMap::new();
    for run in log.runs() {
        let name = run.name().display();
        contents.insert(format!("{name}"), format!("{:?}", run.origins().collect::<Vec<_>>()));
        for index in 0..run.tags().len() + run.events().len() {
            let series = run.series(index).unwrap();
            let values = match &series.values {
                Values::Blobs(blobs) => {
                    let bytes = (0..blobs.len()).map(|item| match blobs.get(item).unwrap() {
                        Blob::Here(bytes) => format!("{bytes:?}"),
                        Blob::There(place) => {
                            format!("{:?}", place.read(paths(run)[place.file()]).unwrap())
                        }
                    });
                    let times = (&blobs.steps, &blobs.wall_times);
                    format!("{times:?} {:?}", bytes.collect::<Vec<_>>())
                }
                Values::Histograms(it) => format!(
                    "{:?}",
                    (it.steps(), it.wall_times(), it.min(), it.ends(), it.limits(), it.counts())
                ),
                other => format!("{other:?}"),
            };
            let all = format!("{:?} {values}", series.points);
            if !series.is_empty() {
                let old = contents.insert(format!("{name} {:?} {}", series.kind, series.tag), all);
                assert_eq!(old, None);
            }
        }
    }
    contents.insert("damage".into(), format!("{:?}", log.damage().collect::<Vec<_>>()));
    contents
}

proptest! {
    #![proptest_config(cases(100))]

    #[test]
    fn an_updated_log_is_what_reading_anew_gives(
        acts in prop::collection::vec((act(), prop::bool::weighted(0.7)), 1..25),
    ) {
        let mut writers =
            Writers { root: tempfile::tempdir().unwrap(), held: BTreeMap::new(), time: 0.0 };
        let policies =
            [Restarts::Raw, Restarts::TensorBoard, Restarts::LastWins, Restarts::Latest];
        let options = policies
            .map(|restarts| Options { restarts, on_corrupt: OnCorrupt::Skip, ..Options::default() });
        let mut logs = policies.map(|_| Log::default());
        for (act, is_looked_at) in &acts {
            let before: Vec<_> = logs.iter().map(contents).collect();
            writers.act(act);
            for ((log, options), before) in logs.iter_mut().zip(&options).zip(before) {
                let found = logdir::find(writers.root.path()).unwrap();
                let changed = log.update(&found, options).unwrap();
                if !is_looked_at {
                    // Series that were joined once are joined in another way the next time.
                    continue;
                }
                let anew = contents(&reader::read(&found, options).unwrap());
                let now = contents(log);
                prop_assert_eq!(&now, &anew);
                prop_assert!(!changed.is_empty() || now == before || before.len() > now.len());
            }
        }
    }
}

/// What is appended to a file of one run: mostly the steps that come next.
fn next_records() -> impl Strategy<Value = (usize, Vec<(bool, i64)>)> {
    // The difference to the step before; it is one of a session's start, or of a value.
    let record = (prop::bool::weighted(0.02), prop_oneof![30 => Just(1i64), 1 => -3..2i64]);
    (prop_oneof![6 => Just(1usize), 1 => 0..3usize], prop::collection::vec(record, 0..9))
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn a_chart_of_parts_is_that_of_the_whole(
        appended in prop::collection::vec((next_records(), prop::bool::weighted(0.2)), 1..20),
        restarts in prop::sample::select(vec![
            Restarts::Raw, Restarts::TensorBoard, Restarts::LastWins, Restarts::Latest,
        ]),
    ) {
        let mut writers =
            Writers { root: tempfile::tempdir().unwrap(), held: BTreeMap::new(), time: 0.0 };
        let options = skip(restarts);
        let (mut log, mut step) = (Log::default(), 0);
        for ((file, records), joins) in appended {
            let records = records.into_iter().map(|(starts_session, difference)| {
                step += difference;
                if starts_session { Record::SessionStart(step) } else { Record::Scalar("a", step) }
            });
            writers.act(&Act::Append(file, records.collect(), 0));
            let found = logdir::find(writers.root.path()).unwrap();
            log.update(&found, &options).unwrap();
            let anew = reader::read(&found, &options).unwrap();
            let (run, anew) = (&log.runs()[0], &anew.runs()[0]);
            if run.tags().is_empty() {
                continue;
            }
            let whole = [anew.series(0).unwrap()];
            let expected = chart::json(&whole, 12, Style::Array);
            prop_assert_eq!(chart::json(&run.parts(0), 12, Style::Array), expected);
            prop_assert_eq!(run.count(0), whole[0].len());
            if joins {
                prop_assert_eq!(run.series(0).unwrap().len(), whole[0].len());
            }
        }
    }
}

#[test]
fn a_run_that_grows_is_not_joined_for_its_chart() {
    let mut writers =
        Writers { root: tempfile::tempdir().unwrap(), held: BTreeMap::new(), time: 0.0 };
    let (mut log, options) = (Log::default(), skip(Restarts::Latest));
    let mut append = |file, steps: Range<i64>| {
        let records = steps.map(|step| Record::Scalar("a", step)).collect();
        writers.act(&Act::Append(file, records, 0));
        log.update(&logdir::find(writers.root.path()).unwrap(), &options).unwrap();
        log.runs()[0].parts(0).into_owned()
    };
    let first = append(1, 0..100);
    let second = append(1, 100..110);
    assert_eq!((first.len(), second.len()), (1, 2));
    assert!(Arc::ptr_eq(&first[0], &second[0]));
    // A later file goes on; one that repeats a step does not.
    assert_eq!(append(0, 110..112).len(), 3);
    assert_eq!(append(0, 111..112).len(), 1);
}

const POLICIES: [Restarts; 3] = [Restarts::Raw, Restarts::TensorBoard, Restarts::LastWins];

fn skip(restarts: Restarts) -> Options<'static> {
    Options { restarts, on_corrupt: OnCorrupt::Skip, ..Options::default() }
}

/// The steps and wall times of a run's values, by kind and tag. No two values have the same wall
/// time, and the rest of a value is made from it.
type Seen = BTreeMap<(Kind, Box<str>), Vec<(i64, u64)>>;

fn values(run: &Run) -> Seen {
    let mut all = Seen::new();
    for index in 0..run.tags().len() + run.events().len() {
        let series = run.series(index).unwrap();
        let times = match &series.values {
            Values::None => series.points.wall_times(),
            values => values.wall_times(),
        };
        let times = times.iter().map(|time| time.to_bits());
        let values: Vec<_> = series.steps().iter().copied().zip(times).collect();
        if !values.is_empty() {
            assert!(all.insert((series.kind, series.tag.clone()), values).is_none());
        }
    }
    all
}

/// The values that were not seen, with this option for restarts.
fn rest(run: &Run, raw: &Run, restarts: Restarts, seen: &BTreeSet<u64>) -> Seen {
    let mut all = values(if restarts == Restarts::TensorBoard { run } else { raw });
    for ((kind, _), values) in &mut all {
        values.retain(|(_, time)| !seen.contains(time));
        let is_event = [Kind::Graph, Kind::SessionLog].contains(kind);
        if restarts == Restarts::LastWins && !is_event {
            let last: BTreeMap<i64, u64> = values.iter().copied().collect();
            *values = last.into_iter().collect();
        }
    }
    all.retain(|_, values| !values.is_empty());
    all
}

/// The same for files that do not claim version 1. Purges of version 1 across files are not part of
/// a state.
fn of_version_2(act: Act) -> Act {
    let new = |records: Vec<Record>| {
        let new = |record| match record {
            Record::Version(_) => Record::Version(2),
            other => other,
        };
        records.into_iter().map(new).collect()
    };
    match act {
        Act::Append(file, records, held) => Act::Append(file, new(records), held),
        Act::Replace(file, records) => Act::Replace(file, new(records)),
        other => other,
    }
}

proptest! {
    #![proptest_config(cases(100))]

    #[test]
    fn a_log_that_goes_on_from_a_state_has_what_came_since(
        before in prop::collection::vec(act(), 1..12),
        after in prop::collection::vec(act(), 0..12),
    ) {
        let mut writers =
            Writers { root: tempfile::tempdir().unwrap(), held: BTreeMap::new(), time: 0.0 };
        let mut logs = POLICIES.map(|_| Log::default());
        for act in before {
            writers.act(&of_version_2(act));
            let found = logdir::find(writers.root.path()).unwrap();
            for (log, restarts) in logs.iter_mut().zip(POLICIES) {
                log.update(&found, &skip(restarts)).unwrap();
            }
        }
        let found = logdir::find(writers.root.path()).unwrap();
        let seen: BTreeSet<u64> = (logs[0].runs().iter())
            .flat_map(|run| values(run).into_values().flatten().map(|(_, time)| time))
            .collect();
        let states = logs.map(|log| log.state());
        let mut resumed: Vec<Log> = (states.iter().zip(POLICIES))
            .map(|(state, restarts)| Log::resume(state, &found, restarts, &[]))
            .collect();
        for act in after {
            writers.act(&of_version_2(act));
            let found = logdir::find(writers.root.path()).unwrap();
            let raw = reader::read(&found, &skip(Restarts::Raw)).unwrap();
            for ((log, state), restarts) in resumed.iter_mut().zip(&states).zip(POLICIES) {
                let options = skip(restarts);
                let anew = reader::read(&found, &options).unwrap();
                log.update(&found, &options).unwrap();
                let mut late = Log::resume(state, &found, restarts, &[]);
                late.update(&found, &options).unwrap();
                for log in [&*log, &late] {
                    // If no file of a run is an event file, it is not a run.
                    prop_assert_eq!(log.runs().len(), anew.runs().len());
                    for (run, (raw, anew)) in
                        log.runs().iter().zip(raw.runs().iter().zip(anew.runs()))
                    {
                        let expected = match run.is_continued() {
                            true => rest(anew, raw, restarts, &seen),
                            false => values(anew),
                        };
                        prop_assert_eq!(values(run), expected);
                    }
                }
                // A state of a resumed log equals one of a log that was read at once.
                prop_assert_eq!(positions(log), positions(&anew));
            }
        }
    }

    #[test]
    fn what_is_followed_is_what_the_files_hold(
        acts in prop::collection::vec((0..FILES.len(), records(), 0..30usize), 1..25),
    ) {
        let mut writers =
            Writers { root: tempfile::tempdir().unwrap(), held: BTreeMap::new(), time: 0.0 };
        let mut follower = Follower::new(Verify::Crc, OnCorrupt::Skip);
        let mut followed: BTreeMap<PathBuf, Vec<Vec<u8>>> = BTreeMap::new();
        for (file, records, held) in acts {
            writers.act(&Act::Append(file, records, held));
            let found = logdir::find(writers.root.path()).unwrap();
            follower.look(&found);
            while follower.advance().unwrap() {
                let (run, record) = follower.event().unwrap();
                followed.entry(run.to_owned()).or_default().push(record.to_vec());
            }
            let (mut there, mut damage) = (BTreeMap::<PathBuf, Vec<Vec<u8>>>::new(), Vec::new());
            for run in &found {
                for path in &run.files {
                    let mut records =
                        Records::open(path, Verify::Crc, OnCorrupt::Skip).unwrap();
                    loop {
                        match records.read().unwrap() {
                            Next::Record(record) => {
                                there.entry(run.name.clone()).or_default().push(record.to_vec());
                            }
                            Next::Damage(bad) => damage.push(bad),
                            Next::End => break,
                        }
                    }
                }
            }
            // The files of a run grow in turns.
            followed.values_mut().chain(there.values_mut()).for_each(|records| records.sort());
            prop_assert_eq!(&followed, &there);
            let mut reported: Vec<_> =
                follower.damage().iter().chain(follower.open_damage()).cloned().collect();
            let key = |it: &tfevents::scan::Damage| (it.path.clone(), it.offset);
            reported.sort_by_key(key);
            damage.sort_by_key(key);
            prop_assert_eq!(reported, damage);
        }
    }
}

/// How far the files were read.
fn positions(log: &Log) -> Vec<String> {
    (log.state().into_iter())
        .flat_map(|run| run.files)
        .map(|file| format!("{:?}", (file.name, file.offset, file.record, file.stamp)))
        .collect()
}

#[test]
fn a_state_knows_what_tags_hold_and_what_was_said_of_them_first() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("tfevents.1");
    let mut bytes = Vec::new();
    Record::Text("tag", 1).encode(&mut bytes, 1.0);
    fs::write(&path, &bytes).unwrap();
    let found = logdir::find(root.path()).unwrap();
    let state = reader::read(&found, &Options::default()).unwrap().state();
    // A number under a tag of texts, and a text without metadata.
    Record::Scalar("tag", 2).encode(&mut bytes, 2.0);
    let at = bytes.len();
    let (mut value, mut message, mut tensor) = (Vec::new(), Vec::new(), Vec::new());
    encode::varint_field(&mut tensor, 1, 7);
    encode::bytes_field(&mut tensor, 8, b"hello");
    encode::bytes_field(&mut value, 1, b"tag");
    encode::bytes_field(&mut value, 8, &tensor);
    encode::bytes_field(&mut message, 1, &value);
    summary::summary_event(&mut bytes, 3.0, Some(3), &message);
    record::seal(&mut bytes[at..]);
    fs::write(&path, &bytes).unwrap();
    let mut log = Log::resume(&state, &found, Restarts::Raw, &[]);
    log.update(&found, &Options::default()).unwrap();
    let series = [0, 1].map(|index| log.runs()[0].series(index).unwrap());
    assert_eq!((series[0].kind, series[0].steps()), (Kind::Scalar, &[2][..]));
    assert_eq!((series[1].kind, series[1].steps()), (Kind::Text, &[3][..]));
    assert_eq!(series[1].metadata.as_ref().unwrap().plugin_name, "text");
    let known = log.state()[0].tags.iter().map(|tag| tag.kind).collect::<BTreeSet<_>>();
    assert_eq!(known, [Kind::Scalar, Kind::Text].into());
    let anew = reader::read(&found, &Options::default()).unwrap();
    assert_eq!(positions(&log), positions(&anew));
    assert_eq!(log.state()[0].files[0].claims, anew.state()[0].files[0].claims);
}

#[test]
fn nothing_is_read_of_files_that_did_not_change() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("tfevents.1");
    let mut bytes = Vec::new();
    Record::Scalar("a", 1).encode(&mut bytes, 1.0);
    fs::write(&path, &bytes).unwrap();
    let found = logdir::find(root.path()).unwrap();
    let mut log = Log::default();
    assert_eq!(log.update(&found, &Options::default()).unwrap(), [0]);
    let run = log.runs()[0].clone();
    assert!(log.update(&found, &Options::default()).unwrap().is_empty());
    assert!(std::sync::Arc::ptr_eq(&run, &log.runs()[0]));
}

#[test]
fn a_tag_may_have_another_kind_in_each_file() {
    let root = tempfile::tempdir().unwrap();
    let write = |name: &str, record: Record| {
        let mut bytes = Vec::new();
        record.encode(&mut bytes, 1.0);
        fs::write(root.path().join(name), bytes).unwrap();
    };
    write("tfevents.1", Record::Scalar("other", 1));
    let mut log = Log::default();
    let update = |log: &mut Log| {
        let found = logdir::find(root.path()).unwrap();
        log.update(&found, &Options::default()).unwrap();
        contents(log) == contents(&reader::read(&found, &Options::default()).unwrap())
    };
    assert!(update(&mut log));
    write("tfevents.2", Record::Text("tag", 1));
    write("tfevents.3", Record::Scalar("tag", 2));
    assert!(update(&mut log));
}

#[test]
fn after_an_error_all_is_as_before_and_the_next_update_goes_on() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("tfevents.1");
    let mut bytes = Vec::new();
    Record::Scalar("a", 1).encode(&mut bytes, 1.0);
    fs::write(&path, &bytes).unwrap();
    let found = logdir::find(root.path()).unwrap();
    let mut log = Log::default();
    log.update(&found, &Options::default()).unwrap();
    let before = contents(&log);
    let good = bytes.len();
    Record::Scalar("a", 2).encode(&mut bytes, 2.0);
    bytes[good + 14] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let error = log.update(&found, &Options::default()).unwrap_err();
    assert_eq!((error.offset(), error.record()), (Some(good as u64), Some(1)));
    assert_eq!(contents(&log), before);
    bytes[good + 14] ^= 1;
    fs::write(&path, &bytes).unwrap();
    assert_eq!(log.update(&found, &Options::default()).unwrap(), [0]);
    assert_eq!(log.runs()[0].series(0).unwrap().steps(), [1, 2]);
}
