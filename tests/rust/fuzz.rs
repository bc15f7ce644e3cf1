//! Replays the inputs of the fuzzer, inputs that once failed, and random mutations. For all bytes,
//! nothing panics or hangs, and memory is bounded by the input's length.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

#[path = "../../fuzz/src/lib.rs"]
mod fuzz;
mod peak;

use fuzz::targets::{self, Target};

#[global_allocator]
static PEAK: peak::Allocator = peak::Allocator;

/// The number of mutations of each input; set `TFEVENTS_FUZZ_CHANGES` for more.
const CHANGES: u64 = 30;

/// This stops tests that hang. It does not measure speed.
const HANGS_AFTER: Duration = Duration::from_secs(60);

/// The memory for buffers that reading takes for any input.
const BUFFERS: usize = 4 << 20;
/// The memory that a byte of input may take. An empty value of two bytes has a step, a time and a
/// place.
const FACTOR: usize = 400;

#[test]
fn messages() {
    replay(&targets::MESSAGE);
}

#[test]
fn files() {
    replay(&targets::FILE);
}

#[test]
fn growing_files() {
    replay(&targets::GROWING);
}

#[test]
fn repairs() {
    replay(&targets::REPAIR);
}

#[test]
fn models() {
    replay(&targets::MODEL);
}

#[test]
fn pictures() {
    replay(&targets::PICTURE);
}

fn replay(target: &Target) {
    let changes = std::env::var("TFEVENTS_FUZZ_CHANGES")
        .map_or(CHANGES, |count| count.parse().expect("TFEVENTS_FUZZ_CHANGES is a number"));
    for path in inputs(target) {
        let input = fs::read(&path).unwrap();
        check(target, &input, &path.display().to_string());
        let mut changed = input.clone();
        for seed in 0..changes {
            // Mutations are mutated again, but not too often, so that they stay similar to valid
            // input.
            let before = if seed % 5 == 0 { &input } else { &changed };
            changed = target.mutate(before, seed);
            check(target, &changed, &format!("{} changed by {seed}", path.display()));
        }
    }
}

/// The committed inputs of a target. It is a failure if there are none.
fn inputs(target: &Target) -> Vec<PathBuf> {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
    let mut paths = Vec::new();
    for folder in
        [fuzz.join("corpus").join(target.corpus), fuzz.join("regressions").join(target.name)]
    {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            paths.push(entry.unwrap().path());
        }
    }
    assert!(!paths.is_empty(), "no inputs for {} below {}", target.name, fuzz.display());
    paths.sort();
    paths
}

fn check(target: &Target, input: &[u8], name: &str) {
    let (done, is_done) = mpsc::channel::<()>();
    let fail = |why: &str| -> String {
        let kept = std::env::temp_dir().join(format!("tfevents-fuzz-{}", target.name));
        let _ = fs::write(&kept, input);
        format!("{name} {why}; the input is kept in {}", kept.display())
    };
    let peak = std::thread::scope(|scope| {
        let fail = &fail;
        scope.spawn(move || {
            if is_done.recv_timeout(HANGS_AFTER) == Err(RecvTimeoutError::Timeout) {
                eprintln!("{}", fail("hangs"));
                std::process::abort();
            }
        });
        let peak = peak::of(|| catch_unwind(AssertUnwindSafe(|| target.run(input))));
        drop(done);
        peak
    });
    match peak {
        (Err(_), _) => panic!("{}", fail("panics")),
        (Ok(()), bytes) if bytes > BUFFERS + FACTOR * input.len() => {
            panic!("{}", fail(&format!("of {} bytes takes {bytes} of memory", input.len())))
        }
        _ => {}
    }
}
