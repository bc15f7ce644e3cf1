//! Turns records into columns.

mod columns;
mod decode;
mod fast;
mod join;
mod layout;
mod records;
#[cfg(test)]
mod tests;

pub(crate) use columns::Columns;
