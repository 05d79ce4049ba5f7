//! The Python wheel: building it into a virtual environment, and what is done with it there: tests, the notebook, stubs, timings.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::shell::{Done, PIP, program, python, root, run, target};

/// What the tests need beside NumPy.
const REQUIREMENTS: &str = "crates/tnp-python/tests/requirements.txt";
/// Tests of the array API's suite that cannot pass, each with its reason.
const SKIPS: &str = "crates/tnp-python/tests/array_api_skips.txt";
/// The package in the working tree, whose stubs are generated.
const PACKAGE: &str = "crates/tnp-python/python/tnp";
const NOTEBOOK: &str = "docs/guide.ipynb";
const GUIDE: &str = "docs/src/guide.md";
const TIMINGS: &str = "docs/src/performance-python.md";
const NAMES: &str = "xtask/data/python_names.txt";

/// The interpreter of an environment that has the wheel of this working tree, built in the profile of all tests; built once,
/// whatever number of steps asks for it. `TNP_WHEEL_PYTHON` names an interpreter that can import it already.
pub(crate) fn environment() -> Done<PathBuf> {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    if let Some(built) = BUILT.get() {
        return Ok(built.clone());
    }
    let built = match std::env::var_os("TNP_WHEEL_PYTHON") {
        Some(interpreter) => interpreter.into(),
        None => build("dev", "as-in-tests", &target().join("venv-wheel"))?,
    };
    Ok(BUILT.get_or_init(|| built).clone())
}

/// Builds the wheel in a profile, with features, into an environment.
fn build(profile: &str, features: &str, folder: &Path) -> Done<PathBuf> {
    let base = python()?;
    let interpreter = match cfg!(windows) {
        true => folder.join("Scripts/python.exe"),
        false => folder.join("bin/python"),
    };
    if !interpreter.exists() {
        // NumPy comes from the environment beneath.
        let folder = folder.to_string_lossy();
        run(&mut program(&base, &["-m", "venv", &folder]))?;
    }
    let mut install = program(&interpreter, &PIP);
    run(install.args(["-r", REQUIREMENTS]))?;
    let mut build = program(&interpreter, &PIP);
    build.args([
        "--no-build-isolation",
        "--no-deps",
        "--force-reinstall",
        ".",
    ]);
    // One target folder and one profile, so that nothing is compiled twice.
    build.env("CARGO_TARGET_DIR", target());
    build.env(
        "MATURIN_PEP517_ARGS",
        format!("--profile {profile} --features={features}"),
    );
    build.env("PYO3_PYTHON", &interpreter);
    // The build backend runs `maturin`, which the environment has beside its interpreter.
    build.env("PATH", with_first(interpreter.parent())?);
    run(&mut build)?;
    Ok(interpreter)
}

/// Where programs are looked for, a folder before all others.
fn with_first(folder: Option<&Path>) -> Done<std::ffi::OsString> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = folder.map(Path::to_path_buf).into_iter();
    std::env::join_paths(folders.chain(std::env::split_paths(&path)))
        .map_err(|error| error.to_string())
}

/// Builds the wheel and runs its tests, those that a filter names.
pub(crate) fn test(arguments: &[&str]) -> Done {
    let interpreter = environment()?;
    let mut tests = program(
        interpreter,
        &["-m", "pytest", "-q", "-x", "crates/tnp-python/tests"],
    );
    run(tests
        .args(arguments)
        .env("HYPOTHESIS_STORAGE_DIRECTORY", target().join("hypothesis")))
}

/// A program of ours in Python, `xtask/python/NAME.py`, to be run where the wheel is.
fn script(interpreter: &Path, name: &str, arguments: &[&str]) -> Command {
    let mut command = program(interpreter, &[&format!("xtask/python/{name}.py")]);
    command.args(arguments);
    // Caches and settings of IPython and matplotlib stay in the target folder.
    command.env("IPYTHONDIR", target().join("ipython"));
    command.env("MPLCONFIGDIR", target().join("matplotlib"));
    command
}

/// An environment as [`environment`]'s whose wheel is built for speed.
fn fast_environment() -> Done<PathBuf> {
    match std::env::var_os("TNP_WHEEL_PYTHON") {
        Some(interpreter) => Ok(interpreter.into()),
        None => build("wheel", "", &target().join("venv-wheel-fast")),
    }
}

/// Executes the guide's notebook: stores its outputs, timings among them, and writes the chapter made of it, or (`--check`) compares
/// them.
pub(crate) fn notebook(arguments: &[&str]) -> Done {
    let interpreter = match arguments.contains(&"--check") {
        true => environment()?,
        false => fast_environment()?,
    };
    run(script(&interpreter, "notebook", &[NOTEBOOK, GUIDE]).args(arguments))
}

/// Writes the type stubs and the list of Python's names, or (`--check`) compares them.
pub(crate) fn stubs(arguments: &[&str]) -> Done {
    let interpreter = environment()?;
    run(script(&interpreter, "stubs", &[PACKAGE]).args(arguments))?;
    run(script(&interpreter, "names", &[NAMES]).args(arguments))
}

/// Runs the array API standard's suite, found in a folder, on the wheel and (`--numpy`) on NumPy.
pub(crate) fn array_api(arguments: &[&str]) -> Done {
    let Some((suite, options)) = arguments.split_first() else {
        return Err(
            "array-api: where is the suite? `cargo xtask array-api PATH [--numpy] [PYTEST-OPTION]…`, with a clone of \
             github.com/data-apis/array-api-tests and its submodule at PATH"
                .to_owned(),
        );
    };
    let suite = std::path::absolute(suite).map_err(|error| format!("{suite}: {error}"))?;
    let requirements = suite.join("requirements.txt");
    if !requirements.is_file() {
        return Err(format!("array-api: no suite in {}", suite.display()));
    }
    let interpreter = environment()?;
    let mut install = program(&interpreter, &PIP);
    run(install.arg("-r").arg(&requirements))?;
    let results = target().join("array-api");
    let mut command = script(&interpreter, "array_api", &[]);
    command.args([suite, root().join(SKIPS), results]);
    run(command.args(options))
}

/// Times small calls and transfers beside NumPy, on a wheel built for speed, and writes the chapter.
pub(crate) fn bench(arguments: &[&str]) -> Done {
    let rust = crate::bench::ours()?;
    let mut command = script(&fast_environment()?, "bench_wheel", &[TIMINGS]);
    run(command.arg(rust).args(arguments))
}
