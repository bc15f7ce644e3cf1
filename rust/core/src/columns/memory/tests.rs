//! Columns behave like vectors, wherever their memory is.

use std::thread;

use proptest::prelude::*;

use super::*;

/// An operation on some columns, which are given by their indices.
#[derive(Debug, Clone)]
enum Act {
    Push(usize, [u64; 3]),
    /// Appends this many words at once. One column has more words.
    Extend(usize, usize, usize),
    Append(usize, usize),
    ExtendFrom(usize, usize, (usize, usize)),
    Reserve(usize, usize),
    Shrink(usize),
    /// Moves columns to an arena with room for this many more words each.
    Spread(Vec<usize>, usize),
    Pack(bool),
    /// Sends columns to another thread and back.
    Send(usize),
    Replace(usize),
}

const COLUMNS: usize = 4;

fn act() -> impl Strategy<Value = Act> {
    let index = || 0..COLUMNS;
    // Most counts are small. Some need an arena of their own, which is moved page by page.
    let count = || prop_oneof![8 => 0..40usize, 2 => 500..3000usize, 1 => 60_000..70_000usize];
    let counts = prop::collection::vec(prop_oneof![4 => 0..100usize, 1 => count()], COLUMNS);
    prop_oneof![
        6 => (index(), any::<[u64; 3]>()).prop_map(|(at, words)| Act::Push(at, words)),
        6 => (index(), count(), 0..3usize).prop_map(|(at, count, more)| {
            Act::Extend(at, count, more)
        }),
        2 => (index(), index()).prop_map(|(to, from)| Act::Append(to, from)),
        2 => (index(), index(), (count(), count())).prop_map(|(to, from, range)| {
            Act::ExtendFrom(to, from, range)
        }),
        1 => (index(), count()).prop_map(|(at, count)| Act::Reserve(at, count)),
        2 => index().prop_map(Act::Shrink),
        3 => (counts, prop::sample::select(vec![0, 1 << 20, 64 << 20]))
            .prop_map(|(room, may_waste)| Act::Spread(room, may_waste)),
        2 => any::<bool>().prop_map(Act::Pack),
        1 => index().prop_map(Act::Send),
        1 => index().prop_map(Act::Replace),
    ]
}

type Model = [Vec<u64>; 3];

fn is_equal(columns: &Lockstep<3>, model: &Model) -> bool {
    let has = |index: usize| columns.column(index) == model[index];
    columns.len() == model[0].len() && (0..3).all(has)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(plain_memory) { 24 } else { 64 }))]

    #[test]
    fn columns_in_step_are_vectors(acts in prop::collection::vec(act(), 1..40)) {
        let mut all: [Lockstep<3>; COLUMNS] = Default::default();
        let mut models: [Model; COLUMNS] = Default::default();
        for act in acts {
            match act {
                Act::Push(at, words) => {
                    all[at].push_words(words);
                    models[at].iter_mut().zip(words).for_each(|(model, word)| model.push(word));
                }
                Act::Extend(at, count, more) => {
                    let words: Vec<[u8; 8]> =
                        (0..(count + 2) as u64).map(|word| (word * 3).to_le_bytes()).collect();
                    let columns = [&words[..count], &words[..count + more.min(2)], &words[1..]];
                    prop_assert_eq!(all[at].extend(columns), count);
                    for (model, column) in models[at].iter_mut().zip(columns) {
                        model.extend(column[..count].iter().map(|word| u64::from_le_bytes(*word)));
                    }
                }
                Act::Append(to, from) => {
                    let mut other = std::mem::take(&mut all[from]);
                    let mut model = std::mem::take(&mut models[from]);
                    all[to].append(&mut other);
                    models[to].iter_mut().zip(&mut model).for_each(|(to, from)| to.append(from));
                    // What is left can be filled again.
                    if to != from {
                        all[from] = other;
                    }
                }
                Act::ExtendFrom(to, from, (start, end)) if to != from => {
                    let start = start.min(all[from].len());
                    let range = start..end.clamp(start, all[from].len());
                    let (other, model) = (std::mem::take(&mut all[from]), models[from].clone());
                    all[to].extend_from(&other, range.clone());
                    all[from] = other;
                    models[to].iter_mut().zip(&model).for_each(|(to, from)| {
                        to.extend_from_slice(&from[range.clone()]);
                    });
                }
                Act::ExtendFrom(..) => {}
                Act::Reserve(at, count) => all[at].reserve(count),
                Act::Shrink(at) => all[at].shrink(),
                Act::Spread(room, mut may_waste) => {
                    let capacities: Vec<_> =
                        all.iter().zip(room).map(|(it, room)| it.len() + room).collect();
                    Lockstep::spread(all.iter_mut(), &capacities, &mut may_waste);
                }
                Act::Pack(huge_pages) => {
                    let lengths: Vec<_> = all.iter().map(Lockstep::len).collect();
                    Lockstep::pack(all.iter_mut(), &lengths, huge_pages);
                }
                Act::Send(at) => {
                    let sent = std::mem::take(&mut all[at]);
                    all[at] = thread::spawn(move || sent).join().unwrap();
                }
                Act::Replace(at) => (all[at], models[at]) = Default::default(),
            }
            for (columns, model) in all.iter().zip(&models) {
                prop_assert!(is_equal(columns, model));
            }
        }
    }
}

#[test]
fn what_a_room_is_too_small_for_stays_where_it_is() {
    let mut columns = Lockstep::<2>::default();
    (0..9).for_each(|word| columns.push_words([word, word + 1]));
    let emptied = Lockstep::pack([&mut columns].into_iter(), &[3], false);
    assert!(emptied.is_empty());
    assert_eq!(columns.integers(1), (1..10).collect::<Vec<_>>());
}

#[test]
fn nothing_is_spread_over_more_than_may_be_wasted() {
    let mut columns = Lockstep::<2>::default();
    assert!(Lockstep::spread([&mut columns].into_iter(), &[1 << 20], &mut 1000).is_none());
    assert!(Lockstep::spread([&mut columns].into_iter(), &[usize::MAX], &mut 1000).is_none());
}

#[test]
fn doubles_are_their_bits() {
    let mut columns = Lockstep::<1>::with_capacity(2);
    columns.push_words([1.5f64.to_bits()]);
    columns.push_words([f64::NAN.to_bits()]);
    assert_eq!(columns.floats(0)[0], 1.5);
    assert!(columns.floats(0)[1].is_nan());
    assert_eq!(columns.unused(), 0);
}

#[test]
fn columns_of_a_known_length() {
    for length in [0, 1, 3, 1000, 100_000] {
        let mut column = Column::<i32>::with_capacity(length).unwrap();
        column.extend_from_slice(&vec![7; length / 2]);
        column.resize(length, 8);
        assert_eq!(column.len(), length);
        assert!(column[..length / 2].iter().all(|&number| number == 7));
        assert!(column[length / 2..].iter().all(|&number| number == 8));
        if let Some(last) = column.last_mut() {
            *last = 9;
            assert_eq!(column[length - 1], 9);
        }
    }
    for length in [0, 1, 1000, 100_000] {
        let mut column = Column::<i32>::zeros(length).unwrap();
        assert_eq!(column[..], vec![0; length]);
        column.fill(7);
        column.truncate(length / 2);
        assert_eq!(column[..], vec![7; length / 2]);
        column.resize(length, 8);
        assert!(column[length / 2..].iter().all(|&number| number == 8));
    }
    assert!(Column::<f64>::with_capacity(usize::MAX).is_err());
    assert!(Column::<f64>::with_capacity(usize::MAX / 16).is_err());
}

#[test]
#[should_panic(expected = "len")]
fn a_column_does_not_grow() {
    Column::<i64>::with_capacity(3).unwrap().extend_from_slice(&[0; 4]);
}
