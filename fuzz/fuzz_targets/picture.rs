#![no_main]

#[macro_use]
mod engine;

fuzz!(PICTURE);
