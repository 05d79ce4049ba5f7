//! Functions of real numbers, in double precision: a result is rounded once to the dtype it has.

use tnp_backend::prim::{Binary, Unary};
use tnp_dtype::{DType, Literal};

/// A function of one number; `None` where there is none.
pub(crate) fn unary(op: Unary, x: f64) -> Option<f64> {
    Some(match op {
        Unary::Negative => -x,
        Unary::Abs => x.abs(),
        Unary::Sign if x > 0.0 => 1.0,
        Unary::Sign if x < 0.0 => -1.0,
        Unary::Sign => x * 0.0,
        Unary::Reciprocal => 1.0 / x,
        Unary::Sqrt => x.sqrt(),
        Unary::Cbrt => x.cbrt(),
        Unary::Exp => x.exp(),
        Unary::Exp2 => x.exp2(),
        Unary::Expm1 => x.exp_m1(),
        Unary::Log => x.ln(),
        Unary::Log2 => x.log2(),
        Unary::Log10 => x.log10(),
        Unary::Log1p => x.ln_1p(),
        Unary::Sin => x.sin(),
        Unary::Cos => x.cos(),
        Unary::Tan => x.tan(),
        Unary::Arcsin => x.asin(),
        Unary::Arccos => x.acos(),
        Unary::Arctan => x.atan(),
        Unary::Sinh => x.sinh(),
        Unary::Cosh => x.cosh(),
        Unary::Tanh => x.tanh(),
        Unary::Arcsinh => arcsinh(x),
        Unary::Arccosh => arccosh(x),
        Unary::Arctanh => x.atanh(),
        Unary::Erf => erf(x),
        Unary::Floor => x.floor(),
        Unary::Rint => x.round_ties_even(),
        Unary::Conjugate => x,
        _ => return None,
    })
}

/// A function of two numbers; `None` where there is none.
pub(crate) fn binary(op: Binary, x: f64, y: f64, dtype: DType) -> Option<f64> {
    Some(match op {
        Binary::Add => x + y,
        Binary::Subtract => x - y,
        Binary::Multiply => x * y,
        Binary::Divide => x / y,
        Binary::FloorDivide => floor_divide(x, y, dtype),
        Binary::Remainder => remainder(x, y),
        Binary::Fmod => x % y,
        Binary::Power => x.powf(y),
        Binary::Maximum if x > y || x.is_nan() => x,
        Binary::Maximum => y,
        Binary::Minimum if x < y || x.is_nan() => x,
        Binary::Minimum => y,
        Binary::Arctan2 => x.atan2(y),
        Binary::Hypot => x.hypot(y),
        Binary::Logaddexp if x == y => x + std::f64::consts::LN_2,
        Binary::Logaddexp => x.max(y) + (-(x - y).abs()).exp().ln_1p() + 0.0 * (x - y),
        Binary::Logaddexp2 if x == y => x + 1.0,
        Binary::Logaddexp2 => log_add_exp2(x, y),
        Binary::Copysign => x.copysign(y),
        _ => return None,
    })
}

fn log_add_exp2(x: f64, y: f64) -> f64 {
    let gap = -(x - y).abs();
    x.max(y) + gap.exp2().ln_1p() * std::f64::consts::LOG2_E
}

/// The rest with the sign of the divisor, as Python has it.
fn remainder(x: f64, y: f64) -> f64 {
    let rest = x % y;
    if y == 0.0 {
        rest
    } else if rest == 0.0 {
        0f64.copysign(y)
    } else if (rest < 0.0) != (y < 0.0) {
        rest + y
    } else {
        rest
    }
}

/// NumPy's quotient: what is left after taking the rest away, divided, and rounded down. Each step is rounded as the dtype's own
/// arithmetic rounds it (half-width floats have that of float32), since the last one depends on it.
fn floor_divide(x: f64, y: f64, dtype: DType) -> f64 {
    let rounded = |x: f64| match dtype {
        DType::Float64 => x,
        _ => f64::from(x as f32),
    };
    let quotient = rounded(x / y);
    if y == 0.0 {
        return quotient;
    }
    let rest = x % y;
    let mut whole = rounded(rounded(x - rest) / y);
    if rest != 0.0 && (rest < 0.0) != (y < 0.0) {
        whole = rounded(whole - 1.0);
    }
    let floor = whole.floor();
    if whole == 0.0 {
        0f64.copysign(quotient)
    } else if whole - floor > 0.5 {
        floor + 1.0
    } else {
        floor
    }
}

/// The next number of the dtype from the first towards the second. Patterns of floats of one sign are ordered as integers.
pub(crate) fn next_after(from: Literal, to: Literal) -> Literal {
    let (x, y) = (from.to_f64(), to.to_f64());
    let size = from.dtype().itemsize();
    if x == y {
        // Of equal numbers, zeros of two signs, NumPy gives the first in half precision, C the second.
        let half = from.dtype() == DType::Float16;
        return if half { from } else { to };
    }
    if x.is_nan() || y.is_nan() {
        return Literal::new(f64::NAN).cast(from.dtype());
    }
    let pattern = |x: &Literal| {
        let mut bytes = [0; 8];
        bytes[..size].copy_from_slice(x.as_bytes());
        u64::from_le_bytes(bytes)
    };
    let sign = 1u64 << (8 * size - 1);
    let next = match pattern(&from) {
        bits if bits & !sign == 0 => (pattern(&to) & sign) | 1,
        bits if (x < y) == (x > 0.0) => bits + 1,
        bits => bits - 1,
    };
    Literal::from_bytes(from.dtype(), &next.to_le_bytes())
}

fn arcsinh(x: f64) -> f64 {
    let a = x.abs();
    let value = match a {
        _ if a > 1e9 => a.ln() + std::f64::consts::LN_2,
        _ => (a + a * a / (1.0 + a.hypot(1.0))).ln_1p(),
    };
    value.copysign(x)
}

fn arccosh(x: f64) -> f64 {
    if x > 1e9 {
        return x.ln() + std::f64::consts::LN_2;
    }
    let above = x - 1.0;
    (above + (above * (x + 1.0)).sqrt()).ln_1p()
}

/// The error function: its series near zero, the continued fraction of its complement further out (Abramowitz and Stegun, 7.1.6 and 7.1.14).
fn erf(x: f64) -> f64 {
    let a = x.abs();
    if x.is_nan() {
        return x;
    }
    if a > 6.0 {
        return 1f64.copysign(x);
    }
    let per_root_pi = std::f64::consts::FRAC_2_SQRT_PI;
    if a < 1.5 {
        let (mut term, mut sum) = (x, x);
        for n in 1..60 {
            term *= 2.0 * x * x / f64::from(2 * n + 1);
            sum += term;
        }
        return per_root_pi * (-x * x).exp() * sum;
    }
    let mut fraction = 0.0;
    for n in (1..200).rev() {
        fraction = 0.5 * f64::from(n) / (a + fraction);
    }
    let complement = 0.5 * per_root_pi * (-a * a).exp() / (a + fraction);
    (1.0 - complement).copysign(x)
}
