//! Accuracy and special values of the elementary functions, at every level that runs here.

use super::{complex_kernel, float_kernel};
use crate::simd::{Level, runs};
use crate::unary::UnaryKernel;
use tnp_backend::prim::Unary;
use tnp_dtype::DType;

const INF: f64 = f64::INFINITY;
const NAN: f64 = f64::NAN;

/// Each elementary function with the standard library's and what it gives at
/// 0, infinity, minus infinity, 1 and -1 (NaN gives NaN).
type Row = (Unary, fn(f64) -> f64, [f64; 5]);

const E: f64 = std::f64::consts::E;
const PI_2: f64 = std::f64::consts::FRAC_PI_2;
const PI_4: f64 = std::f64::consts::FRAC_PI_4;
const LN_2: f64 = std::f64::consts::LN_2;

fn rows() -> Vec<Row> {
    vec![
        (Unary::Exp, f64::exp, [1.0, INF, 0.0, E, 1.0 / E]),
        (Unary::Exp2, f64::exp2, [1.0, INF, 0.0, 2.0, 0.5]),
        (
            Unary::Expm1,
            f64::exp_m1,
            [0.0, INF, -1.0, E - 1.0, 1.0 / E - 1.0],
        ),
        (Unary::Log, f64::ln, [-INF, INF, NAN, 0.0, NAN]),
        (Unary::Log2, f64::log2, [-INF, INF, NAN, 0.0, NAN]),
        (Unary::Log10, f64::log10, [-INF, INF, NAN, 0.0, NAN]),
        (Unary::Log1p, f64::ln_1p, [0.0, INF, NAN, LN_2, -INF]),
        (
            Unary::Sin,
            f64::sin,
            [0.0, NAN, NAN, 0.8414709848078965, -0.8414709848078965],
        ),
        (
            Unary::Cos,
            f64::cos,
            [1.0, NAN, NAN, 0.5403023058681398, 0.5403023058681398],
        ),
        (
            Unary::Tan,
            f64::tan,
            [0.0, NAN, NAN, 1.5574077246549023, -1.5574077246549023],
        ),
        (Unary::Arcsin, f64::asin, [0.0, NAN, NAN, PI_2, -PI_2]),
        (Unary::Arccos, f64::acos, [PI_2, NAN, NAN, 0.0, 2.0 * PI_2]),
        (Unary::Arctan, f64::atan, [0.0, PI_2, -PI_2, PI_4, -PI_4]),
        (
            Unary::Sinh,
            f64::sinh,
            [0.0, INF, -INF, 1.1752011936438014, -1.1752011936438014],
        ),
        (
            Unary::Cosh,
            f64::cosh,
            [1.0, INF, INF, 1.5430806348152437, 1.5430806348152437],
        ),
        (
            Unary::Tanh,
            f64::tanh,
            [0.0, 1.0, -1.0, 0.7615941559557649, -0.7615941559557649],
        ),
        (
            Unary::Arcsinh,
            libm_asinh,
            [0.0, INF, -INF, 0.881373587019543, -0.881373587019543],
        ),
        (Unary::Arccosh, libm_acosh, [NAN, INF, NAN, 0.0, NAN]),
        (Unary::Arctanh, libm_atanh, [0.0, NAN, NAN, INF, -INF]),
        (Unary::Cbrt, f64::cbrt, [0.0, INF, -INF, 1.0, -1.0]),
        (
            Unary::Erf,
            series_erf,
            [0.0, 1.0, -1.0, 0.8427007929497149, -0.8427007929497149],
        ),
    ]
}

// The standard library's own lose digits: these are accurate enough for `f32`.

fn libm_asinh(x: f64) -> f64 {
    let a = x.abs();
    if a > 1e10 {
        return (a.ln() + LN_2).copysign(x);
    }
    (a + a * a / (1.0 + a.hypot(1.0))).ln_1p().copysign(x)
}

fn libm_acosh(x: f64) -> f64 {
    if x < 1.0 {
        return NAN;
    }
    if x > 1e10 {
        return x.ln() + LN_2;
    }
    let t = x - 1.0;
    (t + (t * (x + 1.0)).sqrt()).ln_1p()
}

fn libm_atanh(x: f64) -> f64 {
    let a = x.abs();
    (0.5 * (2.0 * a / (1.0 - a)).ln_1p()).copysign(x)
}

/// `2x/√π e^(-x²) Σ (2x²)^n / (2n+1)!!`, in which nothing cancels.
fn series_erf(x: f64) -> f64 {
    if x.is_nan() || x.abs() > 6.0 {
        return x.signum();
    }
    let (mut term, mut sum, mut n) = (1.0, 1.0, 1.0);
    while term > 1e-17 * sum {
        n += 2.0;
        term *= 2.0 * x * x / n;
        sum += term;
    }
    x * (std::f64::consts::FRAC_2_SQRT_PI * (-x * x).exp() * sum)
}

fn levels() -> impl Iterator<Item = Level> {
    Level::ALL.into_iter().filter(|l| runs(*l))
}

fn run<T: Copy>(kernel: UnaryKernel, x: &[T]) -> Vec<T> {
    let mut y = x.to_vec();
    // SAFETY: both slices hold that many elements of the kernel's type.
    unsafe { kernel(x.as_ptr().cast(), y.as_mut_ptr().cast(), x.len()) }
    y
}

fn double(op: Unary, level: Level) -> UnaryKernel {
    float_kernel(op, true, level).expect("every row is an elementary function")
}

fn single(op: Unary, level: Level) -> UnaryKernel {
    float_kernel(op, false, level).expect("every row is an elementary function")
}

/// How many doubles lie between two.
fn steps(a: f64, b: f64) -> u64 {
    if a.is_nan() && b.is_nan() {
        return 0;
    }
    let order = |x: f64| {
        let bits = x.to_bits() as i64;
        if bits < 0 {
            i64::MIN.wrapping_sub(bits)
        } else {
            bits
        }
    };
    order(a).abs_diff(order(b))
}

/// The error of `got` in units of the last place that an `f32` near `want` has.
fn error_f32(got: f32, want: f64) -> f64 {
    let near = want as f32;
    if near.is_nan() || near.is_infinite() || near == 0.0 {
        let same = got.to_bits() == near.to_bits() || (got.is_nan() && near.is_nan());
        // At the edge of overflow and underflow the neighbour will do.
        let edge = want.is_finite() && ((f64::from(got) - want) / want).abs() < 1e-7;
        let under = near == 0.0 && want != 0.0 && got.abs() <= f32::from_bits(1);
        return if same || edge || under { 0.0 } else { INF };
    }
    let unit = f64::from(f32::from_bits((near.abs().to_bits()).max(1) + 1)) - f64::from(near.abs());
    ((f64::from(got) - want) / unit).abs()
}

fn goldens() -> Vec<(String, Vec<(f64, f64)>)> {
    let mut all: Vec<(String, Vec<(f64, f64)>)> = Vec::new();
    for line in include_str!("../../testdata/unary_f64.txt").lines() {
        match line.strip_prefix("# ") {
            Some(name) => all.push((name.to_owned(), Vec::new())),
            None => {
                let (x, y) = line.split_once(' ').expect("two numbers");
                let read = |s| f64::from_bits(u64::from_str_radix(s, 16).expect("hexadecimal"));
                all.last_mut()
                    .expect("a name first")
                    .1
                    .push((read(x), read(y)));
            }
        }
    }
    all
}

#[test]
fn doubles_are_within_one_step_of_the_correctly_rounded() {
    let goldens = goldens();
    let mut failures = Vec::new();
    for (op, _, _) in rows() {
        let (_, pairs) = goldens
            .iter()
            .find(|g| g.0 == op.name())
            .expect("a golden each");
        assert!(pairs.len() >= 90, "{op:?}");
        let x: Vec<f64> = pairs.iter().map(|p| p.0).collect();
        for level in levels() {
            let y = run(double(op, level), &x);
            for ((x, want), got) in pairs.iter().zip(y) {
                if steps(got, *want) > 1 {
                    failures.push(format!(
                        "{op:?} {level:?} {x:e}: {got:e}, not {want:e}, {}",
                        steps(got, *want)
                    ));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn singles_are_accurate_over_all_exponents() {
    let x: Vec<f32> = (0..u32::MAX / 20011)
        .map(|i| f32::from_bits(i * 20011))
        .chain((0..200_000).map(|i| (i as f32 - 1e5) * 1.1e-3))
        .collect();
    for (op, reference, _) in rows() {
        for level in levels() {
            let y = run(single(op, level), &x);
            let mut worst = (0.0, 0.0, 0.0);
            for (x, got) in x.iter().zip(y) {
                let error = error_f32(got, reference(f64::from(*x)));
                if error > worst.0 {
                    worst = (error, *x, got);
                }
            }
            println!("{op:?} {level:?} {worst:?}");
            assert!(worst.0 < 1.75, "{op:?} {level:?} {worst:?}");
        }
    }
}

#[test]
fn doubles_agree_with_the_standard_library() {
    let mut x: Vec<f64> = (0..300_000)
        .map(|i| (f64::from(i) - 150_000.0) * 1.234e-4)
        .collect();
    x.extend((0..100_000).map(|i| f64::from_bits((i as u64 * 0x0000_A7C5_AC47_1B47) << 1)));
    x.extend((0..100_000).map(|i| (f64::from(i) - 50_000.0) * 0.01437));
    let inaccurate = [Unary::Arcsinh, Unary::Arccosh, Unary::Arctanh, Unary::Erf];
    for (op, reference, _) in rows().into_iter().filter(|r| !inaccurate.contains(&r.0)) {
        for level in levels() {
            let y = run(double(op, level), &x);
            let mut worst = (0, 0.0, 0.0, 0.0);
            for (x, got) in x.iter().zip(y) {
                let want = reference(*x);
                if steps(got, want) > worst.0 {
                    worst = (steps(got, want), *x, got, want);
                }
            }
            println!("{op:?} {level:?} {worst:?}");
            assert!(worst.0 <= 2, "{op:?} {level:?} {worst:?}");
        }
    }
}

#[test]
fn special_values() {
    for (op, reference, [zero, inf, minus_inf, one, minus_one]) in rows() {
        let x = [0.0, INF, -INF, 1.0, -1.0, NAN, -0.0];
        let odd = !matches!(zero, z if z != 0.0 || z.is_nan());
        let want = [
            zero,
            inf,
            minus_inf,
            one,
            minus_one,
            NAN,
            if odd { -0.0 } else { zero },
        ];
        for level in levels() {
            let y = run(double(op, level), &x);
            let narrow: Vec<f32> = x.iter().map(|x| *x as f32).collect();
            let y32 = run(single(op, level), &narrow);
            for i in 0..x.len() {
                let label = format!("{op:?} {level:?} {}: {} {}", x[i], y[i], y32[i]);
                assert!(steps(y[i], want[i]) <= 1, "{label}");
                assert!(
                    y[i].is_nan() || y[i].is_sign_negative() == want[i].is_sign_negative(),
                    "{label}"
                );
                assert_eq!(y32[i].is_nan(), want[i].is_nan(), "{label}");
                assert!(
                    y32[i].is_nan() || y32[i].is_sign_negative() == want[i].is_sign_negative(),
                    "{label}"
                );
                assert!(error_f32(y32[i], want[i]) < 1.5, "{label}");
            }
            // Subnormal arguments, the largest, and the ends of the exponentials' range.
            let x = [
                5e-324,
                -5e-324,
                1e-310,
                -1e-310,
                f64::MIN_POSITIVE,
                f64::MAX,
                -f64::MAX,
                709.7827128933840,
                709.7827128933841,
                -745.13,
                -745.14,
                710.4758600739439,
                710.475860073944,
                -1074.0,
                -1076.0,
                1023.9999999999999,
                1024.0,
            ];
            for (x, got) in x.iter().zip(run(double(op, level), &x)) {
                assert!(
                    steps(got, reference(*x)) <= 1,
                    "{op:?} {level:?} {x:e}: {got:e} {:e}",
                    reference(*x)
                );
            }
        }
    }
}

#[test]
fn round_numbers_come_out_round() {
    for level in levels() {
        let x: Vec<f64> = (0..23)
            .map(|i| format!("1e{i}").parse().expect("a number"))
            .collect();
        let y = run(double(Unary::Log10, level), &x);
        assert!(
            y.iter().enumerate().all(|(i, y)| *y == i as f64),
            "{level:?} {y:?}"
        );
        let powers: Vec<f64> = (-1074..1024).map(|i| f64::from(i).exp2()).collect();
        let y = run(double(Unary::Log2, level), &powers);
        assert!(
            y.iter().zip(-1074..).all(|(y, i)| *y == f64::from(i)),
            "{level:?}"
        );
        let back = run(double(Unary::Exp2, level), &y);
        assert_eq!(back, powers, "{level:?}");
        let cubes: Vec<f64> = (1..200).map(|i| f64::from(i * i * i)).collect();
        let y = run(double(Unary::Cbrt, level), &cubes);
        assert!(
            y.iter().zip(1..).all(|(y, i)| *y == f64::from(i)),
            "{level:?} {y:?}"
        );
    }
}

#[test]
fn every_length_in_place_and_apart() {
    for level in levels() {
        for op in [Unary::Exp, Unary::Sin, Unary::Log1p] {
            for n in (0..70).chain([255, 256, 257, 600]) {
                let x: Vec<f32> = (0..n + 2).map(|i| 0.25 + i as f32 * 1000.0).collect();
                let whole = run(single(op, level), &x);
                let mut y = x.clone();
                // SAFETY: elements 1 to n of a vector of n + 2.
                unsafe {
                    let at = y.as_mut_ptr().add(1);
                    single(op, level)(at.cast_const().cast(), at.cast(), n);
                }
                assert_eq!(y[1..=n], whole[1..=n], "{op:?} {n}");
                assert_eq!((y[0], y[n + 1]), (x[0], x[n + 1]), "{op:?} {n}");
            }
        }
    }
}

#[test]
fn levels_agree() {
    let x: Vec<f64> = (0..5000).map(|i| f64::from(i) * 0.013 - 20.0).collect();
    for (op, _, _) in rows() {
        let base = run(double(op, Level::Baseline), &x);
        for level in levels() {
            let y = run(double(op, level), &x);
            assert!(
                base.iter().zip(&y).all(|(a, b)| steps(*a, *b) <= 2),
                "{op:?} {level:?}"
            );
        }
    }
}

#[test]
fn complex_kernels_exist_for_both_types() {
    for (op, _, _) in rows() {
        let taken = op.output(DType::Complex128).is_some();
        for double in [false, true] {
            assert_eq!(complex_kernel(op, double).is_some(), taken, "{op:?}");
        }
    }
}
