//! Reductions against an obvious model, and the error of sums.

use tnp_backend::prim::ReduceOp;
use tnp_dtype::{Complex, DType, Literal};
use tnp_shape::Layout;

use super::reduce;
use crate::samples::{Rng, Sample, indices, output, random_shape, read_output, same};
use crate::strided::Strided;

/// Folds two values as NumPy would, in the widest type of their kind.
fn combine(op: ReduceOp, a: Literal, b: Literal) -> Literal {
    if a.dtype() == DType::Bool {
        let (a, b) = (a.value::<bool>(), b.value::<bool>());
        return Literal::new(match op {
            ReduceOp::Sum | ReduceOp::Max | ReduceOp::Any => a | b,
            ReduceOp::Prod | ReduceOp::Min | ReduceOp::All => a & b,
        });
    }
    let later = if let (Some(x), Some(y)) = (a.to_i128(), b.to_i128()) {
        let wide = match op {
            ReduceOp::Sum => x.wrapping_add(y),
            ReduceOp::Prod => x.wrapping_mul(y),
            ReduceOp::Max | ReduceOp::Any => x.max(y),
            ReduceOp::Min | ReduceOp::All => x.min(y),
        };
        // Wraps to 64 bits, which the cast then wraps to fewer.
        return if a.dtype() == DType::UInt64 {
            Literal::new(wide as u64)
        } else {
            Literal::new(wide as i64).cast(a.dtype())
        };
    } else {
        let (x, y) = (a.to_c128(), b.to_c128());
        let nan = |z: Complex<f64>| z.re.is_nan() || z.im.is_nan();
        match op {
            ReduceOp::Sum => return Literal::new(x + y),
            ReduceOp::Prod => return Literal::new(x * y),
            _ if nan(x) => false,
            _ if nan(y) => true,
            ReduceOp::Max | ReduceOp::Any => (y.re, y.im) > (x.re, x.im),
            ReduceOp::Min | ReduceOp::All => (y.re, y.im) < (x.re, x.im),
        }
    };
    if later { b } else { a }
}

fn model(op: ReduceOp, sample: &Sample, axes: &[usize], out_dtype: DType) -> Vec<Literal> {
    let shape = sample.layout.shape();
    let kept: Vec<usize> = (0..shape.len()).filter(|a| !axes.contains(a)).collect();
    let kept_shape: Vec<usize> = kept.iter().map(|&a| shape[a]).collect();
    let mut results: Vec<Option<Literal>> = vec![None; kept_shape.iter().product()];
    for (index, value) in indices(shape).zip(sample.values()) {
        let place = kept.iter().fold(0, |place, &a| place * shape[a] + index[a]);
        let value = value.cast(out_dtype);
        results[place] = Some(match results[place] {
            Some(so_far) => combine(op, so_far, value),
            None => value,
        });
    }
    let empty = match op {
        ReduceOp::Prod | ReduceOp::All => Literal::one(out_dtype),
        _ => Literal::zero(out_dtype),
    };
    results
        .into_iter()
        .map(|r| r.unwrap_or(empty).cast(out_dtype))
        .collect()
}

fn check(op: ReduceOp, sample: &Sample, axes: &[usize], out_dtype: DType) {
    let expected = model(op, sample, axes, out_dtype);
    let mut out = output(out_dtype, expected.len());
    // SAFETY: the sample owns its elements, and `out` has room for all results.
    unsafe {
        reduce(
            op,
            sample.strided(),
            axes,
            out_dtype,
            out.as_mut_ptr().cast(),
        )
    };
    let found = read_output(&out, out_dtype, expected.len());
    for (place, (&f, &e)) in found.iter().zip(&expected).enumerate() {
        // Integers folded as floats round.
        let close = out_dtype.is_inexact()
            && !sample.dtype.is_inexact()
            && (f.to_f64() - e.to_f64()).abs() <= 1e-12 * e.to_f64().abs();
        assert!(
            same(f, e) || close,
            "{op:?} of {} {:?} over {axes:?} as {out_dtype}: {f} is not {e} at {place}",
            sample.dtype,
            sample.layout
        );
    }
}

fn out_dtypes(op: ReduceOp, dtype: DType) -> Vec<DType> {
    match op {
        ReduceOp::Any | ReduceOp::All => vec![DType::Bool],
        ReduceOp::Max | ReduceOp::Min => vec![dtype],
        _ if dtype.is_complex() => vec![dtype, DType::Complex128],
        _ if dtype.is_float() => vec![dtype, DType::Float64, DType::Complex64],
        // A long product of integers overflows a float.
        ReduceOp::Prod => vec![dtype, DType::Int64, DType::UInt64],
        ReduceOp::Sum => vec![dtype, DType::Int64, DType::UInt64, DType::Float64],
    }
}

#[test]
fn any_layout_any_axes_as_the_model_says() {
    let mut rng = Rng(0x1234_5678_9abc_def1);
    for round in 0..12 {
        for dtype in DType::ALL {
            for &op in ReduceOp::ALL {
                let shape = random_shape(&mut rng, 4);
                let axes: Vec<usize> = (0..shape.len()).filter(|_| rng.below(2) == 0).collect();
                if matches!(op, ReduceOp::Max | ReduceOp::Min) && shape.contains(&0) {
                    continue;
                }
                let nan = if matches!(op, ReduceOp::Max | ReduceOp::Min) {
                    round % 3 * 2
                } else {
                    0
                };
                let sample = Sample::random(&mut rng, dtype, &shape, nan);
                for out_dtype in out_dtypes(op, dtype) {
                    check(op, &sample, &axes, out_dtype);
                }
            }
        }
    }
}

#[test]
fn large_ones_that_are_split_as_the_model_says() {
    let mut rng = Rng(77);
    let cases: [(&[usize], &[usize]); 8] = [
        (&[150_001], &[0]),
        (&[401, 403], &[0]),
        (&[401, 403], &[1]),
        (&[401, 403], &[0, 1]),
        (&[60_000, 3], &[0]),
        (&[3, 60_000], &[1]),
        (&[60_000, 3], &[1]),
        (&[20, 301, 29], &[0, 2]),
    ];
    for (shape, axes) in cases {
        for (op, dtype, out_dtype) in [
            (ReduceOp::Sum, DType::Float32, DType::Float32),
            (ReduceOp::Sum, DType::Bool, DType::Int64),
            (ReduceOp::Max, DType::Int16, DType::Int16),
            (ReduceOp::Any, DType::Int8, DType::Bool),
        ] {
            let sample = Sample::random(&mut rng, dtype, shape, 0);
            check(op, &sample, axes, out_dtype);
            let sample = Sample::contiguous(&mut rng, dtype, shape, 0);
            check(op, &sample, axes, out_dtype);
        }
    }
}

#[test]
fn one_nan_anywhere_wins() {
    for n in [1usize, 7, 8, 33, 200, 513, 1100] {
        for place in (0..n).step_by(1 + n / 40).chain([n - 1]) {
            let mut values = vec![1.0f32; n];
            values[place] = f32::NAN;
            let layout = Layout::contiguous(&[n]);
            let input = Strided {
                ptr: values.as_ptr().cast(),
                dtype: DType::Float32,
                layout: &layout,
            };
            for op in [ReduceOp::Max, ReduceOp::Min] {
                let mut out = 0f32;
                // SAFETY: `n` elements, one result.
                unsafe { reduce(op, input, &[0], DType::Float32, (&raw mut out).cast()) };
                assert!(out.is_nan(), "{op:?} of {n} with NaN at {place}");
            }
        }
    }
}

#[test]
fn sums_are_as_accurate_as_numpys() {
    let mut rng = Rng(5);
    let n = 1usize << 20;
    let values: Vec<f32> = (0..n)
        .map(|_| (rng.next() >> 40) as f32 / (1 << 24) as f32)
        .collect();
    let exact: f64 = values.iter().map(|&v| v as f64).sum();
    // NumPy 2.4 errs by up to 3e-8 relative here over all elements, and by 1e-4 over axis 0 of (2^19, 2).
    for (shape, axes, limit) in [
        (vec![n], vec![0], 1e-7),
        (vec![n / 2, 2], vec![0], 4e-7),
        (vec![n / 512, 512], vec![0], 4e-7),
    ] {
        let layout = Layout::contiguous(&shape);
        let input = Strided {
            ptr: values.as_ptr().cast(),
            dtype: DType::Float32,
            layout: &layout,
        };
        let mut out = vec![0f32; n / shape[0]];
        // SAFETY: `n` elements, one result for each column.
        unsafe {
            reduce(
                ReduceOp::Sum,
                input,
                &axes,
                DType::Float32,
                out.as_mut_ptr().cast(),
            )
        };
        let total: f64 = out.iter().map(|&v| v as f64).sum();
        assert!(
            (total / exact - 1.0).abs() < limit,
            "{shape:?}: {total} is not {exact}"
        );
    }
}
