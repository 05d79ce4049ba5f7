//! `coverage`: which names of the NumPy world exist here. In Rust a name counts when a test row compares it with NumPy; in Python when the module has it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt::Write;

use crate::golden::rows;
use crate::shell::{Done, read, root};

const TABLE: &str = "docs/src/coverage.md";
/// Written by `cargo xtask stubs`, which asks the wheel.
const PYTHON: &str = "xtask/data/python_names.txt";

struct Name {
    name: String,
    kind: String,
    tf: bool,
    jax: bool,
    numpy: bool,
    array_api: bool,
}

fn matrix() -> Done<Vec<Name>> {
    let parse = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        let [name, kind, tf, jax, numpy, array_api] = cells[..] else {
            return Err(format!(
                "xtask/data/api_matrix.csv: '{line}' has not six cells"
            ));
        };
        let yes = |cell: &str| cell == "1";
        Ok(Name {
            name: name.to_owned(),
            kind: kind.to_owned(),
            tf: yes(tf),
            jax: yes(jax),
            numpy: yes(numpy),
            array_api: yes(array_api),
        })
    };
    read("xtask/data/api_matrix.csv")?
        .lines()
        .skip(1)
        .map(parse)
        .collect()
}

/// Names that make no sense in Rust, with the reason and what to use.
fn excluded() -> Done<BTreeMap<String, (String, String)>> {
    let parse = |line: &str| {
        let cells: Vec<&str> = line.splitn(2, ';').collect();
        let [name, rest] = cells[..] else {
            return Err(format!("xtask/data/not_in_rust.csv: '{line}'"));
        };
        let (reason, counterpart) = rest
            .rsplit_once(';')
            .ok_or_else(|| format!("xtask/data/not_in_rust.csv: '{line}' has no counterpart"))?;
        Ok((name.to_owned(), (reason.to_owned(), counterpart.to_owned())))
    };
    read("xtask/data/not_in_rust.csv")?
        .lines()
        .skip(1)
        .map(parse)
        .collect()
}

fn covered() -> Done<HashMap<String, usize>> {
    let categories: Vec<serde_json::Value> =
        serde_json::from_str(&rows()?).map_err(|error| error.to_string())?;
    let mut counts = HashMap::new();
    for row in categories
        .iter()
        .flat_map(|category| category["rows"].as_array().into_iter().flatten())
    {
        let names = match &row["covers"] {
            serde_json::Value::String(text) => text.split_whitespace().map(str::to_owned).collect(),
            serde_json::Value::Array(list) => list
                .iter()
                .filter_map(|name| name.as_str())
                .map(str::to_owned)
                .collect(),
            _ => Vec::new(),
        };
        let cases = row["cases"].as_array().map_or(0, Vec::len);
        for name in names {
            *counts.entry(name).or_default() += cases;
        }
    }
    Ok(counts)
}

pub(crate) fn run(arguments: &[&str]) -> Done {
    let (names, excluded, covered) = (matrix()?, excluded()?, covered()?);
    let in_python = read(PYTHON)?;
    let in_python: BTreeSet<String> = in_python.lines().map(str::to_owned).collect();
    let known: HashSet<&str> = names.iter().map(|name| name.name.as_str()).collect();
    for name in excluded.keys().chain(covered.keys()).chain(&in_python) {
        if !known.contains(name.as_str()) {
            return Err(format!(
                "coverage: '{name}' is not a name of xtask/data/api_matrix.csv"
            ));
        }
    }
    if let Some(name) = excluded.keys().find(|name| covered.contains_key(*name)) {
        return Err(format!(
            "coverage: '{name}' has a row and is listed as not existing in Rust"
        ));
    }
    let mut text = String::from(
        "# Coverage\n\nWritten by `cargo xtask coverage`. In Rust a name counts when a test row compares it with NumPy; the number is that of \
         compared cases, each on several memory layouts and devices. In Python it counts when the module, or the array class for methods, has it: \
         what is compared in Rust is what it calls.\n\n\
         | system | names | compared in Rust | not in Rust | missing in Rust | in Python |\n|---|---|---|---|---|---|\n",
    );
    type Member = fn(&Name) -> bool;
    let systems: [(&str, Member); 4] = [
        ("tf.experimental.numpy", |name| name.tf),
        ("Array API standard", |name| name.array_api),
        ("jax.numpy", |name| name.jax),
        ("NumPy", |name| name.numpy),
    ];
    let mut missing_of_tf = Vec::new();
    for (system, member) in systems {
        let members: Vec<&Name> = names.iter().filter(|name| member(name)).collect();
        let has = members
            .iter()
            .filter(|name| covered.contains_key(&name.name))
            .count();
        let not = members
            .iter()
            .filter(|name| excluded.contains_key(&name.name))
            .count();
        let missing = members.len() - has - not;
        let python = members
            .iter()
            .filter(|name| in_python.contains(&name.name))
            .count();
        let all = members.len();
        let _ = writeln!(
            text,
            "| {system} | {all} | {has} | {not} | {missing} | {python} |"
        );
        println!(
            "{system}: {has} compared, {not} not in Rust, {missing} missing of {all}; {python} in Python"
        );
        if system.starts_with("tf") {
            let absent = |name: &&&Name| {
                !covered.contains_key(&name.name) && !excluded.contains_key(&name.name)
            };
            missing_of_tf = members
                .iter()
                .filter(absent)
                .map(|name| name.name.clone())
                .collect();
        }
    }
    text.push_str(
        "\n## Names that make no sense in Rust\n\n| name | why | instead |\n|---|---|---|\n",
    );
    for (name, (reason, counterpart)) in &excluded {
        let _ = writeln!(text, "| `{name}` | {reason} | {counterpart} |");
    }
    text.push_str("\nRecord dtypes and NumPy's C API are not there either: keep one array for each field; call Rust from C through functions of your own.\n");
    text.push_str("\n## Names that are there\n\n| name | kind | tf.numpy | jax | NumPy | Array API | cases in Rust | in Python |\n|---|---|---|---|---|---|---|---|\n");
    let mark = |yes| if yes { "✓" } else { "" };
    for name in &names {
        let (cases, python) = (covered.get(&name.name), in_python.contains(&name.name));
        if cases.is_some() || python {
            let (cases, python) = (cases.map_or(String::new(), usize::to_string), mark(python));
            let (tf, jax, numpy, array_api) = (
                mark(name.tf),
                mark(name.jax),
                mark(name.numpy),
                mark(name.array_api),
            );
            let _ = writeln!(
                text,
                "| `{}` | {} | {tf} | {jax} | {numpy} | {array_api} | {cases} | {python} |",
                name.name, name.kind
            );
        }
    }
    if !missing_of_tf.is_empty() {
        return Err(format!(
            "coverage: names of tf.experimental.numpy without a row: {}",
            missing_of_tf.join(" ")
        ));
    }
    if arguments.contains(&"--check") {
        if read(TABLE).ok().as_deref() != Some(&text) {
            return Err(format!(
                "coverage: {TABLE} is not what the rows give; run `cargo xtask coverage`"
            ));
        }
        return Ok(());
    }
    std::fs::write(root().join(TABLE), text).map_err(|error| format!("{TABLE}: {error}"))
}
