//! compiled = eager and mapped = looped, in values, dtypes, shapes, weakness and errors.

use std::sync::Mutex;

use tnp_array::{Array, Result, stack};
use tnp_trace::function;
use tnp_vmap::{map_fn, vectorized_map};

use super::{run, sample, told};
use crate::compare::{Tolerance, Value, difference};
use crate::rows::{Case, Item, Row};

/// Examples in a map.
const EXAMPLES: u64 = 3;

/// What a transformation gave, or the text of its error.
type Outcome = std::result::Result<Vec<Array>, String>;

pub(super) fn compiled(row: &Row, case: &Case) -> Result<Option<String>> {
    let examples = [sample::values(row, case, 0)?, sample::values(row, case, 1)?];
    let plain = Mutex::new(Vec::new());
    let all = |xs: &Vec<Array>| -> Result<Vec<Array>> {
        let (arrays, others) = run(row, case, xs)?;
        *plain.lock().expect("nobody panicked with it") = others;
        Ok(arrays)
    };
    let traced = function(all);
    // The second time with other values: what was traced may hold none of the first.
    for xs in &examples {
        let eager = told(all(xs));
        let others = texts(&plain.lock().expect("nobody panicked with it"));
        if let Some(problem) = apart(row, xs, told(traced.call(xs)), eager) {
            return Ok(Some(problem));
        }
        if others != texts(&plain.lock().expect("nobody panicked with it")) {
            return Ok(Some("results that are no arrays differ".to_owned()));
        }
    }
    Ok(None)
}

pub(super) fn compiled_part(row: &Row, case: &Case) -> Result<Option<String>> {
    let inputs = sample::values(row, case, 0)?;
    if inputs.is_empty() {
        return Ok(None);
    }
    for at in 0..=case.inputs.len() {
        let one = |x: &Option<Array>| -> Result<Vec<Array>> {
            let mut xs = inputs.clone();
            if let Some(x) = x {
                xs[at] = x.clone();
            }
            Ok(run(row, case, &xs)?.0)
        };
        let x = inputs.get(at).cloned();
        let (got, eager) = (told(function(one).call(&x)), told(one(&x)));
        if let Some(problem) = apart(row, &inputs, got, eager) {
            let which = x.map_or("nothing".to_owned(), |_| format!("only input {at}"));
            return Ok(Some(format!("{which} traced: {problem}")));
        }
    }
    Ok(None)
}

fn texts(items: &[Item]) -> Vec<String> {
    let text = |item: &Item| item.value().map(|value| value.to_string());
    items.iter().filter_map(|item| text(item).ok()).collect()
}

/// Examples, and the same stacked.
fn examples(row: &Row, case: &Case) -> Result<(Vec<Vec<Array>>, Vec<Array>)> {
    let examples: Result<Vec<Vec<Array>>> = (0..EXAMPLES)
        .map(|example| sample::values(row, case, example))
        .collect();
    let examples = examples?;
    let stacked: Result<Vec<Array>> = (0..case.inputs.len())
        .map(|at| {
            let parts: Vec<&Array> = examples.iter().map(|xs| &xs[at]).collect();
            stack(parts, ())
        })
        .collect();
    Ok((examples, stacked?))
}

pub(super) fn mapped(row: &Row, case: &Case) -> Result<Option<String>> {
    if case.inputs.is_empty() {
        return Ok(None);
    }
    let (_, stacked) = examples(row, case)?;
    let all = |xs: &Vec<Array>| Ok(run(row, case, xs)?.0);
    let looped = told(map_fn(all, &stacked));
    let got = told(vectorized_map(all, &stacked));
    Ok(mapped_apart(row, &stacked, got, looped))
}

pub(super) fn mapped_part(row: &Row, case: &Case) -> Result<Option<String>> {
    if case.inputs.len() < 2 {
        return Ok(None);
    }
    let (examples, stacked) = examples(row, case)?;
    for (at, own) in stacked.iter().enumerate() {
        let one = |x: &Array| {
            let mut xs = examples[0].clone();
            xs[at] = x.clone();
            Ok(run(row, case, &xs)?.0)
        };
        let (got, looped) = (told(vectorized_map(one, own)), told(map_fn(one, own)));
        if let Some(problem) = mapped_apart(row, &stacked, got, looped) {
            return Ok(Some(format!("only input {at} mapped: {problem}")));
        }
    }
    Ok(None)
}

/// A map may sum up complex products in another order: of a sum that is zero the sign is open.
fn mapped_apart(row: &Row, xs: &[Array], got: Outcome, wanted: Outcome) -> Option<String> {
    let complex = xs.iter().any(|x| x.dtype().is_complex());
    match row.tolerance {
        Tolerance::Exact if complex => within(Tolerance::Ulps(0), xs, got, wanted),
        tolerance => within(tolerance, xs, got, wanted),
    }
}

fn apart(row: &Row, xs: &[Array], got: Outcome, wanted: Outcome) -> Option<String> {
    within(row.tolerance, xs, got, wanted)
}

fn within(tolerance: Tolerance, xs: &[Array], got: Outcome, wanted: Outcome) -> Option<String> {
    // A failure may come late: what was given is a result once it has been read.
    let read = |arrays: &[Array]| arrays.iter().map(Value::of).collect::<Result<Vec<Value>>>();
    let (got, wanted) = match (got, wanted) {
        (Ok(got), Ok(wanted)) => (got, wanted),
        (Err(_), Err(_)) => return None,
        (Err(error), Ok(wanted)) => {
            return read(&wanted).ok().map(|_| format!("failed: {error}"));
        }
        (Ok(got), Err(error)) => {
            let text = format!("gave something, where plain code fails: {error}");
            return read(&got).ok().map(|_| text);
        }
    };
    for (at, (got, wanted)) in got.iter().zip(&wanted).enumerate() {
        if got.is_weak() != wanted.is_weak() {
            return Some(format!("result {at}: weak is {}", got.is_weak()));
        }
    }
    let (got, wanted) = match (read(&got), read(&wanted)) {
        (Ok(got), Ok(wanted)) => (got, wanted),
        (Err(_), Err(_)) => return None,
        (Err(error), Ok(_)) => return Some(format!("failed: {error}")),
        (Ok(_), Err(error)) => {
            return Some(format!("gave something, where plain code fails: {error}"));
        }
    };
    let scale = match tolerance {
        Tolerance::Scaled(_) => xs.iter().map(largest).fold(0.0, f64::max),
        _ => 0.0,
    };
    difference(&got, &wanted, tolerance, scale)
}

/// The largest finite magnitude in an array.
pub(super) fn largest(x: &Array) -> f64 {
    Value::of(x).map_or(0.0, |value| value.largest())
}
