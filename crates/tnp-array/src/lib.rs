//! The `Array` type and the NumPy surface.

mod print;
pub mod random;

pub use print::{
    FloatFormat, FloatFormatError, FloatMode, Formatter, Print, PrintOptions, Sign, Trim,
    format_float_positional, format_float_scientific, get_printoptions, scalar_repr, scalar_str,
    set_printoptions, with_printoptions,
};
