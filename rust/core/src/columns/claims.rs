//! The kinds of tensors without metadata.
//!
//! Writers may write metadata only with the first value of a tag. So a tensor without metadata has
//! the kind of the first metadata of its tag in the run. A reader of one file, or of a part of one,
//! may not know the earlier metadata. It keeps the kind that it assumed, which is compared with the
//! right kind once that is known.

use std::collections::HashMap;

use crate::proto::{Kind, KindSet};

/// What a file says about the kind of a tag's tensors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Claim {
    /// The kind that the tag's first metadata in the file claim.
    pub first: Option<Kind>,
    /// The kinds that were assumed for tensors without metadata.
    pub assumed: KindSet,
}

/// The claims of a file about its tags.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Claims(HashMap<Box<str>, Claim>);

impl Claims {
    /// Each tag with its claim.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Claim)> {
        self.0.iter().map(|(tag, claim)| (&**tag, *claim))
    }

    /// Adds the claims of the next part of the same file.
    pub(crate) fn append(&mut self, rest: Claims) {
        for (tag, claim) in rest.0 {
            let known = self.0.entry(tag).or_default();
            known.first = known.first.or(claim.first);
            known.assumed = known.assumed.union(claim.assumed);
        }
    }
}

impl FromIterator<(Box<str>, Claim)> for Claims {
    fn from_iter<T: IntoIterator<Item = (Box<str>, Claim)>>(claims: T) -> Claims {
        Claims(claims.into_iter().collect())
    }
}

/// The claims of the files of a run that were read so far, in order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Claimed(HashMap<Box<str>, Kind>);

impl Claimed {
    /// Adds the claims of the next file, or of its next part. False if a wrong kind was assumed for
    /// tensors in it. Then nothing is added.
    pub fn add(&mut self, next: &Claims) -> bool {
        let agrees = |(tag, claim): (&str, Claim)| {
            self.0.get(tag).is_none_or(|&kind| claim.assumed.is_at_most(kind))
        };
        if !next.iter().all(agrees) {
            return false;
        }
        for (tag, claim) in next.iter() {
            if let (Some(kind), false) = (claim.first, self.0.contains_key(tag)) {
                self.0.insert(tag.into(), kind);
            }
        }
        true
    }

    /// Each tag that claims something.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Kind)> {
        self.0.iter().map(|(tag, kind)| (&**tag, *kind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(first: Option<Kind>, assumed: &[Kind]) -> Claims {
        let assumed = assumed.iter().copied().collect();
        [("tag".into(), Claim { first, assumed })].into_iter().collect()
    }

    #[test]
    fn the_first_claim_holds_for_all_that_follows() {
        let mut claimed = Claimed::default();
        // Nothing is known yet, so the assumption is right.
        assert!(claimed.add(&claims(None, &[Kind::Tensor])));
        assert!(claimed.add(&claims(Some(Kind::Text), &[Kind::Tensor, Kind::Text])));
        assert!(claimed.add(&claims(Some(Kind::Mesh), &[Kind::Text])));
        for wrong in [&[Kind::Tensor][..], &[Kind::Mesh], &[Kind::Text, Kind::Mesh]] {
            assert!(!claimed.add(&claims(Some(Kind::Mesh), wrong)));
        }
        assert_eq!(claimed.iter().collect::<Vec<_>>(), [("tag", Kind::Text)]);
    }

    #[test]
    fn parts_of_a_file_are_one() {
        let mut file = claims(None, &[Kind::Tensor]);
        file.append(claims(Some(Kind::Text), &[Kind::Text]));
        file.append(claims(Some(Kind::Mesh), &[]));
        assert_eq!(file, claims(Some(Kind::Text), &[Kind::Tensor, Kind::Text]));
    }
}
