//! Python literals as `.npy` headers hold them: dictionaries, tuples, lists, strings, integers, names.
//!
//! Only what `ast.literal_eval` accepts and a header can need; everything else is refused by position.

/// A parsed literal.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Literal {
    Dict(Vec<(Literal, Literal)>),
    Tuple(Vec<Literal>),
    List(Vec<Literal>),
    Str(String),
    Int(i128),
    Bool(bool),
    None,
}

/// Nested deeper than this, a header is an attack.
const MAX_DEPTH: u32 = 32;

/// Parses a whole text. `long_suffix` admits Python 2's `3L`.
pub(crate) fn parse(text: &str, long_suffix: bool) -> Result<Literal, String> {
    let mut parser = Parser {
        rest: text,
        whole: text,
        long_suffix,
    };
    let value = parser.value(0)?;
    parser.skip_space();
    if !parser.rest.is_empty() {
        return Err(parser.unexpected("the end"));
    }
    Ok(value)
}

struct Parser<'a> {
    rest: &'a str,
    whole: &'a str,
    long_suffix: bool,
}

impl Parser<'_> {
    fn skip_space(&mut self) {
        self.rest = self
            .rest
            .trim_start_matches([' ', '\t', '\n', '\r', '\x0c']);
    }

    /// Takes `token` if it comes next, after white space.
    fn take(&mut self, token: &str) -> bool {
        self.skip_space();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn unexpected(&self, wanted: &str) -> String {
        let position = self.whole.len() - self.rest.len();
        match self.rest.chars().next() {
            Some(c) => format!("expected {wanted} at byte {position}, found {c:?}"),
            None => format!("expected {wanted} at byte {position}, found the end"),
        }
    }

    fn value(&mut self, depth: u32) -> Result<Literal, String> {
        if depth > MAX_DEPTH {
            return Err(format!("nested deeper than {MAX_DEPTH} levels"));
        }
        self.skip_space();
        match self.rest.bytes().next() {
            Some(b'{') => self.dict(depth),
            Some(b'(') => self.tuple(depth),
            Some(b'[') => {
                self.rest = &self.rest[1..];
                Ok(Literal::List(self.items("]", depth)?.0))
            }
            Some(b'\'' | b'"') => self.string(),
            Some(b'+' | b'-' | b'0'..=b'9') => self.integer(),
            Some(c) if c.is_ascii_alphabetic() => self.name(),
            _ => Err(self.unexpected("a value")),
        }
    }

    fn dict(&mut self, depth: u32) -> Result<Literal, String> {
        self.rest = &self.rest[1..];
        let mut entries = Vec::new();
        while !self.take("}") {
            let key = self.value(depth + 1)?;
            if !self.take(":") {
                return Err(self.unexpected("':'"));
            }
            entries.push((key, self.value(depth + 1)?));
            if !self.take(",") {
                if self.take("}") {
                    break;
                }
                return Err(self.unexpected("',' or '}'"));
            }
        }
        Ok(Literal::Dict(entries))
    }

    /// `(1)` is the integer, `(1,)` the tuple.
    fn tuple(&mut self, depth: u32) -> Result<Literal, String> {
        self.rest = &self.rest[1..];
        let (mut items, comma) = self.items(")", depth)?;
        if items.len() == 1 && !comma {
            return Ok(items.remove(0));
        }
        Ok(Literal::Tuple(items))
    }

    /// Values up to `close`, and whether a comma followed the last one.
    fn items(&mut self, close: &str, depth: u32) -> Result<(Vec<Literal>, bool), String> {
        let mut items = Vec::new();
        let mut comma = false;
        while !self.take(close) {
            if !items.is_empty() && !comma {
                return Err(self.unexpected(&format!("',' or '{close}'")));
            }
            items.push(self.value(depth + 1)?);
            comma = self.take(",");
        }
        Ok((items, comma))
    }

    /// The value of a quoted string; escapes are kept as written but for quotes and backslashes.
    fn string(&mut self) -> Result<Literal, String> {
        let mut chars = self.rest.char_indices();
        let quote = chars.next().map(|(_, c)| c);
        let mut text = String::new();
        while let Some((at, c)) = chars.next() {
            match c {
                _ if Some(c) == quote => {
                    self.rest = &self.rest[at + 1..];
                    return Ok(Literal::Str(text));
                }
                '\n' => break,
                '\\' => match chars.next() {
                    Some((_, c @ ('\\' | '\'' | '"'))) => text.push(c),
                    Some((_, c)) => text.extend(['\\', c]),
                    None => break,
                },
                _ => text.push(c),
            }
        }
        Err(self.unexpected("a string with its end"))
    }

    fn integer(&mut self) -> Result<Literal, String> {
        let negative = self.rest.starts_with('-');
        let unsigned = self.rest.trim_start_matches(['+', '-']);
        if self.rest.len() - unsigned.len() > 1 {
            return Err(self.unexpected("an integer"));
        }
        let end = unsigned
            .find(|c: char| !c.is_ascii_digit() && c != '_')
            .unwrap_or(unsigned.len());
        let (digits, rest) = unsigned.split_at(end);
        let plain = digits.replace('_', "");
        let odd = digits.starts_with('_') || digits.ends_with('_') || digits.contains("__");
        // Python refuses a leading zero too: it would once have meant octal.
        let octal = plain.len() > 1 && plain.starts_with('0') && plain.bytes().any(|b| b != b'0');
        if plain.is_empty() || odd || octal || rest.starts_with(['.', 'e', 'E', 'j', 'J', 'x', 'X'])
        {
            return Err(self.unexpected("an integer"));
        }
        let value: i128 = plain
            .parse()
            .map_err(|_| format!("integer {digits} is too large"))?;
        self.rest = rest;
        if self.long_suffix && self.rest.starts_with('L') {
            self.rest = &self.rest[1..];
        }
        Ok(Literal::Int(if negative { -value } else { value }))
    }

    fn name(&mut self) -> Result<Literal, String> {
        let end = self
            .rest
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        let value = match name {
            "True" => Literal::Bool(true),
            "False" => Literal::Bool(false),
            "None" => Literal::None,
            // Python 2 wrote unicode strings so.
            "u" | "U" if rest.starts_with(['\'', '"']) => {
                self.rest = rest;
                return self.string();
            }
            _ => return Err(self.unexpected("a value")),
        };
        self.rest = rest;
        Ok(value)
    }
}

/// As Python's `repr` shows it, for messages.
impl std::fmt::Display for Literal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let list = |f: &mut std::fmt::Formatter<'_>, items: &[Literal]| {
            items.iter().enumerate().try_for_each(|(i, item)| {
                let comma = if i == 0 { "" } else { ", " };
                write!(f, "{comma}{item}")
            })
        };
        match self {
            Literal::Dict(entries) => {
                f.write_str("{")?;
                for (i, (key, value)) in entries.iter().enumerate() {
                    let comma = if i == 0 { "" } else { ", " };
                    write!(f, "{comma}{key}: {value}")?;
                }
                f.write_str("}")
            }
            Literal::Tuple(items) => {
                f.write_str("(")?;
                list(f, items)?;
                f.write_str(if items.len() == 1 { ",)" } else { ")" })
            }
            Literal::List(items) => {
                f.write_str("[")?;
                list(f, items)?;
                f.write_str("]")
            }
            Literal::Str(text) => write!(f, "'{}'", text.escape_debug()),
            Literal::Int(value) => write!(f, "{value}"),
            Literal::Bool(true) => f.write_str("True"),
            Literal::Bool(false) => f.write_str("False"),
            Literal::None => f.write_str("None"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Literal, parse};

    #[test]
    fn literals_read_as_python_reads_them() {
        let same = [
            "{'a': (1, 2), 'b': [True, None]}",
            "()",
            "(1,)",
            "[]",
            "{}",
            "-5",
            "'it\\'s'",
            "(((), 3),)",
        ];
        for text in same {
            assert_eq!(parse(text, false).unwrap().to_string(), text);
        }
        let others = [
            (" {'a' :1 ,}\n", "{'a': 1}"),
            ("(3)", "3"),
            ("[1,]", "[1]"),
            ("\"x\"", "'x'"),
            ("u'x'", "'x'"),
            ("1_000", "1000"),
            ("+00", "0"),
        ];
        for (text, shown) in others {
            assert_eq!(parse(text, false).unwrap().to_string(), shown);
        }
        assert_eq!(
            parse("(3L, 4L)", true),
            Ok(Literal::Tuple(vec![Literal::Int(3), Literal::Int(4)]))
        );
    }

    #[test]
    fn what_python_refuses_is_refused_by_position() {
        let rows = [
            ("", "expected a value at byte 0, found the end"),
            ("{'a' 1}", "expected ':' at byte 5, found '1'"),
            ("(1 2)", "expected ',' or ')' at byte 3, found '2'"),
            ("(,)", "expected a value at byte 1, found ','"),
            ("(1,,)", "expected a value at byte 3, found ','"),
            ("[1", "expected ',' or ']' at byte 2, found the end"),
            (
                "'abc",
                "expected a string with its end at byte 0, found '\\''",
            ),
            ("1.5", "expected an integer at byte 0, found '1'"),
            ("012", "expected an integer at byte 0, found '0'"),
            ("--1", "expected an integer at byte 0, found '-'"),
            ("3L", "expected the end at byte 1, found 'L'"),
            ("1 1", "expected the end at byte 2, found '1'"),
            ("os.remove('x')", "expected a value at byte 0, found 'o'"),
            ("é", "expected a value at byte 0, found 'é'"),
        ];
        for (text, message) in rows {
            assert_eq!(parse(text, false).unwrap_err(), message, "{text}");
        }
        assert!(
            parse(&"(".repeat(100_000), false)
                .unwrap_err()
                .contains("deeper")
        );
        assert!(
            parse(&"9".repeat(60), false)
                .unwrap_err()
                .contains("too large")
        );
    }
}
