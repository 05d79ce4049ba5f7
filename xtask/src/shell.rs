//! Running programs: cargo, Python in the project's own virtual environment, whatever else a chore needs.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Versions that goldens and peers are made with.
const REQUIREMENTS: &str = "xtask/python/requirements.txt";

/// Arguments of Python with which pip installs.
pub(crate) const PIP: [&str; 5] = [
    "-m",
    "pip",
    "install",
    "--quiet",
    "--disable-pip-version-check",
];

/// What a chore gives: nothing, or why it failed.
pub(crate) type Done<T = ()> = Result<T, String>;

/// The top of the workspace.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// A program to be run at the top of the workspace.
pub(crate) fn program(name: impl AsRef<std::ffi::OsStr>, arguments: &[&str]) -> Command {
    let mut command = Command::new(name);
    command.args(arguments).current_dir(root());
    command
}

/// The cargo that runs this.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    program(
        std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()),
        arguments,
    )
}

/// Features of the facade in everything that is built here.
const FEATURES: [&str; 3] = ["ndarray-0_16", "ndarray-0_17", "serde"];

/// Cargo on the whole workspace: one selection of packages and features for all chores, since another would make cargo build the
/// dependencies anew.
pub(crate) fn workspace(subcommand: &str, arguments: &[&str]) -> Command {
    let features = FEATURES.map(|feature| format!("tnp-facade/{feature}"));
    let mut command = cargo(&[subcommand, "--workspace", "--quiet", "--features"]);
    command.arg(features.join(",")).args(arguments);
    command
}

/// Where cargo puts what it builds.
pub(crate) fn target() -> PathBuf {
    let elsewhere = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    elsewhere.unwrap_or_else(|| root().join("target"))
}

/// A program of the workspace (`--bin` or `--example`), built as the tests are.
pub(crate) fn built(kind: &str, name: &str) -> Done<Command> {
    run(&mut workspace("build", &[kind, name]))?;
    let folder = target().join("debug");
    let folder = match kind {
        "--example" => folder.join("examples"),
        _ => folder,
    };
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    Ok(program(folder.join(file), &[]))
}

/// The program of a test target of a package, built as the tests are; it runs where cargo would run it.
pub(crate) fn test_of(package: &str, name: &str) -> Done<Command> {
    let arguments = ["--test", name, "--no-run", "--message-format=json"];
    let messages = output(&mut workspace("test", &arguments))?;
    let folder = root().join("crates").join(package);
    let manifest = folder.join("Cargo.toml");
    let parsed = messages
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    let executable = parsed.filter(|message: &serde_json::Value| {
        message["target"]["name"] == name
            && message["manifest_path"].as_str().map(Path::new) == Some(&manifest)
    });
    let executable = executable
        .filter_map(|message| message["executable"].as_str().map(str::to_owned))
        .next_back();
    let executable = executable.ok_or_else(|| format!("{package} has no test '{name}'"))?;
    let mut command = program(executable, &[]);
    command.current_dir(folder);
    Ok(command)
}

/// Installs Debian packages, where this may be done.
pub(crate) fn apt(packages: &[&str]) -> Done {
    let get = |arguments: &[&str]| {
        run(program("apt-get", arguments).env("DEBIAN_FRONTEND", "noninteractive"))
    };
    get(&["update", "-qq"])?;
    let mut arguments = vec!["install", "-y", "-qq", "--no-install-recommends"];
    arguments.extend(packages);
    get(&arguments)
}

fn text(command: &Command) -> String {
    let name = Path::new(command.get_program())
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let arguments = command
        .get_args()
        .map(|argument| argument.to_string_lossy().into_owned());
    std::iter::once(name)
        .chain(arguments)
        .collect::<Vec<_>>()
        .join(" ")
}

/// Runs a program with this terminal.
pub(crate) fn run(command: &mut Command) -> Done {
    let status = command
        .status()
        .map_err(|error| format!("`{}` cannot be run: {error}", text(command)))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("`{}` failed", text(command)))
    }
}

/// Runs a program with this terminal and looks at each line that it prints.
pub(crate) fn watch(command: &mut Command, mut look: impl FnMut(&str)) -> Done {
    let name = text(command);
    let failed = |error| format!("`{name}` cannot be run: {error}");
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(failed)?;
    let printed = child.stdout.take();
    for line in printed
        .into_iter()
        .flat_map(|out| BufReader::new(out).lines())
    {
        let line = line.map_err(failed)?;
        println!("{line}");
        look(&line);
    }
    match child.wait().map_err(failed)?.success() {
        true => Ok(()),
        false => Err(format!("`{name}` failed")),
    }
}

/// Runs a program and returns what it prints.
pub(crate) fn output(command: &mut Command) -> Done<String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("`{}` cannot be run: {error}", text(command)))?;
    if !output.status.success() {
        return Err(format!("`{}` failed", text(command)));
    }
    String::from_utf8(output.stdout)
        .map_err(|error| format!("`{}` printed no text: {error}", text(command)))
}

/// Runs a program and returns what it prints on standard error.
pub(crate) fn complaints(command: &mut Command) -> Done<String> {
    let output = command
        .output()
        .map_err(|error| format!("`{}` cannot be run: {error}", text(command)))?;
    let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() {
        Ok(complaints)
    } else {
        Err(format!("`{}` failed\n{complaints}", text(command)))
    }
}

/// Runs a program on some input.
pub(crate) fn feed(command: &mut Command, input: &str) -> Done {
    let name = text(command);
    let failed = |error| format!("`{name}` cannot be run: {error}");
    let mut child = command.stdin(Stdio::piped()).spawn().map_err(failed)?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes()).map_err(failed)?;
    }
    let status = child
        .wait()
        .map_err(|error| format!("`{}`: {error}", text(command)))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("`{}` failed", text(command)))
    }
}

/// The Python of the project's virtual environment, which is made, or brought up to date, when it has to be.
/// `TNP_PYTHON` names another interpreter that has the packages already.
pub(crate) fn python() -> Done<PathBuf> {
    if let Some(python) = std::env::var_os("TNP_PYTHON") {
        return Ok(python.into());
    }
    let venv = root().join(".venv");
    let python = if cfg!(windows) {
        venv.join("Scripts/python.exe")
    } else {
        venv.join("bin/python")
    };
    let wanted = read(REQUIREMENTS)?;
    let stamp = venv.join("requirements.txt");
    if python.exists() && std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted)
    {
        return Ok(python);
    }
    let base = if cfg!(windows) { "python" } else { "python3" };
    eprintln!(
        "making .venv with {}",
        wanted
            .lines()
            .filter(|line| !line.starts_with('#'))
            .collect::<Vec<_>>()
            .join(", ")
    );
    let make = || run(&mut program(base, &["-m", "venv", ".venv"]));
    if make().is_err() {
        // Debian keeps what `venv` needs in a package of its own.
        eprintln!("installing python3-venv");
        run(&mut program(
            "apt-get",
            &["install", "-qq", "-y", "python3-venv"],
        ))?;
        make()?;
    }
    run(program(&python, &PIP).args(["-r", REQUIREMENTS]))?;
    std::fs::write(stamp, wanted).map_err(|error| error.to_string())?;
    Ok(python)
}

/// A file of the project.
pub(crate) fn read(path: impl AsRef<Path>) -> Done<String> {
    let path = root().join(path);
    std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
}
