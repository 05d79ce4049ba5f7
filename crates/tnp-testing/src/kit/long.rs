//! Lanes longer than those of the rows, which backends cut into parts: sorts and running sums.

use std::cmp::Ordering;

use tnp_array::{Array, ErrorKind, Result, Sorting, argsort, cumsum, sort, with_device};
use tnp_backend::prim::{CumulativeOp, Prim};
use tnp_dtype::DType;

use super::Kit;

/// Lanes, and elements of each: enough for several parts on a GPU.
const LONG: (usize, usize) = (2, 40_007);
/// The same where a decomposition does it.
const SHORT: (usize, usize) = (2, 67);

/// Numbers in no order, with repetitions.
fn numbers(size: usize) -> Vec<f64> {
    let mut state = 12345u64;
    let next = |_| {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        ((state >> 40) % 401) as f64 - 200.0
    };
    (0..size).map(next).collect()
}

/// The elements as pairs of numbers that compare as NumPy's do: NaN last.
fn values(x: &Array) -> Result<Vec<(f64, f64)>> {
    let part = |x: Array| x.astype(DType::Float64)?.to_vec::<f64>();
    let (re, im) = match x.dtype().is_complex() {
        true => (part(x.real()?)?, part(x.imag()?)?),
        false => (part(x.clone())?, vec![0.0; x.size()]),
    };
    Ok(re.into_iter().zip(im).collect())
}

fn order(a: f64, b: f64) -> Ordering {
    let by_nan = a.is_nan().cmp(&b.is_nan());
    by_nan.then(a.partial_cmp(&b).unwrap_or(Ordering::Equal))
}

impl Kit {
    fn input(&self, dtype: DType, (lanes, length): (usize, usize)) -> Result<Array> {
        with_device(self.device(), || {
            let mut all = numbers(lanes * length);
            if dtype.is_inexact() {
                for (at, special) in [
                    f64::NAN,
                    f64::INFINITY,
                    -0.0,
                    f64::NEG_INFINITY,
                    0.0,
                    f64::NAN,
                ]
                .into_iter()
                .enumerate()
                {
                    all[at * length / 7 + 3] = special;
                }
            }
            if dtype.is_unsigned_integer() {
                // As float64 those wrapped round would be alike.
                all.iter_mut().for_each(|x| *x = x.abs());
            }
            let first = if dtype.is_inexact() {
                DType::Float32
            } else {
                DType::Int32
            };
            let x = match first {
                DType::Float32 => Array::from_vec(
                    all.iter().map(|&x| x as f32).collect::<Vec<_>>(),
                    &[lanes, length],
                )?,
                _ => Array::from_vec(
                    all.iter().map(|&x| x as i32).collect::<Vec<_>>(),
                    &[lanes, length],
                )?,
            };
            x.astype(dtype)
        })?
    }

    /// Long lanes of every dtype are sorted, and equal elements keep their order.
    pub fn sorts_long_lanes(&self) {
        let backend = self.backend();
        for dtype in DType::ALL {
            let lanes = match backend.supports(&Prim::Sort { axis: 1 }, &[dtype]) {
                true => LONG,
                false => SHORT,
            };
            let x = match self.input(dtype, lanes) {
                // The rows report what is not supported.
                Err(error) if error.kind() == ErrorKind::Unsupported => continue,
                x => x.expect("numbers"),
            };
            let check = || -> Result<()> {
                let all = values(&x)?;
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
            if let Err(error) = check() {
                // A part that a complex number or a sort takes may be missing too.
                assert_eq!(error.kind(), ErrorKind::Unsupported, "{dtype}: {error}");
            }
        }
    }

    /// Running sums of long lanes, from either end.
    pub fn adds_up_long_lanes(&self) {
        for dtype in [DType::Int32, DType::Float32, DType::Complex64] {
            let prim = Prim::Cumulative {
                op: CumulativeOp::Sum,
                axis: 1,
                reverse: false,
                dtype,
            };
            let (lanes, length) = match self.backend().supports(&prim, &[dtype]) {
                true => LONG,
                false => SHORT,
            };
            // Whole numbers, of which float32 holds every sum.
            let whole = self.input(DType::Int32, (lanes, length)).expect("numbers");
            let x = whole.astype(dtype).expect("a cast");
            let all = values(&x).expect("the values");
            let turned = x.get(tnp_array::s![.., ..;-1]).expect("a view");
            for (x, is_turned) in [(x, false), (turned, true)] {
                let sums = cumsum(&x, tnp_array::Reduce::axes(1)).expect("sums");
                let sums = values(&sums).expect("the values");
                for lane in 0..lanes {
                    let mut sum = 0.0;
                    for at in 0..length {
                        let from = if is_turned { length - 1 - at } else { at };
                        sum += all[lane * length + from].0;
                        let got = sums[lane * length + at].0;
                        assert_eq!(got, sum, "{dtype}: lane {lane}, at {at}");
                    }
                }
            }
        }
    }
}
