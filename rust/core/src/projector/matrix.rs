//! Writes vectors as tab-separated text.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use crate::text::push_float;

/// Text is written to the file whenever it has this many bytes.
const CHUNK: usize = 1 << 20;

/// Vectors of one length, stored one after the other.
#[derive(Debug)]
pub struct Matrix {
    /// Their numbers.
    pub numbers: Numbers,
    /// The length of each, at least 1.
    pub columns: usize,
}

/// Numbers of one of the types whose texts differ.
#[derive(Debug)]
#[allow(missing_docs)]
pub enum Numbers {
    Float32(Vec<f32>),
    Float64(Vec<f64>),
    Int(Vec<i64>),
    UInt(Vec<u64>),
}

impl Matrix {
    pub(super) fn size(&self) -> usize {
        match &self.numbers {
            Numbers::Float32(values) => size_of_val(&values[..]),
            Numbers::Float64(values) => size_of_val(&values[..]),
            Numbers::Int(values) => size_of_val(&values[..]),
            Numbers::UInt(values) => size_of_val(&values[..]),
        }
    }

    /// Writes a line for each vector. Numbers are written as in Python, which converts float32 to
    /// float64.
    pub(super) fn write(&self, path: &Path) -> io::Result<()> {
        let mut file = File::create(path)?;
        match &self.numbers {
            Numbers::Float32(values) => {
                lines(&mut file, values, self.columns, |out, &v| push_float(out, f64::from(v)))
            }
            Numbers::Float64(values) => {
                lines(&mut file, values, self.columns, |out, &v| push_float(out, v))
            }
            Numbers::Int(values) => lines(&mut file, values, self.columns, push_integer),
            Numbers::UInt(values) => lines(&mut file, values, self.columns, push_integer),
        }
    }
}

fn lines<T>(
    file: &mut File,
    values: &[T],
    columns: usize,
    push: impl Fn(&mut Vec<u8>, &T),
) -> io::Result<()> {
    let mut text = Vec::with_capacity(CHUNK + CHUNK / 4);
    for row in values.chunks_exact(columns) {
        for value in row {
            push(&mut text, value);
            text.push(b'\t');
            if text.len() >= CHUNK {
                // The last byte is kept, since it may have to become the end of the line.
                file.write_all(&text[..text.len() - 1])?;
                text.clear();
                text.push(b'\t');
            }
        }
        text.pop();
        text.push(b'\n');
    }
    file.write_all(&text)
}

fn push_integer(out: &mut Vec<u8>, value: &impl ToString) {
    out.extend_from_slice(value.to_string().as_bytes());
}
