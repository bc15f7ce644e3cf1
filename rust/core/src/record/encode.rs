use super::HEADER;
use crate::crc32c;

/// Appends `payload` to `out` as one record.
pub fn frame(out: &mut Vec<u8>, payload: &[u8]) {
    let start = start(out);
    out.extend_from_slice(payload);
    finish(out, start);
}

/// Leaves room for a record's header; the payload is appended next, then comes [`finish`].
#[inline(always)]
pub fn start(out: &mut Vec<u8>) -> usize {
    let start = out.len();
    out.extend_from_slice(&[0; HEADER]);
    start
}

/// Completes the record that began at `start`: its length and both checksums.
#[inline(always)]
pub fn finish(out: &mut Vec<u8>, start: usize) {
    let (header, payload) = out[start..].split_at_mut(HEADER);
    let length = (payload.len() as u64).to_le_bytes();
    header[..8].copy_from_slice(&length);
    header[8..].copy_from_slice(&crc32c::masked(&length).to_le_bytes());
    let checksum = crc32c::masked(payload).to_le_bytes();
    out.extend_from_slice(&checksum);
}
