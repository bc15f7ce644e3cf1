//! The reader as its users see it: files on a disk, whole, cut short and damaged.
#![allow(missing_docs)]

#[path = "cases.rs"]
mod cases;
#[path = "messages.rs"]
mod messages;

use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use cases::cases;
use messages::{event, message, metadata};
use proptest::prelude::*;
use tfevents::columns::{Text, Values};
use tfevents::logdir;
use tfevents::proto::Kind;
use tfevents::reader::{self, Log, Options};
use tfevents::record::{self, Verify};
use tfevents::scan::{Damage, OnCorrupt};
use tfevents::wire::encode;
use tfevents::{Corruption, ErrorKind};

/// How a scalar is stored.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Style {
    Simple,
    /// A tensor with typed values, as torch's new style.
    Typed,
    /// A tensor with content, as TensorFlow 2 writes it.
    Content,
    /// A double.
    Double,
}

#[derive(Debug, Clone, PartialEq)]
struct Point {
    tag: String,
    step: i64,
    wall_time: f64,
    value: f32,
    style: Style,
}

fn value(point: &Point) -> Vec<u8> {
    let tensor = message(|out| {
        encode::varint_field(out, 1, if point.style == Style::Double { 2 } else { 1 });
        match point.style {
            Style::Simple => {}
            Style::Typed => encode::bytes_field(out, 5, &point.value.to_le_bytes()),
            Style::Content => {
                encode::bytes_field(out, 2, b"");
                encode::bytes_field(out, 4, &point.value.to_le_bytes());
            }
            Style::Double => encode::bytes_field(out, 6, &f64::from(point.value).to_le_bytes()),
        }
    });
    message(|out| {
        encode::bytes_field(out, 1, point.tag.as_bytes());
        if point.style == Style::Simple {
            encode::float_field(out, 2, point.value);
        } else {
            encode::bytes_field(out, 8, &tensor);
            encode::bytes_field(out, 9, &metadata("scalars"));
        }
    })
}

fn text(tag: &str, texts: &[&str]) -> Vec<u8> {
    let dim = message(|out| encode::varint_field(out, 1, texts.len() as u64));
    let shape = message(|out| encode::bytes_field(out, 2, &dim));
    let tensor = message(|out| {
        encode::varint_field(out, 1, 7);
        encode::bytes_field(out, 2, &shape);
        texts.iter().for_each(|text| encode::bytes_field(out, 8, text.as_bytes()));
    });
    message(|out| {
        encode::bytes_field(out, 1, tag.as_bytes());
        encode::bytes_field(out, 8, &tensor);
        encode::bytes_field(out, 9, &metadata("text"));
    })
}

/// A file with one event for each point, and the offsets of its records.
fn file(points: &[Point]) -> (Vec<u8>, Vec<usize>) {
    let mut out = Vec::new();
    let mut starts = vec![0];
    let version = message(|out| {
        encode::double_field(out, 1, 1.5e9);
        encode::bytes_field(out, 3, b"brain.Event:2");
    });
    record::frame(&mut out, &version);
    for point in points {
        starts.push(out.len());
        record::frame(&mut out, &event(point.step, point.wall_time, &[value(point)]));
    }
    starts.push(out.len());
    (out, starts)
}

fn read_with(path: &Path, on_corrupt: OnCorrupt) -> tfevents::Result<Log> {
    let options = Options { on_corrupt, threads: NonZeroUsize::new(1), ..Options::default() };
    reader::read(&logdir::find(path)?, &options)
}

fn read_bytes(bytes: &[u8], on_corrupt: OnCorrupt) -> tfevents::Result<Log> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("events.out.tfevents.1");
    fs::write(&path, bytes).unwrap();
    read_with(&path, on_corrupt)
}

/// The bits of the step, wall time and value.
type Row = (i64, u64, u64);

/// The points of each tag, in the order in which the tags came.
fn rows(log: &Log) -> Vec<(String, Vec<Row>)> {
    let series =
        log.runs().iter().flat_map(|run| (0..run.tags().len()).filter_map(|tag| run.series(tag)));
    series
        .map(|series| {
            let points = &series.points;
            let rows = points.steps().iter().zip(points.wall_times()).zip(points.values());
            let rows = rows.map(|((step, time), value)| (*step, time.to_bits(), value.to_bits()));
            (series.tag.to_string(), rows.collect())
        })
        .collect()
}

fn expected(points: &[Point]) -> Vec<(String, Vec<Row>)> {
    let mut out: Vec<(String, Vec<Row>)> = Vec::new();
    for point in points {
        let row = (point.step, point.wall_time.to_bits(), f64::from(point.value).to_bits());
        match out.iter_mut().find(|(tag, _)| *tag == point.tag) {
            Some((_, rows)) => rows.push(row),
            None => out.push((point.tag.clone(), vec![row])),
        }
    }
    out
}

fn point() -> impl Strategy<Value = Point> {
    let tag = prop_oneof![
        3 => "[abc]",
        2 => "loss/[a-d]{1,12}",
        1 => "\\PC{0,40}",
        1 => "x{100,300}",
    ];
    let style = prop_oneof![
        4 => Just(Style::Simple),
        1 => Just(Style::Typed),
        1 => Just(Style::Content),
        1 => Just(Style::Double),
    ];
    let step = prop_oneof![3 => 0..300i64, 1 => any::<i64>()];
    // The payload of a NaN may change when it is widened. Another test checks its place.
    let value = prop::num::f32::ANY.prop_filter("a number", |value| !value.is_nan());
    (tag, step, any::<f64>(), value, style).prop_map(|(tag, step, wall_time, value, style)| Point {
        tag,
        step,
        wall_time,
        value,
        style,
    })
}

fn points() -> impl Strategy<Value = Vec<Point>> {
    prop::collection::vec(point(), 0..60)
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn what_was_written_is_read(points in points()) {
        let log = read_bytes(&file(&points).0, OnCorrupt::Raise).unwrap();
        prop_assert_eq!(rows(&log), expected(&points));
    }

    #[test]
    fn many_values_an_event(points in points(), size in 1..8usize) {
        let mut bytes = Vec::new();
        let mut flat = Vec::new();
        for chunk in points.chunks(size) {
            let (step, wall_time) = (chunk[0].step, chunk[0].wall_time);
            let values: Vec<_> = chunk.iter().map(value).collect();
            record::frame(&mut bytes, &event(step, wall_time, &values));
            flat.extend(chunk.iter().map(|point| Point { step, wall_time, ..point.clone() }));
        }
        let log = read_bytes(&bytes, OnCorrupt::Raise).unwrap();
        prop_assert_eq!(rows(&log), expected(&flat));
    }

    #[test]
    fn a_cut_gives_a_prefix(points in points(), cut: prop::sample::Index) {
        let (bytes, starts) = file(&points);
        let cut = cut.index(bytes.len() + 1);
        let whole = starts.iter().skip(2).filter(|&&end| end <= cut).count();
        let log = read_bytes(&bytes[..cut], OnCorrupt::Raise).unwrap();
        prop_assert_eq!(rows(&log), expected(&points[..whole]));
    }

    #[test]
    fn a_flipped_byte_costs_one_record(
        points in points(), at: prop::sample::Index, flip in 1..=255u8, cut in 0..30usize,
    ) {
        let (mut bytes, starts) = file(&points);
        // With or without an unfinished record at the end.
        let whole = bytes.len();
        let at = at.index(whole);
        bytes.extend_from_within(..cut.min(whole));
        bytes[at] ^= flip;
        let hit = starts.iter().rposition(|&start| start <= at).unwrap();
        let mut rest = points.clone();
        if hit > 0 {
            rest.remove(hit - 1);
        }
        let log = read_bytes(&bytes, OnCorrupt::Skip).unwrap();
        prop_assert_eq!(rows(&log), expected(&rest));
        prop_assert_eq!(log.damage().count(), 1);
        prop_assert_eq!(log.damage().next().unwrap().offset, starts[hit] as u64);

        let error = read_bytes(&bytes, OnCorrupt::Raise).unwrap_err();
        prop_assert_eq!(error.offset(), Some(starts[hit] as u64));
        prop_assert_eq!(error.record(), Some(hit as u64));
    }

    #[test]
    fn any_bytes_are_data_or_a_clean_error(
        bytes in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        let _ = read_bytes(&bytes, OnCorrupt::Raise);
        let log = read_bytes(&bytes, OnCorrupt::Skip).unwrap();
        let lost: u64 = log.damage().map(|damage| damage.length).sum();
        prop_assert!(lost <= bytes.len() as u64);
    }

    #[test]
    fn any_payload_is_data_or_a_clean_error(
        payloads in prop::collection::vec(payload(), 0..20),
    ) {
        // One event is good, since a file without events is not an event file.
        let mut bytes = file(&[]).0;
        payloads.iter().for_each(|payload| record::frame(&mut bytes, payload));
        let _ = read_bytes(&bytes, OnCorrupt::Raise);
        let log = read_bytes(&bytes, OnCorrupt::Skip).unwrap();
        for damage in log.damage() {
            prop_assert_eq!(damage.kind, Corruption::Message);
        }
    }
}

/// An event with some changed bytes.
fn payload() -> impl Strategy<Value = Vec<u8>> {
    let changes = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3);
    (point(), changes).prop_map(|(point, changes)| {
        let mut payload = event(point.step, point.wall_time, &[value(&point)]);
        for (at, byte) in changes {
            let at = at.index(payload.len());
            payload[at] = byte;
        }
        payload
    })
}

fn simple(tag: &str, step: i64, value: f32) -> Point {
    Point { tag: tag.to_owned(), step, wall_time: 1.0, value, style: Style::Simple }
}

/// Files that are large enough for the arena. Their tags do not continue at the rate of the
/// beginning.
#[test]
fn large_files_of_uneven_tags() {
    let mut points = Vec::new();
    for i in 0..300_000i64 {
        let tag = match i {
            0..40_000 => format!("early/{}", i % 7),
            40_000..200_000 => "late".to_owned(),
            _ if i % 2 == 0 => format!("rare/{}", i % 1000),
            _ => format!("early/{}", i % 3),
        };
        points.push(simple(&tag, i, i as f32));
    }
    let (bytes, _) = file(&points);
    let log = read_bytes(&bytes, OnCorrupt::Raise).unwrap();
    let mut tags: Vec<_> = rows(&log).into_iter().collect();
    tags.sort();
    let total: usize = tags.iter().map(|(_, rows)| rows.len()).sum();
    assert_eq!(total, points.len());
    for (tag, rows) in &tags {
        assert!(rows.is_sorted_by_key(|row| row.0), "{tag}");
    }
    let late = tags.iter().find(|(tag, _)| tag == "late").unwrap();
    assert_eq!(late.1.iter().map(|row| row.0).collect::<Vec<_>>(), Vec::from_iter(40_000..200_000));
}

/// Events with values of these sizes, in bytes.
fn sized(sizes: &[usize]) -> Vec<u8> {
    let mut out = Vec::new();
    for (step, &size) in sizes.iter().enumerate() {
        let image = message(|out| {
            encode::bytes_field(out, 1, b"image");
            encode::bytes_field(
                out,
                4,
                &message(|out| encode::bytes_field(out, 4, &vec![7; size])),
            );
        });
        let loss = value(&simple("loss", 0, step as f32));
        record::frame(&mut out, &event(step as i64, 0.0, &[image, loss]));
    }
    out
}

proptest! {
    #![proptest_config(cases(16))]

    /// Files that are whole, cut short and damaged.
    #[test]
    fn what_is_read_ahead_is_what_is_read(
        sizes in prop::collection::vec(
            prop_oneof![40 => 0usize..2_000, 4 => 100_000usize..600_000, 1 => 3_000_000usize..5_000_000],
            1..100,
        ),
        damage in prop::collection::vec(any::<prop::sample::Index>(), 0..3),
        cut in 0usize..1000,
        verify in prop_oneof![Just(Verify::Crc), Just(Verify::None)],
    ) {
        let some = sized(&sizes);
        let mut bytes = some.repeat((6 << 20) / some.len() + 1);
        for at in damage {
            let at = at.index(bytes.len());
            bytes[at] ^= 1;
        }
        bytes.truncate(bytes.len() - cut);
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("events.out.tfevents.1");
        fs::write(&path, bytes).unwrap();
        let runs = logdir::find(&path).unwrap();
        let [alone, ahead] = [1, 2].map(|threads| {
            let threads = NonZeroUsize::new(threads);
            let options =
                Options { verify, on_corrupt: OnCorrupt::Skip, threads, ..Options::default() };
            reader::read(&runs, &options).unwrap()
        });
        prop_assert_eq!(rows(&ahead), rows(&alone));
        prop_assert_eq!(
            ahead.damage().collect::<Vec<_>>(),
            alone.damage().collect::<Vec<_>>()
        );
        let counts = [&ahead, &alone].map(|log| {
            let run = &log.runs()[0];
            (0..run.tags().len()).map(|tag| run.count(tag)).collect::<Vec<_>>()
        });
        prop_assert_eq!(&counts[0], &counts[1]);
    }
}

fn write(directory: &Path, name: &str, points: &[Point]) -> PathBuf {
    let path = directory.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, file(points).0).unwrap();
    path
}

#[test]
fn files_of_a_run_follow_each_other_whatever_the_threads() {
    let directory = tempfile::tempdir().unwrap();
    for part in 0..5 {
        let points: Vec<_> = (0..50).map(|i| simple("loss", part * 50 + i, 0.5)).collect();
        write(directory.path(), &format!("run/events.out.tfevents.{part}"), &points);
    }
    let runs = logdir::find(directory.path()).unwrap();
    for threads in [1, 2, 16] {
        let options = Options { threads: NonZeroUsize::new(threads), ..Options::default() };
        let log = reader::read(&runs, &options).unwrap();
        assert_eq!(log.runs()[0].name(), Path::new("run"));
        assert_eq!(log.runs()[0].series(0).unwrap().points.steps(), Vec::from_iter(0..250));
    }
}

#[test]
fn each_value_is_what_it_says_or_else_what_its_tag_said_first() {
    let directory = tempfile::tempdir().unwrap();
    let bare = || {
        message(|out| {
            encode::bytes_field(out, 1, b"x");
            encode::bytes_field(out, 8, b"\x08\x01\x2a\x04\x00\x00\x80\x3f");
        })
    };
    let scalar = || value(&Point { style: Style::Content, ..simple("x", 0, 2.0) });
    let text = || text("x", &["hi"]);
    let read = |files: &[&[Vec<u8>]]| {
        let directory = directory.path();
        for (file, values) in files.iter().enumerate() {
            let mut bytes = Vec::new();
            for value in *values {
                record::frame(&mut bytes, &event(0, 0.0, std::slice::from_ref(value)));
            }
            fs::write(directory.join(format!("{file}.tfevents")), bytes).unwrap();
        }
        let log = read_with(directory, OnCorrupt::Raise).unwrap();
        let run = &log.runs()[0];
        let found = (0..run.tags().len()).map(|index| {
            let series = run.series(index).unwrap();
            (series.kind, series.points.values().to_vec(), series.values.len())
        });
        found.collect::<Vec<_>>()
    };
    use Kind::{Scalar, Tensor, Text};
    // Metadata apply to later values without metadata, in the same file and in others.
    assert_eq!(read(&[&[scalar(), bare()], &[bare()]]), [(Scalar, vec![2.0, 1.0, 1.0], 0)]);
    assert_eq!(read(&[&[scalar()], &[bare()]]), [(Scalar, vec![2.0, 1.0], 0)]);
    // They do not change earlier values.
    assert_eq!(read(&[&[bare()], &[scalar()]]), [(Tensor, vec![], 1), (Scalar, vec![2.0], 0)]);
    assert_eq!(read(&[&[bare(), scalar()], &[]]), [(Tensor, vec![], 1), (Scalar, vec![2.0], 0)]);
    // One tag has metadata of several kinds.
    assert_eq!(read(&[&[text()], &[scalar()]]), [(Text, vec![], 1), (Scalar, vec![2.0], 0)]);
    // The first metadata of the run count, not those of the file. Values that do not fit them are
    // tensors.
    assert_eq!(
        read(&[&[text()], &[scalar(), bare()]]),
        [(Text, vec![], 1), (Scalar, vec![2.0], 0), (Tensor, vec![], 1)]
    );
    assert_eq!(
        read(&[&[scalar()], &[text(), bare()]]),
        [(Scalar, vec![2.0, 1.0], 0), (Text, vec![], 1)]
    );
}

#[test]
fn texts() {
    let mut bytes = Vec::new();
    for texts in [&["one"][..], &["a", "b"], &[]] {
        record::frame(&mut bytes, &event(3, 1.5, &[text("note/text_summary", texts)]));
    }
    let log = read_bytes(&bytes, OnCorrupt::Raise).unwrap();
    let series = log.runs()[0].series(0).unwrap();
    assert_eq!((&*series.tag, series.kind), ("note/text_summary", Kind::Text));
    let Values::Texts(texts) = &series.values else { panic!("{series:?}") };
    assert_eq!(texts.steps, [3, 3, 3]);
    assert_eq!(texts.wall_times, [1.5; 3]);
    let many = |texts: &[&str]| {
        Text::Many([texts.len()].into(), texts.iter().map(|&text| text.into()).collect())
    };
    assert_eq!(texts.values, [Text::One("one".into(), 1), many(&["a", "b"]), many(&[])]);
}

fn corruption(bytes: &[u8]) -> Option<(Corruption, u64)> {
    let error = read_bytes(bytes, OnCorrupt::Raise).err()?;
    match error.kind() {
        ErrorKind::Corrupt(kind) => Some((*kind, error.offset().unwrap())),
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_damage_has_its_name() {
    let points: Vec<_> = (0..3).map(|i| simple("loss", i, 0.5)).collect();
    let (good, starts) = file(&points);
    let flipped = |at: usize| {
        let mut bad = good.clone();
        bad[at] ^= 0x10;
        bad
    };
    assert_eq!(corruption(&good), None);
    let second = starts[2];
    assert_eq!(corruption(&flipped(second + 1)), Some((Corruption::LengthChecksum, second as u64)));
    assert_eq!(corruption(&flipped(second + 20)), Some((Corruption::DataChecksum, second as u64)));
    // The first header counts as damaged, since records follow it.
    assert_eq!(corruption(&flipped(3)), Some((Corruption::LengthChecksum, 0)));

    let mut bad = good.clone();
    record::frame(&mut bad, b"\x0a\x7f");
    assert_eq!(corruption(&bad), Some((Corruption::Message, good.len() as u64)));

    let foreign = Some((Corruption::NotAnEventFile, 0));
    assert_eq!(corruption(b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x01\0"), foreign);
    assert_eq!(corruption(b"hello world"), foreign);
    assert_eq!(corruption(b""), None);
    let log = read_bytes(b"hello world, I am no event file", OnCorrupt::Skip).unwrap();
    assert_eq!(
        (log.damage().next().unwrap().kind, log.damage().next().unwrap().length),
        (Corruption::NotAnEventFile, 31)
    );
}

#[test]
fn a_length_beyond_any_message_is_damage_and_not_followed() {
    let (good, _) = file(&[simple("loss", 1, 0.5)]);
    let mut bad = good.clone();
    bad.extend(u64::MAX.to_le_bytes());
    bad.extend(tfevents::crc32c::masked(&u64::MAX.to_le_bytes()).to_le_bytes());
    assert_eq!(corruption(&bad), Some((Corruption::Message, good.len() as u64)));
    // A record that the file could still hold is only not written yet.
    let mut cut = good.clone();
    let length = 1_000_000_000u64.to_le_bytes();
    cut.extend(length);
    cut.extend(tfevents::crc32c::masked(&length).to_le_bytes());
    assert_eq!(corruption(&cut), None);
}

#[test]
fn damage_is_stepped_over_however_wide() {
    let points: Vec<_> = (0..1000).map(|i| simple("loss", i, 0.5)).collect();
    let (good, starts) = file(&points);
    // Damage that is wider than the buffer, across many records.
    let mut bad = good[..starts[100]].to_vec();
    bad.extend(std::iter::repeat_n(0xabu8, 700_000));
    bad.extend_from_slice(&good[starts[200]..]);
    let log = read_bytes(&bad, OnCorrupt::Skip).unwrap();
    let steps: Vec<i64> = (0..99).chain(199..1000).collect();
    assert_eq!(log.runs()[0].series(0).unwrap().points.steps(), steps);
    let &[&Damage { offset, length, kind, .. }] = &log.damage().collect::<Vec<_>>()[..] else {
        panic!("{log:?}")
    };
    assert_eq!((offset, length), (starts[100] as u64, 700_000));
    assert_eq!(kind, Corruption::LengthChecksum);

    // A piece is missing from the middle of a record, so the next one is found within its length.
    let torn = [&good[..starts[100] + 30], &good[starts[101]..]].concat();
    let log = read_bytes(&torn, OnCorrupt::Skip).unwrap();
    let steps: Vec<i64> = (0..99).chain(100..1000).collect();
    assert_eq!(log.runs()[0].series(0).unwrap().points.steps(), steps);
}

#[test]
fn records_larger_than_the_buffer() {
    let mut bytes = Vec::new();
    record::frame(&mut bytes, &event(1, 0.0, &[value(&simple("loss", 0, 1.0))]));
    let image = message(|out| {
        encode::bytes_field(out, 1, b"image");
        encode::bytes_field(out, 4, &vec![7; 6 << 20]);
    });
    record::frame(&mut bytes, &event(1, 0.0, &[image]));
    let end = bytes.len();
    record::frame(&mut bytes, &event(2, 0.0, &[value(&simple("loss", 0, 2.0))]));
    let log = read_bytes(&bytes, OnCorrupt::Raise).unwrap();
    assert_eq!(log.runs()[0].series(0).unwrap().points.values(), [1.0, 2.0]);
    assert_eq!(
        (&*log.runs()[0].series(1).unwrap().tag, log.runs()[0].series(1).unwrap().kind),
        ("image", Kind::Image)
    );
    // A bad byte costs only its own record.
    bytes[end - 1000] ^= 1;
    let log = read_bytes(&bytes, OnCorrupt::Skip).unwrap();
    assert_eq!(log.runs()[0].series(0).unwrap().points.values(), [1.0, 2.0]);
    assert_eq!(log.damage().count(), 1);
}

#[test]
fn checksums_of_data_can_be_left_alone() {
    let (mut bytes, starts) = file(&[simple("loss", 1, 0.5), simple("loss", 2, 0.5)]);
    let last = starts[2] - 1;
    bytes[last] ^= 1;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("x");
    fs::write(&path, &bytes).unwrap();
    let runs = logdir::find(&path).unwrap();
    let options = Options { verify: Verify::None, ..Options::default() };
    let log = reader::read(&runs, &options).unwrap();
    assert_eq!(log.runs()[0].series(0).unwrap().points.steps(), [1, 2]);
    assert!(reader::read(&runs, &Options::default()).is_err());
}

#[test]
fn the_error_is_the_first_by_file() {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), "a/tfevents.1", &[simple("loss", 1, 0.5)]);
    for name in ["b/tfevents.1", "c/tfevents.1"] {
        let path = write(directory.path(), name, &[simple("loss", 1, 0.5)]);
        let mut bytes = fs::read(&path).unwrap();
        let end = bytes.len();
        bytes[end - 1] ^= 1;
        fs::write(&path, bytes).unwrap();
    }
    let runs = logdir::find(directory.path()).unwrap();
    for _ in 0..20 {
        let error = reader::read(&runs, &Options::default()).unwrap_err();
        assert_eq!(error.path(), Some(&*directory.path().join("b/tfevents.1")));
    }
    let options = Options { on_corrupt: OnCorrupt::Skip, ..Options::default() };
    let log = reader::read(&runs, &options).unwrap();
    assert_eq!(log.damage().count(), 2);
    let (bytes, starts) = file(&[simple("loss", 1, 0.5)]);
    assert_eq!(log.damage().next().unwrap().length, (bytes.len() - starts[1]) as u64);
}
