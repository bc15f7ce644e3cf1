//! The writer as its callers see it: threads, files that are removed, and files that come back.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use tfevents::record::{self, Deferred, OVERHEAD, Parsed, Verify};
use tfevents::wire::{Cursor, Value, encode};
use tfevents::writer::{OnError, Options, Writer};
use tfevents::{ErrorKind, summary};

const PATIENCE: Duration = Duration::from_secs(60);

fn writer(dir: &Path) -> Writer {
    Writer::new(Options {
        log_dir: dir.into(),
        suffix: ".test".into(),
        linger: Duration::from_millis(5),
        on_error: OnError::Raise,
        roll_at: None,
    })
}

fn append(writer: &Writer, payload: &[u8]) -> tfevents::Result<()> {
    let encode = |out: &mut Vec<u8>| record::frame(out, payload);
    if !writer.try_append(encode) {
        assert!(writer.append(encode, true, PATIENCE)?.done);
    }
    Ok(())
}

/// The payloads of all files in `dir`, in the order in which the files were made. The first record
/// of each file, which is the version, is left out.
fn payloads(dir: &Path) -> Vec<Vec<Vec<u8>>> {
    let mut paths: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort_by_key(|path| number(path));
    paths.iter().map(|path| parse_all(&fs::read(path).unwrap())[1..].to_vec()).collect()
}

/// The number of a file in the process. It is before the suffix of its name.
fn number(path: &Path) -> u64 {
    let name = path.file_name().unwrap().to_str().unwrap().strip_suffix(".test").unwrap();
    name.rsplit('.').next().unwrap().parse().unwrap()
}

fn parse_all(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut payloads = Vec::new();
    while !bytes.is_empty() {
        let Parsed::Record(payload) = record::parse(bytes, Verify::Crc) else { panic!("torn") };
        payloads.push(payload.to_vec());
        bytes = &bytes[payload.len() + OVERHEAD..];
    }
    payloads
}

#[test]
fn many_threads_write_every_event_once_and_each_in_its_order() {
    const THREADS: u32 = 8;
    const EVENTS: u32 = 20_000;
    let dir = tempfile::tempdir().unwrap();
    let writer = writer(dir.path());
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let writer = &writer;
            scope.spawn(move || {
                for i in 0..EVENTS {
                    append(writer, &[thread.to_le_bytes(), i.to_le_bytes()].concat()).unwrap();
                }
            });
        }
    });
    assert!(writer.close(PATIENCE).unwrap().done);

    let files = payloads(dir.path());
    assert_eq!(files.len(), 1);
    let mut next = [0; THREADS as usize];
    for payload in &files[0] {
        let (thread, i) = payload.split_at(4);
        let thread = u32::from_le_bytes(thread.try_into().unwrap()) as usize;
        assert_eq!(u32::from_le_bytes(i.try_into().unwrap()), next[thread]);
        next[thread] += 1;
    }
    assert_eq!(next, [EVENTS; THREADS as usize]);
}

#[test]
fn an_append_after_close_opens_a_new_file() {
    let dir = tempfile::tempdir().unwrap();
    let writer = writer(dir.path());
    append(&writer, b"first").unwrap();
    assert!(writer.close(PATIENCE).unwrap().done);
    assert!(writer.is_closed());
    let refused = writer.append(|_| panic!("encoded"), false, PATIENCE).unwrap_err();
    assert!(matches!(refused.kind(), ErrorKind::Closed));
    append(&writer, b"second").unwrap();
    drop(writer);
    assert_eq!(payloads(dir.path()), [[b"first".to_vec()], [b"second".to_vec()]]);
}

#[test]
fn a_removed_directory_is_reported_and_made_again() {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("run");
    let writer = writer(&dir);
    append(&writer, b"lost").unwrap();
    assert!(writer.flush(PATIENCE).unwrap().done);
    fs::remove_dir_all(&dir).unwrap();

    append(&writer, b"kept").unwrap();
    let error = writer.flush(PATIENCE).unwrap_err();
    let ErrorKind::Io(io) = error.kind() else { panic!("{error}") };
    assert_eq!(io.kind(), std::io::ErrorKind::NotFound);
    assert_eq!(error.path().unwrap().parent().unwrap(), dir);
    assert!(writer.close(PATIENCE).unwrap().done);
    assert_eq!(payloads(&dir), [[b"kept".to_vec()]]);
    assert_eq!(writer.dropped(), 0);
}

#[test]
fn what_cannot_be_written_at_the_end_is_counted() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("file");
    fs::write(&file, "").unwrap();
    let writer = writer(&file.join("below"));
    append(&writer, b"one").unwrap();
    while writer.append(|_| (), true, PATIENCE).is_ok() {}
    // Each attempt in the background fails one call.
    while append(&writer, b"two").is_err() {}
    assert!(writer.close(PATIENCE).is_err());
    assert_eq!(writer.dropped(), 2);
    assert!(writer.is_closed());
}

#[test]
fn close_ends_while_others_append() {
    let dir = tempfile::tempdir().unwrap();
    let writer = writer(dir.path());
    let done = AtomicBool::new(false);
    let appended = std::thread::scope(|scope| {
        let logger = scope.spawn(|| {
            let mut count = 0_u64;
            while !done.load(Ordering::Relaxed) {
                append(&writer, &[0; 100]).unwrap();
                count += 1;
            }
            count
        });
        std::thread::sleep(Duration::from_millis(50));
        let closed = (0..10).all(|_| writer.close(Duration::from_secs(5)).unwrap().done);
        done.store(true, Ordering::Relaxed);
        assert!(closed);
        logger.join().unwrap()
    });
    assert!(writer.close(PATIENCE).unwrap().done);
    assert_eq!(payloads(dir.path()).concat().len() as u64, appended);
}

#[test]
fn an_append_that_waits_for_room_survives_a_close() {
    let dir = tempfile::tempdir().unwrap();
    let writer = writer(dir.path());
    // 64 MiB may wait. Each of these finds no room while another one waits.
    let large = vec![0; 70 << 20];
    for round in 0..4 {
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| append(&writer, &large).unwrap());
            }
            for _ in 0..2 {
                scope.spawn(|| assert!(writer.close(PATIENCE).unwrap().done));
            }
        });
        assert!(writer.flush(PATIENCE).unwrap().done);
        assert!(writer.close(PATIENCE).unwrap().done);
        let files = payloads(dir.path());
        assert_eq!(files.concat().len(), 2, "round {round}");
        fs::read_dir(dir.path()).unwrap().for_each(|e| fs::remove_file(e.unwrap().path()).unwrap());
    }
}

#[test]
fn a_flush_after_an_outage_writes_all() {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("run");
    for _ in 0..10 {
        fs::write(&dir, "not a directory").unwrap();
        let writer = writer(&dir);
        append(&writer, b"one").unwrap();
        // Each attempt in the background fails one call. The thread has taken "one" by now.
        while writer.append(|_| (), true, PATIENCE).is_ok() {}
        append(&writer, b"two").unwrap();
        fs::remove_file(&dir).unwrap();
        while writer.flush(PATIENCE).is_err() {}
        assert_eq!(payloads(&dir), [[b"one".to_vec(), b"two".to_vec()]]);
        drop(writer);
        fs::remove_dir_all(&dir).unwrap();
    }
}

/// Whether the system reports that an open file was removed. Windows does. Wine does not, since its
/// drives are directories of the host.
fn tells_removed() -> bool {
    !(cfg!(windows) && Path::new(r"Z:\proc\self").exists())
}

#[test]
fn close_writes_to_a_new_file_what_a_removal_would_lose() {
    if !tells_removed() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let writer = writer(dir.path());
    assert!(writer.open(PATIENCE).unwrap().done);
    fs::remove_file(writer.path().unwrap()).unwrap();
    append(&writer, b"kept").unwrap();
    assert!(writer.close(PATIENCE).is_err());
    assert_eq!(payloads(dir.path()), [[b"kept".to_vec()]]);
    assert_eq!(writer.dropped(), 0);
}

#[test]
fn what_no_new_file_takes_after_a_removal_is_counted() {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("run");
    let writer = writer(&dir);
    assert!(writer.open(PATIENCE).unwrap().done);
    fs::remove_dir_all(&dir).unwrap();
    fs::write(&dir, "not a directory").unwrap();
    append(&writer, b"lost").unwrap();
    assert!(writer.close(PATIENCE).is_err());
    assert_eq!(writer.dropped(), 1);
}

/// The names of the files in `dir`, sorted.
fn names(dir: &Path) -> Vec<std::path::PathBuf> {
    let mut names: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    names
}

#[test]
fn a_file_of_a_size_is_followed_by_another_whose_name_sorts_after_it() {
    const LIMIT: u64 = 10_000;
    let dir = tempfile::tempdir().unwrap();
    let writer = Writer::new(Options {
        log_dir: dir.path().into(),
        suffix: ".test".into(),
        linger: Duration::ZERO,
        on_error: OnError::Raise,
        roll_at: Some(LIMIT),
    });
    let expected: Vec<Vec<u8>> = (0..100u32).map(|i| i.to_le_bytes().repeat(250)).collect();
    for payload in &expected {
        append(&writer, payload).unwrap();
        assert!(writer.flush(PATIENCE).unwrap().done);
    }
    assert!(writer.close(PATIENCE).unwrap().done);
    let names = names(dir.path());
    assert!(names.len() >= 10, "{names:?}");
    assert!(names.iter().all(|path| fs::metadata(path).unwrap().len() <= LIMIT));
    let found: Vec<Vec<u8>> =
        (names.iter()).flat_map(|path| parse_all(&fs::read(path).unwrap())[1..].to_vec()).collect();
    assert_eq!(found, expected);
}

#[test]
fn a_file_that_is_to_be_followed_gets_no_more_and_none_comes_without_an_event() {
    let dir = tempfile::tempdir().unwrap();
    let writer = writer(dir.path());
    append(&writer, b"one").unwrap();
    assert!(writer.flush(PATIENCE).unwrap().done);
    let first = writer.path().unwrap();
    let control = writer.control();
    control.roll(PATIENCE);
    control.roll(PATIENCE);
    assert!(writer.flush(PATIENCE).unwrap().done);
    assert_eq!(control.path(), Some(first.clone()));
    append(&writer, b"two").unwrap();
    assert!(writer.flush(PATIENCE).unwrap().done);
    assert!(control.path().unwrap() > first);
    control.roll(PATIENCE);
    assert!(writer.close(PATIENCE).unwrap().done);
    assert_eq!(payloads(dir.path()), [[b"one".to_vec()], [b"two".to_vec()]]);
}

#[test]
fn waiting_for_ever_is_no_overflow() {
    let dir = tempfile::tempdir().unwrap();
    let writer = Writer::new(Options {
        log_dir: dir.path().into(),
        suffix: String::new(),
        linger: Duration::MAX,
        on_error: OnError::Raise,
        roll_at: None,
    });
    assert!(writer.append(|out| record::frame(out, b"one"), true, Duration::MAX).unwrap().done);
    assert!(writer.flush(Duration::MAX).unwrap().done);
    assert!(writer.close(Duration::MAX).unwrap().done);
    assert_eq!(payloads(dir.path()), [[b"one".to_vec()]]);
}

proptest! {
    /// Both ways to encode a scalar, for short and for long tags, compared with the general cursor.
    #[test]
    fn a_scalar_is_the_message_it_should_be(
        tag in "\\PC{0,200}", value: f32, step: Option<i64>, wall_time: f64,
    ) {
        let mut out = Vec::new();
        summary::scalar_event(&mut out, wall_time, step, &tag, value);
        record::seal(&mut out);
        let Parsed::Record(event) = record::parse(&out, Verify::Crc) else { panic!("no record") };

        let mut fields = Cursor::new(event).map(|field| field.unwrap()).peekable();
        if wall_time.to_bits() != 0 {
            prop_assert_eq!(fields.next().unwrap().value, Value::Fixed64(wall_time.to_bits()));
        }
        if let Some(step) = step.filter(|&step| step != 0) {
            prop_assert_eq!(fields.next().unwrap().value, Value::Varint(step as u64));
        }
        let mut summary = Vec::new();
        let mut one_value = Vec::new();
        if !tag.is_empty() {
            encode::bytes_field(&mut one_value, 1, tag.as_bytes());
        }
        encode::float_field(&mut one_value, 2, value);
        encode::bytes_field(&mut summary, 1, &one_value);
        let field = fields.next().unwrap();
        prop_assert_eq!((field.number, field.value), (5, Value::Bytes(&summary)));
        prop_assert!(fields.next().is_none());
    }
}

/// A record that the thread encodes.
#[derive(Debug)]
struct Later {
    payload: Vec<u8>,
    size: usize,
    outcome: fn() -> std::io::Result<()>,
}

impl Later {
    fn new(payload: &[u8], size: usize) -> Later {
        Later { payload: payload.to_vec(), size, outcome: || Ok(()) }
    }
}

impl Deferred for Later {
    fn size(&self) -> usize {
        self.size
    }

    fn encode(&self, out: &mut Vec<u8>) -> tfevents::Result<()> {
        let start = record::start(out);
        out.extend_from_slice(&self.payload);
        (self.outcome)()?;
        record::finish(out, start);
        Ok(())
    }
}

fn defer(writer: &Writer, record: Later) -> tfevents::Result<()> {
    let record: Arc<dyn Deferred> = Arc::new(record);
    assert!(writer.defer(&record, true, PATIENCE)?.done);
    Ok(())
}

#[test]
fn what_is_encoded_later_keeps_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let writer = writer(dir.path());
    for i in 0..3000_u32 {
        match i % 3 {
            0 => defer(&writer, Later::new(&i.to_le_bytes(), 100_000)).unwrap(),
            _ => append(&writer, &i.to_le_bytes()).unwrap(),
        }
        if i == 1500 {
            assert!(writer.flush(PATIENCE).unwrap().done);
            assert_eq!(payloads(dir.path())[0].len(), 1501);
        }
    }
    assert!(writer.close(PATIENCE).unwrap().done);
    let expected: Vec<_> = (0..3000_u32).map(|i| i.to_le_bytes().to_vec()).collect();
    assert_eq!(payloads(dir.path()), [expected]);
    assert_eq!(writer.dropped(), 0);
}

/// The outcome of what takes as long to encode as this is set.
fn lasts_while(is_set: &AtomicBool) -> std::io::Result<()> {
    while is_set.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

#[test]
fn what_was_appended_before_is_written_before_what_takes_long_is_encoded() {
    static ENCODING: AtomicBool = AtomicBool::new(true);
    let dir = tempfile::tempdir().unwrap();
    let writer = writer(dir.path());
    let slow = || lasts_while(&ENCODING);
    assert!(writer.open(PATIENCE).unwrap().done);
    let path = writer.path().unwrap();
    let size = || fs::metadata(&path).unwrap().len() as usize;
    let empty = size();
    append(&writer, b"first").unwrap();
    defer(&writer, Later::new(b"second", 10)).unwrap();
    append(&writer, b"third").unwrap();
    defer(&writer, Later { outcome: slow, ..Later::new(b"slow", 1 << 20) }).unwrap();
    append(&writer, b"last").unwrap();
    let before = [b"first".to_vec(), b"second".to_vec(), b"third".to_vec()];
    let expected = empty + before.iter().map(|payload| OVERHEAD + payload.len()).sum::<usize>();
    let deadline = Instant::now() + PATIENCE;
    while size() < expected && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(payloads(dir.path()), [before.to_vec()]);
    ENCODING.store(false, Ordering::Relaxed);
    assert!(writer.close(PATIENCE).unwrap().done);
    let all = [&before[..], &[b"slow".to_vec(), b"last".to_vec()]].concat();
    assert_eq!(payloads(dir.path()), [all]);
}

#[test]
fn what_cannot_be_encoded_is_told_and_counted_and_costs_no_other_event() {
    for outcome in [|| Err(std::io::Error::other("no pixels")), || panic!("a mistake")]
        as [fn() -> std::io::Result<()>; 2]
    {
        let dir = tempfile::tempdir().unwrap();
        let writer = writer(dir.path());
        append(&writer, b"before").unwrap();
        defer(&writer, Later { outcome, ..Later::new(b"lost", 10) }).unwrap();
        let error = match append(&writer, b"after") {
            Ok(()) => writer.flush(PATIENCE).unwrap_err(),
            Err(error) => {
                // The error is raised before the append, which was refused.
                append(&writer, b"after").unwrap();
                error
            }
        };
        let message = error.to_string();
        assert!(message.contains("no pixels") || message.contains("a panic"), "{message}");
        assert!(writer.close(PATIENCE).unwrap().done);
        assert_eq!(payloads(dir.path()), [[b"before".to_vec(), b"after".to_vec()]]);
        assert_eq!(writer.dropped(), 1);
    }
}

#[test]
fn memory_that_waits_to_be_encoded_is_bounded() {
    static ENCODING: AtomicBool = AtomicBool::new(true);
    let dir = tempfile::tempdir().unwrap();
    let writer = writer(dir.path());
    let slow = || lasts_while(&ENCODING);
    const HELD: usize = 16 << 20;
    let mut accepted = 0;
    loop {
        let record: Arc<dyn Deferred> =
            Arc::new(Later { outcome: slow, ..Later::new(b"big", HELD) });
        if !writer.defer(&record, true, Duration::from_millis(50)).unwrap().done {
            break;
        }
        accepted += 1;
    }
    assert_eq!(accepted, 4);
    assert!(!writer.try_append(|out| record::frame(out, b"small")));
    ENCODING.store(false, Ordering::Relaxed);
    append(&writer, b"small").unwrap();
    assert!(writer.close(PATIENCE).unwrap().done);
    let mut expected = vec![b"big".to_vec(); 4];
    expected.push(b"small".to_vec());
    assert_eq!(payloads(dir.path()), [expected]);
}
