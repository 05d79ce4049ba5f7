//! Inputs for the laws: for values as the rows have them, for slopes away from ties, seams and whole numbers.

use tnp_array::{Array, Result};
use tnp_dtype::{DType, c128};

use crate::inputs::InputSpec;
use crate::recipe::{Domain, mix};
use crate::rows::{Case, Row};

/// The inputs of one example: the row's own domain, other values for each example.
pub(super) fn values(row: &Row, case: &Case, example: u64) -> Result<Vec<Array>> {
    let seed = row.seed().wrapping_add(example.wrapping_mul(0x1234_5677));
    let inputs = case.inputs.iter().enumerate();
    inputs
        .map(|(at, spec)| Array::from_bytes(&spec.bytes(seed, at), &spec.shape, spec.dtype))
        .collect()
}

/// Inputs where the row is smooth: numbers within the domain that lie as far apart as there is room, shuffled.
pub(super) fn smooth(row: &Row, case: &Case, example: u64) -> Result<Vec<Array>> {
    let inputs = case.inputs.iter().enumerate();
    inputs
        .map(|(at, spec)| match spec.dtype {
            DType::Float64 => Array::from_vec(apart(spec, at as u64, example), &spec.shape),
            DType::Complex128 => {
                let (re, im) = (
                    apart(spec, at as u64, example),
                    apart(spec, at as u64 + 7, example),
                );
                let values = re.into_iter().zip(im).map(|(re, im)| c128::new(re, im));
                Array::from_vec(values.collect(), &spec.shape)
            }
            // What has no slope stays what it is in all examples: shapes may depend on it.
            dtype => Array::from_bytes(&spec.bytes(row.seed(), at), &spec.shape, dtype),
        })
        .collect()
}

fn apart(spec: &InputSpec, input: u64, example: u64) -> Vec<f64> {
    let n: usize = spec.shape.iter().product();
    let (low, high) = match spec.domain {
        Domain::Any | Domain::Special => (-2.5, 2.5),
        Domain::Uniform(low, high) => (low, high),
        Domain::Range(low, high) => (low as f64, high as f64),
        Domain::Distinct | Domain::Sorted => (0.0, n as f64),
    };
    let mut order: Vec<usize> = (0..n).collect();
    if spec.domain != Domain::Sorted {
        order.sort_by_key(|&i| mix((i as u64) << 16 | input << 8 | example));
    }
    // No two inputs or examples have a number in common.
    let shift = 0.2718 + 0.0931 * input as f64 + 0.0137 * example as f64;
    let place = |k| low + (high - low) * (k as f64 + shift.fract()) / n as f64;
    // Numbers of any size are divided by too.
    let away = |x: f64| match spec.domain {
        Domain::Any | Domain::Special => x + x.signum() / 2.0,
        _ => x,
    };
    order.into_iter().map(|k| away(place(k))).collect()
}

/// A direction for an array, or weights: numbers within ±1, of a stream of their own.
pub(super) fn direction(x: &Array, stream: u64) -> Result<Array> {
    let number = |i: u64| (mix(stream << 32 | i) >> 11) as f64 / (1u64 << 52) as f64 - 1.0;
    let n = x.size() as u64;
    if x.dtype().is_complex() {
        let values = (0..n).map(|i| c128::new(number(2 * i), number(2 * i + 1)));
        return Array::from_vec(values.collect(), x.shape());
    }
    Array::from_vec((0..n).map(number).collect::<Vec<f64>>(), x.shape())
}
