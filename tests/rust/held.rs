//! The content of a file by the plainest code: the reference for all readers.

use tfevents::Corruption;
use tfevents::crc32c;
use tfevents::record::Verify;

/// The content of a file.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Held {
    /// The offsets and lengths of good records.
    pub records: Vec<(usize, usize)>,
    /// The offset, length and kind of each piece of damage.
    pub damage: Vec<(usize, usize, Corruption)>,
    /// The number of bytes at the end that are not written yet.
    pub unfinished: usize,
}

/// A header with a right checksum.
struct Frame {
    size: usize,
    /// Whether all of the frame is in the file, and the payload's checksum holds.
    is_whole: bool,
    is_intact: bool,
    is_event: bool,
}

pub fn held(file: &[u8], verify: Verify, is_event: impl Fn(&[u8]) -> bool) -> Held {
    const LONGEST: u64 = i32::MAX as u64;
    let word = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap());
    let length = |at: usize| {
        let length = file.get(at..at + 8).filter(|_| at + 12 <= file.len())?;
        (crc32c::masked(length) == word(at + 8))
            .then(|| u64::from_le_bytes(length.try_into().unwrap()))
    };
    let zeros = |at: usize| at < file.len() && file[at..].iter().all(|&byte| byte == 0);
    let frame = |at: usize| {
        let size = length(at).filter(|&length| length <= LONGEST)? as usize + 16;
        let is_whole = at + size <= file.len();
        let payload = if is_whole { &file[at + 12..at + size - 4] } else { &[] };
        let is_intact = is_whole && crc32c::masked(payload) == word(at + size - 4);
        Some(Frame { size, is_whole, is_intact, is_event: is_whole && is_event(payload) })
    };
    let good = |at: usize| frame(at).is_some_and(|it| it.is_intact && it.is_event);
    // Whether the zeros at the end of the file cut short a whole frame whose checksum does not
    // hold.
    let is_cut = |at: usize, it: &Frame| !it.is_whole || (!it.is_intact && zeros(at + it.size - 4));
    let leads = |mut at: usize| loop {
        match frame(at) {
            Some(it) if it.is_intact => break true,
            Some(it) if !is_cut(at, &it) => at += it.size,
            _ => break false,
        }
    };
    let (mut held, mut at) = (Held::default(), 0);
    while at < file.len() {
        let frame = frame(at).filter(|it| !is_cut(at, it));
        let is_checked = |it: &Frame| it.is_intact || verify == Verify::None;
        if let Some(it) = frame.as_ref().filter(|it| it.is_event && is_checked(it)) {
            held.records.push((at, it.size));
            at += it.size;
            continue;
        }
        let next = (at + 1..file.len()).find(|&at| good(at));
        let rest = file.len() - at;
        let is_short = rest < 12 && (at > 0 || !is_no_length(&file[..rest]));
        let is_unfinished =
            is_short || zeros(at + 11) || length(at).is_some_and(|it| it <= LONGEST);
        let (size, kind) = match frame {
            Some(it) if at == 0 && it.is_intact && next.is_none() => {
                (rest, Corruption::NotAnEventFile)
            }
            Some(it) => {
                let is_believed = it.is_intact
                    || next.is_none_or(|next| next >= at + it.size)
                    || leads(at + it.size);
                let size = if is_believed { it.size } else { next.unwrap() - at };
                let is_bad = verify == Verify::Crc && !it.is_intact;
                (size, if is_bad { Corruption::DataChecksum } else { Corruption::Message })
            }
            None if next.is_none() && is_unfinished => {
                held.unfinished = rest;
                break;
            }
            None if next.is_none() && at == 0 => (rest, Corruption::NotAnEventFile),
            None => {
                let kind = match length(at) {
                    Some(length) if length > LONGEST => Corruption::Message,
                    Some(_) => Corruption::DataChecksum,
                    None => Corruption::LengthChecksum,
                };
                (next.unwrap_or(file.len()) - at, kind)
            }
        };
        held.damage.push((at, size, kind));
        at += size;
    }
    held
}

/// Whether these first bytes of a file, fewer than a header, can't be the beginning of a length.
fn is_no_length(bytes: &[u8]) -> bool {
    let mut length = [0; 8];
    let known = bytes.len().min(8);
    length[..known].copy_from_slice(&bytes[..known]);
    u64::from_le_bytes(length) > i32::MAX as u64
}
