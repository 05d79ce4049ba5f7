//! Arrays and scalars as text, to NumPy's character; numbers alone in `float.rs`, options in `options.rs`.

mod column;
mod digits;
mod float;
mod layout;
mod options;
#[cfg(test)]
mod tests;

use tnp_backend::Device;
use tnp_dtype::{DType, Literal};

pub use float::{FloatFormat, Trim, format_float_positional, format_float_scientific};
pub use options::{
    FloatMode, Formatter, Print, PrintOptions, Sign, get_printoptions, set_printoptions,
    with_printoptions,
};

use column::{Column, general, parts};
use layout::Layout;

/// What is to be printed: a shape, a dtype and a way to read elements.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) shape: &'a [usize],
    pub(crate) dtype: DType,
    /// The device, where its memory is not the host's.
    pub(crate) device: Option<Device>,
    /// The element at an index of `shape.len()` coordinates.
    pub(crate) get: &'a dyn Fn(&[usize]) -> Literal,
}

impl Source<'_> {
    fn size(&self) -> usize {
        self.shape.iter().fold(1, |n, &d| n.saturating_mul(d))
    }

    /// The elements that a summary shows (all of them where there is none), in order. With no edge items NumPy still
    /// measures every element.
    fn data(&self, summary: Option<usize>) -> Vec<Literal> {
        let axes: Vec<Vec<usize>> = self
            .shape
            .iter()
            .map(|&size| match summary {
                Some(edge) if edge > 0 && edge.saturating_mul(2) < size => {
                    (0..edge).chain(size - edge..size).collect()
                }
                _ => (0..size).collect(),
            })
            .collect();
        let mut found = Vec::with_capacity(axes.iter().map(Vec::len).product());
        if axes.iter().any(Vec::is_empty) {
            return found;
        }
        let mut at = vec![0; axes.len()];
        let mut index: Vec<usize> = axes.iter().map(|axis| axis[0]).collect();
        loop {
            found.push((self.get)(&index));
            let Some(axis) = (0..axes.len()).rev().find(|&a| at[a] + 1 < axes[a].len()) else {
                return found;
            };
            at[axis] += 1;
            at[axis + 1..].fill(0);
            for a in axis..axes.len() {
                index[a] = axes[a][at[a]];
            }
        }
    }
}

/// The elements in brackets: NumPy's `array2string`.
pub(crate) fn array2string(source: &Source<'_>, print: &Print) -> String {
    let separator = print.separator.as_deref().unwrap_or(" ");
    let width = print.settle().linewidth as isize - print.suffix.chars().count() as isize;
    elements(source, &print.settle(), (separator, &print.prefix, width))
}

fn elements(
    source: &Source<'_>,
    options: &PrintOptions,
    (separator, prefix, width): (&str, &str, isize),
) -> String {
    let size = source.size();
    if size == 0 {
        return "[]".to_owned();
    }
    let summary = (size > options.threshold).then_some(options.edgeitems);
    let data = source.data(summary);
    let column = Column::new(source.dtype, source.shape.len(), &data, options);
    let element = |index: &[usize]| {
        let value = (source.get)(index);
        let own = options.formatter.as_ref().and_then(|write| write(&value));
        own.unwrap_or_else(|| column.write(&value))
    };
    let layout = Layout {
        shape: source.shape,
        element: &element,
        separator,
        summary,
    };
    layout.text(width, prefix)
}

/// The array as an expression, `array([1, 2], dtype=int32)`: NumPy's `array_repr`.
///
/// The dtype is left out where the elements imply it, the shape is named where they cannot show it.
pub(crate) fn array_repr(source: &Source<'_>, print: &Print) -> String {
    const PREFIX: &str = "array(";
    let options = print.settle();
    let width = options.linewidth as isize;
    let body = elements(source, &options, (", ", PREFIX, width - 1));
    let size = source.size();
    let mut extras = Vec::new();
    if (size == 0 && source.shape != [0]) || size > options.threshold {
        extras.push(format!("shape={}", tuple(source.shape)));
    }
    let implied = matches!(
        source.dtype,
        DType::Bool | DType::Int64 | DType::Float64 | DType::Complex128
    );
    if !implied || size == 0 {
        extras.push(format!("dtype={}", source.dtype));
    }
    if let Some(device) = source.device.filter(|_| print.shows_device()) {
        extras.push(format!("device='{device}'"));
    }
    if extras.is_empty() {
        return format!("{PREFIX}{body})");
    }
    let start = format!("{PREFIX}{body},");
    let end = format!("{})", extras.join(", "));
    let last = start.rsplit('\n').next().unwrap_or_default();
    let used = last.chars().count() + end.len() + 1;
    let spacer = match used as isize > width {
        true => format!("\n{}", " ".repeat(PREFIX.len())),
        false => " ".to_owned(),
    };
    format!("{start}{spacer}{end}")
}

/// The elements in brackets, a 0-d array as its scalar: NumPy's `array_str`.
pub(crate) fn array_str(source: &Source<'_>, print: &Print) -> String {
    if source.shape.is_empty() {
        return scalar_str(&(source.get)(&[]));
    }
    let options = print.settle();
    elements(source, &options, (" ", "", options.linewidth as isize))
}

/// A shape as Python writes a tuple.
fn tuple(shape: &[usize]) -> String {
    match shape {
        [only] => format!("({only},)"),
        _ => {
            let sizes: Vec<String> = shape.iter().map(usize::to_string).collect();
            format!("({})", sizes.join(", "))
        }
    }
}

/// A scalar as `str` writes it: floats with all the digits that identify them, whatever the print options.
///
/// # Examples
/// ```
/// use tnp_array::scalar_str;
/// use tnp_dtype::Literal;
/// assert_eq!(scalar_str(&Literal::new(1e16)), "1e+16");
/// assert_eq!(scalar_str(&Literal::new(0.1f32)), "0.1");
/// ```
pub fn scalar_str(value: &Literal) -> String {
    match value.dtype() {
        DType::Complex64 | DType::Complex128 => {
            let (re, im) = parts(value);
            let imag = real_str(&im, Trim::Point, false);
            if re.to_f64() == 0.0 && re.to_f64().is_sign_positive() {
                return format!("{imag}j");
            }
            let signed = real_str(&im, Trim::Point, true);
            format!("({}{signed}j)", real_str(&re, Trim::Point, false))
        }
        DType::BFloat16 => general(value),
        dtype if dtype.is_float() => real_str(value, Trim::OneZero, false),
        _ => value.to_string(),
    }
}

/// A scalar as `repr` writes it: `np.float32(1.5)`.
///
/// # Examples
/// ```
/// use tnp_array::scalar_repr;
/// use tnp_dtype::Literal;
/// assert_eq!(scalar_repr(&Literal::new(true)), "np.True_");
/// assert_eq!(scalar_repr(&Literal::new(2i16)), "np.int16(2)");
/// ```
pub fn scalar_repr(value: &Literal) -> String {
    let text = scalar_str(value);
    match value.dtype() {
        DType::Bool => format!("np.{text}_"),
        // `ml_dtypes` writes the bare number.
        DType::BFloat16 => text,
        dtype => {
            let bare = text.strip_prefix('(').and_then(|t| t.strip_suffix(')'));
            format!("np.{dtype}({})", bare.unwrap_or(&text))
        }
    }
}

/// A real scalar, scientific where its type's decimals end or below 1e-4.
fn real_str(value: &Literal, trim: Trim, sign: bool) -> String {
    let size = value.to_f64().abs();
    let large = match value.dtype() {
        DType::Float16 => 1e3,
        DType::Float32 => 1e6,
        _ => 1e16,
    };
    let format = FloatFormat::new().trim(trim).sign(sign);
    if !value.is_finite() {
        // The sign option also marks a NaN here.
        let mark = if sign && size.is_nan() { "+" } else { "" };
        return format!("{mark}{}", float::positional(value, &format));
    }
    if size == 0.0 || (1e-4..large).contains(&size) {
        return float::positional(value, &format);
    }
    float::scientific(value, &format.trim(Trim::Point))
}
