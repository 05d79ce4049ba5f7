//! `conformance`: which operation runs on which dtype on which backend, and whether the test rows pass there; writes docs/src/conformance.md.
//!
//! Backends are those that a program finds in the registry, so a feature that links one adds a column. A column that cannot be made here is
//! kept as the last machine that could has written it.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::Value;

use crate::shell::{Done, built, cargo, output, read, root, target};
use crate::software_cuda::{self, Driver};

const TABLE: &str = "docs/src/conformance.md";
/// Columns that are there whatever this machine has, in this order; any other backend comes after them.
const COLUMNS: [&str; 6] = ["cpu", "core", "reference", "wgpu", "cuda", IN_SOFTWARE];
/// The column of the CUDA backend on a device in software.
const IN_SOFTWARE: &str = "cuda in software";
const ABSENT: &str = "not run here";

const HEAD: &str = "\
# Conformance

Written by `cargo xtask conformance`, which asks each backend what it runs itself (`supports`), looks whether the rest comes down to what it runs \
(`decompose`), and runs all test rows on it. The columns of GPUs are made where they are asked for: `cargo xtask conformance --wgpu --cuda --software-cuda`. \
A column whose hardware is missing is kept as the last machine that had it wrote it; `not run here` says that none had.

`cpu` is the CPU backend; `core` the same with the core primitives alone, so that everything else has to come through decompositions; \
`reference` the backend of `examples/reference-backend`, which [Writing a backend](writing-a-backend.md) builds up; \
`cuda in software` the CUDA backend whose driver and compiler are stand-ins that run its kernels on the CPU (`cargo xtask software-cuda`), without NVIDIA's libraries.
";

/// What one table says: lines by name, cells by column.
type Cells = BTreeMap<String, BTreeMap<String, String>>;

/// The tables of the page.
#[derive(Default)]
struct Page {
    summary: Cells,
    categories: Cells,
    operations: Cells,
    /// Operations in their order, with the dtypes they take; core ones have a star.
    order: Vec<(String, String)>,
}

const SUMMARY: [&str; 3] = ["core families native", "operations on dtypes", "test rows"];

pub(crate) fn run(arguments: &[&str]) -> Done {
    let mut found = columns(arguments)?;
    found.sort_by_key(|column| place(&name(column)));
    let mut page = Page::default();
    let mut failed = Vec::new();
    let mut made = Vec::new();
    for column in &found {
        if let Some(reason) = column["missing"].as_str() {
            println!("{}: {ABSENT}: {reason}", name(column));
            continue;
        }
        made.push(name(column));
        take(&mut page, column);
        if failures(column) > 0 {
            failed.push(name(column));
        }
    }
    let committed = read(TABLE).unwrap_or_default();
    let kept = keep(&mut page, &committed, &made);
    let text = render(&page, &made, &kept);
    for name in &kept {
        println!("{name}: {ABSENT}, its column stays as it is");
    }
    if !failed.is_empty() {
        return Err(format!("conformance: rows fail on {}", failed.join(", ")));
    }
    if arguments.contains(&"--check") {
        if committed != text {
            return Err(format!(
                "conformance: {TABLE} is not what the backends give; run `cargo xtask conformance`"
            ));
        }
        println!("{TABLE} is up to date for {}", made.join(", "));
        return Ok(());
    }
    std::fs::write(root().join(TABLE), text).map_err(|error| format!("{TABLE}: {error}"))
}

/// What the programs with backends in them say, a value a backend.
fn columns(arguments: &[&str]) -> Done<Vec<Value>> {
    let mut text = output(&mut built("--example", "conformance")?)?;
    for gpu in ["wgpu", "cuda"] {
        if arguments.contains(&format!("--{gpu}").as_str()) {
            text += &output(&mut built("--example", &format!("conformance_{gpu}"))?)?;
        }
    }
    if arguments.contains(&"--software-cuda") {
        let in_software = built("--example", "conformance_cuda")
            .and_then(|example| software_cuda::with_device(example, Driver::Newest));
        let mut column: Value = serde_json::from_str(&output(&mut in_software?)?)
            .map_err(|error| format!("conformance_cuda: {error}"))?;
        column["backend"] = IN_SOFTWARE.into();
        text += &format!("{column}\n");
    }
    // Its plain loops take an hour, so its column is made anew only where that is asked for.
    if arguments.contains(&"--reference") {
        text += &output(&mut reference(&[
            "run",
            "--quiet",
            "--example",
            "conformance",
        ]))?;
    }
    let parse = |line: &str| serde_json::from_str(line).map_err(|error| format!("{error}: {line}"));
    text.lines().map(parse).collect()
}

/// Cargo on the reference backend, which is no member of the workspace but shares what it has built.
pub(crate) fn reference(arguments: &[&str]) -> std::process::Command {
    let mut command = cargo(arguments);
    command.current_dir(root().join("examples/reference-backend"));
    command.env("CARGO_TARGET_DIR", target());
    command
}

fn name(column: &Value) -> String {
    column["backend"].as_str().unwrap_or_default().to_owned()
}

fn place(name: &str) -> (usize, String) {
    let known = COLUMNS.iter().position(|known| *known == name);
    (known.unwrap_or(COLUMNS.len()), name.to_owned())
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn numbers(value: &Value) -> Vec<u64> {
    list(value).iter().filter_map(Value::as_u64).collect()
}

fn failures(column: &Value) -> u64 {
    let categories = list(&column["categories"]);
    let of = |category: &Value| category["failures"].as_u64().unwrap_or(0);
    categories.iter().map(of).sum()
}

/// Puts what one backend said into the tables.
fn take(page: &mut Page, column: &Value) {
    let name = name(column);
    let families = numbers(&column["families"]);
    let mut rows = [0; 3];
    for category in list(&column["categories"]) {
        let counts = numbers(&category["rows"]);
        for (sum, count) in rows.iter_mut().zip(&counts) {
            *sum += count;
        }
        let failures = category["failures"].as_u64().unwrap_or(0);
        let text = match failures {
            0 => format!("✓ {}", counted(&counts)),
            _ => format!("{failures} FAILURES, {}", counted(&counts)),
        };
        let category = category["name"].as_str().unwrap_or_default().to_owned();
        set(&mut page.categories, category, &name, text);
    }
    let texts = [
        families
            .iter()
            .map(u64::to_string)
            .collect::<Vec<_>>()
            .join(" of "),
        counted(&numbers(&column["cells"])),
        counted(&rows),
    ];
    for (line, text) in SUMMARY.iter().zip(texts) {
        set(&mut page.summary, (*line).to_owned(), &name, text);
    }
    for operation in list(&column["operations"]) {
        let star = if operation["core"] == true {
            " \\*"
        } else {
            ""
        };
        let title = format!("`{}`{star}", operation["name"].as_str().unwrap_or_default());
        let cells: Vec<(&str, &str)> = list(&operation["cells"])
            .iter()
            .filter_map(|cell| Some((cell[0].as_str()?, cell[1].as_str()?)))
            .collect();
        let takes: Vec<&str> = cells.iter().map(|(dtype, _)| *dtype).collect();
        if !page.order.iter().any(|(known, _)| *known == title) {
            page.order.push((title.clone(), dtypes(&takes)));
        }
        set(&mut page.operations, title, &name, manners(&cells));
    }
}

fn set(cells: &mut Cells, line: String, column: &str, text: String) {
    cells
        .entry(line)
        .or_default()
        .insert(column.to_owned(), text);
}

/// `812 native, 28 decomposed`.
fn counted(counts: &[u64]) -> String {
    let names = ["native", "decomposed", "unsupported"];
    let parts = counts.iter().zip(names).filter(|(count, _)| **count > 0);
    parts
        .map(|(count, name)| format!("{count} {name}"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// How an operation runs on its dtypes: the manner of most, and the dtypes of the others.
fn manners(cells: &[(&str, &str)]) -> String {
    let of = |manner: &str| -> Vec<&str> {
        let of = cells.iter().filter(|(_, other)| *other == manner);
        of.map(|(dtype, _)| *dtype).collect()
    };
    let mut groups = ["native", "decomposed", "unsupported"].map(|manner| (manner, of(manner)));
    groups.sort_by_key(|(_, dtypes)| std::cmp::Reverse(dtypes.len()));
    let mut text = groups[0].0.to_owned();
    for (manner, of) in groups.iter().skip(1).filter(|(_, of)| !of.is_empty()) {
        let _ = write!(text, "; {manner}: {}", dtypes(of));
    }
    text
}

/// Dtypes in words: whole kinds by the kind's name.
fn dtypes(of: &[&str]) -> String {
    let kinds = [
        ("bool", &["bool"][..]),
        ("int", &["int8", "int16", "int32", "int64"][..]),
        ("uint", &["uint8", "uint16", "uint32", "uint64"][..]),
        ("float", &["float16", "bfloat16", "float32", "float64"][..]),
        ("complex", &["complex64", "complex128"][..]),
    ];
    if of.len() == 15 {
        return "all".to_owned();
    }
    let mut words = Vec::new();
    for (kind, members) in kinds {
        let some: Vec<&str> = members
            .iter()
            .copied()
            .filter(|name| of.contains(name))
            .collect();
        if some.len() == members.len() {
            words.push(kind);
        } else {
            words.extend(some);
        }
    }
    words.join(" ")
}

/// Takes over the columns that were not made now; their names.
fn keep(page: &mut Page, committed: &str, made: &[String]) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    let mut header: Vec<String> = Vec::new();
    for line in committed.lines().filter(|line| line.starts_with('|')) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let Some(first) = cells.first() else { continue };
        if first.is_empty() || ["operation", "rows of"].contains(first) {
            header = cells.iter().map(|cell| (*cell).to_owned()).collect();
            continue;
        }
        for (column, text) in header.iter().zip(&cells).skip(1) {
            let known = column == "takes" || made.contains(column) || *text == ABSENT;
            if known || text.is_empty() || text.starts_with("---") {
                continue;
            }
            if !kept.contains(column) {
                kept.push(column.clone());
            }
            let table = match header[0].as_str() {
                "operation" => &mut page.operations,
                "rows of" => &mut page.categories,
                _ => &mut page.summary,
            };
            set(table, (*first).to_owned(), column, (*text).to_owned());
        }
    }
    kept
}

fn render(page: &Page, made: &[String], kept: &[String]) -> String {
    let mut names: Vec<String> = COLUMNS.map(str::to_owned).to_vec();
    let others = made
        .iter()
        .chain(kept)
        .filter(|name| !COLUMNS.contains(&name.as_str()));
    names.extend(others.cloned());
    let mut text = HEAD.to_owned();
    let cell = |table: &Cells, line: &str, column: &str| {
        let found = table.get(line).and_then(|cells| cells.get(column));
        found.cloned().unwrap_or_else(|| ABSENT.to_owned())
    };
    let line = |table: &Cells, start: &str, key: &str| {
        let cells = names.iter().map(|name| cell(table, key, name));
        format!("| {start} | {} |\n", cells.collect::<Vec<_>>().join(" | "))
    };
    let rule = |columns: usize| format!("{}|\n", "|---".repeat(columns));
    let _ = write!(
        text,
        "\n| | {} |\n{}",
        names.join(" | "),
        rule(names.len() + 1)
    );
    for title in SUMMARY {
        text += &line(&page.summary, title, title);
    }
    let _ = write!(
        text,
        "\n## Test rows\n\nEach row is a function on many shapes, dtypes and layouts. It counts once, by the worst that any of its cases needs; `✓` \
         says that all that ran gave NumPy's answers.\n\n| rows of | {} |\n{}",
        names.join(" | "),
        rule(names.len() + 1)
    );
    for category in page.categories.keys() {
        text += &line(&page.categories, category, category);
    }
    let _ = write!(
        text,
        "\n## Operations\n\nWith the dtypes they take; what is not said of a dtype is as the first word says. A star marks the core, which every \
         backend has to have.\n\n| operation | takes | {} |\n{}",
        names.join(" | "),
        rule(names.len() + 2)
    );
    for (title, takes) in &page.order {
        text += &line(&page.operations, &format!("{title} | {takes}"), title);
    }
    text
}
