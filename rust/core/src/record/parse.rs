use crate::crc32c;
use crate::error::Corruption;
use crate::record::size::{HEADER, OVERHEAD};

/// Which checksums are compared.
///
/// The checksum of the length is always compared, since an unchecked length is not safe to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Verify {
    /// Both.
    #[default]
    Crc,
    /// Only that of the length.
    None,
}

/// What is at the beginning of some bytes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parsed<'a> {
    /// A whole record; it takes `payload.len() + OVERHEAD` bytes.
    Record(&'a [u8]),
    /// The beginning of a record that needs at least this many bytes, which is more than there are.
    NeedMore(u64),
    /// No record, or a record whose data are damaged.
    Corrupt(Corruption),
}

/// Parses the record at the beginning of `bytes`, without I/O.
///
/// ```
/// use tfevents::record::{self, Parsed, Verify};
///
/// let mut file = Vec::new();
/// record::frame(&mut file, b"payload");
/// assert_eq!(record::parse(&file, Verify::Crc), Parsed::Record(b"payload"));
/// assert_eq!(record::parse(&file[..20], Verify::Crc), Parsed::NeedMore(23));
/// ```
#[inline(always)]
pub fn parse(bytes: &[u8], verify: Verify) -> Parsed<'_> {
    let Some(header) = bytes.first_chunk::<HEADER>() else {
        return Parsed::NeedMore(HEADER as u64);
    };
    let Some(length) = parse_length(header) else {
        return Parsed::Corrupt(Corruption::LengthChecksum);
    };
    let total = length.saturating_add(OVERHEAD as u64);
    if total > bytes.len() as u64 {
        return Parsed::NeedMore(total);
    }
    let Some((payload, footer)) = bytes[HEADER..total as usize].split_last_chunk() else {
        return Parsed::NeedMore(total);
    };
    if verify == Verify::Crc && crc32c::masked(payload) != u32::from_le_bytes(*footer) {
        return Parsed::Corrupt(Corruption::DataChecksum);
    }
    Parsed::Record(payload)
}

/// The payload's length that `header` states, if its checksum matches.
#[inline(always)]
pub fn parse_length(header: &[u8; HEADER]) -> Option<u64> {
    let [length @ .., c0, c1, c2, c3] = *header;
    (crc32c::masked(&length) == u32::from_le_bytes([c0, c1, c2, c3]))
        .then_some(u64::from_le_bytes(length))
}

/// The limit of protobuf for the size of a message, hence for the payload of a record.
pub(crate) const MAX_PAYLOAD: u64 = i32::MAX as u64;

/// The offset in `bytes` of the first header whose checksum matches and whose length is possible
/// for a message.
///
/// `None` if there is no such header. One may still begin in the last `HEADER - 1` bytes.
pub(crate) fn find_header(bytes: &[u8]) -> Option<usize> {
    bytes.windows(HEADER).position(|header| {
        let Some(header) = header.first_chunk::<HEADER>() else { return false };
        let [length @ .., _, _, _, _] = *header;
        // The comparison is cheaper than the checksum, and excludes most places.
        u64::from_le_bytes(length) <= MAX_PAYLOAD && parse_length(header).is_some()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::encode::frame;

    fn file(payloads: &[&[u8]]) -> Vec<u8> {
        let mut out = Vec::new();
        payloads.iter().for_each(|payload| frame(&mut out, payload));
        out
    }

    #[test]
    fn every_prefix_needs_more() {
        let bytes = file(&[b"hello"]);
        for end in 0..bytes.len() {
            match parse(&bytes[..end], Verify::Crc) {
                Parsed::NeedMore(need) => assert!(need > end as u64 && need <= bytes.len() as u64),
                other => panic!("{end}: {other:?}"),
            }
        }
        assert_eq!(parse(&bytes, Verify::Crc), Parsed::Record(b"hello"));
    }

    #[test]
    fn a_flipped_bit_is_found() {
        let good = file(&[b"hello"]);
        for bit in 0..good.len() * 8 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            let expected = if bit / 8 < HEADER {
                Corruption::LengthChecksum
            } else {
                Corruption::DataChecksum
            };
            assert_eq!(parse(&bad, Verify::Crc), Parsed::Corrupt(expected), "bit {bit}");
        }
    }

    #[test]
    fn a_huge_length_is_not_followed() {
        let mut bytes = u64::MAX.to_le_bytes().to_vec();
        bytes.extend(crc32c::masked(&u64::MAX.to_le_bytes()).to_le_bytes());
        assert_eq!(parse(&bytes, Verify::Crc), Parsed::NeedMore(u64::MAX));
        assert_eq!(parse(&bytes, Verify::None), Parsed::NeedMore(u64::MAX));
    }

    #[test]
    fn headers_are_found() {
        let bytes = file(&[b"first", b"second"]);
        let second = b"first".len() + OVERHEAD;
        assert_eq!(find_header(&bytes), Some(0));
        assert_eq!(find_header(&bytes[1..]), Some(second - 1));
        assert_eq!(find_header(&bytes[second + 1..]), None);
        assert_eq!(find_header(b"short"), None);
        let mut too_long = (MAX_PAYLOAD + 1).to_le_bytes().to_vec();
        too_long.extend(crc32c::masked(&too_long).to_le_bytes());
        assert_eq!(find_header(&too_long), None);
    }
}
