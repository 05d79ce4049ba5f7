//! `cargo xtask`: the project's chores. `cargo xtask help` lists them.

mod golden;
mod shell;

use std::process::ExitCode;

const HELP: &str = "\
usage: cargo xtask COMMAND

  golden [CATEGORY]…    ask NumPy for the answers to the test rows
  golden --check        compare fresh answers with the committed ones
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let rest: Vec<&str> = arguments.iter().skip(1).map(String::as_str).collect();
    let done = match arguments.first().map(String::as_str) {
        Some("golden") => golden::run(&rest),
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
