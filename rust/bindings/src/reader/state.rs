//! Converts the state of a reader to tuples and back.

use std::ffi::OsString;

use pyo3::prelude::*;
use tfevents::columns::{Claim, Claims};
use tfevents::proto::{Kind, Metadata};
use tfevents::reader::{FileState, RunState, TagState};
use tfevents::storage::Stamp;

use crate::call::argument;
use crate::call::list::List;

/// A run's name, its files and its tags.
pub type RunTuple = (OsString, List<FileTuple>, List<TagTuple>);

/// Name, offset, index of the record, length and checksum of the head, checksum of the tail, stamp,
/// whether the file has the first version, its last step, the step from which it purges earlier
/// files, and its claims about tensors.
type FileTuple = (
    OsString,
    u64,
    u64,
    (u8, u32),
    Option<u32>,
    Option<(u64, u64, i64, i64)>,
    bool,
    Option<i64>,
    Option<i64>,
    List<ClaimTuple>,
);

/// A tag, the kind that its first metadata claim, and the kinds that were assumed for tensors
/// without metadata.
type ClaimTuple = (String, Option<String>, List<String>);

/// Name, kind and metadata.
type TagTuple = (String, String, Option<MetadataTuple>);

/// Plugin, content, display name, description and data class.
type MetadataTuple = (String, Vec<u8>, String, String, i64);

pub fn to_tuple(run: RunState) -> RunTuple {
    let files = run.files.into_iter().map(|file| {
        let stamp = file.stamp.map(|Stamp { length, version: (a, b, c) }| (length, a, b, c));
        let FileState { name, offset, record, head, tail, is_old, last_step, purged, .. } = file;
        let mut claims: Vec<ClaimTuple> = file.claims.iter().map(claim_tuple).collect();
        claims.sort_unstable_by(|(one, ..), (other, ..)| one.cmp(other));
        (name, offset, record, head, tail, stamp, is_old, last_step, purged, List(claims))
    });
    let tags = run.tags.into_iter().map(|tag| {
        let metadata = tag.metadata.map(|it| {
            let texts = (it.plugin_name.into(), it.display_name.into(), it.description.into());
            (texts.0, it.content.into_owned(), texts.1, texts.2, it.data_class)
        });
        (tag.name.into(), tag.kind.name().to_owned(), metadata)
    });
    (run.name.into(), files.collect(), tags.collect())
}

pub fn from_tuple((name, files, tags): RunTuple) -> PyResult<RunState> {
    let files = files.into_iter().map(|file| {
        let (name, offset, record, head, tail, stamp, is_old, last_step, purged, claims) = file;
        let stamp = stamp.map(|(length, a, b, c)| Stamp { length, version: (a, b, c) });
        let claims = claims.into_iter().map(claim).collect::<PyResult<Claims>>()?;
        Ok(FileState { name, offset, record, head, tail, stamp, is_old, last_step, purged, claims })
    });
    let files = files.collect::<PyResult<_>>()?;
    let tags = tags.into_iter().map(|(name, kind_name, metadata)| {
        let metadata = metadata.map(|(plugin_name, content, display_name, description, class)| {
            Box::new(Metadata {
                plugin_name: plugin_name.into(),
                content: content.into(),
                display_name: display_name.into(),
                description: description.into(),
                data_class: class,
            })
        });
        Ok(TagState { name: name.into(), kind: argument::kind(&kind_name, "state")?, metadata })
    });
    let tags = tags.collect::<PyResult<_>>()?;
    Ok(RunState { name: name.into(), files, tags })
}

fn claim_tuple((tag, claim): (&str, Claim)) -> ClaimTuple {
    let name = |kind: Kind| kind.name().to_owned();
    (tag.to_owned(), claim.first.map(name), claim.assumed.iter().map(name).collect())
}

fn claim((tag, first, assumed): ClaimTuple) -> PyResult<(Box<str>, Claim)> {
    let kind = |name: String| argument::kind(&name, "state");
    let first = first.map(kind).transpose()?;
    let assumed = assumed.into_iter().map(kind).collect::<PyResult<_>>()?;
    Ok((tag.into(), Claim { first, assumed }))
}
