//! Lanes longer than those of the rows, which backends cut into parts: sorts and running combinations.

use std::cmp::Ordering;

use tnp_array::{Array, ErrorKind, Result, Sorting, argsort, multiply, sort};
use tnp_backend::Device;
use tnp_backend::prim::{CumulativeOp, Prim};
use tnp_dtype::DType;

use super::Kit;
use crate::compare::Value;

/// Lanes, and elements of each: enough for several parts on a GPU.
const LONG: (usize, usize) = (2, 40_007);
/// The same where a decomposition does it.
const SHORT: (usize, usize) = (2, 67);

/// Integers of all sizes in no order, and some of them often.
fn numbers(size: usize) -> Vec<i64> {
    let mut state = 12345u64;
    let next = |at| {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        match at % 3 {
            0 => (state >> 40) as i64 % 201 - 100,
            // What float64 holds without rounding.
            1 => (state as i64 >> 12 >> (state >> 59)) << 1,
            _ => state as i64 >> 12 >> (state >> 58).min(51),
        }
    };
    (0..size).map(next).collect()
}

/// The special numbers of floats.
const SPECIAL: [f64; 6] = [
    f64::NAN,
    f64::INFINITY,
    -0.0,
    f64::NEG_INFINITY,
    0.0,
    f64::NAN,
];

/// The elements as pairs of numbers, read as they are: a device may lack float64.
fn values(x: &Array) -> Result<Vec<(f64, f64)>> {
    let value = Value::of(x)?;
    let numbers = value.elements().map(|x| x.to_c128());
    Ok(numbers.map(|z| (z.re, z.im)).collect())
}

fn order(a: f64, b: f64) -> Ordering {
    let by_nan = a.is_nan().cmp(&b.is_nan());
    by_nan.then(a.partial_cmp(&b).unwrap_or(Ordering::Equal))
}

/// Lanes of a dtype, on the CPU.
fn input(dtype: DType, (lanes, length): (usize, usize)) -> Result<Array> {
    let all = numbers(lanes * length);
    let x = Array::from_vec(all, &[lanes, length])?;
    if !dtype.is_inexact() {
        // Wrapped round where they do not fit; as float64 the largest would be alike.
        let x = if dtype.is_unsigned_integer() {
            x.abs()?
        } else {
            x
        };
        return x.astype(dtype);
    }
    let x = x.astype(DType::Float64)?;
    let small = multiply(&x, 1e-12)?;
    let mut all = if dtype == DType::Float16 { small } else { x }.to_vec::<f64>()?;
    for (at, special) in SPECIAL.into_iter().enumerate() {
        all[at * length / 7 + 3] = special;
    }
    Array::from_vec(all, &[lanes, length])?.astype(dtype)
}

impl Kit {
    /// An array on the device; nothing where the device lacks its dtype, which the rows report.
    fn placed(&self, x: &Array) -> Option<Array> {
        match x.to(self.device()) {
            Err(error) if error.kind() == ErrorKind::Unsupported => None,
            x => Some(x.expect("the array's memory")),
        }
    }

    /// Long lanes of every dtype are sorted, and equal elements keep their order.
    pub fn sorts_long_lanes(&self) {
        let backend = self.backend();
        for dtype in DType::ALL {
            let lanes = match backend.supports(&Prim::Sort { axis: 1 }, &[dtype]) {
                true => LONG,
                false => SHORT,
            };
            let home = input(dtype, lanes).expect("numbers");
            let Some(x) = self.placed(&home) else {
                continue;
            };
            let check = || -> Result<()> {
                let all = values(&home)?;
                let places = argsort(&x, Sorting::default().stable())?.to_vec::<i64>()?;
                let sorted = values(&sort(&x, ())?)?;
                for lane in 0..lanes.0 {
                    let start = lane * lanes.1;
                    let own = &all[start..start + lanes.1];
                    let mut wanted: Vec<usize> = (0..lanes.1).collect();
                    wanted.sort_by(|&i, &j| {
                        let (a, b) = (own[i], own[j]);
                        order(a.0, b.0).then(order(a.1, b.1))
                    });
                    for (at, &place) in wanted.iter().enumerate() {
                        let at = start + at;
                        assert_eq!(places[at], place as i64, "argsort of {dtype}, lane {lane}");
                        let (got, wanted) = (sorted[at], own[place]);
                        let same = order(got.0, wanted.0).is_eq() && order(got.1, wanted.1).is_eq();
                        assert!(same, "sort of {dtype}, lane {lane}: {got:?} for {wanted:?}");
                    }
                }
                Ok(())
            };
            match check() {
                // What a decomposition takes may be missing; what the backend says it has may not.
                Err(error) if error.kind() == ErrorKind::Unsupported && lanes == SHORT => {}
                outcome => outcome.unwrap_or_else(|error| panic!("{dtype}: {error}")),
            }
        }
    }

    /// Running sums, products and extremes of long lanes, from either end.
    pub fn combines_long_lanes(&self) {
        let device = self.device();
        let ops = [
            (CumulativeOp::Sum, DType::Int64),
            (CumulativeOp::Sum, DType::Int8),
            (CumulativeOp::Sum, DType::Float32),
            (CumulativeOp::Sum, DType::Float16),
            (CumulativeOp::Sum, DType::Complex64),
            (CumulativeOp::Prod, DType::Int32),
            (CumulativeOp::Max, DType::Int32),
            (CumulativeOp::Min, DType::Float32),
        ];
        for ((op, dtype), reverse) in ops.into_iter().flat_map(|op| [(op, false), (op, true)]) {
            let prim = Prim::Cumulative {
                op,
                axis: 1,
                reverse,
                dtype,
            };
            let (lanes, length) = match self.backend().supports(&prim, &[dtype]) {
                true => LONG,
                false => SHORT,
            };
            // Small whole numbers, of which float32 holds every sum; odd ones, whose products never end in zeros alone.
            let small = |x: i64| match (op, x % 3) {
                (CumulativeOp::Prod, x) => 2 * x + 1,
                (_, x) => x,
            };
            let small: Vec<i64> = numbers(lanes * length).into_iter().map(small).collect();
            let x = Array::from_vec(small, &[lanes, length]).and_then(|x| x.astype(dtype));
            let home = x.expect("numbers");
            let Some(x) = self.placed(&home) else {
                continue;
            };
            let run = |x: &Array, device: Device| -> Result<Array> {
                let x = tnp_backend::compact(x.tensor()?)?;
                let outputs = tnp_backend::run(device, &prim, &[tnp_backend::Arg::borrowed(&x)])?;
                Ok(Array::from_tensor(outputs[0].clone()))
            };
            let all = values(&home).expect("the values");
            let got = match run(&x, device) {
                Err(error) if error.kind() == ErrorKind::Unsupported && length == SHORT.1 => {
                    continue;
                }
                got => got.unwrap_or_else(|error| panic!("{op:?} of {dtype}: {error}")),
            };
            let got = values(&got).expect("the values");
            let rounded = |x: f64| match dtype {
                DType::Int8 => f64::from(x as i64 as i8),
                DType::Int32 => f64::from(x as i64 as i32),
                DType::Float16 => half::f16::from_f64(x).to_f64(),
                _ => x,
            };
            for lane in 0..lanes {
                let mut running: Option<f64> = None;
                for at in 0..length {
                    let at = if reverse { length - 1 - at } else { at };
                    let x = all[lane * length + at].0;
                    let next = match (running, op) {
                        (None, _) => x,
                        (Some(y), CumulativeOp::Sum) => y + x,
                        (Some(y), CumulativeOp::Prod) => rounded(y * x),
                        (Some(y), CumulativeOp::Max) => y.max(x),
                        (Some(y), CumulativeOp::Min) => y.min(x),
                    };
                    running = Some(next);
                    let (got, wanted) = (got[lane * length + at].0, rounded(next));
                    assert_eq!(
                        got, wanted,
                        "{op:?} of {dtype}, reverse: {reverse}, lane {lane}, at {at}"
                    );
                }
            }
        }
    }
}
