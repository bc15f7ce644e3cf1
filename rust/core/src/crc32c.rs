//! CRC32C (Castagnoli) and TensorFlow's masking of it.
//!
//! Each record has two checksums, so the processor's instruction is used if there is one. It is
//! inlined, since a call would cost more than the checksum of a scalar's 40 bytes.

#![allow(unsafe_code)]

/// TensorFlow stores checksums rotated and offset, so that a checksum over data that contains
/// checksums stays strong (`tensorflow/core/lib/hash/crc32c.h`).
const MASK_DELTA: u32 = 0xa282_ead8;

/// Castagnoli's polynomial, its lowest power in the highest bit.
const POLYNOMIAL: u32 = 0x82f6_3b78;

/// The masked CRC32C of `data`, which a record stores.
#[inline(always)]
pub fn masked(data: &[u8]) -> u32 {
    mask(checksum(data))
}

/// A proof that the processor has an instruction for CRC32C, so that it is checked only once.
#[derive(Debug, Clone, Copy)]
pub struct Hardware(());

impl Hardware {
    /// None if the processor does not have the instruction.
    #[inline]
    pub fn new() -> Option<Hardware> {
        #[cfg(target_arch = "x86_64")]
        let is_there = std::arch::is_x86_feature_detected!("sse4.2");
        #[cfg(target_arch = "aarch64")]
        let is_there = std::arch::is_aarch64_feature_detected!("crc");
        #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
        let is_there = false;
        is_there.then_some(Hardware(()))
    }

    /// The masked CRC32C of `data`.
    #[inline(always)]
    pub fn masked(self, data: &[u8]) -> u32 {
        mask(!self.update(u32::MAX, data))
    }

    #[inline(always)]
    fn update(self, crc: u32, data: &[u8]) -> u32 {
        // SAFETY: the processor has the instruction.
        #[cfg(target_arch = "x86_64")]
        return unsafe { sse42::update(crc, data) };
        // SAFETY: as above.
        #[cfg(target_arch = "aarch64")]
        return unsafe { armv8::update(crc, data) };
        #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
        portable::update(crc, data)
    }
}

/// A checksum, masked.
#[inline(always)]
pub fn mask(checksum: u32) -> u32 {
    checksum.rotate_right(15).wrapping_add(MASK_DELTA)
}

/// The CRC32C of `data`.
#[inline(always)]
pub fn checksum(data: &[u8]) -> u32 {
    !update(u32::MAX, data)
}

/// The CRC32C of bytes that are given piece by piece.
#[derive(Debug, Clone, Copy)]
pub struct Checksum(u32);

impl Default for Checksum {
    fn default() -> Checksum {
        Checksum(u32::MAX)
    }
}

impl Checksum {
    /// Adds the next bytes.
    pub fn update(&mut self, data: &[u8]) {
        self.0 = update(self.0, data);
    }

    /// The checksum of all bytes so far.
    pub fn finish(self) -> u32 {
        !self.0
    }
}

/// The checksum of the last `length` bytes (fewer than 2^32), from the checksum of all bytes and
/// the checksum of the bytes before them.
pub(crate) fn of_last(all: u32, before: u32, length: u64) -> u32 {
    all ^ linear::over_zeros(before, length)
}

/// The checksum register after `data`, if it was `crc` before.
#[inline(always)]
fn update(crc: u32, data: &[u8]) -> u32 {
    if let Some(hardware) = Hardware::new() {
        return hardware.update(crc, data);
    }
    portable::update(crc, data)
}

#[cfg(target_arch = "x86_64")]
mod sse42 {
    use std::arch::asm;

    use super::lanes::{LANE, OVER_WORDS, skip_lane};

    /// One step over the eight bytes at `word`. It is assembly, since an intrinsic with a target
    /// feature is inlined only into functions that have the feature too.
    macro_rules! step {
        ($crc:ident, $width:literal, $bytes:expr) => {
            asm!(concat!("crc32 {0", $width), inout(reg) $crc, in(reg) $bytes.as_ptr(),
                options(pure, readonly, nostack, preserves_flags))
        };
    }

    /// # Safety
    /// The processor has SSE 4.2.
    #[inline(always)]
    pub(super) unsafe fn update(crc: u32, data: &[u8]) -> u32 {
        // SAFETY: as the caller promises.
        unsafe {
            match data.len() {
                LONG.. => update_long(crc, data),
                WORTH_LANES.. => update_medium(crc, data),
                _ => update_short(crc, data),
            }
        }
    }

    /// From so many bytes on, lanes are worth combining their checksums.
    const WORTH_LANES: usize = 160;

    const LONG: usize = 3 * LANE;

    /// Bytes that are summed up in lanes as long as they allow.
    ///
    /// # Safety
    /// The processor has SSE 4.2.
    #[inline(never)]
    unsafe fn update_medium(crc: u32, data: &[u8]) -> u32 {
        // Few processors have the one instruction without the other.
        if !is_x86_feature_detected!("pclmulqdq") {
            // SAFETY: as the caller promises.
            return unsafe { update_short(crc, data) };
        }
        let words = data.len() / 24;
        let (block, rest) = data.split_at(24 * words);
        // SAFETY: as the caller promises, and the processor has the other instruction too.
        unsafe {
            let [a, b, c] = lanes(crc, block.as_chunks().0);
            let before = multiply(a, OVER_WORDS[2 * words]) ^ multiply(b, OVER_WORDS[words]);
            let mut crc = 0u64;
            asm!("crc32 {0}, {1}", inout(reg) crc, in(reg) before,
                options(pure, nomem, nostack, preserves_flags));
            update_short(crc as u32 ^ c, rest)
        }
    }

    /// Bytes that are summed up in lanes of a fixed length.
    ///
    /// # Safety
    /// The processor has SSE 4.2.
    #[inline(never)]
    unsafe fn update_long(mut crc: u32, data: &[u8]) -> u32 {
        let (blocks, rest) = data.as_chunks::<LONG>();
        for block in blocks {
            // SAFETY: as the caller promises.
            let [a, b, c] = unsafe { lanes(crc, block.as_chunks().0) };
            crc = skip_lane(skip_lane(a) ^ b) ^ c;
        }
        // SAFETY: as the caller promises.
        unsafe { update_short(crc, rest) }
    }

    /// The checksums of three pieces, computed at the same time. The instruction takes three cycles,
    /// but one can start in each cycle.
    ///
    /// # Safety
    /// The processor has SSE 4.2.
    #[inline(always)]
    unsafe fn lanes(crc: u32, words: &[[u8; 8]]) -> [u32; 3] {
        let (first, others) = words.split_at(words.len() / 3);
        let (second, third) = others.split_at(first.len());
        let (mut a, mut b, mut c) = (u64::from(crc), 0u64, 0u64);
        for ((x, y), z) in first.iter().zip(second).zip(third) {
            // SAFETY: as the caller promises; each step reads as many bytes as its slice has.
            unsafe {
                step!(a, "}, qword ptr [{1}]", x);
                step!(b, "}, qword ptr [{1}]", y);
                step!(c, "}, qword ptr [{1}]", z);
            }
        }
        [a as u32, b as u32, c as u32]
    }

    /// The product of two polynomials.
    ///
    /// # Safety
    /// The processor has PCLMULQDQ.
    #[inline(always)]
    unsafe fn multiply(a: u32, b: u32) -> u64 {
        let product: u64;
        // SAFETY: as the caller promises.
        unsafe {
            asm!("movd {0}, {2:e}", "movd {1}, {3:e}", "pclmulqdq {0}, {1}, 0", "movq {4}, {0}",
                out(xmm_reg) _, out(xmm_reg) _, in(reg) a, in(reg) b, lateout(reg) product,
                options(pure, nomem, nostack, preserves_flags));
        }
        product
    }

    /// # Safety
    /// The processor has SSE 4.2.
    #[inline(always)]
    unsafe fn update_short(crc: u32, data: &[u8]) -> u32 {
        let mut crc = u64::from(crc);
        let (words, rest) = data.as_chunks::<8>();
        // SAFETY: as the caller promises; each step reads as many bytes as its slice has.
        unsafe {
            for word in words {
                step!(crc, "}, qword ptr [{1}]", word);
            }
            let (half, rest) = rest.as_chunks::<4>();
            if let [half] = half {
                step!(crc, ":e}, dword ptr [{1}]", half);
            }
            let (pair, rest) = rest.as_chunks::<2>();
            if let [pair] = pair {
                step!(crc, ":e}, word ptr [{1}]", pair);
            }
            if let [byte] = rest {
                let byte = std::slice::from_ref(byte);
                step!(crc, ":e}, byte ptr [{1}]", byte);
            }
        }
        crc as u32
    }
}

/// Combines the checksums of neighbouring pieces, and separates them.
///
/// The register is a linear function of the register before and of the bytes. So the register after
/// two pieces is the sum of two registers: that of the first piece followed by as many zeros as the
/// second piece has bytes, and that of the second piece when it starts with 0.
mod linear {
    use super::POLYNOMIAL;

    /// A linear map of registers, by what it makes of each bit.
    pub type Map = [u32; 32];

    /// `OVER[k]`: what a register becomes over `2^k` zero bytes.
    static OVER: [Map; 32] = powers();

    /// The register after `count` more zeros, fewer than 2^32.
    pub fn over_zeros(mut register: u32, count: u64) -> u32 {
        for (bit, map) in OVER.iter().enumerate() {
            if count >> bit & 1 == 1 {
                register = apply(map, register);
            }
        }
        register
    }

    /// What a register becomes over one zero byte.
    pub const fn over_byte() -> Map {
        // The map for one zero bit is doubled until it is that of a byte.
        let mut map = [POLYNOMIAL; 32];
        let mut bit = 1;
        while bit < 32 {
            map[bit] = 1 << (bit - 1);
            bit += 1;
        }
        twice(twice(twice(map)))
    }

    pub const fn twice(map: Map) -> Map {
        let mut out = [0; 32];
        let mut bit = 0;
        while bit < 32 {
            out[bit] = apply(&map, map[bit]);
            bit += 1;
        }
        out
    }

    pub const fn apply(map: &Map, register: u32) -> u32 {
        let (mut out, mut bit) = (0, 0);
        while bit < 32 {
            if register >> bit & 1 == 1 {
                out ^= map[bit];
            }
            bit += 1;
        }
        out
    }

    const fn powers() -> [Map; 32] {
        let mut maps = [over_byte(); 32];
        let mut power = 1;
        while power < 32 {
            maps[power] = twice(maps[power - 1]);
            power += 1;
        }
        maps
    }
}

/// Moves a register over as many zeros as a lane has bytes.
#[cfg(target_arch = "x86_64")]
mod lanes {
    use super::linear::{Map, apply, over_byte, twice};

    /// Bytes of a piece; a power of two.
    pub const LANE: usize = 1 << 10;

    /// `SKIP[k][b]`: what the byte `b` at place `k` of a register becomes after `LANE` zeros.
    static SKIP: [[u32; 256]; 4] = table(over_lane());

    /// The register after `LANE` more zeros.
    #[inline(always)]
    pub fn skip_lane(register: u32) -> u32 {
        let [a, b, c, d] = register.to_le_bytes().map(usize::from);
        SKIP[0][a] ^ SKIP[1][b] ^ SKIP[2][c] ^ SKIP[3][d]
    }

    /// `OVER_WORDS[n]`: the factor that moves a register over `n` zero words, if the instruction
    /// for CRC32C reduces the product, as a word after a register of 0. This adds a factor of x^33,
    /// so these are x^(64n - 33), of which 1 is x^31.
    pub static OVER_WORDS: [u32; 2 * LANE / 8] = {
        let word = twice(twice(twice(over_byte())));
        let mut factors = [0; 2 * LANE / 8];
        factors[1] = 1;
        let mut n = 2;
        while n < factors.len() {
            factors[n] = apply(&word, factors[n - 1]);
            n += 1;
        }
        factors
    };

    const fn over_lane() -> Map {
        let (mut map, mut bytes) = (over_byte(), 1);
        while bytes < LANE {
            map = twice(map);
            bytes *= 2;
        }
        map
    }

    const fn table(map: Map) -> [[u32; 256]; 4] {
        let mut table = [[0; 256]; 4];
        let mut i = 0;
        while i < 4 * 256 {
            table[i / 256][i % 256] = apply(&map, ((i % 256) << (8 * (i / 256))) as u32);
            i += 1;
        }
        table
    }
}

#[cfg(target_arch = "aarch64")]
mod armv8 {
    use std::arch::aarch64::{__crc32cb, __crc32cd};

    /// # Safety
    /// The processor has the CRC extension.
    #[target_feature(enable = "crc")]
    pub(super) unsafe fn update(crc: u32, data: &[u8]) -> u32 {
        let (words, rest) = data.as_chunks::<8>();
        let crc = words.iter().fold(crc, |crc, word| __crc32cd(crc, u64::from_le_bytes(*word)));
        rest.iter().fold(crc, |crc, &byte| __crc32cb(crc, byte))
    }
}

mod portable {
    use super::POLYNOMIAL;

    /// `TABLES[k][b]`: the checksum of byte `b` followed by `k` zero bytes.
    static TABLES: [[u32; 256]; 8] = tables();

    const fn tables() -> [[u32; 256]; 8] {
        let mut tables = [[0u32; 256]; 8];
        let mut i = 0;
        while i < 256 {
            let mut crc = i as u32;
            let mut bit = 0;
            while bit < 8 {
                crc = (crc >> 1) ^ (POLYNOMIAL & (crc & 1).wrapping_neg());
                bit += 1;
            }
            tables[0][i] = crc;
            i += 1;
        }
        let mut k = 1;
        while k < 8 {
            let mut i = 0;
            while i < 256 {
                let before = tables[k - 1][i];
                tables[k][i] = (before >> 8) ^ tables[0][(before & 0xff) as usize];
                i += 1;
            }
            k += 1;
        }
        tables
    }

    #[cold]
    #[inline(never)]
    pub(super) fn update(mut crc: u32, data: &[u8]) -> u32 {
        let (words, rest) = data.as_chunks::<8>();
        for word in words {
            let x = u64::from_le_bytes(*word) ^ u64::from(crc);
            crc = (0..8).fold(0, |acc, k| acc ^ TABLES[7 - k][(x >> (8 * k)) as usize & 0xff]);
        }
        for &byte in rest {
            crc = (crc >> 8) ^ TABLES[0][(crc as u8 ^ byte) as usize];
        }
        crc
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The definition, bit by bit.
    fn reference(data: &[u8]) -> u32 {
        let mut crc = u32::MAX;
        for &byte in data {
            crc ^= u32::from(byte);
            for _ in 0..8 {
                crc = if crc & 1 == 1 { (crc >> 1) ^ POLYNOMIAL } else { crc >> 1 };
            }
        }
        !crc
    }

    #[test]
    fn known_answers() {
        // RFC 3720, appendix B.4.
        assert_eq!(checksum(b"123456789"), 0xe306_9283);
        assert_eq!(checksum(&[0; 32]), 0x8a91_36aa);
        assert_eq!(checksum(&[0xff; 32]), 0x62a8_ab43);
        assert_eq!(checksum(b""), 0);
    }

    #[test]
    fn mask_is_tensorflows() {
        // Nearly every event file begins with a record of 24 bytes.
        assert_eq!(masked(&24u64.to_le_bytes()).to_le_bytes(), *b"\xa3\x7fK\"");
    }

    #[test]
    fn lanes_of_any_length_are_combined() {
        let data: Vec<u8> = (0..3200u32).map(|i| ((i * i) >> 3) as u8).collect();
        for length in 0..data.len() {
            let some = &data[..length];
            assert_eq!(checksum(some), !portable::update(u32::MAX, some), "{length}");
        }
    }

    proptest! {
        #[test]
        fn long_data_is_summed_up_as_short_data_is(
            data in proptest::collection::vec(any::<u8>(), 3000..20_000),
        ) {
            prop_assert_eq!(checksum(&data), !portable::update(u32::MAX, &data));
        }

        #[test]
        fn a_checksum_can_be_taken_apart(
            data in proptest::collection::vec(any::<u8>(), 0..3000), at: prop::sample::Index,
        ) {
            let (before, last) = data.split_at(at.index(data.len() + 1));
            let last_is = of_last(checksum(&data), checksum(before), last.len() as u64);
            prop_assert_eq!(last_is, checksum(last));
        }

        #[test]
        fn equals_the_reference(data in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert_eq!(checksum(&data), reference(&data));
            prop_assert_eq!(!portable::update(u32::MAX, &data), reference(&data));
            let (head, tail) = data.split_at(data.len() / 3);
            let mut pieces = Checksum::default();
            pieces.update(head);
            pieces.update(tail);
            prop_assert_eq!(pieces.finish(), reference(&data));
        }
    }
}
