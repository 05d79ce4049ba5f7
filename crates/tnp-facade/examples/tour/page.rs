//! How the tour looks on the page: titles, sentences, code and what it gives; in colour on a terminal, plain elsewhere.

use std::fmt::Debug;
use std::io::{IsTerminal, Write};
use std::sync::LazyLock;

use tnp::prelude::*;

/// Runs statements and prints them.
macro_rules! step {
    ($($statement:stmt;)+) => {$(
        $crate::page::code(stringify!($statement));
        $statement
    )+};
}

/// Prints expressions and what they give.
macro_rules! show {
    ($($code:expr),+ $(,)?) => {$(
        $crate::page::result(stringify!($code), &$code);
    )+};
}

/// Prints an expression that must fail, and its error.
macro_rules! refused {
    ($code:expr) => {
        $crate::page::error(stringify!($code), $code.map(drop))?
    };
}

const BOLD: &str = "1";
const CODE: &str = "36";
const ERROR: &str = "33";

/// The column in which results stand, and the length of a line.
const COLUMN: usize = 54;
const WIDTH: usize = 120;

/// Text in a style of the terminal; as it is where there is none, or where `NO_COLOR` asks for it.
fn styled(style: &str, text: &str) -> String {
    static COLOURS: LazyLock<bool> = LazyLock::new(|| {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        wanted && std::io::stdout().is_terminal()
    });
    if *COLOURS {
        format!("\x1b[{style}m{text}\x1b[0m")
    } else {
        text.to_owned()
    }
}

/// Prints a line. When the reader has gone (`cargo tour | head`) the tour is over.
pub(crate) fn line(text: &str) {
    if writeln!(std::io::stdout(), "{text}").is_err() {
        std::process::exit(1);
    }
}

/// The heading of a section.
pub(crate) fn title(text: &str) {
    let rule = "─".repeat(text.chars().count());
    line(&format!("\n{}\n{rule}", styled(BOLD, text)));
}

/// A sentence between steps.
pub(crate) fn note(text: &str) {
    line(&format!("\n{text}"));
}

/// A line of a table, its first cell in the column of the code.
pub(crate) fn row(name: &str, value: &str) {
    print_pair(name, value, "");
}

/// The code of a statement.
pub(crate) fn code(code: &str) {
    let code = format!("{};", one_line(code).trim_end_matches(';'));
    line(&format!("  {}", styled(CODE, &code)));
}

/// The code of an expression and its value, beside it where that fits, else beneath it.
pub(crate) fn result(code: &str, value: &dyn Debug) {
    print_pair(&one_line(code), &format!("{value:?}"), CODE);
}

/// The code of an expression that fails as it should, and the error's text.
pub(crate) fn error(code: &str, outcome: Result<()>) -> Result<()> {
    let code = one_line(code);
    match outcome {
        Ok(()) => Err(Error::value(format!("`{code}` should have been refused"))),
        Err(error) => {
            let text = format!("error: {error}");
            line(&format!("  {}", styled(CODE, &code)));
            line(&format!("      {}", styled(ERROR, &text)));
            Ok(())
        }
    }
}

fn print_pair(code: &str, value: &str, style: &str) {
    let (length, shown) = (code.chars().count(), styled(style, code));
    if length < COLUMN && !value.contains('\n') && COLUMN + value.chars().count() < WIDTH {
        let gap = " ".repeat(COLUMN - length);
        line(&format!("  {shown}{gap} => {value}"));
        return;
    }
    line(&format!("  {shown}"));
    for part in value.lines() {
        line(format!("      {part}").trim_end());
    }
}

/// Code on one line, whatever lines the compiler breaks it into.
fn one_line(code: &str) -> String {
    let words: Vec<_> = code.split_whitespace().collect();
    words.join(" ").replace("? .", "?.").replace(") .", ").")
}
