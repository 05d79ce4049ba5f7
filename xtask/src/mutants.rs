//! `mutants`: breaks kernel arms one by one and sees that a test row turns red.

use std::fs;

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

/// Puts the file back, whatever happens.
struct Restore {
    path: std::path::PathBuf,
    text: String,
}

impl Drop for Restore {
    fn drop(&mut self) {
        if let Err(error) = fs::write(&self.path, &self.text) {
            eprintln!(
                "mutants: {} could not be put back: {error}",
                self.path.display()
            );
        }
    }
}

/// True when the rows turn red.
fn is_caught(mutant: &Mutant) -> Done<bool> {
    let path = root().join(&mutant.file);
    let text = read(&mutant.file)?;
    let found = text.matches(&mutant.from).count();
    if found != 1 {
        return Err(format!(
            "mutants: '{}' stands {found} times in {}, not once",
            mutant.from, mutant.file
        ));
    }
    let restore = Restore {
        path: path.clone(),
        text,
    };
    fs::write(&path, restore.text.replace(&mutant.from, &mutant.to))
        .map_err(|error| error.to_string())?;
    let builds = cargo(&[
        "test",
        "--quiet",
        "-p",
        "tnp-testing",
        "--test",
        "rows",
        "--no-run",
    ])
    .output();
    if !builds.map_err(|error| error.to_string())?.status.success() {
        return Err(format!(
            "mutants: {} with '{}' does not compile",
            mutant.file, mutant.to
        ));
    }
    let mut test = cargo(&[
        "test",
        "--quiet",
        "-p",
        "tnp-testing",
        "--test",
        "rows",
        &mutant.rows,
    ]);
    let tested = test.output().map_err(|error| error.to_string())?;
    drop(restore);
    Ok(!tested.status.success())
}

pub(crate) fn run(arguments: &[&str]) -> Done {
    let mut mutants = parse(&read("xtask/data/mutants.txt")?)?;
    if let ["--sample", count] = arguments {
        let count: usize = count
            .parse()
            .map_err(|_| "mutants: --sample takes a number".to_owned())?;
        // Evenly over the list, so that each part of the CPU backend is met.
        let step = (mutants.len() / count.max(1)).max(1);
        mutants = mutants.into_iter().step_by(step).take(count).collect();
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
