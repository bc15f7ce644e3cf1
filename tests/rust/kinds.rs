//! Values of every kind: in memory and in files, small and large, selected and damaged.
#![allow(missing_docs)]

#[path = "cases.rs"]
mod cases;
#[path = "messages.rs"]
mod messages;

use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use cases::cases;
use messages::{event, message, metadata};
use proptest::prelude::*;
use tfevents::columns::{Blob, KindSet, Selection, Series, Values};
use tfevents::proto::Kind;
use tfevents::proto::{Data, SessionLog, SummaryValue};
use tfevents::reader::{self, Log, Options};
use tfevents::record::{self, Verify};
use tfevents::scan::OnCorrupt;
use tfevents::wire::encode;
use tfevents::{Corruption, ErrorKind, logdir};

/// The content of an event.
#[derive(Debug, Clone)]
enum Content {
    Scalar(f32),
    Histogram(Vec<f64>),
    /// An image or a sound with this number of bytes.
    Image(usize),
    Audio(usize),
    Text(String),
    /// A tensor with this number of bytes, with or without a plugin. The metadata come before or
    /// after it.
    Tensor(usize, &'static str, bool),
    /// Strings for a plugin.
    Strings(Vec<usize>, &'static str),
    Graph(usize),
    RunMetadata(usize),
    Session(u64),
}

const PLUGINS: [&str; 7] =
    ["", "pr_curves", "mesh", "images", "audio", "custom_scalars", "somebody's"];

fn size() -> impl Strategy<Value = usize> {
    // Values in memory, in the file, above the limit for skipping, and larger than the buffer.
    prop_oneof![8 => 0..300usize, 4 => 4000..5000usize, 2 => 30_000..80_000usize,
        1 => 250_000..300_000usize]
}

fn content() -> impl Strategy<Value = Content> {
    let plugin = (0..PLUGINS.len()).prop_map(|index| PLUGINS[index]);
    prop_oneof![
        2 => any::<f32>().prop_map(Content::Scalar),
        2 => prop::collection::vec(any::<f64>(), 0..9).prop_map(Content::Histogram),
        4 => size().prop_map(Content::Image),
        2 => size().prop_map(Content::Audio),
        1 => "\\PC{0,9}".prop_map(Content::Text),
        6 => (size(), plugin.clone(), any::<bool>()).prop_map(|(size, plugin, first)| {
            Content::Tensor(size, plugin, first)
        }),
        2 => (prop::collection::vec(size(), 0..4), plugin).prop_map(|(sizes, plugin)| {
            Content::Strings(sizes, plugin)
        }),
        1 => size().prop_map(Content::Graph),
        1 => size().prop_map(Content::RunMetadata),
        1 => (0..4u64).prop_map(Content::Session),
    ]
}

fn bytes(size: usize) -> Vec<u8> {
    (0..size).map(|i| (i * 7 + i / 256) as u8).collect()
}

/// The member of an event's value, or of its content.
fn kind(content: &Content) -> Kind {
    match content {
        Content::Scalar(_) => Kind::Scalar,
        Content::Histogram(_) => Kind::Histogram,
        Content::Image(_) => Kind::Image,
        Content::Audio(_) => Kind::Audio,
        Content::Text(_) => Kind::Text,
        Content::Tensor(_, "mesh", _) => Kind::Mesh,
        Content::Strings(_, "images") => Kind::Image,
        Content::Strings(_, "audio") => Kind::Audio,
        Content::Strings(_, "custom_scalars") => Kind::CustomScalars,
        // Numbers are not pictures, sounds or layouts, and PR curves have two dimensions.
        Content::Tensor(..) | Content::Strings(..) => Kind::Tensor,
        Content::Graph(_) => Kind::Graph,
        Content::RunMetadata(_) => Kind::RunMetadata,
        Content::Session(_) => Kind::SessionLog,
    }
}

fn tag(content: &Content, which: u8) -> String {
    match content {
        Content::Tensor(_, plugin, _) | Content::Strings(_, plugin) => format!("{plugin} {which}"),
        other => format!("{:.3}{which}", format!("{other:?}")),
    }
}

fn value(content: &Content, tag: &str) -> Vec<u8> {
    let media = |out: &mut Vec<u8>, field, size| {
        let media = message(|out| {
            encode::varint_field(out, 2, 3);
            encode::bytes_field(out, 4, &bytes(size));
        });
        encode::bytes_field(out, field, &media);
    };
    let tensor = |out: &mut Vec<u8>, dtype, size, field, contents: &[Vec<u8>]| {
        let dim = message(|out| encode::varint_field(out, 1, size as u64));
        let shape = message(|out| encode::bytes_field(out, 2, &dim));
        let tensor = message(|out| {
            encode::varint_field(out, 1, dtype);
            encode::bytes_field(out, 2, &shape);
            contents.iter().for_each(|content| encode::bytes_field(out, field, content));
        });
        encode::bytes_field(out, 8, &tensor);
    };
    message(|out| {
        encode::bytes_field(out, 1, tag.as_bytes());
        match content {
            Content::Scalar(value) => encode::float_field(out, 2, *value),
            Content::Histogram(limits) => {
                let packed: Vec<u8> = limits.iter().flat_map(|limit| limit.to_le_bytes()).collect();
                let histogram = message(|out| {
                    encode::double_field(out, 1, 0.5);
                    encode::bytes_field(out, 6, &packed);
                    encode::bytes_field(out, 7, &packed);
                });
                encode::bytes_field(out, 5, &histogram);
            }
            Content::Image(size) => media(out, 4, *size),
            Content::Audio(size) => media(out, 6, *size),
            Content::Text(text) => {
                tensor(out, 7, 1, 8, &[text.as_bytes().to_vec()]);
                encode::bytes_field(out, 9, &metadata("text"));
            }
            Content::Tensor(size, plugin, metadata_first) => {
                if *metadata_first {
                    encode::bytes_field(out, 9, &metadata(plugin));
                }
                tensor(out, 4, *size, 4, &[bytes(*size)]);
                if !metadata_first {
                    encode::bytes_field(out, 9, &metadata(plugin));
                }
            }
            Content::Strings(sizes, plugin) => {
                let strings: Vec<_> = sizes.iter().map(|&size| bytes(size)).collect();
                tensor(out, 7, sizes.len(), 8, &strings);
                encode::bytes_field(out, 9, &metadata(plugin));
            }
            Content::Graph(_) | Content::RunMetadata(_) | Content::Session(_) => {}
        }
    })
}

fn payload(content: &Content, which: u8, step: i64) -> Vec<u8> {
    let other = |field, content: &[u8]| {
        message(|out| {
            encode::double_field(out, 1, 2.5);
            encode::varint_field(out, 2, step as u64);
            encode::bytes_field(out, field, content);
        })
    };
    match content {
        Content::Graph(size) => other(4, &bytes(*size)),
        Content::RunMetadata(size) => other(
            8,
            &message(|out| {
                encode::bytes_field(out, 1, &[b'a' + which]);
                encode::bytes_field(out, 2, &bytes(*size));
            }),
        ),
        Content::Session(status) => other(7, &message(|out| encode::varint_field(out, 1, *status))),
        _ => event(step, 1.5, &[value(content, &tag(content, which))]),
    }
}

type Written = Vec<(Content, u8, i64)>;

fn events() -> impl Strategy<Value = Written> {
    prop::collection::vec((content(), 0..3u8, -5..50i64), 0..20)
}

fn file(events: &Written) -> Vec<u8> {
    let mut out = Vec::new();
    for (content, which, step) in events {
        record::frame(&mut out, &payload(content, *which, *step));
    }
    out
}

fn read_with(directory: &Path, options: &Options<'_>) -> tfevents::Result<Log> {
    let options = Options { threads: NonZeroUsize::new(1), ..*options };
    reader::read(&logdir::find(directory)?, &options)
}

/// A directory with a file of these bytes.
fn written(bytes: &[u8]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("events.out.tfevents.1"), bytes).unwrap();
    directory
}

/// The bytes of a value, wherever they are.
fn blob(log: &Log, series: &Series, index: usize) -> tfevents::Result<Vec<u8>> {
    let Values::Blobs(blobs) = &series.values else { panic!("{series:?}") };
    match blobs.get(index).unwrap() {
        Blob::Here(bytes) => Ok(bytes.to_vec()),
        Blob::There(place) => place.read(log.runs()[0].paths().nth(place.file()).unwrap()),
    }
}

fn series(log: &Log) -> Vec<Arc<Series>> {
    let run = &log.runs()[0];
    let count = run.tags().len() + run.events().len();
    (0..count).map(|index| run.series(index).unwrap()).collect()
}

/// Everything in a log, except where it is kept.
fn all(log: &Log) -> Vec<(String, Kind, Vec<String>)> {
    series(log)
        .iter()
        .map(|series| {
            let values = (0..series.len()).map(|index| match &series.values {
                Values::None => format!(
                    "{} {} {:?}",
                    series.points.steps()[index],
                    series.points.wall_times()[index],
                    series.points.values()[index]
                ),
                Values::Texts(texts) => format!("{} {:?}", texts.steps[index], texts.values[index]),
                Values::Histograms(it) => {
                    let start = index.checked_sub(1).map_or(0, |before| it.ends()[before]);
                    let buckets = &it.limits()[start..it.ends()[index]];
                    format!("{} {:?} {buckets:?}", it.steps()[index], it.min()[index])
                }
                Values::Blobs(blobs) => format!(
                    "{} {} {:x?}",
                    blobs.steps[index],
                    blobs.wall_times[index],
                    tfevents::crc32c::checksum(&blob(log, series, index).unwrap())
                ),
            });
            (series.tag.to_string(), series.kind, values.collect())
        })
        .collect()
}

/// Decodes everything in a log. It must not panic.
fn decode_all(log: &Log) {
    for series in series(log) {
        let Values::Blobs(blobs) = &series.values else { continue };
        for index in 0..blobs.len() {
            let bytes = blob(log, &series, index).unwrap();
            if series.kind == Kind::SessionLog {
                assert!(SessionLog::from_raw(&bytes).is_ok());
            }
            let Ok(value) = SummaryValue::from_raw(&bytes) else { continue };
            if let Data::Tensor(tensor) = &value.data {
                let _ = tensor.array();
            }
        }
    }
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn every_value_is_there(events in events()) {
        let directory = written(&file(&events));
        let log = read_with(directory.path(), &Options::default()).unwrap();
        let found: usize = series(&log).iter().map(|series| series.len()).sum();
        prop_assert_eq!(found, events.len());
        for series in series(&log) {
            let of_kind = events.iter().filter(|(content, ..)| series.kind == kind(content));
            prop_assert!(series.len() <= of_kind.count());
            let Values::Blobs(blobs) = &series.values else { continue };
            for index in 0..blobs.len() {
                let raw = blob(&log, &series, index).unwrap();
                let of_it = events.iter().filter(|(content, which, _)| {
                    *series.tag == *tag(content, *which) && series.kind == kind(content)
                });
                let Some((content, which, step)) = of_it.clone().nth(index) else { continue };
                prop_assert_eq!(blobs.steps[index], *step);
                let expected = value(content, &tag(content, *which));
                prop_assert_eq!(raw, message(|out| encode::bytes_field(out, 1, &expected)));
            }
        }
    }

    #[test]
    fn what_is_stepped_over_is_what_is_read(events in events()) {
        let directory = written(&file(&events));
        let log = read_with(directory.path(), &Options::default()).unwrap();
        let skipped = Options { verify: Verify::None, ..Options::default() };
        prop_assert_eq!(all(&read_with(directory.path(), &skipped).unwrap()), all(&log));
    }

    #[test]
    fn a_selection_is_a_part_of_everything(
        events in events(),
        bits in any::<u16>(),
        steps in (-6..50i64, -6..50i64),
        digit in prop::option::of(0..3u8),
        verify in prop_oneof![Just(Verify::Crc), Just(Verify::None)],
    ) {
        let directory = written(&file(&events));
        let everything = read_with(directory.path(), &Options::default()).unwrap();
        let chosen = |kind: &Kind| bits >> *kind as u16 & 1 == 1;
        let wants = |tag: &str| digit.is_none_or(|digit| tag.ends_with(&digit.to_string()));
        let selection = Selection {
            tags: Some(&wants),
            kinds: Kind::ALL.into_iter().filter(chosen).collect::<KindSet>(),
            steps,
        };
        let options = Options { selection, verify, ..Options::default() };
        let found = all(&read_with(directory.path(), &options).unwrap());
        let is_tagged =
            |kind| !matches!(kind, Kind::Graph | Kind::RunMetadata | Kind::SessionLog);
        let expected: Vec<_> = all(&everything)
            .into_iter()
            .filter(|(tag, kind, _)| chosen(kind) && (!is_tagged(*kind) || wants(tag)))
            .map(|(tag, kind, mut values)| {
                values.retain(|value| {
                    let step: i64 = value.split(' ').next().unwrap().parse().unwrap();
                    !is_tagged(kind) || (steps.0..=steps.1).contains(&step)
                });
                (tag, kind, values)
            })
            .collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn any_changed_bytes_are_data_or_a_clean_error(
        events in events(),
        changes in prop::collection::vec(
            (any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>()), 1..6
        ),
        verify in prop_oneof![Just(Verify::Crc), Just(Verify::None)],
    ) {
        let mut payloads: Vec<_> =
            events.iter().map(|(content, which, step)| payload(content, *which, *step)).collect();
        for (record, at, byte) in changes {
            if payloads.is_empty() {
                continue;
            }
            let record = record.index(payloads.len());
            let payload = &mut payloads[record];
            // Most of the bytes that matter are the first ones.
            let at = at.index(payload.len().min(60));
            payload[at] = byte;
        }
        // One event is good, since a file without events is not an event file.
        let mut bytes = Vec::new();
        tfevents::summary::file_version(&mut bytes, 0.0, "test");
        record::seal(&mut bytes);
        payloads.iter().for_each(|payload| record::frame(&mut bytes, payload));
        let directory = written(&bytes);
        let skip = Options { on_corrupt: OnCorrupt::Skip, verify, ..Options::default() };
        let log = read_with(directory.path(), &skip).unwrap();
        prop_assert!(log.damage().all(|damage| damage.kind == Corruption::Message));
        decode_all(&log);
    }
}

const MIB: usize = 1 << 20;

/// Two scalars around values that are too large to be kept in memory.
fn large() -> Written {
    vec![
        (Content::Scalar(1.0), 0, 1),
        (Content::Image(5 * MIB), 0, 1),
        (Content::Tensor(6 * MIB, "", false), 0, 2),
        (Content::Strings(vec![3 * MIB, 3 * MIB], "audio"), 0, 3),
        (Content::Graph(5 * MIB), 0, 4),
        (Content::Histogram(vec![0.5; MIB]), 0, 5),
        (Content::Scalar(2.0), 0, 6),
    ]
}

#[test]
fn large_values_stay_in_the_file() {
    let directory = written(&file(&large()));
    for verify in [Verify::Crc, Verify::None] {
        let options = Options { verify, ..Options::default() };
        let log = read_with(directory.path(), &options).unwrap();
        let found: usize = series(&log).iter().map(|series| series.len()).sum();
        assert_eq!(found, large().len());
        let graph = series(&log).into_iter().find(|it| it.kind == Kind::Graph).unwrap();
        assert_eq!(blob(&log, &graph, 0).unwrap(), bytes(5 * MIB));
        let kinds: Vec<_> = series(&log).iter().map(|it| it.kind).collect();
        let tagged = [Kind::Scalar, Kind::Image, Kind::Tensor, Kind::Audio, Kind::Histogram];
        assert_eq!(kinds, [&tagged[..], &[Kind::Graph]].concat());
        decode_all(&log);
    }
}

#[test]
fn damage_in_a_large_record_costs_it_alone() {
    let mut bytes = file(&large());
    let middle = 2 * MIB;
    bytes[middle] ^= 1;
    let directory = written(&bytes);
    let options = Options { on_corrupt: OnCorrupt::Skip, ..Options::default() };
    let log = read_with(directory.path(), &options).unwrap();
    let damage: Vec<_> = log.damage().collect();
    assert_eq!(damage.len(), 1);
    assert_eq!(damage[0].kind, Corruption::DataChecksum);
    assert!(damage[0].length > 5 * MIB as u64);
    let found: usize = series(&log).iter().map(|series| series.len()).sum();
    assert_eq!(found, large().len() - 1);
    let error = read_with(directory.path(), &Options::default()).unwrap_err();
    assert_eq!((error.offset(), error.record()), (Some(damage[0].offset), Some(1)));
}

#[test]
fn a_large_record_that_is_cut_short_is_not_written_yet() {
    let bytes = file(&large());
    let directory = written(&bytes[..3 * MIB]);
    for verify in [Verify::Crc, Verify::None] {
        let options = Options { verify, ..Options::default() };
        let log = read_with(directory.path(), &options).unwrap();
        assert_eq!(series(&log).len(), 1);
    }
}

#[test]
fn a_file_that_was_changed_is_noticed() {
    for (size, verify) in [(5000, Verify::Crc), (5 * MIB, Verify::Crc), (5 * MIB, Verify::None)] {
        let original = file(&vec![(Content::Image(size), 0, 1)]);
        let directory = written(&original);
        let path = directory.path().join("events.out.tfevents.1");
        let options = Options { verify, ..Options::default() };
        let log = read_with(directory.path(), &options).unwrap();
        let image = &series(&log)[0];
        assert!(blob(&log, image, 0).is_ok());
        let mut changed = original.clone();
        changed[600] ^= 1;
        for bytes in [&changed[..], &original[..original.len() / 2], &[]] {
            fs::write(&path, bytes).unwrap();
            let error = blob(&log, image, 0).unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Changed), "{error}");
            assert_eq!(error.path(), Some(&*path));
        }
        fs::remove_file(&path).unwrap();
        assert!(matches!(blob(&log, image, 0).unwrap_err().kind(), ErrorKind::Io(_)));
        // While the file goes on, it may grow.
        fs::write(&path, [&original[..], b"more"].concat()).unwrap();
        assert!(blob(&log, image, 0).is_ok());
    }
}

// Windows has no `mkfifo`.
#[test]
#[cfg(unix)]
fn what_comes_through_a_pipe_is_kept() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("pipe.tfevents");
    let status = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(status.success());
    let bytes = file(&large());
    let writer = {
        let (path, bytes) = (path.clone(), bytes.clone());
        std::thread::spawn(move || fs::write(path, bytes).unwrap())
    };
    let runs = logdir::find(&path).unwrap();
    let log = reader::read(&runs, &Options::default()).unwrap();
    writer.join().unwrap();
    let expected = written(&bytes);
    assert_eq!(all(&log), all(&read_with(expected.path(), &Options::default()).unwrap()));
}
