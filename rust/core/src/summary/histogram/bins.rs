//! Finds a number's bin among TensorFlow's in constant time.
//!
//! A cell has all floats with the same sign, exponent and first four bits of the mantissa. The
//! numbers in a cell differ by a sixteenth at most. Each edge is a tenth greater than the one
//! before, so a cell has at most one edge inside. A table has the number of edges below each cell,
//! and one comparison does the rest.

use std::sync::LazyLock;

/// Edges above zero, from 1e-12 to below 1e20.
const POSITIVE: usize = 774;
/// TensorFlow's edges in ascending order: zero, 1e-12 · 1.1^i below 1e20, and their negatives. As
/// in TensorFlow, each is the product of the one before and 1.1, with rounding at each step.
pub static EDGES: [f64; 2 * POSITIVE + 1] = {
    let mut edges = [0.0; 2 * POSITIVE + 1];
    let mut edge = 1e-12;
    let mut i = 0;
    while i < POSITIVE {
        edges[POSITIVE + 1 + i] = edge;
        edges[POSITIVE - 1 - i] = -edge;
        edge *= 1.1;
        i += 1;
    }
    edges
};

/// The number of places for a number: below the first edge, in each bin, after the last edge.
const PLACES: usize = 2 * POSITIVE + 2;

/// A type of floats that histograms accept.
pub trait Float: Copy + Default + PartialOrd + Into<f64> + 'static {
    /// The infinity of this type.
    const INFINITY: Self;
    /// The infinity of this type.
    const NEG_INFINITY: Self;
    /// The number of cells.
    const CELLS: usize;
    /// The number's cell, which is its sign, its exponent and four bits of its mantissa.
    fn cell(self) -> usize;
    /// The number that has only these bits.
    fn of_cell(cell: usize) -> f64;
    /// The least number of this type that is not below `edge`.
    fn at_least(edge: f64) -> Self;
    /// The table of this type.
    fn lookup() -> &'static Lookup<Self>;
}

/// How to find a number's place among the edges.
#[derive(Debug)]
pub struct Lookup<T> {
    /// For each cell, how many edges are not above its least number.
    below: Vec<u16>,
    /// For each number of edges, the next edge: the least number of this type that reaches it.
    next: [T; PLACES],
}

impl<T: Float> Lookup<T> {
    fn new() -> Lookup<T> {
        let half = T::CELLS / 2;
        let below = (0..T::CELLS).map(|cell| {
            // The numbers of a negative cell begin after those of the next cell. The last cells are
            // NaN.
            let next = T::of_cell((cell + 1).saturating_sub(half).min(half - 1));
            let start = if cell < half { T::of_cell(cell) } else { -next };
            EDGES.partition_point(|&edge| edge <= start) as u16
        });
        let next = std::array::from_fn(|place| match EDGES.get(place) {
            // The last bin includes its upper edge. There is no edge after it.
            Some(edge) if place == PLACES - 2 => T::at_least(edge.next_up()),
            Some(&edge) => T::at_least(edge),
            None => T::at_least(f64::NAN),
        });
        Lookup { below: below.collect(), next }
    }

    /// How many edges are at or below a number. NaN is below the first edge or after the last.
    #[inline(always)]
    fn place(&self, value: T) -> usize {
        let below = usize::from(self.below[value.cell()]);
        below + usize::from(value >= self.next[below])
    }
}

/// Counts by place. Neighbouring values use separate counters, since the processor would have to
/// wait if two equal values in a row used the same one.
pub(super) struct Counter(Box<[[u64; PLACES]; 4]>);

impl Counter {
    pub fn new() -> Counter {
        Counter(Box::new([[0; PLACES]; 4]))
    }

    pub fn add<T: Float>(&mut self, values: &[T]) {
        let lookup = T::lookup();
        let (rows, rest) = values.as_chunks::<4>();
        for row in rows {
            for (counts, &value) in self.0.iter_mut().zip(row) {
                counts[lookup.place(value)] += 1;
            }
        }
        for &value in rest {
            self.0[0][lookup.place(value)] += 1;
        }
    }

    /// How many values each bin has. Values outside of all bins are not counted.
    pub fn counts(&self) -> Vec<f64> {
        (1..EDGES.len()).map(|place| self.0.iter().map(|c| c[place]).sum::<u64>() as f64).collect()
    }
}

impl Float for f32 {
    const INFINITY: f32 = f32::INFINITY;
    const NEG_INFINITY: f32 = f32::NEG_INFINITY;
    const CELLS: usize = 1 << 13;

    #[inline(always)]
    fn cell(self) -> usize {
        (self.to_bits() >> 19) as usize
    }

    fn of_cell(cell: usize) -> f64 {
        f32::from_bits((cell as u32) << 19).into()
    }

    fn at_least(edge: f64) -> f32 {
        let rounded = edge as f32;
        if f64::from(rounded) < edge { rounded.next_up() } else { rounded }
    }

    fn lookup() -> &'static Lookup<f32> {
        static LOOKUP: LazyLock<Lookup<f32>> = LazyLock::new(Lookup::new);
        &LOOKUP
    }
}

impl Float for f64 {
    const INFINITY: f64 = f64::INFINITY;
    const NEG_INFINITY: f64 = f64::NEG_INFINITY;
    const CELLS: usize = 1 << 16;

    #[inline(always)]
    fn cell(self) -> usize {
        (self.to_bits() >> 48) as usize
    }

    fn of_cell(cell: usize) -> f64 {
        f64::from_bits((cell as u64) << 48)
    }

    fn at_least(edge: f64) -> f64 {
        edge
    }

    fn lookup() -> &'static Lookup<f64> {
        static LOOKUP: LazyLock<Lookup<f64>> = LazyLock::new(Lookup::new);
        &LOOKUP
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn edges_are_tensorflow_s() {
        assert!(EDGES.is_sorted());
        assert_eq!(EDGES[POSITIVE], 0.0);
        let last = EDGES[EDGES.len() - 1];
        assert!(last < 1e20 && last * 1.1 >= 1e20);
    }

    #[test]
    fn no_cell_has_two_edges_inside() {
        fn check<T: Float>() {
            let lookup = T::lookup();
            for (number, &next) in lookup.next[..EDGES.len()].iter().enumerate() {
                assert_eq!(lookup.place(next), number + 1);
            }
        }
        check::<f32>();
        check::<f64>();
    }

    /// Counts as `numpy.histogram` does: a bin includes its lower edge, and the last one both
    /// edges.
    fn searched(value: f64) -> usize {
        let last = EDGES.len() - 1;
        let place = EDGES.partition_point(|&edge| edge <= value);
        if value == EDGES[last] { last } else { place }
    }

    fn check(value: f64) {
        if !value.is_nan() {
            assert_eq!(f64::lookup().place(value), searched(value), "{value:e}");
        }
        let single = value as f32;
        if !single.is_nan() {
            assert_eq!(f32::lookup().place(single), searched(single.into()), "{single:e}");
        }
    }

    #[test]
    fn at_and_beside_each_edge() {
        let beyond = [f64::INFINITY, f64::MAX, 1e20, 1e-13, f64::MIN_POSITIVE, 5e-324, -0.0];
        for edge in EDGES.into_iter().chain(beyond).chain(beyond.map(|value| -value)) {
            let single = edge as f32;
            for value in [edge, edge.next_up(), edge.next_down()] {
                check(value);
            }
            for value in [single, single.next_up(), single.next_down()] {
                check(value.into());
            }
        }
    }

    #[test]
    fn nan_is_in_no_bin() {
        let mut counter = Counter::new();
        let bits = [0x7ff0_0000_0000_0001, 0x7ff8_0000_0000_0000, u64::MAX >> 1];
        for value in bits.into_iter().flat_map(|b| [f64::from_bits(b), -f64::from_bits(b)]) {
            counter.add(&[value]);
            counter.add(&[value as f32]);
        }
        assert!(counter.counts().iter().all(|&count| count == 0.0));
    }

    proptest! {
        #[test]
        fn any_number(bits: u64, exponent in -14.0f64..22.0, single: u32) {
            check(f64::from_bits(bits));
            check(10f64.powf(exponent));
            check(-(10f64.powf(exponent)));
            check(f32::from_bits(single).into());
        }
    }
}
