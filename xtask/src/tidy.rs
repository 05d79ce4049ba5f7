//! `tidy`: the invariants of `docs/src/architecture.md` that no compiler checks.

use std::path::Path;

use crate::shell::{Done, output, program, read, root};

/// Crates in the order of the house: each may use only those before it. A backend stands on `tnp-backend` alone, one of GPUs on
/// `tnp-cube` too.
const ORDER: [&str; 16] = [
    "tnp-dtype",
    "tnp-shape",
    "tnp-backend",
    "tnp-linalg",
    "tnp-cpu",
    "tnp-cube",
    "tnp-wgpu",
    "tnp-cuda",
    "tnp-array",
    "tnp-macros",
    "tnp-trace",
    "tnp-vmap",
    "tnp-autodiff",
    "tnp-io",
    "tnp-testing",
    "tnp-facade",
];
const BACKENDS: [&str; 4] = ["tnp-cpu", "tnp-cube", "tnp-wgpu", "tnp-cuda"];
/// Backends that stand on the kernels shared by GPUs.
const GPUS: [&str; 2] = ["tnp-wgpu", "tnp-cuda"];
/// Crates that may not name a backend crate outside their tests; the facade does, behind features.
const BACKEND_FREE: [&str; 11] = [
    "tnp-dtype",
    "tnp-shape",
    "tnp-backend",
    "tnp-linalg",
    "tnp-array",
    "tnp-macros",
    "tnp-trace",
    "tnp-vmap",
    "tnp-autodiff",
    "tnp-io",
    "tnp-testing",
];
const LONGEST: usize = 800;

pub(crate) fn run() -> Done {
    let mut problems = Vec::new();
    for name in ORDER {
        dependencies(
            name,
            &read(format!("crates/{name}/Cargo.toml"))?,
            &mut problems,
        );
    }
    stranger(
        &read("examples/reference-backend/Cargo.toml")?,
        &mut problems,
    );
    let listed = output(&mut program(
        "git",
        &["ls-files", "--cached", "--others", "--exclude-standard"],
    ))?;
    let mut files = 0;
    for path in listed.lines().filter(|path| root().join(path).is_file()) {
        if path == "Cargo.lock" {
            continue;
        }
        let Ok(text) = read(path) else { continue };
        everywhere(path, &text, &mut problems);
        if path.ends_with(".rs") {
            files += 1;
            rust(path, &text, &mut problems);
        }
    }
    if !listed.lines().any(|path| path == "Cargo.lock") {
        problems.push("Cargo.lock is not committed".to_owned());
    }
    if problems.is_empty() {
        println!(
            "tidy: {files} Rust files, {} crates, no problem",
            ORDER.len()
        );
        return Ok(());
    }
    Err(format!(
        "tidy: {} problems\n{}",
        problems.len(),
        problems.join("\n")
    ))
}

/// The example of a stranger's backend shows what one needs: `tnp-backend` and what that stands on.
fn stranger(manifest: &str, problems: &mut Vec<String>) {
    let section = manifest
        .split("\n[")
        .find(|part| part.starts_with("dependencies]"));
    for line in section.unwrap_or_default().lines().skip(1) {
        let used = line.split(['.', ' ', '=']).next().unwrap_or_default();
        if !used.is_empty() && !["tnp-backend", "tnp-dtype", "tnp-shape"].contains(&used) {
            problems.push(format!(
                "examples/reference-backend/Cargo.toml: it depends on {used}, beside tnp-backend"
            ));
        }
    }
}

fn dependencies(name: &str, manifest: &str, problems: &mut Vec<String>) {
    let place = |name: &str| ORDER.iter().position(|other| *other == name);
    let mut section = "";
    for line in manifest.lines() {
        if let Some(header) = line.strip_prefix('[') {
            section = header.trim_end_matches(']');
            continue;
        }
        let used = line.split(['.', ' ', '=']).next().unwrap_or_default();
        let Some(at) = place(used) else { continue };
        if section != "dependencies" {
            continue;
        }
        if Some(at) >= place(name) {
            problems.push(format!(
                "crates/{name}/Cargo.toml: {name} uses {used}, which stands above it"
            ));
        }
        if BACKENDS.contains(&name)
            && !["tnp-dtype", "tnp-shape", "tnp-backend", "tnp-linalg"].contains(&used)
            && !(GPUS.contains(&name) && used == "tnp-cube")
        {
            problems.push(format!("crates/{name}/Cargo.toml: a backend depends on tnp-backend and what that stands on, not on {used}"));
        }
        if BACKEND_FREE.contains(&name) && BACKENDS.contains(&used) {
            problems.push(format!(
                "crates/{name}/Cargo.toml: {name} must know no backend, it uses {used}"
            ));
        }
    }
}

/// What no file may contain, in pieces so that this file does not.
fn everywhere(path: &str, text: &str, problems: &mut Vec<String>) {
    let machine = ["/ho", "me/"].concat();
    let work = ["/wo", "rk/"].concat();
    for (number, line) in text.lines().enumerate() {
        if line.contains(&machine) || line.contains(&work) {
            problems.push(format!("{path}:{}: a path of some machine", number + 1));
        }
    }
}

fn rust(path: &str, text: &str, problems: &mut Vec<String>) {
    let lines: Vec<&str> = text.lines().collect();
    if lines.len() > LONGEST {
        problems.push(format!(
            "{path}: {} lines, more than {LONGEST}; split it by topic",
            lines.len()
        ));
    }
    if !lines
        .first()
        .is_some_and(|line| line.starts_with("//!") || line.starts_with("#![doc = include_str!("))
    {
        problems.push(format!(
            "{path}: the first line must say what lives here (`//! …`)"
        ));
    }
    for word in ["todo", "unimplemented", "dbg"] {
        let call = format!("{word}!(");
        if let Some(at) = lines.iter().position(|line| line.contains(&call)) {
            problems.push(format!("{path}:{}: {word}!", at + 1));
        }
    }
    prim_matches(path, &lines, problems);
    families(path, &lines, problems);
    let public = path.starts_with("crates/")
        && !path.starts_with("crates/tnp-io/")
        && !path.contains("/examples/");
    if public {
        for (number, line) in lines.iter().enumerate() {
            let code = line.trim_start();
            if code.starts_with("pub ") && code.contains("ndarray::") {
                problems.push(format!(
                    "{path}:{}: a type of `ndarray` in a public signature",
                    number + 1
                ));
            }
        }
    }
    if Path::new(path)
        .components()
        .any(|part| part.as_os_str() == "tests")
    {
        return;
    }
    let block = ["unsafe", " {"].concat();
    for (number, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        if code.starts_with("//") || !(code.contains(&block) || code.starts_with("unsafe impl")) {
            continue;
        }
        let reasoned = lines[number.saturating_sub(8)..=number]
            .iter()
            .any(|line| line.contains("SAFETY:"));
        if !reasoned {
            problems.push(format!(
                "{path}:{}: unsafe without a `// SAFETY:`",
                number + 1
            ));
        }
    }
}

/// Machinery that treats primitives by family: whatever forms regions, plans memory, traces or batches. A function's name in it
/// is a special case that the next function will lack.
fn families(path: &str, lines: &[&str], problems: &mut Vec<String>) {
    let machinery = [
        "crates/tnp-trace/src/",
        "crates/tnp-vmap/src/",
        "crates/tnp-backend/src/region",
        "crates/tnp-backend/src/plan",
    ];
    let whole = [
        "crates/tnp-array/src/bind.rs",
        "crates/tnp-array/src/context.rs",
        "crates/tnp-backend/src/graph.rs",
    ];
    // The batching and simplification tables are tables: they list functions on purpose. Tests make examples.
    let table = path.contains("/table") || path.contains("/rules") || path.ends_with("/tests.rs");
    if table || !(machinery.iter().any(|start| path.starts_with(start)) || whole.contains(&path)) {
        return;
    }
    for (number, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        if code == "#[cfg(test)]" {
            break;
        }
        if code.starts_with("//") || code.starts_with("use ") {
            continue;
        }
        // Doing something with a function is composition; asking which one it is, in an arm or a test, is not.
        let asked = match code.split_once("=>") {
            Some((pattern, _)) => pattern,
            None if code.contains("matches!")
                || code.contains("==")
                || code.contains("let Prim") =>
            {
                code
            }
            None => continue,
        };
        let named = ["Unary::", "Binary::"].iter().find_map(|family| {
            let rest = asked.split(family).nth(1)?;
            rest.starts_with(|c: char| c.is_ascii_uppercase())
                .then_some(family)
        });
        if let Some(family) = named {
            problems.push(format!(
                "{path}:{}: a function by name ({family}…) in machinery that knows families",
                number + 1
            ));
        }
    }
}

/// A `match` whose arms name `Prim::` variants must have no wildcard arm: a new primitive has to show up in every table.
/// Shortcuts that ask about one variant (`matches!`, `if let`) are no tables. `tnp-backend/src/run.rs` is the interpreter,
/// whose last arms ask the backend.
fn prim_matches(path: &str, lines: &[&str], problems: &mut Vec<String>) {
    if path.ends_with("tnp-backend/src/run.rs") || path.contains("/tests/") {
        return;
    }
    let mut open: Vec<(usize, usize)> = Vec::new();
    let indent = |line: &str| line.len() - line.trim_start().len();
    for (number, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        if code.starts_with("//") {
            continue;
        }
        open.retain(|&(depth, _)| code.is_empty() || indent(line) > depth);
        if code.contains("match ") && code.ends_with('{') {
            open.push((indent(line), 0));
            continue;
        }
        if let Some((depth, arms)) = open.last_mut()
            && indent(line) == *depth + 4
        {
            if code.trim_start_matches("| ").starts_with("Prim::") {
                *arms += 1;
            }
            if *arms > 0 && (code.starts_with("_ =>") || code.starts_with("_ if")) {
                problems.push(format!(
                    "{path}:{}: a wildcard arm in a match over Prim",
                    number + 1
                ));
            }
        }
    }
}
