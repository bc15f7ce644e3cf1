//! All readers find in a file the values and the damage that the reference finds, whether they read
//! it at once or while it grows.

#[path = "held.rs"]
mod held;
#[allow(dead_code)]
#[path = "../../fuzz/src/memory.rs"]
mod memory;

use std::num::NonZeroUsize;
use std::path::PathBuf;

use held::{Held, held};
use memory::{Content, File};
use proptest::prelude::*;
use tfevents::columns::{Series, Values};
use tfevents::logdir::RunFiles;
use tfevents::proto::{Data, Event, SummaryValue, What};
use tfevents::reader::{self, Follower, Log, Options};
use tfevents::record::{self, FOOTER, HEADER, OVERHEAD, Verify};
use tfevents::scan::{Damage, Next, OnCorrupt, Records, repair};
use tfevents::wire::encode;
use tfevents::{crc32c, summary};

/// The parts of files.
#[derive(Debug, Clone)]
enum Part {
    Version,
    Scalar,
    /// With this number of bytes.
    Image(usize),
    /// An event whose payload contains other parts.
    Around(Vec<Part>),
    /// A well-formed record without an event.
    Foreign,
    /// A header with a good checksum and this length.
    Header(u64),
    Zeros(usize),
    Bytes(Vec<u8>),
}

impl Part {
    fn write(&self, out: &mut Vec<u8>, time: &mut f64) {
        *time += 1.0;
        let time_now = *time;
        let blob = |out: &mut Vec<u8>, bytes: &[u8]| {
            let (mut image, mut value, mut message) = (Vec::new(), Vec::new(), Vec::new());
            encode::bytes_field(&mut image, 4, bytes);
            encode::bytes_field(&mut value, 1, b"image");
            encode::bytes_field(&mut value, 4, &image);
            encode::bytes_field(&mut message, 1, &value);
            summary::summary_event(out, time_now, Some(3), &message);
        };
        let start = out.len();
        match self {
            Part::Version => summary::file_version(out, time_now, "w"),
            Part::Scalar => summary::scalar_event(out, time_now, Some(7), "loss", 0.5),
            Part::Image(size) => blob(out, &vec![7; *size]),
            Part::Around(parts) => {
                let mut inner = Vec::new();
                parts.iter().for_each(|part| part.write(&mut inner, time));
                blob(out, &inner);
            }
            Part::Foreign => {
                record::frame(out, b"\x0a\x02ab");
                return;
            }
            Part::Header(length) => {
                out.extend(length.to_le_bytes());
                out.extend(crc32c::masked(&length.to_le_bytes()).to_le_bytes());
                return;
            }
            Part::Zeros(count) => {
                out.resize(out.len() + count, 0);
                return;
            }
            Part::Bytes(bytes) => {
                out.extend(bytes);
                return;
            }
        }
        record::seal(&mut out[start..]);
    }
}

fn part() -> impl Strategy<Value = Part> {
    let leaf = prop_oneof![
        1 => Just(Part::Version),
        8 => Just(Part::Scalar),
        1 => prop_oneof![Just(0usize), Just(30), Just(6000)].prop_map(Part::Image),
        1 => Just(Part::Foreign),
        1 => prop_oneof![0u64..200, Just(5000), Just(1 << 31), any::<u64>()].prop_map(Part::Header),
        1 => (1usize..70).prop_map(Part::Zeros),
        1 => prop::collection::vec(any::<u8>(), 1..40).prop_map(Part::Bytes),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| prop::collection::vec(inner, 1..4).prop_map(Part::Around))
}

/// A change of a file's bytes.
#[derive(Debug, Clone)]
enum Change {
    Flip(prop::sample::Index, u8),
    Zero(prop::sample::Index, usize),
    Remove(prop::sample::Index, usize),
    Repeat(prop::sample::Index, usize),
}

fn change() -> impl Strategy<Value = Change> {
    let place = any::<prop::sample::Index>;
    prop_oneof![
        4 => (place(), 1..=255u8).prop_map(|(at, flip)| Change::Flip(at, flip)),
        1 => (place(), 1..300usize).prop_map(|(at, count)| Change::Zero(at, count)),
        1 => (place(), 1..100usize).prop_map(|(at, count)| Change::Remove(at, count)),
        1 => (place(), 1..100usize).prop_map(|(at, count)| Change::Repeat(at, count)),
    ]
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        let range = |at: &prop::sample::Index, count: usize| {
            let at = at.index(bytes.len());
            at..(at + count).min(bytes.len())
        };
        match self {
            Change::Flip(at, flip) => {
                let at = at.index(bytes.len());
                bytes[at] ^= flip;
            }
            Change::Zero(at, count) => {
                let range = range(at, *count);
                bytes[range].fill(0);
            }
            Change::Remove(at, count) => {
                let range = range(at, *count);
                bytes.drain(range);
            }
            Change::Repeat(at, count) => {
                let range = range(at, *count);
                let part = bytes[range.clone()].to_vec();
                bytes.splice(range.start..range.start, part);
            }
        }
    }
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let parts = prop::collection::vec(part(), 0..12);
    let changes = prop_oneof![
        1 => Just(Vec::new()),
        4 => prop::collection::vec(change(), 1..4),
    ];
    (any::<bool>(), parts, changes, any::<bool>(), 0..200usize).prop_map(
        |(begins, parts, changes, is_cut, zeros)| {
            let (mut bytes, mut time) = (Vec::new(), 0.0);
            if begins {
                Part::Version.write(&mut bytes, &mut time);
            }
            parts.iter().for_each(|part| part.write(&mut bytes, &mut time));
            changes.iter().for_each(|change| change.apply(&mut bytes));
            if is_cut && zeros < 100 {
                bytes.resize(bytes.len() + zeros, 0);
            } else if is_cut {
                bytes.truncate(bytes.len().saturating_sub(zeros - 100));
            }
            bytes
        },
    )
}

fn is_event(payload: &[u8]) -> bool {
    Event::decode(payload).is_ok_and(|event| match &event.what {
        What::Summary(summary) => summary.values().all(|value| value.is_ok()),
        _ => true,
    })
}

fn reference(bytes: &[u8], verify: Verify) -> Held {
    held(bytes, verify, is_event)
}

fn content(bytes: &[u8], piece: usize) -> Content {
    Content { bytes: bytes.into(), piece }
}

/// The wall times of the values of the events in these records, in order.
fn wall_times(bytes: &[u8], held: &Held) -> Vec<u64> {
    let mut times = Vec::new();
    for &(at, size) in &held.records {
        let event = Event::decode(&bytes[at + HEADER..at + size - FOOTER]).unwrap();
        if let What::Summary(summary) = &event.what {
            let is_there =
                |value: &SummaryValue<'_>| !matches!(value.data, Data::Nothing | Data::Other(_));
            let values = summary.values().map(Result::unwrap).filter(is_there);
            times.extend(values.map(|_| event.wall_time.to_bits()));
        }
    }
    times.sort_unstable();
    times
}

fn damage(held: &Held) -> Vec<(u64, u64, tfevents::Corruption)> {
    held.damage.iter().map(|&(at, size, kind)| (at as u64, size as u64, kind)).collect()
}

fn told<'d>(all: impl IntoIterator<Item = &'d Damage>) -> Vec<(u64, u64, tfevents::Corruption)> {
    let mut all: Vec<_> = all.into_iter().map(|it| (it.offset, it.length, it.kind)).collect();
    all.sort_by_key(|&(offset, ..)| offset);
    all
}

/// The wall times of all values of a log, in order.
fn logged(log: &Log) -> Vec<u64> {
    let times = |series: &Series| match &series.values {
        Values::None => series.points.wall_times().to_vec(),
        values => values.wall_times().to_vec(),
    };
    let mut all: Vec<u64> = (log.runs().iter())
        .flat_map(|run| (0..run.tags().len()).filter_map(|tag| run.series(tag)))
        .flat_map(|series| times(&series))
        .map(f64::to_bits)
        .collect();
    all.sort_unstable();
    all
}

fn run_of(file: &File) -> RunFiles {
    RunFiles { name: "run".into(), files: vec![file.path()], given: vec![file.path()] }
}

fn options(verify: Verify) -> Options<'static> {
    let threads = NonZeroUsize::new(1);
    Options { verify, threads, on_corrupt: OnCorrupt::Skip, ..Options::default() }
}

/// The records and the damage that an iteration over events returns.
fn iterated(file: &File, verify: Verify) -> Held {
    let mut records = Records::open(&file.path(), verify, OnCorrupt::Skip).unwrap();
    let (mut held, mut at) = (Held::default(), 0);
    loop {
        match records.read().unwrap() {
            Next::Record(record) => {
                held.records.push((at, record.len()));
                at += record.len();
            }
            Next::Damage(damage) => {
                assert_eq!(damage.offset, at as u64);
                held.damage.push((at, damage.length as usize, damage.kind));
                at += damage.length as usize;
            }
            Next::End => break,
        }
    }
    held.unfinished = records.unfinished() as usize;
    held
}

fn check(bytes: &[u8], piece: usize, verify: Verify) -> Result<(), TestCaseError> {
    let expected = reference(bytes, verify);
    let file = File::new(content(bytes, piece));
    prop_assert_eq!(&iterated(&file, verify), &expected);
    let runs = [run_of(&file)];
    let log = reader::read(&runs, &options(verify)).unwrap();
    prop_assert_eq!(told(log.damage()), damage(&expected));
    prop_assert_eq!(logged(&log), wall_times(bytes, &expected));
    if verify == Verify::Crc {
        let report = repair::verify(&file.path()).unwrap();
        prop_assert_eq!(told(&report.damage), damage(&expected));
        prop_assert_eq!(report.records as usize, expected.records.len());
        prop_assert_eq!(report.unfinished as usize, expected.unfinished);
    }
    let raises = Options { on_corrupt: OnCorrupt::Raise, ..options(verify) };
    match (reader::read(&runs, &raises), expected.damage.first()) {
        (Ok(_), None) => {}
        (Err(error), Some(&(offset, _, kind))) => {
            prop_assert_eq!(error.offset(), Some(offset as u64));
            prop_assert!(matches!(error.kind(), tfevents::ErrorKind::Corrupt(it) if *it == kind));
        }
        (read, damage) => prop_assert!(false, "{read:?} {damage:?}"),
    }
    Ok(())
}

/// The number of cases; set `TFEVENTS_SCAN_CASES` for more.
fn cases() -> u32 {
    std::env::var("TFEVENTS_SCAN_CASES").ok().and_then(|it| it.parse().ok()).unwrap_or(400)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn all_readers_find_what_the_reference_says(
        bytes in bytes(), piece in prop_oneof![Just(usize::MAX), 1..100usize], verify in any::<bool>(),
    ) {
        check(&bytes, piece, if verify { Verify::Crc } else { Verify::None })?;
    }

    #[test]
    fn a_file_that_grows_holds_what_it_holds_read_anew(
        bytes in bytes(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 1..6),
        verify in any::<bool>(),
    ) {
        let verify = if verify { Verify::Crc } else { Verify::None };
        let mut lengths: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        lengths.push(bytes.len());
        lengths.sort_unstable();
        // A file that did not change between two checks counts as whole.
        lengths.dedup();
        let file = File::new(content(&[], usize::MAX));
        let runs = [run_of(&file)];
        let mut log = Log::default();
        let mut follower = Follower::new(verify, OnCorrupt::Skip);
        let mut followed = Vec::new();
        for length in lengths {
            file.write(content(&bytes[..length], usize::MAX));
            let expected = reference(&bytes[..length], verify);
            log.update(&runs, &options(verify)).unwrap();
            prop_assert_eq!(told(log.damage()), damage(&expected));
            prop_assert_eq!(logged(&log), wall_times(&bytes[..length], &expected));
            follower.look(&runs);
            while follower.advance().unwrap() {
                followed.push(follower.event().unwrap().1.to_vec());
            }
        }
        // Events that are held back until more comes are returned when nothing more comes.
        if follower.settle() {
            while follower.advance().unwrap() {
                followed.push(follower.event().unwrap().1.to_vec());
            }
        }
        let expected = reference(&bytes, verify);
        let records: Vec<_> =
            expected.records.iter().map(|&(at, size)| bytes[at..at + size].to_vec()).collect();
        prop_assert_eq!(followed, records);
        let all: Vec<Damage> =
            follower.damage().iter().chain(follower.open_damage()).cloned().collect();
        prop_assert_eq!(told(&all), damage(&expected));
    }
}

#[test]
fn a_repaired_file_holds_the_good_records() {
    let directory = tempfile::tempdir().unwrap();
    let (path, output) = (directory.path().join("in"), directory.path().join("out"));
    let (mut bytes, mut time) = (Vec::new(), 0.0);
    for part in [Part::Version, Part::Scalar, Part::Around(vec![Part::Scalar]), Part::Scalar] {
        part.write(&mut bytes, &mut time);
    }
    let good = bytes.clone();
    let third = reference(&good, Verify::Crc).records[2];
    bytes[third.0 + 20] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    let report = repair::repair(&path, &output).unwrap();
    assert_eq!((report.records, report.damage.len()), (3, 1));
    let expected = [&good[..third.0], &good[third.0 + third.1..]].concat();
    assert_eq!(std::fs::read(&output).unwrap(), expected);
    let names: Vec<PathBuf> =
        std::fs::read_dir(directory.path()).unwrap().map(|it| it.unwrap().path()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(repair::repair(&path, &output).is_err());
}

/// Bad records, one after the other, and wrong headers cost no more than their bytes.
#[test]
fn no_file_takes_more_than_linear_work() {
    let mut zero = Vec::new();
    Part::Header(0).write(&mut zero, &mut 0.0);
    zero.extend(b"\xde\xad\xbe\xef");
    let mut far = Vec::new();
    Part::Header(400_000).write(&mut far, &mut 0.0);
    // Each lies within the one before.
    let mut nested = Vec::new();
    let depth = 4000;
    for level in 0..depth {
        Part::Header((OVERHEAD * (depth - level)) as u64).write(&mut nested, &mut 0.0);
    }
    nested.extend([1; 4].repeat(depth));
    for bytes in [zero.repeat(30_000), far.repeat(40_000), nested] {
        let file = File::new(content(&bytes, usize::MAX));
        let before = memory::bytes_read();
        let records = iterated(&file, Verify::Crc);
        let used = memory::bytes_read() - before;
        assert!(records.records.is_empty());
        assert!(used < 8 * bytes.len() as u64, "{used} bytes read of {}", bytes.len());
    }
}
