//! Floating-point functions that are neither arithmetic nor division.

use super::ops;

/// `log(e^a + e^b)` around the larger argument.
macro_rules! log_sum {
    ($a:ident, $b:ident, $same:expr, $exp:ident, $log1p:expr) => {{
        // Equal infinities would have no difference.
        if $a == $b {
            return $a + $same;
        }
        let gap = $a - $b;
        if gap > 0.0 {
            $a + $log1p((-gap).$exp())
        } else if gap <= 0.0 {
            $b + $log1p(gap.$exp())
        } else {
            gap
        }
    }};
}

/// The 16-bit float after `from` towards `to`; `infinity` is the pattern of the positive one.
#[inline(always)]
fn step_half(from: u16, to: u16, infinity: u16, quiet_nan: u16, same: u16) -> u16 {
    let magnitude = |x: u16| x & 0x7fff;
    if magnitude(from) > infinity || magnitude(to) > infinity {
        return quiet_nan;
    }
    if from == to || (magnitude(from) | magnitude(to)) == 0 {
        return same;
    }
    if magnitude(from) == 0 {
        return (to & 0x8000) | 1;
    }
    // Patterns of one sign are ordered as magnitudes; another sign always lies towards zero.
    let shrink = (from ^ to) & 0x8000 != 0 || magnitude(from) > magnitude(to);
    if shrink { from - 1 } else { from + 1 }
}

ops! {
    /// `a ** b`.
    Power {
        [f32, f64] |a, b| a.powf(b);
    }
    /// The angle of the point `(b, a)`.
    Arctan2 {
        [f32, f64] |a, b| a.atan2(b);
    }
    /// The length of `(a, b)`.
    Hypot {
        [f32] |a, b| {
            // Squares of float32 neither overflow nor underflow in float64.
            let (x, y) = (f64::from(a), f64::from(b));
            let length = (x * x + y * y).sqrt() as f32;
            if a.is_infinite() | b.is_infinite() { f32::INFINITY } else { length }
        };
        [f64] |a, b| a.hypot(b);
    }
    /// `log(e^a + e^b)`.
    Logaddexp {
        [f32] |a, b| log_sum!(a, b, std::f32::consts::LN_2, exp, f32::ln_1p);
        [f64] |a, b| log_sum!(a, b, std::f64::consts::LN_2, exp, f64::ln_1p);
    }
    /// `log2(2^a + 2^b)`.
    Logaddexp2 {
        [f32] |a, b| log_sum!(a, b, 1.0, exp2, |x: f32| std::f32::consts::LOG2_E * x.ln_1p());
        [f64] |a, b| log_sum!(a, b, 1.0, exp2, |x: f64| std::f64::consts::LOG2_E * x.ln_1p());
    }
    /// The magnitude of `a` with the sign of `b`.
    Copysign {
        [f32, f64] |a, b| a.copysign(b);
    }
    /// The value after `a` towards `b`.
    Nextafter {
        [f32, f64] |a, b| {
            if a.is_nan() || b.is_nan() {
                a + b
            } else if a == b {
                b
            } else if a < b {
                a.next_up()
            } else {
                a.next_down()
            }
        };
    }
    /// `nextafter` on patterns of float16; equal arguments give the first, as in NumPy.
    NextafterFloat16 {
        [u16] |a, b| step_half(a, b, 0x7c00, 0x7e00, a);
    }
    /// `nextafter` on patterns of bfloat16; equal arguments give the second, as in `ml_dtypes`.
    NextafterBFloat16 {
        [u16] |a, b| step_half(a, b, 0x7f80, 0x7fc0, b);
    }
}
