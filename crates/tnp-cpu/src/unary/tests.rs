//! The table is complete, and its loops give NumPy's values.

use super::*;
use crate::simd::runs;

fn levels() -> impl Iterator<Item = Level> {
    Level::ALL.into_iter().filter(|l| runs(*l))
}

/// Runs a kernel apart and, where the sizes allow, in place, at every level: all must agree.
fn run<I: Copy, O: Copy + Default>(op: Unary, dtype: DType, x: &[I]) -> Vec<O> {
    let bytes = |y: &[O]| {
        // SAFETY: the element types used here have no padding.
        unsafe { std::slice::from_raw_parts(y.as_ptr().cast::<u8>(), size_of_val(y)) }.to_vec()
    };
    let mut first: Option<Vec<O>> = None;
    for level in levels() {
        let kernel = unary_kernel_at(op, dtype, level).expect("a kernel");
        let mut y = vec![O::default(); x.len()];
        // SAFETY: the slices have the kernel's element types and one length.
        unsafe { kernel(x.as_ptr().cast(), y.as_mut_ptr().cast(), x.len()) };
        if size_of::<I>() == size_of::<O>() {
            let mut z = x.to_vec();
            // SAFETY: as above; results are read back through their own type.
            let z = unsafe {
                kernel(z.as_ptr().cast(), z.as_mut_ptr().cast(), z.len());
                std::slice::from_raw_parts(z.as_ptr().cast::<O>(), z.len()).to_vec()
            };
            assert_eq!(bytes(&z), bytes(&y), "{op:?} {dtype} in place");
        }
        let first = first.get_or_insert_with(|| y.clone());
        if !dtype.is_inexact() || !op.output(dtype).is_some_and(DType::is_inexact) {
            assert_eq!(bytes(first), bytes(&y), "{op:?} {dtype} {level:?}");
        }
    }
    first.expect("the baseline runs")
}

#[test]
fn every_function_of_every_dtype_it_takes_has_a_kernel() {
    let direct = [
        Unary::Negative,
        Unary::Abs,
        Unary::Sign,
        Unary::LogicalNot,
        Unary::IsFinite,
        Unary::IsInf,
        Unary::IsNan,
        Unary::SignBit,
        Unary::Conjugate,
    ];
    for op in Unary::ALL.iter().copied() {
        for dtype in DType::ALL {
            let half = matches!(dtype, DType::Float16 | DType::BFloat16);
            let want = op.output(dtype).is_some() && (!half || direct.contains(&op));
            for level in levels() {
                assert_eq!(
                    unary_kernel_at(op, dtype, level).is_some(),
                    want,
                    "{op:?} {dtype}"
                );
            }
            assert_eq!(unary_kernel(op, dtype).is_some(), want);
        }
    }
}

#[test]
fn integers() {
    let x = [0i8, 1, -1, 2, -2, -128, 127];
    assert_eq!(
        run::<i8, i8>(Unary::Negative, DType::Int8, &x),
        [0, -1, 1, -2, 2, -128, -127]
    );
    assert_eq!(
        run::<i8, i8>(Unary::Abs, DType::Int8, &x),
        [0, 1, 1, 2, 2, -128, 127]
    );
    assert_eq!(
        run::<i8, i8>(Unary::Sign, DType::Int8, &x),
        [0, 1, -1, 1, -1, -1, 1]
    );
    assert_eq!(
        run::<i8, i8>(Unary::Square, DType::Int8, &x),
        [0, 1, 1, 4, 4, 0, 1]
    );
    assert_eq!(
        run::<i8, i8>(Unary::Reciprocal, DType::Int8, &x),
        [0, 1, -1, 0, 0, 0, 0]
    );
    assert_eq!(
        run::<i8, i8>(Unary::Invert, DType::Int8, &x),
        [-1, -2, 0, -3, 1, 127, -128]
    );
    assert_eq!(run::<i8, i8>(Unary::Conjugate, DType::Int8, &x), x);
    let t = |op| run::<i8, bool>(op, DType::Int8, &x);
    assert_eq!(
        t(Unary::SignBit),
        [false, false, true, false, true, true, false]
    );
    assert_eq!(
        t(Unary::LogicalNot),
        [true, false, false, false, false, false, false]
    );
    assert_eq!(t(Unary::IsFinite), [true; 7]);
    assert_eq!(t(Unary::IsInf), [false; 7]);
    assert_eq!(t(Unary::IsNan), [false; 7]);
    assert_eq!(
        run::<i32, i32>(Unary::Reciprocal, DType::Int32, &[0, 1, -1, 7]),
        [i32::MIN, 1, -1, 0]
    );
    assert_eq!(
        run::<i64, i64>(Unary::Reciprocal, DType::Int64, &[0, 1, -1, 7]),
        [i64::MIN, 1, -1, 0]
    );
    assert_eq!(
        run::<u64, u64>(Unary::Reciprocal, DType::UInt64, &[0, 1, 7]),
        [0, 1, 0]
    );
    assert_eq!(
        run::<u16, u16>(Unary::Negative, DType::UInt16, &[0, 1, 65535]),
        [0, 65535, 1]
    );
    assert_eq!(
        run::<u16, u16>(Unary::Square, DType::UInt16, &[255, 256, 65535]),
        [65025, 0, 1]
    );
    assert_eq!(
        run::<u32, u32>(Unary::Sign, DType::UInt32, &[0, 9, u32::MAX]),
        [0, 1, 1]
    );
    assert_eq!(
        run::<u8, bool>(Unary::SignBit, DType::UInt8, &[0, 255]),
        [false, false]
    );
    assert_eq!(
        run::<i64, i64>(Unary::Square, DType::Int64, &[3, i64::MIN, -5]),
        [9, 0, 25]
    );
}

#[test]
fn bools() {
    let x = [false, true];
    assert_eq!(
        run::<bool, bool>(Unary::Invert, DType::Bool, &x),
        [true, false]
    );
    assert_eq!(
        run::<bool, bool>(Unary::LogicalNot, DType::Bool, &x),
        [true, false]
    );
    assert_eq!(
        run::<bool, bool>(Unary::IsFinite, DType::Bool, &x),
        [true, true]
    );
    assert_eq!(
        run::<bool, bool>(Unary::IsNan, DType::Bool, &x),
        [false, false]
    );
    assert_eq!(
        run::<bool, bool>(Unary::SignBit, DType::Bool, &x),
        [false, false]
    );
}

#[test]
fn floats() {
    const INF: f64 = f64::INFINITY;
    let x = [
        0.0,
        -0.0,
        1.5,
        -2.5,
        0.5,
        -0.5,
        INF,
        -INF,
        f64::NAN,
        1e300,
        -1e-320,
        4503599627370497.5,
    ];
    let narrow: Vec<f32> = x.iter().map(|x| *x as f32).collect();
    let cases: [(Unary, fn(f64) -> f64, fn(f32) -> f32); 9] = [
        (Unary::Negative, |x| 0.0 - x, |x| 0.0 - x),
        (Unary::Abs, |x| x.max(-x), |x| x.max(-x)),
        (Unary::Square, |x| x.powi(2), |x| x.powi(2)),
        (Unary::Reciprocal, |x| x.recip(), |x| x.recip()),
        (Unary::Sqrt, f64::sqrt, f32::sqrt),
        (
            Unary::Floor,
            |x| x - (x - x.floor()),
            |x| x - (x - x.floor()),
        ),
        (Unary::Ceil, |x| -(-x).floor(), |x| -(-x).floor()),
        (
            Unary::Trunc,
            |x| if x < 0.0 { x.ceil() } else { x.floor() },
            |x| if x < 0.0 { x.ceil() } else { x.floor() },
        ),
        (Unary::Conjugate, |x| x, |x| x),
    ];
    for (op, f, g) in cases {
        for (y, x) in run::<f64, f64>(op, DType::Float64, &x).iter().zip(x) {
            let inf = x.is_infinite() && op == Unary::Floor;
            assert!(
                *y == f(x) || y.is_nan() && f(x).is_nan() || inf && *y == x,
                "{op:?} {x}: {y}"
            );
        }
        for (y, x) in run::<f32, f32>(op, DType::Float32, &narrow)
            .iter()
            .zip(&narrow)
        {
            let inf = x.is_infinite() && op == Unary::Floor;
            assert!(
                *y == g(*x) || y.is_nan() && g(*x).is_nan() || inf && y == x,
                "{op:?} {x}: {y}"
            );
        }
    }
    let bits = |y: Vec<f64>| y.iter().map(|y| y.to_bits()).collect::<Vec<_>>();
    let rint = run::<f64, f64>(Unary::Rint, DType::Float64, &x[..6]);
    assert_eq!(bits(rint), bits(vec![0.0, -0.0, 2.0, -2.0, 0.0, -0.0]));
    let sign = run::<f64, f64>(Unary::Sign, DType::Float64, &x[..8]);
    assert_eq!(
        bits(sign),
        bits(vec![0.0, 0.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0])
    );
    assert!(run::<f32, f32>(Unary::Sign, DType::Float32, &[f32::NAN])[0].is_nan());
    let negative = run::<f64, f64>(Unary::Negative, DType::Float64, &x[..2]);
    assert_eq!(bits(negative), bits(vec![-0.0, 0.0]));
    let t = |op| run::<f64, bool>(op, DType::Float64, &x);
    assert_eq!(t(Unary::SignBit), x.map(f64::is_sign_negative));
    assert_eq!(t(Unary::IsNan), x.map(|x| x != x));
    assert_eq!(t(Unary::IsInf), x.map(|x| x == INF || x == -INF));
    assert_eq!(t(Unary::IsFinite), x.map(|x| x - x == 0.0));
    assert_eq!(t(Unary::LogicalNot), x.map(|x| x == 0.0));
}

#[test]
fn half_width_floats() {
    use tnp_dtype::{bf16, f16};
    let x: Vec<u16> = (0..=u16::MAX).collect();
    macro_rules! check {
        ($t:ident, $dtype:expr) => {
            let signs = run::<u16, u16>(Unary::Sign, $dtype, &x);
            let negative = run::<u16, u16>(Unary::Negative, $dtype, &x);
            let absolute = run::<u16, u16>(Unary::Abs, $dtype, &x);
            assert_eq!(run::<u16, u16>(Unary::Conjugate, $dtype, &x), x);
            let tests = [
                Unary::IsFinite,
                Unary::IsInf,
                Unary::IsNan,
                Unary::SignBit,
                Unary::LogicalNot,
            ]
            .map(|op| run::<u16, bool>(op, $dtype, &x));
            for (i, x) in x.iter().map(|x| $t::from_bits(*x)).enumerate() {
                let wide = x.to_f32();
                let want = if wide == 0.0 || wide.is_nan() {
                    wide
                } else {
                    wide.signum()
                };
                let sign = $t::from_bits(signs[i]).to_f32();
                assert!(sign == want || sign.is_nan() && want.is_nan());
                assert_eq!(negative[i], (-x).to_bits());
                assert_eq!(absolute[i], x.to_bits() & 0x7FFF);
                let want = [
                    wide.is_finite(),
                    wide.is_infinite(),
                    wide.is_nan(),
                    wide.is_sign_negative(),
                    wide == 0.0,
                ];
                assert_eq!(tests.each_ref().map(|t| t[i]), want, "{x}");
            }
        };
    }
    check!(f16, DType::Float16);
    check!(bf16, DType::BFloat16);
}

/// One argument and value of a function of complex numbers.
type Case = [f64; 4];

fn complex_goldens() -> Vec<(Unary, Vec<Case>)> {
    let mut all: Vec<(Unary, Vec<Case>)> = Vec::new();
    for line in include_str!("../../testdata/unary_complex.txt").lines() {
        match line.strip_prefix("# ") {
            Some(name) => {
                let op = Unary::ALL
                    .iter()
                    .find(|op| op.name() == name)
                    .expect("a function");
                all.push((*op, Vec::new()));
            }
            None => {
                let mut numbers = line.split(' ').map(|s| s.parse().expect("a number"));
                let case = std::array::from_fn(|_| numbers.next().expect("four numbers"));
                all.last_mut().expect("a name first").1.push(case);
            }
        }
    }
    all
}

/// A part of a complex number: NaN as such, infinity and zero exactly with their signs, the rest to
/// `tolerance` of itself or `slack` of the whole number.
fn part_is(got: f64, want: f64, size: f64, tolerance: f64, slack: f64) -> bool {
    if want.is_nan() || want.is_infinite() {
        return got == want || got.is_nan() && want.is_nan();
    }
    if want == 0.0 && got == 0.0 {
        return got.is_sign_negative() == want.is_sign_negative();
    }
    (got - want).abs() <= tolerance * want.abs() || (got - want).abs() <= slack * size
}

#[test]
fn complex_functions() {
    let goldens = complex_goldens();
    assert_eq!(goldens.len(), 26);
    let mut failures = Vec::new();
    for (op, cases) in goldens {
        assert!(cases.len() > 100);
        let x: Vec<Complex<f64>> = cases.iter().map(|c| Complex::new(c[0], c[1])).collect();
        let y = run::<Complex<f64>, Complex<f64>>(op, DType::Complex128, &x);
        // NumPy's own definitions of these cancel; ours do no worse.
        let slack = if matches!(op, Unary::Exp2 | Unary::Expm1) {
            1e-15
        } else {
            1e-17
        };
        for (case, y) in cases.iter().zip(&y) {
            let size = case[2].abs() + case[3].abs();
            if !part_is(y.re, case[2], size, 2e-15, slack)
                || !part_is(y.im, case[3], size, 2e-15, slack)
            {
                failures.push(format!("{op:?} {case:?}: {y:?}"));
            }
        }
        let narrow: Vec<Complex<f32>> = x
            .iter()
            .map(|z| Complex::new(z.re as f32, z.im as f32))
            .collect();
        let y32 = run::<Complex<f32>, Complex<f32>>(op, DType::Complex64, &narrow);
        // Arguments that survive the narrowing have the same value, narrowed.
        for ((z, y), y32) in narrow.iter().zip(&cases).zip(&y32) {
            if f64::from(z.re).to_bits() == y[0].to_bits()
                && f64::from(z.im).to_bits() == y[1].to_bits()
            {
                let ok = |got: f32, want: f64| part_is(f64::from(got), want, want.abs(), 3e-7, 0.0);
                if !ok(y32.re, y[2]) || !ok(y32.im, y[3]) {
                    failures.push(format!("{op:?} {y:?}: {y32:?} in complex64"));
                }
            }
        }
    }
    assert!(
        failures.is_empty(),
        "{}: {}",
        failures.len(),
        failures.join("\n")
    );
}

#[test]
fn moduli_and_parts() {
    let inf = f64::INFINITY;
    let x = [
        (3.0, 4.0),
        (0.0, -0.0),
        (inf, f64::NAN),
        (f64::NAN, -inf),
        (1e300, 1e300),
        (3e-320, 4e-320),
        (1e-200, 0.0),
    ];
    let z: Vec<Complex<f64>> = x.iter().map(|x| Complex::new(x.0, x.1)).collect();
    let size = run::<Complex<f64>, f64>(Unary::Abs, DType::Complex128, &z);
    assert_eq!(size[..4], [5.0, 0.0, inf, inf]);
    assert!((size[4] / 2f64.sqrt() - 1e300).abs() < 1e285);
    assert_eq!(size[5..], [5e-320, 1e-200]);
    assert!(
        run::<Complex<f64>, f64>(
            Unary::Abs,
            DType::Complex128,
            &[Complex::new(f64::NAN, 1.0)]
        )[0]
        .is_nan()
    );
    assert_eq!(
        run::<Complex<f64>, f64>(Unary::Real, DType::Complex128, &z[..2]),
        [3.0, 0.0]
    );
    assert_eq!(
        run::<Complex<f64>, f64>(Unary::Imag, DType::Complex128, &z[..2]),
        [4.0, 0.0]
    );
    let narrow = [Complex::new(3e30f32, 4e30), Complex::new(-5.0, 12.0)];
    let size = run::<Complex<f32>, f32>(Unary::Abs, DType::Complex64, &narrow);
    assert_eq!(size, [5e30, 13.0]);
    let t = |op| run::<Complex<f64>, bool>(op, DType::Complex128, &z);
    assert_eq!(
        t(Unary::IsNan),
        [false, false, true, true, false, false, false]
    );
    assert_eq!(
        t(Unary::IsInf),
        [false, false, true, true, false, false, false]
    );
    assert_eq!(
        t(Unary::IsFinite),
        [true, true, false, false, true, true, true]
    );
    assert_eq!(
        t(Unary::LogicalNot),
        [false, true, false, false, false, false, false]
    );
}
