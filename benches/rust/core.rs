//! `cargo bench`: the cost of the checksum alone, of filling columns compared with vectors, and of
//! loading scalars compared with a plain read of the same bytes.
#![allow(missing_docs)]

use std::fs::{self, File};
use std::io::Read;
use std::num::NonZeroUsize;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tfevents::columns::Points;
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

/// Fills in a million points of ten tags in rotation: into three vectors each, into columns that
/// grow one by one, and into columns that were laid out before, in small pages and in huge ones.
fn fill(c: &mut Criterion) {
    const TAGS: usize = 10;
    const POINTS: usize = 1_000_000;
    let mut group = c.benchmark_group("fill columns with 1 M points");
    group.sample_size(20).throughput(Throughput::Bytes(24 * POINTS as u64));
    let point = |i: usize| (i as i64, 1.7e9 + i as f64, i as f64);
    group.bench_function("three Vecs a tag", |b| {
        b.iter(|| {
            let mut tags = vec![(Vec::new(), Vec::new(), Vec::new()); TAGS];
            for i in 0..POINTS {
                let (step, wall_time, value) = point(i);
                let tag = &mut tags[i % TAGS];
                tag.0.push(step);
                tag.1.push(wall_time);
                tag.2.push(value);
            }
            tags
        });
    });
    // These may waste nothing, the rest of a page, or the rest of a huge page.
    for (name, may_waste) in [
        ("columns that grow", 0),
        ("columns in small pages", 1 << 20),
        ("columns in huge pages", 64 << 20),
    ] {
        group.bench_function(name, |b| {
            b.iter(|| {
                let mut tags: [Points; TAGS] = Default::default();
                let (capacities, mut may_waste) = ([POINTS / TAGS; TAGS], may_waste);
                Points::spread(tags.iter_mut(), &capacities, &mut may_waste);
                for i in 0..POINTS {
                    let (step, wall_time, value) = point(i);
                    tags[i % TAGS].push(step, wall_time, value);
                }
                tags
            });
        });
    }
    group.finish();
}

/// An event file of scalars as torch writes them. The tags come in rotation or at random.
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

criterion_group!(benches, checksum, fill, load);
criterion_main!(benches);
