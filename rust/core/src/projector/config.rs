//! `projector_config.pbtxt`, the `ProjectorConfig` of a directory.

use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::path::Path;

/// Adds an entry to the file, unless the file has an equal entry. Entries of other writers stay.
pub(super) fn append(path: &Path, entry: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
    let mut present = Vec::new();
    file.read_to_end(&mut present)?;
    if present.windows(entry.len()).any(|window| window == entry.as_bytes()) {
        return Ok(());
    }
    let separator = if present.last().is_some_and(|&byte| byte != b'\n') { "\n" } else { "" };
    // It is one write, so that no other writer's text comes in between.
    file.write_all(format!("{separator}{entry}").as_bytes())
}
