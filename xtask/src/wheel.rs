//! The Python wheel: building it into a virtual environment, and its tests there.

use std::path::PathBuf;

use crate::shell::{Done, program, python, root, run};

/// What the tests need beside NumPy.
const REQUIREMENTS: &str = "crates/tnp-python/tests/requirements.txt";

/// The interpreter of an environment that has the wheel of this working tree, built in the profile of all tests.
pub(crate) fn environment() -> Done<PathBuf> {
    let base = python()?;
    let folder = root().join("target/venv-wheel");
    let interpreter = match cfg!(windows) {
        true => folder.join("Scripts/python.exe"),
        false => folder.join("bin/python"),
    };
    if !interpreter.exists() {
        // NumPy comes from the environment beneath.
        let folder = folder.to_string_lossy();
        run(&mut program(&base, &["-m", "venv", &folder]))?;
    }
    let pip = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ];
    let mut install = program(&interpreter, &pip);
    run(install.args(["-r", REQUIREMENTS]))?;
    let mut build = program(&interpreter, &pip);
    build.args([
        "--no-build-isolation",
        "--no-deps",
        "--force-reinstall",
        ".",
    ]);
    // One target folder and one profile, so that nothing is compiled twice.
    build.env("CARGO_TARGET_DIR", root().join("target"));
    build.env("MATURIN_PEP517_ARGS", "--profile dev");
    build.env("PYO3_PYTHON", &interpreter);
    run(&mut build)?;
    Ok(interpreter)
}

/// Builds the wheel and runs its tests, those that a filter names.
pub(crate) fn test(arguments: &[&str]) -> Done {
    let interpreter = environment()?;
    let mut tests = program(
        interpreter,
        &["-m", "pytest", "-q", "-x", "crates/tnp-python/tests"],
    );
    run(tests.args(arguments).env(
        "HYPOTHESIS_STORAGE_DIRECTORY",
        root().join("target/hypothesis"),
    ))
}
