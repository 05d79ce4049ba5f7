//! NumPy's answers, as `cargo xtask golden` wrote them: one JSON line a case.

use std::collections::HashMap;
use std::path::PathBuf;

use serde::Deserialize;
use tnp_dtype::DType;

use crate::compare::Value;

/// What NumPy did with a case.
#[derive(Debug)]
pub struct Golden {
    /// FNV hash of the inputs' bytes, to notice when the recipe drifts.
    pub inputs: String,
    /// Its values, or the exception it raised.
    pub outcome: Result<Vec<Value>, String>,
    /// NumPy has no such function for bfloat16: the values are those of float32.
    pub through_float32: bool,
}

#[derive(Deserialize)]
struct Line {
    k: String,
    i: String,
    #[serde(default)]
    v: Vec<(String, Vec<usize>, String)>,
    #[serde(default)]
    e: Option<String>,
    #[serde(default)]
    b: bool,
}

/// The golden file of a category.
pub fn path(category: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("goldens")
        .join(format!("{category}.jsonl"))
}

/// Reads a category's goldens, by case; none when there is no file.
///
/// # Errors
/// When the file is damaged.
pub fn read(category: &str) -> Result<HashMap<String, Golden>, String> {
    let Ok(text) = std::fs::read_to_string(path(category)) else {
        return Ok(HashMap::new());
    };
    let mut goldens = HashMap::new();
    for (number, line) in text.lines().enumerate() {
        let wrong = |what: String| format!("{category}.jsonl, line {}: {what}", number + 1);
        let line: Line = serde_json::from_str(line).map_err(|error| wrong(error.to_string()))?;
        let values: Option<Vec<Value>> = line.v.iter().map(value).collect();
        let outcome = match (line.e, values) {
            (Some(error), _) => Err(error),
            (None, Some(values)) => Ok(values),
            (None, None) => return Err(wrong("not dtype, shape and hexadecimal bytes".to_owned())),
        };
        goldens.insert(
            line.k,
            Golden {
                inputs: line.i,
                outcome,
                through_float32: line.b,
            },
        );
    }
    Ok(goldens)
}

fn value((dtype, shape, hex): &(String, Vec<usize>, String)) -> Option<Value> {
    let dtype: DType = dtype.parse().ok()?;
    let digits: Option<Vec<u8>> = hex
        .chars()
        .map(|c| c.to_digit(16).map(|digit| digit as u8))
        .collect();
    let bytes: Vec<u8> = digits?
        .chunks(2)
        .map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit))
        .collect();
    let size: usize = shape.iter().product();
    (bytes.len() == size * dtype.itemsize()).then(|| Value {
        dtype,
        shape: shape.clone(),
        bytes,
        device: None,
    })
}
