//! Arrays as text: what `print`, `{}` and `{:?}` show.

use std::fmt;

use smallvec::SmallVec;
use tnp_backend::prim::{Prim, SliceSpec};
use tnp_backend::{Arg, Result, Tensor};
use tnp_dtype::Literal;

use crate::print::{self, Print, Source};
use crate::{Array, Operand};

/// Formats through one of the printers, reading elements where they lie.
fn write(x: &Array, print: &Print, printer: fn(&Source<'_>, &Print) -> String) -> Result<String> {
    let tensor = x.tensor()?;
    tensor.buffer.check()?;
    if tensor.host_ptr().is_none() && tensor.layout.size() > 0 {
        return write_from(tensor, print, printer);
    }
    let get = |position: &[usize]| {
        let element = x.literal_at(position);
        element.unwrap_or_else(|_| Literal::zero(x.dtype()))
    };
    let source = Source {
        shape: x.shape(),
        dtype: x.dtype(),
        device: tensor.host_ptr().is_none().then(|| tensor.device()),
        get: &get,
    };
    Ok(printer(&source, print))
}

/// The same of memory that is not the host's: what the text shows is read at once, and nothing else.
fn write_from(
    tensor: &Tensor,
    print: &Print,
    printer: fn(&Source<'_>, &Print) -> String,
) -> Result<String> {
    let (shape, dtype, size) = (tensor.shape(), tensor.dtype, tensor.dtype.itemsize());
    let edge = print.edge(tensor.layout.size());
    let shown = match edge {
        Some(edge) => edges(tensor, edge)?,
        None => tnp_backend::compact(tensor)?,
    };
    let mut bytes = vec![0u8; shown.ty().bytes()];
    tnp_backend::download(&shown, &mut bytes)?;
    let get = |position: &[usize]| {
        let places = position.iter().zip(shape).zip(shown.shape());
        // Places behind the part that was left out move up.
        let step = |at: usize, ((&place, &dim), &left): ((&usize, &usize), &usize)| {
            at * left
                + if place < left / 2 {
                    place
                } else {
                    place + left - dim
                }
        };
        Literal::from_bytes(dtype, &bytes[places.fold(0, step) * size..])
    };
    let source = Source {
        shape,
        dtype,
        device: Some(tensor.device()),
        get: &get,
    };
    Ok(printer(&source, print))
}

/// The tensor without what lies further from the ends of an axis. The longest axis is cut first, so that what is copied is small.
fn edges(tensor: &Tensor, edge: usize) -> Result<Tensor> {
    let mut shown = tensor.clone();
    let mut axes: SmallVec<[usize; 4]> = (0..tensor.layout.ndim()).collect();
    axes.sort_by_key(|&axis| std::cmp::Reverse(tensor.shape()[axis]));
    for axis in axes {
        let dim = shown.shape()[axis];
        if dim <= edge.saturating_mul(2) {
            continue;
        }
        let end = |start| {
            let mut axes: SmallVec<[SliceSpec; 4]> = shown
                .shape()
                .iter()
                .map(|&dim| SliceSpec::full(dim))
                .collect();
            axes[axis] = SliceSpec {
                start,
                len: edge,
                step: 1,
            };
            run1(&Prim::Slice { axes }, &[&shown])
        };
        let ends = [end(0)?, end(dim - edge)?];
        shown = run1(&Prim::Concatenate { axis }, &[&ends[0], &ends[1]])?;
    }
    tnp_backend::compact(&shown)
}

fn run1(prim: &Prim, inputs: &[&Tensor]) -> Result<Tensor> {
    let arguments: SmallVec<[Arg<'_>; 2]> = inputs.iter().map(|x| Arg::borrowed(x)).collect();
    Ok(tnp_backend::run(inputs[0].device(), prim, &arguments)?.remove(0))
}

/// The elements in brackets, with the options in force or those given.
///
/// # Errors
/// Inside a trace or a map, where there is no value yet; or when what computed the array failed.
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.array2string.html>
pub fn array2string<'a>(x: impl Into<Operand<'a>>, options: &Print) -> Result<String> {
    write(&x.into().into_array()?, options, print::array2string)
}

/// The array as an expression: `array([1, 2], dtype=int32)`. What `{:?}` shows.
///
/// An array in memory of a device's own also says where it is: `array([1, 2], dtype=int32, device='wgpu:0')`; [`Print::device`] turns that off.
///
/// # Errors
/// As [`array2string`].
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.array_repr.html>
pub fn array_repr<'a>(x: impl Into<Operand<'a>>, options: &Print) -> Result<String> {
    write(&x.into().into_array()?, options, print::array_repr)
}

/// The array's elements as `{}` shows them; a 0-d array as its number.
///
/// # Errors
/// As [`array2string`].
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.array_str.html>
pub fn array_str<'a>(x: impl Into<Operand<'a>>, options: &Print) -> Result<String> {
    write(&x.into().into_array()?, options, print::array_str)
}

impl fmt::Display for Array {
    /// As NumPy's `str`; an array inside a trace or a map shows its type, a failed one its error.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        text(self, f, print::array_str)
    }
}

impl fmt::Debug for Array {
    /// As NumPy's `repr`; an array inside a trace or a map shows its type, a failed one its error.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        text(self, f, print::array_repr)
    }
}

fn text(
    x: &Array,
    f: &mut fmt::Formatter<'_>,
    printer: fn(&Source<'_>, &Print) -> String,
) -> fmt::Result {
    if let Some(boxed) = x.boxed() {
        return write!(f, "<traced {}>", boxed.ty);
    }
    match write(x, &Print::default(), printer) {
        Ok(text) => f.pad(&text),
        Err(error) => write!(f, "<{}: {error}>", x.ty()),
    }
}
