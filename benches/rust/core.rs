//! `cargo bench`: what the checksum costs on its own, and what loading scalars costs beside a
//! plain read of the same bytes.
#![allow(missing_docs)]

use std::fs::{self, File};
use std::io::Read;
use std::num::NonZeroUsize;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tfevents::reader::{self, Options};
use tfevents::wire::encode;
use tfevents::{logdir, record};

fn checksum(c: &mut Criterion) {
    for size in [8usize, 40, 4096, 1 << 20] {
        let data = vec![0x5au8; size];
        let mut group = c.benchmark_group("crc32c");
        group.throughput(Throughput::Bytes(size as u64));
        group.bench_function(format!("{size} B"), |b| {
            b.iter(|| tfevents::crc32c::checksum(std::hint::black_box(&data)))
        });
        group.finish();
    }
}

/// An event file of scalars as torch writes them, the tags in rotation or in random order.
fn scalars(points: u64, tags: u64, random: bool) -> Vec<u8> {
    let mut out = Vec::new();
    let mut state = 1u64;
    for i in 0..points {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let tag = if random { (state >> 33) % tags } else { i % tags };
        let mut value = Vec::new();
        encode::bytes_field(&mut value, 1, format!("loss/{tag:04}").as_bytes());
        encode::float_field(&mut value, 2, i as f32);
        let mut summary = Vec::new();
        encode::bytes_field(&mut summary, 1, &value);
        let mut event = Vec::new();
        encode::double_field(&mut event, 1, 1.7e9 + i as f64);
        encode::varint_field(&mut event, 2, i / tags);
        encode::bytes_field(&mut event, 5, &summary);
        record::frame(&mut out, &event);
    }
    out
}

fn load(c: &mut Criterion) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("tfevents");
    let options = Options { threads: NonZeroUsize::new(1), ..Options::default() };
    for (name, tags, random) in
        [("10 tags", 10, false), ("10 tags at random", 10, true), ("1000 tags", 1000, false)]
    {
        let bytes = scalars(1_000_000, tags, random);
        fs::write(&path, &bytes).unwrap();
        let mut group = c.benchmark_group(format!("1 M scalars, {name}"));
        group.sample_size(20).throughput(Throughput::Bytes(bytes.len() as u64));
        let mut buffer = vec![0; 256 << 10];
        group.bench_function("plain read", |b| {
            b.iter(|| {
                let mut file = File::open(&path).unwrap();
                while file.read(&mut buffer).unwrap() > 0 {}
            });
        });
        let runs = logdir::find(directory.path()).unwrap();
        group.bench_function("reader::read", |b| {
            b.iter(|| reader::read(&runs, &options).unwrap());
        });
        group.finish();
    }
}

criterion_group!(benches, checksum, load);
criterion_main!(benches);
