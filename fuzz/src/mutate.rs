//! Mutations of messages and files. They keep lengths and checksums right, so that the code behind
//! these checks is reached.

use tfevents::record::{self, OVERHEAD, Parsed, Verify};
use tfevents::wire::{Cursor, Field, Value, encode};

/// Random numbers, which are always the same for a seed.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// SplitMix64.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// A number below `limit`; 0 if there is none.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }
}

/// A file of records after a mutation, mostly within a record. Checksums stay right.
pub fn file(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    let (mut records, mut rest) = (Vec::new(), bytes);
    while let Parsed::Record(payload) = record::parse(rest, Verify::None) {
        records.push(payload.to_vec());
        rest = &rest[payload.len() + OVERHEAD..];
    }
    let at = random.below(records.len());
    match random.below(12) {
        _ if records.is_empty() => return raw(bytes, random),
        0 => return raw(bytes, random),
        1 => drop(records.remove(at)),
        2 => {
            let copies = vec![records[at].clone(); 1 + random.below(20)];
            let to = random.below(records.len());
            records.splice(to..to, copies);
        }
        3 => {
            let other = random.below(records.len());
            records.swap(at, other);
        }
        _ => {
            for _ in 0..1 + random.below(3) {
                let at = random.below(records.len());
                records[at] = message(&records[at], random);
            }
        }
    }
    let mut out = Vec::new();
    records.iter().for_each(|payload| record::frame(&mut out, payload));
    out.extend_from_slice(rest);
    out
}

/// A message after mutations of some of its fields, or of those of a message in it.
pub fn message(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    let Ok(mut fields) = Cursor::new(bytes).collect::<Result<Vec<_>, _>>() else {
        return raw(bytes, random);
    };
    if fields.is_empty() {
        return raw(bytes, random);
    }
    let at = random.below(fields.len());
    let field = fields[at];
    let mut changed = Vec::new();
    match (field.value, random.below(10)) {
        (Value::Bytes(inner), 0..=5) => {
            let is_message = Cursor::new(inner).all(|field| field.is_ok());
            let inner = if is_message { message(inner, random) } else { raw(inner, random) };
            encode::bytes_field(&mut changed, field.number, &inner);
        }
        (_, 6) => drop(fields.remove(at)),
        (_, 7) => {
            let copies = vec![field; 1 + random.below(20)];
            fields.splice(at..at, copies);
        }
        (_, 8) => {
            let other = random.below(fields.len());
            fields.swap(at, other);
        }
        (value, choice) => {
            let number = if choice == 9 { 1 + random.below(18) as u32 } else { field.number };
            append(&mut changed, number, value, random);
        }
    }
    let mut out = Vec::new();
    for (index, Field { raw, .. }) in fields.iter().enumerate() {
        let raw = if index == at && !changed.is_empty() { &changed } else { *raw };
        out.extend_from_slice(raw);
    }
    out
}

/// Appends a field with this number. It has the value, or another one that is more likely to
/// matter.
fn append(out: &mut Vec<u8>, number: u32, value: Value<'_>, random: &mut Random) {
    const INTEGERS: [u64; 12] =
        [0, 1, 2, 3, 7, 8, 127, 1 << 31, u32::MAX as u64, 1 << 62, 1 << 63, u64::MAX];
    const DOUBLES: [f64; 6] = [0.0, -1.0, f64::NAN, f64::INFINITY, f64::MIN_POSITIVE, 2.0];
    let keep = random.one_in(2);
    match value {
        Value::Bytes(bytes) if keep => encode::bytes_field(out, number, bytes),
        Value::Varint(_) => encode::varint_field(out, number, random.one_of(&INTEGERS)),
        Value::Fixed64(bits) if keep => encode::double_field(out, number, f64::from_bits(bits)),
        Value::Fixed64(_) => encode::double_field(out, number, random.one_of(&DOUBLES)),
        Value::Fixed32(_) => encode::float_field(out, number, random.one_of(&DOUBLES) as f32),
        Value::Bytes(_) => encode::varint_field(out, number, random.one_of(&INTEGERS)),
        Value::Group => encode::bytes_field(out, number, b""),
    }
}

/// Bytes of which some are changed, added or removed.
fn raw(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..1 + random.below(3) {
        let at = random.below(bytes.len());
        match random.below(5) {
            0 => bytes.truncate(at),
            1 => {
                let count = 1 + random.below(20);
                let added: Vec<u8> = (0..count).map(|_| random.next() as u8).collect();
                bytes.splice(at..at, added);
            }
            2 => drop(bytes.drain(at..(at + 1 + random.below(8)).min(bytes.len()))),
            3 if !bytes.is_empty() => bytes[at] = random.one_of(&[0, 1, 0x7f, 0x80, 0xff]),
            _ if !bytes.is_empty() => bytes[at] ^= 1 << random.below(8),
            _ => {}
        }
    }
    bytes
}

/// A PNG with a mutation in one of its chunks. The chunk's checksum stays right.
pub fn png(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    const SIGNATURE: usize = 8;
    /// The length and the type before a chunk's data, and the checksum after them.
    const AROUND: usize = 12;
    let (mut chunks, mut at) = (Vec::new(), SIGNATURE);
    while let Some(length) = bytes.get(at..).and_then(|rest| rest.first_chunk()) {
        let end = at.saturating_add(u32::from_be_bytes(*length) as usize).saturating_add(AROUND);
        let Some(chunk) = bytes.get(at..end) else { break };
        // The checksum covers the type and the data.
        chunks.push(chunk[4..chunk.len() - 4].to_vec());
        at = end;
    }
    if chunks.is_empty() || random.one_in(10) {
        return raw(bytes, random);
    }
    let index = random.below(chunks.len());
    let (kind, data) = chunks[index].split_at(4);
    chunks[index] = [kind, &raw(data, random)].concat();
    let mut out = bytes[..SIGNATURE].to_vec();
    for chunk in chunks {
        out.extend((chunk.len() as u32 - 4).to_be_bytes());
        out.extend(&chunk);
        out.extend(crc32(&chunk).to_be_bytes());
    }
    out
}

/// The checksum of PNG's chunks.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            if crc & 1 == 0 { crc >> 1 } else { crc >> 1 ^ 0xedb8_8320 }
        })
    })
}
