//! Arrays taken apart along an axis, into views.

use smallvec::SmallVec;
use tnp_backend::prim::SliceSpec;
use tnp_backend::{Error, Result};
use tnp_shape::{normalize_axis, normalize_slice};

use super::{pick, slice_axis};
use crate::{Array, Axis, Operand};

/// How an axis is split: into a number of parts, or before given positions (`[2, 4]`), which count from the end when negative.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sections {
    /// That many parts.
    Parts(isize),
    /// A new part begins at each position.
    At(SmallVec<[isize; 4]>),
}

macro_rules! sections {
    ($($t:ty),*) => {$(
        impl From<$t> for Sections {
            fn from(parts: $t) -> Sections {
                Sections::Parts(isize::try_from(parts).unwrap_or(isize::MAX))
            }
        }
        impl<const N: usize> From<[$t; N]> for Sections {
            fn from(at: [$t; N]) -> Sections {
                Sections::from(&at[..])
            }
        }
        impl From<&[$t]> for Sections {
            fn from(at: &[$t]) -> Sections {
                Sections::At(at.iter().map(|&at| isize::try_from(at).unwrap_or(isize::MAX)).collect())
            }
        }
        impl From<Vec<$t>> for Sections {
            fn from(at: Vec<$t>) -> Sections {
                Sections::from(&at[..])
            }
        }
    )*};
}
sections!(i32, i64, isize, usize);

/// Splits along an axis (the first with `()`) into parts of one size, or before given positions. Views.
///
/// # Errors
/// When the axis does not divide into that many parts ([`array_split`] does not mind), or the array has no such axis.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{arange, split};
/// let x = arange(6)?;
/// assert_eq!(split(&x, 3, ())?[1].to_vec::<i64>()?, [2, 3]);
/// let parts = split(&x, [1, 4], ())?;
/// assert_eq!(parts.iter().map(|part| part.size()).collect::<Vec<_>>(), [1, 3, 2]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.split.html>
pub fn split<'a>(
    x: impl Into<Operand<'a>>,
    sections: impl Into<Sections>,
    axis: impl Into<Axis>,
) -> Result<Vec<Array>> {
    parts("split", x.into(), &sections.into(), &axis.into(), true)
}

/// As [`split`], but the first parts are one longer when the axis does not divide evenly.
///
/// # Errors
/// For fewer parts than one, or an axis the array does not have.
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.array_split.html>
pub fn array_split<'a>(
    x: impl Into<Operand<'a>>,
    sections: impl Into<Sections>,
    axis: impl Into<Axis>,
) -> Result<Vec<Array>> {
    parts(
        "array_split",
        x.into(),
        &sections.into(),
        &axis.into(),
        false,
    )
}

fn parts(
    op: &str,
    mut x: Operand<'_>,
    sections: &Sections,
    axis: &Axis,
    even: bool,
) -> Result<Vec<Array>> {
    let array = x.array().map_err(|error| error.in_op(op))?;
    let axis = match axis.single(op, array.ndim()) {
        Ok(axis) => axis.unwrap_or(0),
        Err(error) => return Err(error.in_op(op)),
    };
    let size = match array.shape().get(axis) {
        Some(&size) => size,
        None => {
            return Err(Error::axis(format!(
                "{op}: axis {axis} is out of bounds for array of dimension 0"
            )));
        }
    };
    let specs = specs(op, sections, size, even)?;
    let mut out = Vec::new();
    out.try_reserve_exact(specs.len())
        .map_err(|_| too_many(op, specs.len()))?;
    for spec in specs {
        out.push(slice_axis(op, Operand::Borrowed(array), axis, spec)?);
    }
    Ok(out)
}

#[cold]
fn too_many(op: &str, parts: usize) -> Error {
    Error::memory(format!("{op}: {parts} parts do not fit into memory"))
}

fn specs(op: &str, sections: &Sections, size: usize, even: bool) -> Result<Vec<SliceSpec>> {
    match sections {
        Sections::Parts(0) if even => Err(Error::zero_division(format!(
            "{op}: integer modulo by zero: number sections must be larger than 0"
        ))),
        Sections::Parts(parts) if *parts <= 0 => Err(Error::value(format!(
            "{op}: number sections must be larger than 0, it is {parts}"
        ))),
        Sections::Parts(parts) => {
            let parts = *parts as usize;
            let (each, longer) = (size / parts, size % parts);
            if even && longer != 0 {
                return Err(Error::value(format!(
                    "{op}: array split does not result in an equal division: {size} elements in {parts} parts; \
                     use `array_split`"
                )));
            }
            let mut start = 0;
            let part = |at| {
                let len = each + usize::from(at < longer);
                let spec = SliceSpec {
                    start,
                    len,
                    step: 1,
                };
                start += len;
                spec
            };
            let mut specs = Vec::new();
            specs
                .try_reserve_exact(parts)
                .map_err(|_| too_many(op, parts))?;
            specs.extend((0..parts).map(part));
            Ok(specs)
        }
        // Each part is Python's slice from one position to the next, with all its forgiveness.
        Sections::At(at) => {
            let starts = std::iter::once(Some(0)).chain(at.iter().copied().map(Some));
            let stops = at.iter().copied().map(Some).chain(std::iter::once(None));
            let part = |(start, stop)| {
                let slice = normalize_slice(start, stop, 1, size)
                    .map_err(|error| Error::from(error).in_op(op))?;
                Ok(SliceSpec {
                    start: slice.start,
                    len: slice.len,
                    step: slice.step,
                })
            };
            starts.zip(stops).map(part).collect()
        }
    }
}

fn at_least(op: &str, x: &mut Operand<'_>, least: usize) -> Result<usize> {
    let ndim = x.array().map_err(|error| error.in_op(op))?.ndim();
    if ndim < least {
        return Err(Error::value(format!(
            "{op}: {op} only works on arrays of {least} or more dimensions, this one has {ndim}"
        )));
    }
    Ok(ndim)
}

/// Splits side by side: along the second axis, a 1-D array along its only one. Views.
///
/// # Errors
/// As [`split`], and for a 0-d array.
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.hsplit.html>
pub fn hsplit<'a>(x: impl Into<Operand<'a>>, sections: impl Into<Sections>) -> Result<Vec<Array>> {
    let mut x = x.into();
    let axis = usize::from(at_least("hsplit", &mut x, 1)? > 1);
    parts("hsplit", x, &sections.into(), &axis.into(), true)
}

/// Splits one below another: along the first axis. Views.
///
/// # Errors
/// As [`split`], and for an array of fewer than two axes.
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.vsplit.html>
pub fn vsplit<'a>(x: impl Into<Operand<'a>>, sections: impl Into<Sections>) -> Result<Vec<Array>> {
    let mut x = x.into();
    at_least("vsplit", &mut x, 2)?;
    parts("vsplit", x, &sections.into(), &0.into(), true)
}

/// Splits one behind another: along the third axis. Views.
///
/// # Errors
/// As [`split`], and for an array of fewer than three axes.
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.dsplit.html>
pub fn dsplit<'a>(x: impl Into<Operand<'a>>, sections: impl Into<Sections>) -> Result<Vec<Array>> {
    let mut x = x.into();
    at_least("dsplit", &mut x, 3)?;
    parts("dsplit", x, &sections.into(), &2.into(), true)
}

/// One array for each position of an axis (the first with `()`), without that axis. Views.
///
/// # Errors
/// When the array has no such axis.
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.unstack.html>
pub fn unstack<'a>(x: impl Into<Operand<'a>>, axis: impl Into<Axis>) -> Result<Vec<Array>> {
    const OP: &str = "unstack";
    let mut x = x.into();
    let array = x.array().map_err(|error| error.in_op(OP))?;
    let axis = axis.into().single(OP, array.ndim());
    let axis = axis.map_err(|error| error.in_op(OP))?.unwrap_or(0);
    let axis = normalize_axis(axis as isize, array.ndim())
        .map_err(|error| Error::from(error).in_op(OP))?;
    let part = |start| {
        pick(
            OP,
            Operand::Borrowed(array),
            axis,
            SliceSpec {
                start,
                len: 1,
                step: 1,
            },
        )
    };
    (0..array.shape()[axis]).map(part).collect()
}
