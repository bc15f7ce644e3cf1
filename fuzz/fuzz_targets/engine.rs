//! libFuzzer, which drives each target.

/// Has it drive one of `tfevents_fuzz::targets`, with changes of ours and of its own.
macro_rules! fuzz {
    ($target:ident) => {
        use tfevents_fuzz::targets::$target as TARGET;

        libfuzzer_sys::fuzz_target!(|data: &[u8]| TARGET.run(data));

        libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
            let mutated = TARGET.mutate(&data[..size], seed.into());
            if seed % 4 == 0 || mutated.len() > max_size {
                return libfuzzer_sys::fuzzer_mutate(data, size, max_size);
            }
            data[..mutated.len()].copy_from_slice(&mutated);
            mutated.len()
        });
    };
}
