//! `cargo bench`: what the checksum costs on its own.
#![allow(missing_docs)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};

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

criterion_group!(benches, checksum);
criterion_main!(benches);
