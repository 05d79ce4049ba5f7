//! `test`: everything there is, from a bare machine with Rust and Python on; a step each, with its time.

use std::time::{Duration, Instant};

use crate::shell::{Done, apt, built, cargo, complaints, program, run, watch, workspace};
use crate::{book, conformance, coverage, cuda, golden, mutants, software_cuda, tidy, wheel};

/// Features of the facade, each of which has to build alone.
const ALONE: [&str; 10] = [
    "cpu",
    "npy",
    "npz",
    "mmap",
    "ndarray-0_16",
    "ndarray-0_17",
    "serde",
    "wgpu",
    "cuda",
    "",
];

struct Suite {
    filter: Vec<String>,
    done: Vec<Step>,
}

struct Step {
    name: String,
    time: Duration,
    /// What could not be run, and why; or the step failed.
    not_run: Done<Vec<String>>,
}

impl Suite {
    fn step(&mut self, name: &str, body: impl FnOnce() -> Done) {
        self.step_in_part(name, || body().map(|()| Vec::new()));
    }

    /// A step of which some may not be run: it says what.
    fn step_in_part(&mut self, name: &str, body: impl FnOnce() -> Done<Vec<String>>) {
        if !self.filter.is_empty() && !self.filter.iter().any(|part| name.contains(part.as_str())) {
            return;
        }
        println!("\n== {name}");
        let start = Instant::now();
        let not_run = body();
        if let Err(error) = &not_run {
            println!("{error}");
        }
        self.done.push(Step {
            name: name.to_owned(),
            time: start.elapsed(),
            not_run,
        });
    }
}

/// The facade with one feature and no other.
fn alone(feature: &str) -> Done {
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
    match warnings.is_empty() {
        true => Ok(()),
        false => Err(format!("with features '{feature}' alone:\n{warnings}")),
    }
}

fn features() -> Done {
    for feature in ALONE {
        alone(feature)?;
    }
    println!("{} feature sets build alone", ALONE.len());
    Ok(())
}

fn doc() -> Done {
    run(workspace("doc", &["--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))
}

/// All tests; where there is no Vulkan device without those of `tnp-wgpu`, and without NVIDIA's driver without the kit on CUDA.
fn tests() -> Done<Vec<String>> {
    let all = ["--lib", "--bins", "--tests", "--no-fail-fast"];
    let mut tests = workspace("test", &all);
    let mut not_run = Vec::new();
    if let Err(reason) = software_vulkan() {
        not_run.push(format!("the tests of tnp-wgpu, {reason}"));
        tests.args(["--exclude", "tnp-wgpu"]);
    }
    if !cuda::hardware() {
        not_run.push("the kit on cuda:0, which needs an NVIDIA GPU".to_owned());
        tests.env("TNP_WITHOUT", "cuda");
    }
    let mut ignored = 0;
    watch(&mut tests, |line| {
        ignored += usize::from(line.starts_with("test ") && line.contains("... ignored"));
    })?;
    if ignored > 0 {
        not_run.push(format!(
            "{ignored} tests, named above as ignored with their reasons"
        ));
    }
    Ok(not_run)
}

/// A Vulkan device of Mesa's, which computes on the CPU; installed where this may be done.
fn software_vulkan() -> Done {
    let there = || {
        let driver = |name: &std::ffi::OsStr| name.to_string_lossy().starts_with("lvp_icd");
        std::fs::read_dir("/usr/share/vulkan/icd.d").is_ok_and(|mut files| {
            files.any(|file| file.is_ok_and(|file| driver(&file.file_name())))
        })
    };
    if there() {
        return Ok(());
    }
    if !cfg!(target_os = "linux") {
        return Err("which needs a Vulkan driver; Mesa's is looked for on Linux alone".to_owned());
    }
    let wanted = ["mesa-vulkan-drivers", "libvulkan1"];
    let got = apt(&wanted);
    match (got, there()) {
        (Ok(()), true) => Ok(()),
        (got, _) => Err(format!(
            "which need a Vulkan driver; install {} ({})",
            wanted.join(" and "),
            got.err().unwrap_or_else(|| "no driver came".to_owned())
        )),
    }
}

/// What takes its plain loops many minutes: all laws, the summary of everything, and rows of these categories.
const SLOW: [&str; 7] = [
    "laws",
    "summary",
    "linalg",
    "reduce",
    "random",
    "statistics",
    "signal",
];

fn reference_backend() -> Done<Vec<String>> {
    run(&mut conformance::reference(&["fmt", "--check"]))?;
    let kit = ["test", "--quiet", "--test", "kit", "--"];
    let skips = SLOW.iter().flat_map(|part| ["--skip", *part]);
    let arguments: Vec<&str> = kit.into_iter().chain(skips).collect();
    run(&mut conformance::reference(&arguments))?;
    Ok(vec![format!(
        "on the reference backend, whose plain loops take many minutes: {}",
        SLOW.join(", ")
    )])
}

pub(crate) fn test(arguments: &[&str]) -> Done {
    let filter = arguments.iter().map(|part| (*part).to_owned()).collect();
    let mut suite = Suite {
        filter,
        done: Vec::new(),
    };
    suite.step("format", || run(&mut cargo(&["fmt", "--all", "--check"])));
    suite.step("tidy", tidy::run);
    let deny = ["--all-targets", "--", "-D", "warnings"];
    suite.step("clippy", || run(&mut workspace("clippy", &deny)));
    suite.step_in_part("unit and integration tests", tests);
    suite.step("documentation tests", || {
        run(&mut workspace("test", &["--doc"]))
    });
    suite.step("features alone", features);
    suite.step("documentation", doc);
    suite.step("book", book::run);
    suite.step("goldens", || golden::run(&["--check"]));
    suite.step("coverage", || coverage::run(&["--check"]));
    suite.step_in_part("reference backend", reference_backend);
    suite.step("conformance", || conformance::run(&["--check"]));
    suite.step_in_part("cuda kernels", cuda::kernels);
    suite.step_in_part("cuda in software", software_cuda::quick);
    suite.step("wheel", || wheel::test(&[]));
    suite.step("wheel: stubs", || wheel::stubs(&["--check"]));
    suite.step("wheel: guide", || wheel::notebook(&["--check"]));
    suite.step("mutants (a sample)", || mutants::run(&["--sample", "4"]));
    suite.step("tour", || {
        run(built("--example", "tour")?.stdout(std::process::Stdio::null()))
    });
    suite.step("whitespace", || {
        run(&mut program("git", &["diff", "--check"]))
    });
    report(&suite.done)
}

/// The table of steps, what was not run, and the verdict.
fn report(steps: &[Step]) -> Done {
    println!("\n{:<32} {:>8}  result", "step", "seconds");
    for Step {
        name,
        time,
        not_run,
    } in steps
    {
        let result = match not_run {
            Ok(not_run) if not_run.is_empty() => "ok",
            Ok(_) => "ok, in part",
            Err(_) => "FAILED",
        };
        println!("{name:<32} {:>8.1}  {result}", time.as_secs_f64());
    }
    for reason in steps.iter().flat_map(|step| &step.not_run).flatten() {
        println!("NOT RUN: {reason}");
    }
    println!(
        "NOT RUN for want of hardware: AVX-512 and NEON kernels where this processor has neither, and everything on a real GPU"
    );
    let failed = steps.iter().filter(|step| step.not_run.is_err());
    let failed: Vec<&str> = failed.map(|step| step.name.as_str()).collect();
    println!(
        "\n{} passed, {} failed",
        steps.len() - failed.len(),
        failed.len()
    );
    if failed.is_empty() {
        Ok(())
    } else {
        Err(format!("failed: {}", failed.join(", ")))
    }
}
