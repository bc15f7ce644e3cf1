//! Reads the `.proto` files, so that tests can compare them with this module.

use std::collections::HashMap;
use std::path::Path;

/// The number of each field by its full name, such as `Summary.Value.tag`, and of each value of an
/// enum, such as `DataType.DT_FLOAT`.
pub fn fields() -> HashMap<String, u32> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../python/tfevents/proto");
    let mut fields = HashMap::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|it| it == "proto") {
            read(&std::fs::read_to_string(path).unwrap(), &mut fields);
        }
    }
    fields
}

fn read(text: &str, fields: &mut HashMap<String, u32>) {
    // The names of the enclosing messages. A `oneof` has an empty name.
    let mut open: Vec<&str> = Vec::new();
    for line in text.lines().map(|line| line.split("//").next().unwrap().trim()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["message" | "enum", name, "{"] => open.push(name),
            ["oneof", _, "{"] => open.push(""),
            ["}"] => drop(open.pop()),
            _ if open.is_empty() => {}
            [.., _, _, _] => {
                let Some(at) = words.iter().position(|&word| word == "=") else { continue };
                let message: Vec<&str> =
                    open.iter().copied().filter(|name| !name.is_empty()).collect();
                let number = words[at + 1].trim_end_matches(';').parse().unwrap();
                fields.insert(format!("{}.{}", message.join("."), words[at - 1]), number);
            }
            _ => {}
        }
    }
}
