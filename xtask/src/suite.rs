//! `test`: everything there is, from a bare machine with Rust and Python on; a step each, with its time.

use std::time::{Duration, Instant};

use crate::shell::{Done, cargo, complaints, program, root, run};
use crate::{book, conformance, coverage, golden, mutants, tidy, wheel};

/// Features of the facade, each of which has to build alone.
const FEATURES: [&str; 8] = [
    "cpu",
    "npy",
    "npz",
    "mmap",
    "ndarray-0_16",
    "ndarray-0_17",
    "serde",
    "",
];

struct Suite {
    filter: Vec<String>,
    done: Vec<(String, bool, Duration)>,
}

impl Suite {
    fn step(&mut self, name: &str, body: impl FnOnce() -> Done) {
        if !self.filter.is_empty() && !self.filter.iter().any(|part| name.contains(part.as_str())) {
            return;
        }
        println!("\n== {name}");
        let start = Instant::now();
        let result = body();
        if let Err(error) = &result {
            println!("{error}");
        }
        self.done
            .push((name.to_owned(), result.is_ok(), start.elapsed()));
    }
}

fn features() -> Done {
    for feature in FEATURES {
        let warnings = complaints(&mut cargo(&[
            "check",
            "--quiet",
            "-p",
            "tnp-facade",
            "--lib",
            "--no-default-features",
            "--features",
            feature,
        ]))?;
        if !warnings.is_empty() {
            return Err(format!("with features '{feature}' alone:\n{warnings}"));
        }
    }
    println!("{} feature sets build alone", FEATURES.len());
    Ok(())
}

fn doc() -> Done {
    run(cargo(&[
        "doc",
        "--workspace",
        "--no-deps",
        "--all-features",
        "--quiet",
    ])
    .env("RUSTDOCFLAGS", "-D warnings"))
}

/// Categories that take its plain loops many minutes.
const SLOW: [&str; 5] = ["linalg", "reduce", "random", "statistics", "signal"];

fn reference_backend() -> Done {
    run(&mut conformance::reference(&["fmt", "--check"]))?;
    let kit = ["test", "--quiet", "--test", "kit", "--"];
    let groups = ["registration", "memory", "operations", "misuse", "rows"];
    let skips = SLOW.iter().flat_map(|category| ["--skip", *category]);
    let arguments: Vec<&str> = kit.into_iter().chain(groups).chain(skips).collect();
    println!(
        "not run, it takes plain loops many minutes: laws, and rows of {}",
        SLOW.join(", ")
    );
    run(&mut conformance::reference(&arguments))
}

pub(crate) fn test(arguments: &[&str]) -> Done {
    let filter = arguments.iter().map(|part| (*part).to_owned()).collect();
    let mut suite = Suite {
        filter,
        done: Vec::new(),
    };
    suite.step("format", || run(&mut cargo(&["fmt", "--all", "--check"])));
    suite.step("tidy", tidy::run);
    suite.step("clippy", || {
        run(&mut cargo(&[
            "clippy",
            "--workspace",
            "--all-targets",
            "--all-features",
            "--quiet",
            "--",
            "-D",
            "warnings",
        ]))
    });
    suite.step("unit and integration tests", || {
        run(&mut cargo(&[
            "test",
            "--workspace",
            "--exclude",
            "tnp-python",
            "--all-features",
            "--lib",
            "--bins",
            "--tests",
            "--quiet",
            "--no-fail-fast",
        ]))
    });
    suite.step("documentation tests", || {
        run(&mut cargo(&[
            "test",
            "--workspace",
            "--exclude",
            "tnp-python",
            "--all-features",
            "--doc",
            "--quiet",
        ]))
    });
    suite.step("features alone", features);
    suite.step("documentation", doc);
    suite.step("book", book::run);
    suite.step("goldens", || golden::run(&["--check"]));
    suite.step("coverage", || coverage::run(&["--check"]));
    suite.step("reference backend", reference_backend);
    suite.step("conformance", || conformance::run(&["--check"]));
    suite.step("wheel", || wheel::test(&[]));
    suite.step("wheel: stubs", || wheel::stubs(&["--check"]));
    suite.step("wheel: guide", || wheel::notebook(&["--check"]));
    suite.step("mutants (a sample)", || mutants::run(&["--sample", "6"]));
    suite.step("tour", || {
        let mut tour = cargo(&[
            "run",
            "--quiet",
            "--package",
            "tnp-facade",
            "--example",
            "tour",
            "--all-features",
        ]);
        run(tour.stdout(std::process::Stdio::null()))
    });
    suite.step("whitespace", || {
        run(&mut program("git", &["diff", "--check"]))
    });
    println!("\n{:<32} {:>8}  result", "step", "seconds");
    for (name, passed, time) in &suite.done {
        println!(
            "{name:<32} {:>8.1}  {}",
            time.as_secs_f64(),
            if *passed { "ok" } else { "FAILED" }
        );
    }
    println!(
        "not run for want of hardware: AVX-512 and NEON kernels (where this processor has neither), any GPU"
    );
    let failed: Vec<&str> = suite
        .done
        .iter()
        .filter(|step| !step.1)
        .map(|step| step.0.as_str())
        .collect();
    println!(
        "\n{} passed, {} failed",
        suite.done.len() - failed.len(),
        failed.len()
    );
    if failed.is_empty() {
        Ok(())
    } else {
        Err(format!("failed: {}", failed.join(", ")))
    }
}
