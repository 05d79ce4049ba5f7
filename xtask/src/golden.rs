//! `golden`: NumPy's answers to the test rows, written or checked.

use std::collections::HashMap;
use std::path::Path;

use crate::shell::{Done, built, feed, output, program, python, root};

const FOLDER: &str = "crates/tnp-testing/goldens";

/// Cases whose NaNs have bits of the processor's choice: NumPy's sort of float16 gives others where it runs AVX-512.
const NAN_BITS: [&str; 1] = ["np.sort(x + 0) | float16"];

/// All rows, as JSON.
pub(crate) fn rows() -> Done<String> {
    output(&mut built("--bin", "rows")?)
}

fn ask(rows: &str, folder: &Path, categories: &[&str]) -> Done {
    let folder = folder.to_string_lossy().into_owned();
    let mut arguments = vec!["xtask/python/golden.py", &folder];
    arguments.extend(categories);
    feed(&mut program(python()?, &arguments), rows)
}

pub(crate) fn run(arguments: &[&str]) -> Done {
    let rows = rows()?;
    if arguments != ["--check"] {
        return ask(&rows, &root().join(FOLDER), arguments);
    }
    let fresh = std::env::temp_dir().join(format!("tnp-goldens-{}", std::process::id()));
    let done = ask(&rows, &fresh, &[]).and_then(|()| compare(&rows, &fresh));
    // A folder left behind in the temporary directory harms nobody.
    let _ = std::fs::remove_dir_all(&fresh);
    done
}

/// Fresh goldens against the committed ones: same cases, inputs, dtypes and shapes; floats within a few units, since
/// NumPy's own vector code differs between processors.
fn compare(rows: &str, fresh: &Path) -> Done {
    let categories: Vec<serde_json::Value> =
        serde_json::from_str(rows).map_err(|error| error.to_string())?;
    let mut problems = Vec::new();
    let mut compared = 0;
    for category in &categories {
        let name = format!("{}.jsonl", category["name"].as_str().unwrap_or_default());
        let exact: HashMap<&str, bool> = category["rows"]
            .as_array()
            .into_iter()
            .flatten()
            .flat_map(|row| {
                let exact = row["tolerance"] == "Exact";
                row["cases"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(move |case| Some((case["key"].as_str()?, exact)))
            })
            .collect();
        let (old, new) = (
            lines(&root().join(FOLDER).join(&name))?,
            lines(&fresh.join(&name))?,
        );
        let kind = |key: &String| match exact.get(key.as_str()) {
            Some(false) => Same::Nearly,
            _ if NAN_BITS.iter().any(|case| key.starts_with(case)) => Same::ButNans,
            _ => Same::Bits,
        };
        compared += new.len();
        for (key, line) in &new {
            match old.get(key) {
                None => problems.push(format!("{name}: {key}: not committed")),
                Some(committed) if committed == line => {}
                Some(committed) if alike(committed, line, kind(key)) => {}
                Some(_) => problems.push(format!("{name}: {key}: differs")),
            }
        }
        problems.extend(
            old.keys()
                .filter(|key| !new.contains_key(*key))
                .map(|key| format!("{name}: {key}: no row has it")),
        );
    }
    if problems.is_empty() {
        println!("{compared} goldens are NumPy's");
        return Ok(());
    }
    let count = problems.len();
    problems.sort();
    problems.truncate(40);
    Err(format!(
        "{count} goldens differ; run `cargo xtask golden`:\n  {}",
        problems.join("\n  ")
    ))
}

fn lines(path: &Path) -> Done<HashMap<String, serde_json::Value>> {
    let Ok(text) = std::fs::read_to_string(path) else {
        return Ok(HashMap::new());
    };
    let parsed = text.lines().map(|line| {
        let line: serde_json::Value =
            serde_json::from_str(line).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok((line["k"].as_str().unwrap_or_default().to_owned(), line))
    });
    parsed.collect()
}

/// How values have to agree.
#[derive(Clone, Copy, PartialEq)]
enum Same {
    /// Bit for bit.
    Bits,
    /// Bit for bit, but for NaNs, which agree with each other.
    ButNans,
    /// Floats within a millionth (a thousandth for 16 bits).
    Nearly,
}

/// The same inputs, dtypes and shapes, and values that agree.
fn alike(old: &serde_json::Value, new: &serde_json::Value, same: Same) -> bool {
    if old["i"] != new["i"] || old["e"] != new["e"] || same == Same::Bits {
        return false;
    }
    let empty = Vec::new();
    let values = |line: &serde_json::Value| line["v"].as_array().unwrap_or(&empty).clone();
    let (old, new) = (values(old), values(new));
    old.len() == new.len()
        && old.iter().zip(&new).all(|(old, new)| {
            old[0] == new[0] && old[1] == new[1] && {
                let dtype = old[0].as_str().unwrap_or_default();
                let numbers = |value: &serde_json::Value| {
                    floats(dtype, value[2].as_str().unwrap_or_default())
                };
                match (numbers(old), numbers(new)) {
                    (Some(old), Some(new)) if same == Same::ButNans => {
                        let same = |(old, new): (&f64, &f64)| {
                            old.to_bits() == new.to_bits() || old.is_nan() && new.is_nan()
                        };
                        old.len() == new.len() && old.iter().zip(&new).all(same)
                    }
                    (Some(old), Some(new)) => near(
                        &old,
                        &new,
                        if dtype.ends_with("float16") {
                            1e-2
                        } else {
                            2e-6
                        },
                    ),
                    _ => old[2] == new[2],
                }
            }
        })
}

fn near(old: &[f64], new: &[f64], tolerance: f64) -> bool {
    let scale = old
        .iter()
        .filter(|x| x.is_finite())
        .fold(1.0f64, |scale, x| scale.max(x.abs()));
    old.len() == new.len()
        && old.iter().zip(new).all(|(&old, &new)| {
            (old.is_nan() && new.is_nan()) || old == new || (old - new).abs() <= tolerance * scale
        })
}

/// The parts of floating-point elements; `None` for other dtypes.
fn floats(dtype: &str, hex: &str) -> Option<Vec<f64>> {
    let size = match dtype {
        "bfloat16" | "float16" => 2,
        "float32" | "complex64" => 4,
        "float64" | "complex128" => 8,
        _ => return None,
    };
    let bytes: Option<Vec<u8>> = (0..hex.len() / 2)
        .map(|i| u8::from_str_radix(hex.get(2 * i..2 * i + 2)?, 16).ok())
        .collect();
    let element = |bytes: &[u8]| match (dtype, bytes) {
        ("bfloat16", &[a, b]) => f64::from(f32::from_le_bytes([0, 0, a, b])),
        (_, &[a, b]) => half(u16::from_le_bytes([a, b])),
        (_, &[a, b, c, d]) => f64::from(f32::from_le_bytes([a, b, c, d])),
        (_, bytes) => bytes.try_into().map_or(f64::NAN, f64::from_le_bytes),
    };
    Some(bytes?.chunks_exact(size).map(element).collect())
}

fn half(bits: u16) -> f64 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
    sign * match exponent {
        0 => fraction * f64::powi(2.0, -24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1024.0 + fraction) * f64::powi(2.0, exponent - 25),
    }
}
