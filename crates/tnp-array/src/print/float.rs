//! One float as text, positional or scientific, with every knob NumPy has; arrays are laid out in `layout.rs`.

use tnp_backend::{Error, Result};
use tnp_dtype::{Element, Literal};

use super::digits::{Cutoff, Decoded, Demand, generate};

/// What becomes of trailing zeros, and of the decimal point before them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Trim {
    /// `'k'`: keep zeros and point.
    #[default]
    Keep,
    /// `'.'`: drop all trailing zeros, keep the point.
    Zeros,
    /// `'0'`: drop all but the zero after the point; add it where it is missing.
    OneZero,
    /// `'-'`: drop trailing zeros and a point that ends the text.
    Point,
}

/// How [`format_float_positional`] and [`format_float_scientific`] write a number: NumPy's keywords as methods.
///
/// # Examples
/// ```
/// use tnp_array::{FloatFormat, Trim, format_float_positional};
/// let format = FloatFormat::new().precision(3).trim(Trim::Point);
/// assert_eq!(format_float_positional(2.50049f64, format).unwrap(), "2.5");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct FloatFormat {
    pub(super) precision: Option<usize>,
    pub(super) unique: bool,
    pub(super) fractional: bool,
    pub(super) trim: Trim,
    pub(super) sign: bool,
    pub(super) pad_left: usize,
    pub(super) pad_right: Option<usize>,
    pub(super) exp_digits: Option<usize>,
    pub(super) min_digits: Option<usize>,
}

impl Default for FloatFormat {
    fn default() -> FloatFormat {
        FloatFormat {
            precision: None,
            unique: true,
            fractional: true,
            trim: Trim::Keep,
            sign: false,
            pad_left: 0,
            pad_right: None,
            exp_digits: None,
            min_digits: None,
        }
    }
}

impl FloatFormat {
    /// NumPy's defaults: the shortest digits that identify the number, nothing trimmed or padded.
    pub fn new() -> FloatFormat {
        FloatFormat::default()
    }

    /// Digits at most; needed where `unique(false)`.
    pub fn precision(self, digits: usize) -> FloatFormat {
        FloatFormat {
            precision: Some(digits),
            ..self
        }
    }

    /// Whether to stop where the digits identify the number, or else to print `precision` digits of its exact value.
    pub fn unique(self, unique: bool) -> FloatFormat {
        FloatFormat { unique, ..self }
    }

    /// Whether precision counts digits after the point or, if false, all significant digits. Positional only.
    pub fn fractional(self, fractional: bool) -> FloatFormat {
        FloatFormat { fractional, ..self }
    }

    /// What becomes of trailing zeros.
    pub fn trim(self, trim: Trim) -> FloatFormat {
        FloatFormat { trim, ..self }
    }

    /// Whether positive numbers show a `+`.
    pub fn sign(self, sign: bool) -> FloatFormat {
        FloatFormat { sign, ..self }
    }

    /// Characters at least, sign included, before the point; filled with blanks.
    pub fn pad_left(self, width: usize) -> FloatFormat {
        FloatFormat {
            pad_left: width,
            ..self
        }
    }

    /// Characters at least after the point; filled with blanks. Positional only.
    pub fn pad_right(self, width: usize) -> FloatFormat {
        FloatFormat {
            pad_right: Some(width),
            ..self
        }
    }

    /// Digits of the exponent at least, two by default and five at most. Scientific only.
    pub fn exp_digits(self, digits: usize) -> FloatFormat {
        FloatFormat {
            exp_digits: Some(digits),
            ..self
        }
    }

    /// Digits at least, past those that identify the number; only where `unique`.
    pub fn min_digits(self, digits: usize) -> FloatFormat {
        FloatFormat {
            min_digits: Some(digits),
            ..self
        }
    }

    fn demand(&self, cutoff: Cutoff, more: usize) -> Demand {
        Demand {
            unique: self.unique,
            cutoff,
            most: self.precision.map(|n| n.saturating_add(more)),
            least: self.min_digits.map(|n| n.saturating_add(more)),
        }
    }

    /// Fraction digits to fill with zeros where nothing is trimmed.
    fn filled(&self) -> usize {
        let digits = if self.unique {
            self.min_digits
        } else {
            self.precision
        };
        digits.unwrap_or(0)
    }

    fn check(&self, op: &str, value: &Literal) -> Result<()> {
        let (precision, least) = (self.precision, self.min_digits.unwrap_or(0));
        if value.dtype().is_complex() {
            let dtype = value.dtype();
            let text = format!("a {dtype} has two parts; format its real and its imaginary part");
            return Err(Error::dtype(text).in_op(op));
        }
        let text = match precision {
            None if !self.unique => {
                "in non-unique mode `precision` must be supplied; add `.precision(n)`".to_owned()
            }
            Some(0) if !self.fractional => {
                "precision must be greater than 0 if fractional=false".to_owned()
            }
            Some(most) if most > 0 && least > most => {
                format!("min_digits must be less than or equal to precision, but {least} > {most}")
            }
            _ => return Ok(()),
        };
        Err(Error::value(text).in_op(op))
    }
}

/// A number as decimal text without exponent. Integers and bools count as `float64`.
///
/// # Errors
/// When `unique(false)` comes without precision, `fractional(false)` with a precision of 0, `min_digits` exceeds
/// `precision`, or the number is complex.
///
/// # Examples
/// ```
/// use tnp_array::{FloatFormat, format_float_positional};
/// let pi = std::f32::consts::PI;
/// assert_eq!(format_float_positional(pi, FloatFormat::new()).unwrap(), "3.1415927");
/// let exact = FloatFormat::new().unique(false).precision(10);
/// assert_eq!(format_float_positional(0.3f32, exact).unwrap(), "0.3000000119");
/// ```
///
/// See <https://numpy.org/doc/stable/reference/generated/numpy.format_float_positional.html>.
pub fn format_float_positional<T: Element>(x: T, format: FloatFormat) -> Result<String> {
    let value = Literal::new(x);
    format.check("format_float_positional", &value)?;
    Ok(positional(&value, &format))
}

/// A number as one digit, a fraction and an exponent. Integers and bools count as `float64`.
///
/// # Errors
/// When `unique(false)` comes without precision, `min_digits` exceeds `precision`, or the number is complex.
///
/// # Examples
/// ```
/// use tnp_array::{FloatFormat, format_float_scientific};
/// assert_eq!(format_float_scientific(1.23e24f32, FloatFormat::new()).unwrap(), "1.23e+24");
/// let padded = FloatFormat::new().exp_digits(4);
/// assert_eq!(format_float_scientific(1.23e24f32, padded).unwrap(), "1.23e+0024");
/// ```
///
/// See <https://numpy.org/doc/stable/reference/generated/numpy.format_float_scientific.html>.
pub fn format_float_scientific<T: Element>(x: T, format: FloatFormat) -> Result<String> {
    let value = Literal::new(x);
    let format = FloatFormat {
        fractional: true,
        ..format
    };
    format.check("format_float_scientific", &value)?;
    Ok(scientific(&value, &format))
}

/// The sign, if one is shown, and the finite number behind it; or the whole text of what is not finite,
/// which NumPy neither pads nor trims here.
fn open(value: &Literal, format: &FloatFormat) -> Result<(&'static str, u64, i32, bool), String> {
    let sign = |negative| match (negative, format.sign) {
        (true, _) => "-",
        (false, true) => "+",
        (false, false) => "",
    };
    match Decoded::new(value) {
        Decoded::Nan => Err("nan".to_owned()),
        Decoded::Infinite { negative } => Err(format!("{}inf", sign(negative))),
        Decoded::Finite {
            negative,
            mantissa,
            exponent,
            uneven,
        } => Ok((sign(negative), mantissa, exponent, uneven)),
    }
}

/// Positional text; the options have been checked.
pub(super) fn positional(value: &Literal, format: &FloatFormat) -> String {
    let (sign, mantissa, exponent, uneven) = match open(value, format) {
        Ok(parts) => parts,
        Err(text) => return text,
    };
    let cutoff = match format.fractional {
        true => Cutoff::Fraction,
        false => Cutoff::Total,
    };
    let (digits, first) = generate(mantissa, exponent, uneven, format.demand(cutoff, 0));
    let mut whole;
    let mut fraction;
    if first >= 0 {
        let wholes = first as usize + 1;
        let split = wholes.min(digits.len());
        whole = ascii(&digits[..split]);
        whole.extend(std::iter::repeat_n('0', wholes - split));
        fraction = ascii(&digits[split..]);
    } else {
        whole = "0".to_owned();
        fraction = "0".repeat((-first - 1) as usize);
        fraction.push_str(ascii(&digits).as_str());
    }
    let filled = match cutoff {
        Cutoff::Fraction => format.filled(),
        Cutoff::Total => format.filled().saturating_sub(whole.len()),
    };
    let point = finish(&mut fraction, filled, format.trim, true);
    let wholes = whole.len() + sign.len();
    let mut text = " ".repeat(format.pad_left.saturating_sub(wholes));
    text.push_str(sign);
    text.push_str(&whole);
    if point {
        text.push('.');
    } else if format.pad_right.is_some() {
        // A blank stands in for the point that was trimmed.
        text.push(' ');
    }
    text.push_str(&fraction);
    let blanks = format.pad_right.unwrap_or(0).saturating_sub(fraction.len());
    text.extend(std::iter::repeat_n(' ', blanks));
    text
}

/// Scientific text; the options have been checked.
pub(super) fn scientific(value: &Literal, format: &FloatFormat) -> String {
    let (sign, mantissa, exponent, uneven) = match open(value, format) {
        Ok(parts) => parts,
        Err(text) => return text,
    };
    let (digits, first) = generate(mantissa, exponent, uneven, format.demand(Cutoff::Total, 1));
    let mut fraction = ascii(&digits[1..]);
    let point = finish(&mut fraction, format.filled(), format.trim, false);
    let mut text = " ".repeat(format.pad_left.saturating_sub(1 + sign.len()));
    text.push_str(sign);
    text.push(char::from(digits[0]));
    if point {
        text.push('.');
    }
    text.push_str(&fraction);
    let size = format.exp_digits.unwrap_or(2).min(5);
    let mark = if first < 0 { '-' } else { '+' };
    text.push_str(&format!("e{mark}{:0size$}", first.abs()));
    text
}

/// Fills or trims the fraction; true if the point is shown.
fn finish(fraction: &mut String, filled: usize, trim: Trim, positional: bool) -> bool {
    let had = !fraction.is_empty();
    match trim {
        Trim::Keep => {
            let missing = filled.saturating_sub(fraction.len());
            fraction.extend(std::iter::repeat_n('0', missing));
            true
        }
        Trim::Zeros => {
            trim_zeros(fraction);
            true
        }
        Trim::OneZero => {
            trim_zeros(fraction);
            if fraction.is_empty() {
                fraction.push('0');
            }
            true
        }
        Trim::Point => {
            trim_zeros(fraction);
            // NumPy 2.4's scientific form keeps a point whose zeros it has trimmed.
            !fraction.is_empty() || (had && !positional)
        }
    }
}

fn trim_zeros(fraction: &mut String) {
    fraction.truncate(fraction.trim_end_matches('0').len());
}

fn ascii(digits: &[u8]) -> String {
    digits.iter().map(|&d| char::from(d)).collect()
}
