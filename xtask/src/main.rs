//! `cargo xtask`: the project's chores. `cargo xtask help` lists them.

mod bench;
mod book;
mod conformance;
mod coverage;
mod cuda;
mod golden;
mod mutants;
mod shell;
mod software_cuda;
mod suite;
mod tidy;
mod wheel;

use std::process::ExitCode;

const HELP: &str = "\
usage: cargo xtask COMMAND

  test [STEP]…          all there is, or the steps whose names contain a word
  tidy                  the invariants that no compiler checks
  coverage [--check]    which names of NumPy have a row; writes docs/src/coverage.md
  conformance [--check] [--wgpu] [--cuda] [--software-cuda] [--reference]  what runs on which dtype on which backend; writes docs/src/conformance.md
  software-cuda [WORD]…  the CUDA backend on a device in software: all rows, or the tests whose names contain a word (`laws`, `rows::fft`)
  mutants [--sample N]  break kernels and rules one by one; each must turn a test red (or those of files named so)
  golden [CATEGORY]…    ask NumPy for the answers to the test rows
  bench [OPTION]…       time the benchmark rows; a whole run beside NumPy writes docs/src/performance.md
                        --peers numpy,ndarray,jax,torch  --filter TEXT  --quick
  wheel [PYTEST-OPTION]…  build the Python wheel into an environment of its own and run its tests
  notebook [--check]    execute docs/guide.ipynb, store its outputs, write docs/src/guide.md; or compare
  stubs [--check]       write the type stubs of the wheel and the list of its names; or compare
  array-api PATH [--numpy]  run the array API's suite, a clone at PATH, on the wheel and on NumPy
  bench --python        time the wheel's small calls and transfers beside NumPy; writes docs/src/performance-python.md
  golden --check        compare fresh answers with the committed ones
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let rest: Vec<&str> = arguments.iter().skip(1).map(String::as_str).collect();
    let done = match arguments.first().map(String::as_str) {
        Some("test") => suite::test(&rest),
        Some("tidy") => tidy::run(),
        Some("coverage") => coverage::run(&rest),
        Some("conformance") => conformance::run(&rest),
        Some("software-cuda") => software_cuda::command(&rest),
        Some("mutants") => mutants::run(&rest),
        Some("bench") if rest.first() == Some(&"--python") => wheel::bench(&rest[1..]),
        Some("bench") => bench::run(&rest),
        Some("golden") => golden::run(&rest),
        Some("wheel") => wheel::test(&rest),
        Some("notebook") => wheel::notebook(&rest),
        Some("stubs") => wheel::stubs(&rest),
        Some("array-api") => wheel::array_api(&rest),
        Some("help" | "--help" | "-h") | None => {
            print!("{HELP}");
            Ok(())
        }
        Some(other) => Err(format!("no command '{other}'\n{HELP}")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}
