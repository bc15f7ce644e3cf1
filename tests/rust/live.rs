//! A log that is updated again and again is what reading everything anew gives.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use tfevents::reader::{Blob, Log, OnCorrupt, Options, Restarts, Run, Values};
use tfevents::wire::encode;
use tfevents::{logdir, reader, record, summary};

/// A record of an event file.
#[derive(Debug, Clone)]
enum Record {
    Version(u8),
    SessionStart(i64),
    Scalar(&'static str, i64),
    Text(&'static str, i64),
    /// Of so many buckets.
    Histogram(&'static str, i64, usize),
    /// Of so many bytes.
    Image(&'static str, i64, usize),
    Graph(usize),
    /// Bytes that are no record.
    Garbage(u8),
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
            Record::Graph(size) => summary::event(out, time, None, 4, &vec![time as u8; size]),
            Record::Garbage(byte) => out.extend_from_slice(&[byte; 29]),
        }
        if !matches!(self, Record::Garbage(_)) {
            record::seal(&mut out[start..]);
        }
    }
}

/// What happens to the files.
#[derive(Debug, Clone)]
enum Act {
    /// Records are written, but for so many bytes of the last, which come with the next.
    Append(usize, Vec<Record>, usize),
    Replace(usize, Vec<Record>),
    /// Cut to such a part.
    Truncate(usize, f64),
    Remove(usize),
    RemoveRun(usize),
}

const FILES: [&str; 5] =
    ["a/tfevents.2", "a/tfevents.1", "a/tfevents.3", "b/tfevents.1", "c/d/tfevents"];

fn record() -> impl Strategy<Value = Record> {
    let step = || -3..12i64;
    let tag = |tags: [&'static str; 2]| prop::sample::select(tags.to_vec());
    prop_oneof![
        6 => (tag(["s", "loss"]), step()).prop_map(|(tag, step)| Record::Scalar(tag, step)),
        2 => (tag(["t", "note"]), step()).prop_map(|(tag, step)| Record::Text(tag, step)),
        2 => (tag(["h", "w"]), step(), 0..4usize)
            .prop_map(|(tag, step, buckets)| Record::Histogram(tag, step, buckets)),
        2 => (tag(["i", "x"]), step(), prop::sample::select(vec![5, 9000]))
            .prop_map(|(tag, step, size)| Record::Image(tag, step, size)),
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

/// All that a log holds, in an order of its own.
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
                    (&it.steps, &it.wall_times, it.min(), it.ends(), it.limits(), it.counts())
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
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn an_updated_log_is_what_reading_anew_gives(
        acts in prop::collection::vec((act(), prop::bool::weighted(0.7)), 1..25),
    ) {
        let mut writers =
            Writers { root: tempfile::tempdir().unwrap(), held: BTreeMap::new(), time: 0.0 };
        let policies = [Restarts::Raw, Restarts::TensorBoard, Restarts::LastWins];
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
                    // What was joined once is joined in another way the next time.
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
fn a_tag_whose_first_file_turns_out_to_hold_texts_holds_texts() {
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
