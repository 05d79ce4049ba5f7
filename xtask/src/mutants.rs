//! `mutants`: breaks kernel arms one by one and sees that a test row turns red.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use crate::shell::{Done, cargo, read, root};

struct Mutant {
    file: String,
    from: String,
    to: String,
    rows: String,
}

fn parse(text: &str) -> Done<Vec<Mutant>> {
    let mut mutants = Vec::new();
    for block in text
        .split("\n\n")
        .filter(|block| !block.trim().is_empty() && !block.starts_with('#'))
    {
        let field = |name: &str| {
            let line = block
                .lines()
                .find_map(|line| line.strip_prefix(&format!("{name}: ")));
            line.map(str::to_owned)
                .ok_or_else(|| format!("xtask/data/mutants.txt: no '{name}' in\n{block}"))
        };
        mutants.push(Mutant {
            file: field("file")?,
            from: field("from")?,
            to: field("to")?,
            rows: field("rows")?,
        });
    }
    Ok(mutants)
}

/// Puts the file back, whatever happens: at the end, or, when the run was killed, at the start of the next one.
struct Restore {
    path: PathBuf,
    text: String,
}

/// Where the broken file's name and right text are kept meanwhile.
fn kept() -> PathBuf {
    root().join("target/xtask-mutant.json")
}

impl Restore {
    fn new(file: &str, text: String) -> Done<Restore> {
        let kept_text = serde_json::json!({"file": file, "text": text}).to_string();
        fs::write(kept(), kept_text).map_err(|error| format!("{}: {error}", kept().display()))?;
        let path = root().join(file);
        Ok(Restore { path, text })
    }

    /// What a killed run left broken.
    fn left_behind() -> Option<Restore> {
        let kept: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(kept()).ok()?).ok()?;
        let path = root().join(kept["file"].as_str()?);
        Some(Restore {
            path,
            text: kept["text"].as_str()?.to_owned(),
        })
    }
}

impl Drop for Restore {
    fn drop(&mut self) {
        match fs::write(&self.path, &self.text) {
            // Without it the next run finds nothing to put back, which is right.
            Ok(()) => drop(fs::remove_file(kept())),
            Err(error) => eprintln!(
                "mutants: {} could not be put back: {error}",
                self.path.display()
            ),
        }
    }
}

/// Whether a category's rows pass; `Err` when they do not compile.
fn is_green(rows: &str) -> Done<bool> {
    let rows_test = ["test", "--quiet", "-p", "tnp-testing", "--test", "rows"];
    let mut build = cargo(&rows_test);
    let built = build
        .arg("--no-run")
        .output()
        .map_err(|error| error.to_string())?;
    if !built.status.success() {
        return Err(String::from_utf8_lossy(&built.stderr).into_owned());
    }
    let tested = cargo(&rows_test).args([rows, "--", "--exact"]).output();
    Ok(tested.map_err(|error| error.to_string())?.status.success())
}

/// True when the rows turn red.
fn is_caught(mutant: &Mutant) -> Done<bool> {
    let text = read(&mutant.file)?;
    let found = text.matches(&mutant.from).count();
    if found != 1 {
        return Err(format!(
            "mutants: '{}' stands {found} times in {}, not once",
            mutant.from, mutant.file
        ));
    }
    let broken = text.replace(&mutant.from, &mutant.to);
    let restore = Restore::new(&mutant.file, text)?;
    fs::write(&restore.path, broken).map_err(|error| error.to_string())?;
    let green = is_green(&mutant.rows).map_err(|error| {
        format!(
            "mutants: {} with '{}' does not compile:\n{error}",
            mutant.file, mutant.to
        )
    })?;
    Ok(!green)
}

pub(crate) fn run(arguments: &[&str]) -> Done {
    if let Some(broken) = Restore::left_behind() {
        println!("putting back {}", broken.path.display());
    }
    let mut mutants = parse(&read("xtask/data/mutants.txt")?)?;
    if let ["--sample", count] = arguments {
        let count: usize = count
            .parse()
            .map_err(|_| "mutants: --sample takes a number".to_owned())?;
        // Evenly over the list, so that each part of the CPU backend is met.
        let step = (mutants.len() / count.max(1)).max(1);
        mutants = mutants.into_iter().step_by(step).take(count).collect();
    }
    // A row that is red already would catch anything.
    for rows in mutants
        .iter()
        .map(|mutant| &mutant.rows)
        .collect::<BTreeSet<_>>()
    {
        if !is_green(rows)? {
            return Err(format!(
                "mutants: the rows of '{rows}' are red without any mutant"
            ));
        }
    }
    let mut survivors = Vec::new();
    for mutant in &mutants {
        let caught = is_caught(mutant)?;
        println!(
            "{} {}: {} -> {}",
            if caught { "caught  " } else { "SURVIVED" },
            mutant.file,
            mutant.from,
            mutant.to
        );
        if !caught {
            survivors.push(format!("{}: {}", mutant.file, mutant.from));
        }
    }
    println!(
        "{} of {} mutants caught",
        mutants.len() - survivors.len(),
        mutants.len()
    );
    if survivors.is_empty() {
        Ok(())
    } else {
        Err(format!("mutants survived:\n{}", survivors.join("\n")))
    }
}
