//! Arithmetic that differs little between kinds of numbers: sums, products, extremes.

use tnp_dtype::{c64, c128};

use super::compare::{at_least, at_most, is_nan};
use super::ops;

ops! {
    /// `a + b`.
    Add {
        [u8, u16, u32, u64] |a, b| a.wrapping_add(b);
        [f32, f64, c64, c128] |a, b| a + b;
    }
    /// `a - b`.
    Subtract {
        [u8, u16, u32, u64] |a, b| a.wrapping_sub(b);
        [f32, f64, c64, c128] |a, b| a - b;
    }
    /// `a * b`.
    Multiply {
        [u8, u16, u32, u64] |a, b| a.wrapping_mul(b);
        [f32, f64, c64, c128] |a, b| a * b;
    }
    /// `a / b` of real numbers.
    Divide {
        [f32, f64] |a, b| a / b;
    }
    /// The larger; the NaN if there is one.
    Maximum {
        [i8, i16, i32, i64, u8, u16, u32, u64] |a, b| a.max(b);
        [f32, f64] |a, b| if a > b || a.is_nan() { a } else { b };
        [c64, c128] |a, b| if is_nan(a) || at_least(a, b) { a } else { b };
    }
    /// The smaller; the NaN if there is one.
    Minimum {
        [i8, i16, i32, i64, u8, u16, u32, u64] |a, b| a.min(b);
        [f32, f64] |a, b| if a < b || a.is_nan() { a } else { b };
        [c64, c128] |a, b| if is_nan(a) || at_most(a, b) { a } else { b };
    }
    /// The larger; the other one of a NaN.
    Fmax {
        [f32, f64] |a, b| if a > b || b.is_nan() { a } else { b };
        [c64, c128] |a, b| if is_nan(b) || at_least(a, b) { a } else { b };
    }
    /// The smaller; the other one of a NaN.
    Fmin {
        [f32, f64] |a, b| if a < b || b.is_nan() { a } else { b };
        [c64, c128] |a, b| if is_nan(b) || at_most(a, b) { a } else { b };
    }
}
