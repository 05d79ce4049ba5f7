//! NumPy's constants, under NumPy's names.
#![allow(non_upper_case_globals, reason = "NumPy's names")]

/// Euler's number.
pub const e: f64 = std::f64::consts::E;
/// The ratio of a circle's circumference to its diameter.
pub const pi: f64 = std::f64::consts::PI;
/// Positive infinity.
pub const inf: f64 = f64::INFINITY;
/// Not a number.
pub const nan: f64 = f64::NAN;
