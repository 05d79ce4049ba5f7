//! `mutants`: breaks kernels and rules one by one and sees that a test turns red.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::shell::{Done, read, root, target, workspace};

struct Mutant {
    file: String,
    from: String,
    to: String,
    test: Test,
}

/// The test that a mutant must turn red: a category of rows against NumPy or under the laws of transformations, or any other.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Test {
    package: String,
    target: String,
    name: String,
}

impl Test {
    /// From the line that says it: `rows: reduce`, `laws: reduce`, or `test: tnp-vmap rules nonzero`.
    fn of(block: &str) -> Option<Test> {
        let field = |name: &str| {
            let mut lines = block.lines();
            lines
                .find_map(|line| line.strip_prefix(name))
                .map(str::trim)
        };
        let of = |package: &str, target: &str, name: &str| {
            Some(Test {
                package: package.to_owned(),
                target: target.to_owned(),
                name: name.to_owned(),
            })
        };
        if let Some(category) = field("rows:") {
            return of("tnp-testing", "rows", category);
        }
        if let Some(category) = field("laws:") {
            return of("tnp-testing", "laws", category);
        }
        let words: Vec<&str> = field("test:")?.split_whitespace().collect();
        let [package, target, name] = words[..] else {
            return None;
        };
        of(package, target, name)
    }
}

impl std::fmt::Display for Test {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of {} of {}", self.name, self.target, self.package)
    }
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
            test: Test::of(block).ok_or_else(|| {
                format!("xtask/data/mutants.txt: no 'rows', 'laws' or 'test' in\n{block}")
            })?,
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
    target().join("xtask-mutant.json")
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

/// The program that cargo built for a test, found in its JSON messages by package and target: several packages have targets of one name.
fn executable(messages: &str, test: &Test) -> Option<PathBuf> {
    messages.lines().find_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        let manifest = PathBuf::from(message["manifest_path"].as_str()?);
        let package = manifest.parent()?.file_name()?.to_str()?;
        let this = package == test.package
            && message["target"]["name"] == test.target.as_str()
            && message["target"]["kind"][0] == "test";
        this.then(|| message["executable"].as_str().map(PathBuf::from))?
    })
}

/// Whether a test passes; `Err` when it does not compile.
fn is_green(test: &Test) -> Done<bool> {
    let Test {
        package,
        target,
        name,
    } = test;
    // The whole workspace is selected for the sake of what is built already.
    let arguments = [
        "--test",
        target.as_str(),
        "--no-run",
        "--message-format=json-render-diagnostics",
    ];
    let built = workspace("test", &arguments).output();
    let built = built.map_err(|error| error.to_string())?;
    if !built.status.success() {
        return Err(String::from_utf8_lossy(&built.stderr).into_owned());
    }
    let missing = || format!("mutants: there is no test {test}");
    let program = executable(&String::from_utf8_lossy(&built.stdout), test).ok_or_else(missing)?;
    let tested = Command::new(program)
        .args([name, "--exact"])
        .current_dir(root().join("crates").join(package))
        .output();
    let tested = tested.map_err(|error| error.to_string())?;
    if !String::from_utf8_lossy(&tested.stdout).contains("running 1 test") {
        return Err(missing());
    }
    Ok(tested.status.success())
}

/// True when the test turns red.
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
    let green = is_green(&mutant.test).map_err(|error| {
        format!(
            "mutants: {} with '{}' does not compile:\n{error}",
            mutant.file, mutant.to
        )
    })?;
    Ok(!green)
}

/// All of them, those whose file's name contains a text, or `--sample` so many.
pub(crate) fn run(arguments: &[&str]) -> Done {
    if let Some(broken) = Restore::left_behind() {
        println!("putting back {}", broken.path.display());
    }
    let mut mutants = parse(&read("xtask/data/mutants.txt")?)?;
    if let ["--sample", count] = arguments {
        let count: usize = count
            .parse()
            .map_err(|_| "mutants: --sample takes a number".to_owned())?;
        // Evenly over the list, so that the backend and the tables of rules are all met.
        let step = (mutants.len() / count.max(1)).max(1);
        mutants = mutants.into_iter().step_by(step).take(count).collect();
    }
    if let [part] = arguments {
        mutants.retain(|mutant| mutant.file.contains(part));
    }
    // A test that is red already would catch anything.
    let tests: BTreeSet<&Test> = mutants.iter().map(|mutant| &mutant.test).collect();
    for test in tests {
        if !is_green(test)? {
            return Err(format!("mutants: {test} is red without any mutant"));
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
