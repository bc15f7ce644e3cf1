//! The fuzz targets. Each takes any bytes, and checks what must hold for all bytes.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::memory::{Content, File};
use super::mutate::{self, Random};
use tfevents::columns::{Blob, Restarts, Selection, Series, Values};
use tfevents::logdir::RunFiles;
use tfevents::proto::{
    Data, Event, GraphDef, HparamsPluginData, Kind, Layout, MeshPluginData, Message, Metadata,
    PrCurvePluginData, RunMetadata, SessionLog, SummaryValue, Tensor, What,
};
use tfevents::reader::table::{Batches, Part, pivot};
use tfevents::reader::{Log, Options, read};
use tfevents::record::{self, OVERHEAD, Parsed, Verify};
use tfevents::scan::{Item, Next, OnCorrupt, Records, Tail, repair};
use tfevents::summary::decode_png;
use tfevents::wire::Cursor;
use tfevents::{ErrorKind, graph, summary};

/// A function that takes any bytes.
pub struct Target {
    pub name: &'static str,
    /// The directory of its first inputs.
    pub corpus: &'static str,
    run: fn(&[u8]),
    /// Mutates an input so that parts of it stay valid.
    mutate: fn(&[u8], &mut Random) -> Vec<u8>,
}

/// The payload of a record: an event, or any message of those in it.
pub const MESSAGE: Target =
    Target { name: "message", corpus: "messages", run: message, mutate: mutate::message };
/// Files of a run, read with any options, and tables of them.
pub const FILE: Target =
    Target { name: "file", corpus: "files", run: file, mutate: mutate_choices };
/// A file that grows, read by everything that can follow it.
pub const GROWING: Target =
    Target { name: "growing", corpus: "files", run: growing, mutate: mutate_choices };
/// A file that is damaged, and repaired.
pub const REPAIR: Target =
    Target { name: "repair", corpus: "files", run: repaired, mutate: mutate::file };
/// An ONNX model.
pub const MODEL: Target =
    Target { name: "model", corpus: "models", run: model, mutate: mutate::message };
/// A picture.
pub const PICTURE: Target =
    Target { name: "picture", corpus: "pictures", run: picture, mutate: mutate::png };

impl Target {
    /// Runs the target. A panic means that a check failed.
    pub fn run(&self, data: &[u8]) {
        (self.run)(data);
    }

    /// An input similar to `data`. It is different for each seed.
    pub fn mutate(&self, data: &[u8], seed: u64) -> Vec<u8> {
        (self.mutate)(data, &mut Random::new(seed))
    }
}

/// The number of bytes at the end of a file that choose what is done with the others.
const CHOICES: usize = 4;

fn mutate_choices(data: &[u8], random: &mut Random) -> Vec<u8> {
    let (bytes, choices) = data.split_last_chunk::<CHOICES>().unwrap_or((data, &[0; CHOICES]));
    let (mut out, mut choices) = (mutate::file(bytes, random), *choices);
    if random.below(2) == 0 {
        choices[random.below(CHOICES)] = random.below(256) as u8;
    }
    out.extend(choices);
    out
}

fn message(data: &[u8]) {
    if let Ok(event) = Event::decode(data) {
        check_event(&event);
    }
    if let Ok(value) = SummaryValue::from_raw(data) {
        check_value(&value);
    }
    if let Ok(tensor) = Tensor::from_raw(data) {
        check_tensor(&tensor);
    }
    if let Ok(log) = SessionLog::from_raw(data) {
        assert_eq!(log.raw(), data);
    }
    there_and_back::<HparamsPluginData>(data);
    there_and_back::<Layout>(data);
    there_and_back::<MeshPluginData>(data);
    there_and_back::<PrCurvePluginData>(data);
    there_and_back::<RunMetadata>(data);
    if let Ok(graph) = GraphDef::decode(data) {
        let again = graph.to_bytes();
        assert_eq!(format!("{:?}", GraphDef::decode(&again).unwrap()), format!("{graph:?}"));
    }
    for step in [None, Some(7)] {
        let mut record = Vec::new();
        let written = summary::rewritten_event(&mut record, data, 1.5, step);
        record::seal(&mut record);
        match (written, Event::decode(data)) {
            (Err(_), decoded) => assert!(decoded.is_err()),
            (Ok(()), Err(_)) => {}
            (Ok(()), Ok(before)) => {
                let Parsed::Record(payload) = record::parse(&record, Verify::Crc) else {
                    panic!("no record was written")
                };
                let after = Event::decode(payload).unwrap();
                let before = Event { wall_time: 1.5, step: step.unwrap_or(before.step), ..before };
                assert_eq!(format!("{after:?}"), format!("{before:?}"));
            }
        }
    }
    let mut bytes = Vec::new();
    // The second pass uses what was learned in the first one.
    record::frame(&mut bytes, data);
    record::frame(&mut bytes, data);
    let log = read_file(&bytes, usize::MAX, &Options::default());
    assert_eq!(log.is_some(), is_event(data));
}

/// A decoded message that is encoded again decodes to the same.
fn there_and_back<M: for<'a> Message<'a> + std::fmt::Debug>(data: &[u8]) {
    if let Ok(decoded) = M::decode(data) {
        let again = decoded.to_bytes();
        assert_eq!(format!("{:?}", M::decode(&again).unwrap()), format!("{decoded:?}"));
    }
}

fn is_event(payload: &[u8]) -> bool {
    Event::decode(payload).is_ok_and(|event| match &event.what {
        What::Summary(summary) => summary.values().all(|value| value.is_ok()),
        _ => true,
    })
}

fn check_event(event: &Event<'_>) {
    let mut again = Vec::new();
    event.encode(&mut again);
    assert_eq!(format!("{:?}", Event::decode(&again).unwrap()), format!("{event:?}"));
    if let What::Summary(summary) = &event.what {
        for value in summary.values().map_while(Result::ok) {
            check_value(&value);
        }
    }
}

fn check_value(value: &SummaryValue<'_>) {
    let again = SummaryValue::from_raw(value.raw).unwrap();
    assert_eq!(format!("{again:?}"), format!("{value:?}"));
    let claimed = value.metadata.as_ref().map_or(Kind::Tensor, Kind::claimed_by);
    let _ = Kind::of(&value.data, claimed);
    if let Some(metadata) = &value.metadata {
        let owned: Metadata<'static> = metadata.clone().into_owned();
        assert_eq!(&owned, metadata);
    }
    match &value.data {
        Data::Tensor(tensor) => check_tensor(tensor),
        Data::Histogram(histogram) => {
            let (mut limits, mut counts) = (Vec::new(), Vec::new());
            histogram.buckets(&mut limits, &mut counts);
            assert!(8 * (limits.len() + counts.len()) <= value.raw.len());
        }
        Data::Image(image) => assert!(image.encoded.len() <= value.raw.len()),
        Data::Audio(audio) => assert!(audio.encoded.len() <= value.raw.len()),
        _ => {}
    }
}

fn check_tensor(tensor: &Tensor<'_>) {
    let _ = tensor.array();
    if let Some(text) = tensor.strings() {
        let count = text.strings.len();
        assert!(count == 1 || text.shape.iter().product::<usize>() == count);
    }
    if let Some(number) = tensor.scalar() {
        let _ = number.to_f64();
    }
    let _ = tensor.pictures();
    if let Some(sounds) = tensor.sounds() {
        assert!(sounds.len() <= tensor.raw().len());
    }
}

/// The bytes that choose what is done, and a file of the others. Its checksums are mostly repaired,
/// since by chance they are never right.
fn choices(data: &[u8]) -> ([u8; CHOICES], Vec<u8>) {
    let (bytes, choices) = data.split_last_chunk().unwrap_or((data, &[0; CHOICES]));
    let mut file = bytes.to_vec();
    if choices[0] & 0x80 == 0 {
        record::seal(&mut file);
    }
    (*choices, file)
}

fn restarts(choice: u8) -> Restarts {
    let all = [Restarts::Raw, Restarts::TensorBoard, Restarts::LastWins, Restarts::Latest];
    all[usize::from(choice) % all.len()]
}

/// The number of bytes that come at a time.
fn piece(choice: u8) -> usize {
    if choice & 1 == 0 { usize::MAX } else { 1 << (choice % 13) }
}

fn file(data: &[u8]) {
    let ([how, what, pieces, count], bytes) = choices(data);
    let wants = |tag: &str| tag.len() % 2 == usize::from(what >> 7);
    let selection = match what {
        0 => Selection::default(),
        _ => Selection {
            tags: (what & 0x40 != 0).then_some(&wants),
            kinds: Kind::ALL.into_iter().filter(|&it| it as u8 % 6 != what % 7).collect(),
            steps: if what & 0x20 == 0 { (i64::MIN, i64::MAX) } else { (1, 1000) },
        },
    };
    let options = Options {
        verify: if how & 1 == 0 { Verify::Crc } else { Verify::None },
        on_corrupt: if how & 2 == 0 { OnCorrupt::Skip } else { OnCorrupt::Raise },
        threads: std::num::NonZero::new(1),
        selection,
        restarts: restarts(how >> 2),
        max_points: std::num::NonZero::new(usize::from(pieces >> 5)),
    };
    let files: Vec<File> = (split(&bytes, 1 + usize::from(count % 3)).into_iter())
        .map(|part| File::new(Content { bytes: part.into(), piece: piece(pieces) }))
        .collect();
    let run = run_of(&files);
    match read(&[run], &options) {
        Ok(log) => check_log(&log),
        Err(error) => {
            assert_eq!(options.on_corrupt, OnCorrupt::Raise, "{error}");
            assert!(matches!(error.kind(), ErrorKind::Corrupt(_)), "{error}");
        }
    }
}

/// This number of files with these records.
fn split(bytes: &[u8], count: usize) -> Vec<&[u8]> {
    let (mut parts, mut rest) = (Vec::new(), bytes);
    for left in (2..=count).rev() {
        let mut at = 0;
        while at < rest.len() / left
            && let Parsed::Record(payload) = record::parse(&rest[at..], Verify::None)
        {
            at += payload.len() + OVERHEAD;
        }
        parts.push(&rest[..at]);
        rest = &rest[at..];
    }
    parts.push(rest);
    parts
}

/// The run of these files. None of them may be left out.
fn run_of(files: &[File]) -> RunFiles {
    let files: Vec<_> = files.iter().map(File::path).collect();
    RunFiles { name: "run".into(), given: files.clone(), files }
}

/// The content of a file with these bytes, or none if reading is an error.
fn read_file(bytes: &[u8], piece: usize, options: &Options<'_>) -> Option<Log> {
    let file = File::new(Content { bytes: bytes.into(), piece });
    let run = run_of(std::slice::from_ref(&file));
    let log = read(&[run], &Options { threads: std::num::NonZero::new(1), ..*options }).ok()?;
    check_log(&log);
    Some(log)
}

/// Accesses everything in a log.
fn check_log(log: &Log) {
    let mut parts = Vec::new();
    for run in log.runs() {
        let paths: Vec<&Path> = run.paths().collect();
        for index in 0..run.tags().len() + run.events().len() {
            let series = run.series(index).unwrap();
            check_series(&series, &paths);
            if index < run.tags().len() {
                assert_eq!(run.count(index), series.len());
            }
            if series.kind == Kind::Scalar {
                parts.push(Part { run: 0, tag: parts.len() as i32, series });
            }
        }
    }
    check_tables(&parts);
}

fn check_series(series: &Series, paths: &[&Path]) {
    let points = &series.points;
    assert!(points.steps().len() == points.values().len());
    assert!(points.steps().len() == points.wall_times().len());
    assert_eq!(series.steps().len(), series.len());
    let values = &series.values;
    assert!(values.is_empty() || series.kind != Kind::Scalar);
    assert_eq!(values.steps().len(), values.wall_times().len());
    match values {
        Values::None => {}
        Values::Texts(texts) => assert_eq!(texts.steps.len(), texts.values.len()),
        Values::Histograms(it) => {
            assert!(it.ends().is_sorted());
            assert_eq!(it.ends().last().copied().unwrap_or(0), it.limits().len());
            assert_eq!(it.counts().len(), it.limits().len());
            for column in [it.min(), it.max(), it.num(), it.sum(), it.sum_squares()] {
                assert_eq!(column.len(), it.len());
            }
        }
        Values::Blobs(blobs) => {
            for index in 0..blobs.len() {
                let bytes = match blobs.get(index).unwrap() {
                    Blob::Here(bytes) => bytes.to_vec(),
                    Blob::There(place) => place.read(paths[place.file()]).unwrap(),
                };
                match series.kind {
                    Kind::Graph | Kind::MetaGraph | Kind::RunMetadata => {
                        let _ = Cursor::new(&bytes).map_while(Result::ok).count();
                    }
                    Kind::SessionLog => drop(SessionLog::from_raw(&bytes).unwrap()),
                    _ => check_value(&SummaryValue::from_raw(&bytes).unwrap()),
                }
            }
        }
    }
}

fn check_tables(parts: &[Part]) {
    let rows: usize = parts.iter().map(|part| part.series.points.len()).sum();
    let mut batches = Batches::new(parts.into());
    let mut found = 0;
    while let Some(batch) = batches.next(100).unwrap() {
        found += batch.step.len();
    }
    assert_eq!(found, rows);
    // A wide table has a row for each step and a column for each tag. If tags share no steps, it is
    // larger than the input.
    if rows * parts.len() <= 4 * rows + 1000 {
        let wide = pivot(parts, 1, parts.len()).unwrap();
        assert!(wide.step.is_sorted_by(|a, b| a < b));
        assert_eq!(wide.values.len(), wide.step.len() * parts.len());
    }
}

fn growing(data: &[u8]) {
    let ([how, cuts @ .., last], bytes) = choices(data);
    let mut lengths: Vec<usize> =
        cuts.iter().map(|&cut| bytes.len() * usize::from(cut) / 256).collect();
    lengths.extend([bytes.len().saturating_sub(usize::from(last)), bytes.len()]);
    lengths.sort_unstable();

    let content = |length| Content { bytes: bytes[..length].into(), piece: piece(how >> 2) };
    let file = File::new(content(0));
    let runs = [run_of(std::slice::from_ref(&file))];
    let options = Options {
        on_corrupt: OnCorrupt::Skip,
        threads: std::num::NonZero::new(1),
        restarts: restarts(how),
        ..Options::default()
    };
    let mut log = Log::default();
    let mut tail = Tail::open(&file.path()).unwrap();
    let mut tailed = Vec::new();
    for &length in &lengths {
        file.write(content(length));
        log.update(&runs, &options).unwrap();
        assert_eq!(contents(&log), contents(&read(&runs, &options).unwrap()));
        tailed.extend(rest_of(&mut tail));
    }
    assert_eq!(tailed, rest_of(&mut Tail::open(&file.path()).unwrap()));

    let mut records = Records::open(&file.path(), Verify::Crc, OnCorrupt::Skip).unwrap();
    loop {
        match records.read().unwrap() {
            Next::Record(record) => {
                let payload = &record[record::HEADER..record.len() - record::FOOTER];
                check_event(&Event::decode(payload).unwrap());
            }
            Next::Damage(damage) => assert!(damage.length > 0),
            Next::End => break,
        }
    }
}

/// The events of a file that follow those that were loaded, one by one.
fn rest_of(tail: &mut Tail) -> Vec<String> {
    let mut events = Vec::new();
    loop {
        let items = tail.load(3).unwrap();
        if items.is_empty() {
            return events;
        }
        for item in items {
            match item {
                Item::Scalars(it) => events.extend((0..it.tag.len()).map(|row| {
                    let (tag, value) = (&it.tags[it.tag[row] as usize], it.value[row].to_bits());
                    format!("{tag} {} {} {value}", it.step[row], it.wall_time[row])
                })),
                Item::Event(payload) => events.push(format!("{payload:?}")),
                Item::Malformed(error) => events.push(error.to_string()),
            }
        }
    }
}

/// Everything in a log of one run, except where it is kept.
fn contents(log: &Log) -> BTreeMap<String, String> {
    let mut contents = BTreeMap::new();
    contents.insert("damage".into(), format!("{:?}", log.damage().collect::<Vec<_>>()));
    for run in log.runs() {
        let paths: Vec<&Path> = run.paths().collect();
        for index in 0..run.tags().len() + run.events().len() {
            let series: Arc<Series> = run.series(index).unwrap();
            check_series(&series, &paths);
            if series.is_empty() {
                continue;
            }
            let values = match &series.values {
                Values::Blobs(blobs) => {
                    let bytes = (0..blobs.len()).map(|index| match blobs.get(index).unwrap() {
                        Blob::Here(bytes) => bytes.to_vec(),
                        Blob::There(place) => place.read(paths[place.file()]).unwrap(),
                    });
                    let bytes: Vec<_> = bytes.collect();
                    format!("{:?} {:?} {bytes:?}", blobs.steps, blobs.wall_times)
                }
                other => format!("{other:?}"),
            };
            let name = format!("{:?} {:?} {}", series.kind, series.metadata, series.tag);
            contents.insert(name, format!("{:?} {values}", series.points));
        }
    }
    contents
}

fn repaired(data: &[u8]) {
    let file = File::new(Content { bytes: data.into(), piece: usize::MAX });
    let report = repair::verify(&file.path()).unwrap();
    let lost: u64 = report.damage.iter().map(|damage| damage.length).sum();
    assert_eq!(report.bytes + lost + report.unfinished, data.len() as u64);

    let directory = tempfile::tempdir().unwrap();
    let output = directory.path().join("events.out.tfevents.1");
    assert_eq!(repair::repair(&file.path(), &output).unwrap(), report);
    if report.is_foreign() {
        return assert!(!output.exists());
    }
    let after = repair::verify(&output).unwrap();
    assert!(after.damage.is_empty() && after.unfinished == 0);
    let is_replaced = report.damage.first().is_some_and(|damage| damage.offset == 0);
    let may_be_new = is_replaced && report.records > 0;
    assert!((report.records..=report.records + u64::from(may_be_new)).contains(&after.records));
    if may_be_new {
        let mut records = Records::open(&output, Verify::Crc, OnCorrupt::Raise).unwrap();
        let Next::Record(first) = records.read().unwrap() else { panic!("no record") };
        let event = Event::decode(&first[record::HEADER..first.len() - record::FOOTER]).unwrap();
        assert!(matches!(event.what, What::FileVersion(_)));
    }
}

fn model(data: &[u8]) {
    let Ok(nodes) = graph::onnx_nodes(data) else { return };
    let graph = graph::graph_def(nodes.clone());
    assert_eq!(GraphDef::decode(&graph).unwrap().nodes, nodes);
}

fn picture(data: &[u8]) {
    let Ok(picture) = decode_png(data, 1 << 28) else { return };
    assert_eq!(picture.samples.len(), picture.height * picture.width * picture.channels);
}
