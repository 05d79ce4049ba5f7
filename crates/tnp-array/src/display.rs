//! Arrays as text: what `print`, `{}` and `{:?}` show.

use std::fmt;

use tnp_backend::Result;
use tnp_dtype::Literal;

use crate::print::{self, Print, Source};
use crate::{Array, Operand};

/// Formats through one of the printers, reading elements where they lie.
fn write(x: &Array, printer: impl FnOnce(&Source<'_>) -> String) -> Result<String> {
    let tensor = x.tensor()?;
    tensor.buffer.check()?;
    // Device memory is read once as a whole; host memory only where the text needs it.
    let (dtype, size) = (x.dtype(), x.dtype().itemsize());
    let host = match tensor.host_ptr() {
        Some(_) => None,
        None => Some(x.to_bytes()?),
    };
    let get = |position: &[usize]| match &host {
        Some(bytes) => {
            let step = |at: usize, (&place, &dim): (&usize, &usize)| at * dim + place;
            let at = position.iter().zip(x.shape()).fold(0, step);
            Literal::from_bytes(dtype, &bytes[at * size..])
        }
        None => x
            .literal_at(position)
            .unwrap_or_else(|_| Literal::zero(dtype)),
    };
    Ok(printer(&Source {
        shape: x.shape(),
        dtype: x.dtype(),
        get: &get,
    }))
}

/// The elements in brackets, with the options in force or those given.
///
/// # Errors
/// Inside a trace or a map, where there is no value yet; or when what computed the array failed.
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.array2string.html>
pub fn array2string<'a>(x: impl Into<Operand<'a>>, options: &Print) -> Result<String> {
    write(&x.into().into_array()?, |source| {
        print::array2string(source, options)
    })
}

/// The array as an expression: `array([1, 2], dtype=int32)`. What `{:?}` shows.
///
/// # Errors
/// As [`array2string`].
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.array_repr.html>
pub fn array_repr<'a>(x: impl Into<Operand<'a>>, options: &Print) -> Result<String> {
    write(&x.into().into_array()?, |source| {
        print::array_repr(source, options)
    })
}

/// The array's elements as `{}` shows them; a 0-d array as its number.
///
/// # Errors
/// As [`array2string`].
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.array_str.html>
pub fn array_str<'a>(x: impl Into<Operand<'a>>, options: &Print) -> Result<String> {
    write(&x.into().into_array()?, |source| {
        print::array_str(source, options)
    })
}

impl fmt::Display for Array {
    /// As NumPy's `str`; an array inside a trace or a map shows its type, a failed one its error.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        text(self, f, |source| {
            print::array_str(source, &Print::default())
        })
    }
}

impl fmt::Debug for Array {
    /// As NumPy's `repr`; an array inside a trace or a map shows its type, a failed one its error.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        text(self, f, |source| {
            print::array_repr(source, &Print::default())
        })
    }
}

fn text(
    x: &Array,
    f: &mut fmt::Formatter<'_>,
    printer: impl FnOnce(&Source<'_>) -> String,
) -> fmt::Result {
    if let Some(boxed) = x.boxed() {
        return write!(f, "<traced {}>", boxed.ty);
    }
    match write(x, printer) {
        Ok(text) => f.pad(&text),
        Err(error) => write!(f, "<{}: {error}>", x.ty()),
    }
}
