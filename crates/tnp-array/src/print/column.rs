//! Formats shared by all elements of one array, so that their columns align.

use tnp_dtype::{DType, Kind, Literal, c64, c128, f16};

use super::digits::{Cutoff, Decoded, Demand, generate};
use super::float::{FloatFormat, Trim, positional, scientific};
use super::options::{FloatMode, PrintOptions, Sign};

/// How every element of an array is written.
pub(super) enum Column {
    Bool { wide: bool },
    Int { sign: Sign, width: usize },
    Float(FloatColumn),
    Complex(Box<(FloatColumn, FloatColumn)>),
    BFloat,
}

impl Column {
    /// The format for an array of this dtype that shows `data`.
    pub(super) fn new(
        dtype: DType,
        ndim: usize,
        data: &[Literal],
        options: &PrintOptions,
    ) -> Column {
        match dtype.kind() {
            Kind::Bool => Column::Bool { wide: ndim > 0 },
            Kind::Unsigned | Kind::Signed => Column::int(data, options.sign),
            Kind::Float if dtype == DType::BFloat16 => Column::BFloat,
            Kind::Float => Column::Float(FloatColumn::new(data, options, options.sign)),
            Kind::Complex => {
                let (re, im): (Vec<_>, Vec<_>) = data.iter().map(parts).unzip();
                Column::Complex(Box::new((
                    FloatColumn::new(&re, options, options.sign),
                    FloatColumn::new(&im, options, Sign::Plus),
                )))
            }
        }
    }

    fn int(data: &[Literal], sign: Sign) -> Column {
        let values = || data.iter().filter_map(Literal::to_i128);
        let (min, max) = (values().min().unwrap_or(0), values().max().unwrap_or(0));
        let sign = match sign {
            Sign::Space if min < 0 => Sign::Minus,
            other => other,
        };
        let shown = (max >= 0 && sign != Sign::Minus) as usize;
        let width = (max.to_string().len() + shown).max(min.to_string().len());
        Column::Int { sign, width }
    }

    /// One element as text.
    pub(super) fn write(&self, value: &Literal) -> String {
        match self {
            Column::Bool { wide } => match (value.value::<bool>(), wide) {
                (true, true) => " True".to_owned(),
                (true, false) => "True".to_owned(),
                (false, _) => "False".to_owned(),
            },
            Column::Int { sign, width } => {
                let number = value.to_i128().unwrap_or_default();
                let mark = match sign {
                    _ if number < 0 => "",
                    Sign::Minus => "",
                    Sign::Plus => "+",
                    Sign::Space => " ",
                };
                format!("{:>width$}", format!("{mark}{number}"))
            }
            Column::Float(format) => format.write(value),
            Column::Complex(formats) => {
                let (re, im) = parts(value);
                let imag = formats.1.write(&im);
                let (number, blanks) = imag.split_at(imag.trim_end().len());
                format!("{}{number}j{blanks}", formats.0.write(&re))
            }
            Column::BFloat => general(value),
        }
    }
}

/// Real and imaginary part of a complex scalar, in their own dtype.
pub(super) fn parts(value: &Literal) -> (Literal, Literal) {
    match value.dtype() {
        DType::Complex64 => {
            let z = value.value::<c64>();
            (Literal::new(z.re), Literal::new(z.im))
        }
        _ => {
            let z: c128 = value.to_c128();
            (Literal::new(z.re), Literal::new(z.im))
        }
    }
}

/// A bfloat16 as `ml_dtypes` writes it: six significant digits, C's `%g`, in arrays not aligned.
pub(super) fn general(value: &Literal) -> String {
    const DIGITS: i32 = 6;
    let (mantissa, exponent, uneven) = match Decoded::new(value) {
        Decoded::Nan => return "nan".to_owned(),
        Decoded::Infinite { negative: false } => return "inf".to_owned(),
        Decoded::Infinite { negative: true } => return "-inf".to_owned(),
        Decoded::Finite {
            mantissa,
            exponent,
            uneven,
            ..
        } => (mantissa, exponent, uneven),
    };
    let demand = Demand {
        unique: false,
        cutoff: Cutoff::Total,
        most: Some(DIGITS as usize),
        least: None,
    };
    let (_, first) = generate(mantissa, exponent, uneven, demand);
    let format = FloatFormat::new()
        .unique(false)
        .precision(DIGITS as usize)
        .trim(Trim::Point);
    if (-4..DIGITS).contains(&first) {
        return positional(value, &format.fractional(false));
    }
    scientific(value, &format.precision(DIGITS as usize - 1)).replace(".e", "e")
}

/// The common format of the floats of an array.
pub(super) struct FloatColumn {
    format: FloatFormat,
    exponential: bool,
    /// Width left of the point, and right of it, for what is not finite.
    widths: (usize, usize),
    sign: Sign,
    nanstr: String,
    infstr: String,
}

/// What the finite values say about a column.
struct Finite<'a> {
    values: Vec<&'a Literal>,
    any_negative: bool,
    exponential: bool,
}

fn examine<'a>(data: &'a [Literal], suppress: bool) -> Finite<'a> {
    let values: Vec<&Literal> = data.iter().filter(|x| x.is_finite()).collect();
    let any_negative = values.iter().any(|x| x.to_f64().is_sign_negative());
    let (mut min, mut max) = (f64::INFINITY, 0f64);
    for x in values.iter().map(|x| x.to_f64().abs()).filter(|&x| x > 0.0) {
        (min, max) = (min.min(x), max.max(x));
    }
    // The thresholds are those of NumPy 2.4: 10^min(8, decimal precision), and everything compared in the dtype itself.
    let (large, small, ratio) = match data.first().map(Literal::dtype) {
        Some(DType::Float16) => (
            1e3,
            f16::from_f64(1e-4).to_f64(),
            f16::from_f32(max as f32 / min as f32).to_f64(),
        ),
        Some(DType::Float32) => (1e6, 1e-4f32 as f64, (max as f32 / min as f32) as f64),
        _ => (1e8, 1e-4, max / min),
    };
    let exponential = max > 0.0 && (max >= large || (!suppress && (min < small || ratio > 1000.0)));
    Finite {
        values,
        any_negative,
        exponential,
    }
}

impl FloatColumn {
    fn new(data: &[Literal], options: &PrintOptions, sign: Sign) -> FloatColumn {
        let finite = examine(data, options.suppress);
        let fixed = options.floatmode == FloatMode::Fixed;
        let mut format = FloatFormat {
            precision: match options.floatmode {
                FloatMode::Unique => None,
                _ => Some(options.precision),
            },
            unique: !fixed,
            trim: if fixed { Trim::Keep } else { Trim::Zeros },
            sign: sign == Sign::Plus,
            ..FloatFormat::default()
        };
        let (mut left, mut right) = (0, 0);
        if finite.values.is_empty() {
            format.unique = true;
            format.trim = Trim::Zeros;
        } else if finite.exponential {
            let mut exp_size = 0;
            for text in finite.values.iter().map(|x| scientific(x, &format)) {
                let (number, power) = text.split_once('e').unwrap_or((&text, ""));
                let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
                left = left.max(whole.len());
                right = right.max(fraction.len());
                exp_size = exp_size.max(power.len().saturating_sub(1));
            }
            format.trim = Trim::Keep;
            format.precision = Some(right);
            format.min_digits = Some(right);
            format.exp_digits = Some(exp_size);
            right += exp_size + 2;
        } else {
            for text in finite.values.iter().map(|x| positional(x, &format)) {
                let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
                left = left.max(whole.len());
                right = right.max(fraction.len());
            }
            if fixed || options.floatmode == FloatMode::MaxPrecEqual {
                format.trim = Trim::Keep;
                format.precision = Some(right);
                format.min_digits = Some(right);
            } else {
                format.min_digits = Some(0);
            }
            format.pad_right = Some(right);
        }
        if sign == Sign::Space && !finite.any_negative {
            left += 1;
        }
        if finite.values.len() != data.len() {
            let infinite_sign = sign != Sign::Minus
                || data
                    .iter()
                    .any(|x| x.to_f64().is_infinite() && x.to_f64() < 0.0);
            let nan = options.nanstr.chars().count();
            let inf = options.infstr.chars().count() + infinite_sign as usize;
            left = left.max(nan.max(inf).saturating_sub(right + 1));
        }
        format.pad_left = left;
        FloatColumn {
            format,
            exponential: finite.exponential,
            widths: (left, right),
            sign,
            nanstr: options.nanstr.clone(),
            infstr: options.infstr.clone(),
        }
    }

    fn write(&self, value: &Literal) -> String {
        if value.is_finite() {
            return match self.exponential {
                true => scientific(value, &self.format),
                false => positional(value, &self.format),
            };
        }
        let number = value.to_f64();
        let plus = if self.sign == Sign::Plus { "+" } else { "" };
        let text = if number.is_nan() {
            format!("{plus}{}", self.nanstr)
        } else if number < 0.0 {
            format!("-{}", self.infstr)
        } else {
            format!("{plus}{}", self.infstr)
        };
        let width = self.widths.0 + self.widths.1 + 1;
        format!("{text:>width$}")
    }
}
