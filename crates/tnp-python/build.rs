//! Collects the documentation of the Rust functions, so that `help` in Python says what rustdoc says.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Where the documented functions are.
const SOURCES: [&str; 6] = [
    "tnp-array",
    "tnp-autodiff",
    "tnp-trace",
    "tnp-vmap",
    "tnp-dtype",
    "tnp-io",
];

fn files(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "rs")
            && !path.ends_with("index/write.rs")
        {
            found.push(path);
        }
    }
    Ok(())
}

/// The name that a line after documentation gives: of a function, or of a row of a table of functions.
fn named(line: &str) -> Option<&str> {
    let line = line.trim();
    let (rest, method) = match line.strip_prefix("pub fn ") {
        Some(rest) => (
            rest,
            rest.contains("&self") || rest.contains("mut self") || rest.contains("(self"),
        ),
        None => (line, false),
    };
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')?;
    let (name, after) = rest.split_at(end);
    let row = after.starts_with([' ', ',', ';'])
        && ![
            "pub", "fn", "let", "impl", "use", "mod", "const", "static", "struct", "enum", "type",
            "unsafe",
        ]
        .contains(&name);
    let function = after.starts_with(['<', '(']) && line.starts_with("pub fn ") && !method;
    (function || row)
        .then_some(name.trim_end_matches('_'))
        .filter(|name| !name.is_empty())
}

/// What Rust says, for Python: without the Rust examples and links.
fn plain(lines: &[String]) -> String {
    let (mut text, mut code) = (String::new(), false);
    for line in lines {
        if line.trim_start().starts_with("```") {
            code = !code;
            continue;
        }
        if code || line.trim() == "# Examples" {
            continue;
        }
        let line = match line.trim() {
            "# Errors" => "Raises",
            other => other,
        };
        text.push_str(&line.replace(['[', ']', '<', '>'], ""));
        text.push('\n');
    }
    text.trim().replace("\n\n\n", "\n\n")
}

fn main() -> io::Result<()> {
    let crates = Path::new(&env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?).join("..");
    let mut docs: BTreeMap<String, String> = BTreeMap::new();
    for source in SOURCES {
        let folder = crates.join(source).join("src");
        println!("cargo:rerun-if-changed={}", folder.display());
        let mut found = Vec::new();
        files(&folder, &mut found)?;
        found.sort();
        for path in found {
            let mut lines: Vec<String> = Vec::new();
            for line in fs::read_to_string(path)?.lines() {
                let trimmed = line.trim_start();
                if let Some(text) = trimmed.strip_prefix("///") {
                    lines.push(text.strip_prefix(' ').unwrap_or(text).to_owned());
                } else if trimmed.starts_with("#[") {
                    continue;
                } else {
                    if let Some(name) = named(line)
                        && !lines.is_empty()
                    {
                        let text = plain(&lines);
                        let known = docs.entry(name.to_owned()).or_default();
                        if known.len() < text.len() {
                            *known = text;
                        }
                    }
                    lines.clear();
                }
            }
        }
    }
    let rows: String = docs
        .iter()
        .map(|(name, text)| format!("    ({name:?}, {text:?}),\n"))
        .collect();
    let out = PathBuf::from(env::var("OUT_DIR").map_err(io::Error::other)?).join("docs.rs");
    fs::write(
        out,
        format!("static DOCS: &[(&str, &str)] = &[\n{rows}];\n"),
    )
}
