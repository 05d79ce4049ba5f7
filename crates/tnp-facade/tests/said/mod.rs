//! What expressions that must fail say, as one text.

use std::fmt::Write;

use tnp::Array;

pub(crate) fn line(text: &mut String, what: &str, result: tnp::Result<Array>) {
    let said = match result {
        Ok(x) => format!("NOT REFUSED: {x}"),
        Err(error) => error.to_string(),
    };
    writeln!(text, "{what}\n    {said}").unwrap();
}

macro_rules! said {
    ($($what:expr;)*) => {{
        let mut text = String::new();
        $(crate::said::line(&mut text, stringify!($what), (|| -> tnp::Result<Array> { Ok($what?) })());)*
        text
    }};
}
