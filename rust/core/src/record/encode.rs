use crate::crc32c;
use crate::record::size::{FOOTER, HEADER, OVERHEAD};

/// Appends `payload` to `out` as one record.
pub fn frame(out: &mut Vec<u8>, payload: &[u8]) {
    let start = start(out);
    out.extend_from_slice(payload);
    finish(out, start);
    seal(&mut out[start..]);
}

/// Leaves room for a record's header. The caller appends the payload and calls [`finish`].
#[inline(always)]
pub fn start(out: &mut Vec<u8>) -> usize {
    let start = out.len();
    out.extend_from_slice(&[0; HEADER]);
    start
}

/// Completes the record that began at `start`, except for its checksums, which [`seal`] adds.
#[inline(always)]
pub fn finish(out: &mut Vec<u8>, start: usize) {
    let length = (out.len() - start - HEADER) as u64;
    out[start..start + size_of::<u64>()].copy_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&[0; FOOTER]);
}

/// Adds the checksums of these records.
///
/// Records are not sealed one by one. To read bytes right after they were written makes the
/// processor wait, and the caller that logs should not have to wait.
pub fn seal(mut records: &mut [u8]) {
    while let Some((header, rest)) = records.split_first_chunk_mut::<HEADER>() {
        let (length, checksum) = header.split_at_mut(size_of::<u64>());
        checksum.copy_from_slice(&crc32c::masked(length).to_le_bytes());
        let Some(length) = length.first_chunk().map(|&length| u64::from_le_bytes(length)) else {
            return;
        };
        let Some((payload, rest)) = rest.split_at_mut_checked(length as usize) else { return };
        let Some((checksum, rest)) = rest.split_first_chunk_mut::<FOOTER>() else { return };
        *checksum = crc32c::masked(payload).to_le_bytes();
        records = rest;
    }
}

/// Counts the whole records, sealed or not, in bytes that this module wrote.
pub fn count(mut records: &[u8]) -> u64 {
    let mut count = 0;
    while let Some(&length) = records.first_chunk() {
        let size = u64::from_le_bytes(length) as usize + OVERHEAD;
        let Some(rest) = records.get(size..) else { break };
        records = rest;
        count += 1;
    }
    count
}
