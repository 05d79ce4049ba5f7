//! Differences, polynomials and integrals of samples.

use smallvec::SmallVec;
use tnp_backend::prim::{Axes, Binary, CumulativeOp, Prim, ReduceOp, SliceSpec};
use tnp_backend::{Error, Result};
use tnp_dtype::{BinaryRule, DType, Literal, Mode, Scalar, TypeOrScalar, current_mode};
use tnp_shape::Dims;

use crate::args::Maybe;
use crate::bind::bind1;
use crate::elementwise::{binary, two};
use crate::promote::{at_home, constant, expand, home, to_dtype};
use crate::reduce::fold;
use crate::views::{part, reshaped, span};
use crate::{Array, Operand};

fn axis_in(op: &str, axis: isize, ndim: usize) -> Result<usize> {
    tnp_shape::normalize_axis(axis, ndim).map_err(|error| Error::from(error).in_op(op))
}

/// Options of [`diff`].
///
/// # Examples
/// ```
/// use tnp_array::Diff;
/// let options = Diff::times(2).axis(0).prepend(0);
/// ```
pub struct Diff {
    /// How many times differences are taken; once by default.
    pub n: isize,
    /// The axis; the last by default.
    pub axis: isize,
    /// Values before the first, a number or an array that fits in all other axes.
    pub prepend: Maybe<'static>,
    /// Values after the last.
    pub append: Maybe<'static>,
}

impl Default for Diff {
    fn default() -> Diff {
        Diff::times(1)
    }
}

impl Diff {
    /// Differences taken this many times.
    pub fn times(n: isize) -> Diff {
        Diff {
            n,
            axis: -1,
            prepend: Maybe(None),
            append: Maybe(None),
        }
    }

    /// Along this axis.
    pub fn axis(self, axis: isize) -> Diff {
        Diff { axis, ..self }
    }

    /// With these values before the first.
    pub fn prepend(self, values: impl Into<Operand<'static>>) -> Diff {
        Diff {
            prepend: Maybe(Some(values.into())),
            ..self
        }
    }

    /// With these values after the last.
    pub fn append(self, values: impl Into<Operand<'static>>) -> Diff {
        Diff {
            append: Maybe(Some(values.into())),
            ..self
        }
    }
}

impl From<()> for Diff {
    fn from((): ()) -> Diff {
        Diff::default()
    }
}

impl From<i32> for Diff {
    fn from(n: i32) -> Diff {
        Diff::times(n as isize)
    }
}

/// Each element less the one before it along an axis, the last by default; repeated `n` times.
///
/// Bool differs where the neighbours do. The axis gets shorter by `n`.
///
/// # Errors
/// For a 0-d array, a negative `n`, an axis the array does not have, or values to join that do not fit.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{Diff, diff};
/// assert_eq!(diff([1, 4, 9, 16], ())?.to_vec::<i32>()?, [3, 5, 7]);
/// assert_eq!(diff([1, 4, 9, 16], 2)?.to_vec::<i32>()?, [2, 2]);
/// assert_eq!(diff([1, 4], Diff::default().prepend(0))?.to_vec::<i64>()?, [1, 3]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.diff.html>
pub fn diff<'a>(x: impl Into<Operand<'a>>, options: impl Into<Diff>) -> Result<Array> {
    differences(x.into(), options.into())
}

fn differences(x: Operand<'_>, options: Diff) -> Result<Array> {
    const OP: &str = "diff";
    let x = x.into_array()?;
    if options.n == 0 {
        return Ok(x);
    }
    if options.n < 0 {
        return Err(Error::value(format!(
            "{OP}: order must be non-negative but got {}",
            options.n
        )));
    }
    if x.ndim() == 0 {
        return Err(Error::value(format!(
            "{OP}: diff requires input that is at least one dimensional"
        )));
    }
    let axis = axis_in(OP, options.axis, x.ndim())?;
    let mut x = joined(x, axis, options.prepend.0, options.append.0)?;
    let op = if x.dtype().is_bool() {
        Binary::NotEqual
    } else {
        Binary::Subtract
    };
    for _ in 0..options.n {
        let len = x.shape()[axis].saturating_sub(1);
        let start = x.shape()[axis] - len;
        let later = span(Operand::Borrowed(&x), axis, start, len)?;
        let earlier = span(Operand::Borrowed(&x), axis, 0, len)?;
        x = two(op, later, earlier)?;
        if len == 0 {
            break;
        }
    }
    Ok(x)
}

/// The array with values before and after it along an axis.
fn joined(
    x: Array,
    axis: usize,
    before: Option<Operand<'static>>,
    after: Option<Operand<'static>>,
) -> Result<Array> {
    const OP: &str = "diff";
    if before.is_none() && after.is_none() {
        return Ok(x);
    }
    let at_x = home(&[&Operand::Borrowed(&x)]);
    let mut edge = Dims::from_slice(x.shape());
    edge[axis] = 1;
    // NumPy makes arrays of numbers before it joins, so they are not weak; nothing mixes in Strict mode.
    let strict = current_mode() == Mode::Strict;
    let prepare = |operand: Option<Operand<'static>>| -> Result<Option<Operand<'static>>> {
        let Some(mut operand) = operand else {
            return Ok(None);
        };
        at_home(at_x, || {
            if strict {
                operand = to_dtype(OP, std::mem::replace(&mut operand, 0.into()), x.dtype())?;
            }
            operand.resolve()
        })?;
        if operand.shape().is_empty() {
            operand = expand(operand, &edge)?;
        }
        Ok(Some(operand))
    };
    let (before, after) = (prepare(before)?, prepare(after)?);
    let mut parts: SmallVec<[Operand<'static>; 3]> = SmallVec::new();
    parts.extend(before);
    parts.push(Operand::Owned(x));
    parts.extend(after);
    let mut types: SmallVec<[TypeOrScalar; 3]> = SmallVec::new();
    for part in &parts {
        types.push(part.promotes_as()?);
    }
    let dtype = tnp_dtype::result_type(OP, &types)?.dtype;
    let mut cast: SmallVec<[Operand<'static>; 3]> = SmallVec::new();
    for part in parts {
        cast.push(part.astype(dtype)?);
    }
    bind1(&Prim::Concatenate { axis }, &mut cast).map_err(|error| error.in_op(OP))
}

/// A polynomial's values: `p[0] * x**(n-1) + … + p[n-1]`, by Horner's rule.
///
/// The coefficients lie along the first axis of `p`, the highest power first.
///
/// # Errors
/// When `p` is 0-d, the dtypes do not promote, or the shapes do not broadcast.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::polyval;
/// assert_eq!(polyval([3, 0, 1], 5)?.item::<i64>()?, 76);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.polyval.html>
pub fn polyval<'a, 'b>(p: impl Into<Operand<'a>>, x: impl Into<Operand<'b>>) -> Result<Array> {
    polynomial(p.into(), x.into())
}

fn polynomial(p: Operand<'_>, mut x: Operand<'_>) -> Result<Array> {
    const OP: &str = "polyval";
    let p = p.into_array()?;
    // NumPy makes an array of a number first; nothing mixes in Strict mode.
    if current_mode() != Mode::Strict {
        at_home(home(&[&Operand::Borrowed(&p)]), || x.resolve())?;
    }
    if p.ndim() == 0 {
        return Err(Error::dtype(format!(
            "{OP}: iteration over a 0-d array; the coefficients need an axis"
        )));
    }
    if p.shape()[0] == 0 {
        return crate::zeros_like(x, ());
    }
    let dtype = tnp_dtype::result_type(OP, &[p.type_info().into(), x.promotes_as()?])?.dtype;
    let p = p.astype(dtype)?;
    let x = at_home(home(&[&Operand::Borrowed(&p)]), || to_dtype(OP, x, dtype))?.into_array()?;
    let mut y = constant(&x, Literal::zero(dtype), &Dims::from_slice(x.shape()))?;
    let row: Dims = Dims::from_slice(&p.shape()[1..]);
    for i in 0..p.shape()[0] {
        let coefficient = span(Operand::Borrowed(&p), 0, i, 1)?;
        let coefficient = reshaped(Operand::Owned(coefficient), row.clone())?;
        let scaled = binary(
            OP,
            Binary::Multiply,
            BinaryRule::Arithmetic,
            y,
            Operand::Borrowed(&x),
        )?;
        y = Operand::Owned(binary(
            OP,
            Binary::Add,
            BinaryRule::Arithmetic,
            Operand::Owned(scaled),
            Operand::Owned(coefficient),
        )?);
    }
    y.into_array()
}

/// Options of [`vander`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Vander {
    /// Number of columns; as many as rows when `None`.
    pub n: Option<isize>,
    /// Powers rise from left to right.
    pub increasing: bool,
}

impl Vander {
    /// With this many columns.
    pub fn columns(n: isize) -> Vander {
        Vander {
            n: Some(n),
            increasing: false,
        }
    }

    /// With powers that rise from left to right.
    pub fn increasing(self) -> Vander {
        Vander {
            increasing: true,
            ..self
        }
    }
}

impl From<()> for Vander {
    fn from((): ()) -> Vander {
        Vander::default()
    }
}

impl From<i32> for Vander {
    fn from(n: i32) -> Vander {
        Vander::columns(n as isize)
    }
}

/// The Vandermonde matrix: in each row the powers of an element, falling from left to right.
///
/// # Errors
/// When `x` is not 1-D, or the number of columns is negative.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::vander;
/// assert_eq!(vander([2, 3], 3)?.to_vec::<i64>()?, [4, 2, 1, 9, 3, 1]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.vander.html>
pub fn vander<'a>(x: impl Into<Operand<'a>>, options: impl Into<Vander>) -> Result<Array> {
    powers(x.into(), options.into())
}

fn powers(x: Operand<'_>, options: Vander) -> Result<Array> {
    const OP: &str = "vander";
    let x = x.into_array()?;
    if x.ndim() != 1 {
        return Err(Error::value(format!(
            "{OP}: x must be a one-dimensional array or sequence."
        )));
    }
    let rows = x.shape()[0];
    let columns = match options.n {
        None => rows,
        Some(n) => usize::try_from(n)
            .map_err(|_| Error::value(format!("{OP}: negative dimensions are not allowed")))?,
    };
    let dtype = match current_mode() {
        Mode::Numpy | Mode::Legacy => tnp_dtype::promote_types(x.dtype(), DType::Int64)?,
        _ if x.dtype().is_bool() => tnp_dtype::default_int(),
        _ => x.dtype(),
    };
    let x = reshaped(
        Operand::Owned(x.astype(dtype)?),
        Dims::from_slice(&[rows, 1]),
    )?;
    let ones = constant(
        &x,
        Literal::one(dtype),
        &Dims::from_slice(&[rows, columns.min(1)]),
    )?;
    let repeated = Dims::from_slice(&[rows, columns.saturating_sub(1)]);
    let base = expand(Operand::Owned(x), &repeated)?;
    let factors = bind1(&Prim::Concatenate { axis: 1 }, &mut [ones, base])
        .map_err(|error| error.in_op(OP))?;
    let prim = Prim::Cumulative {
        op: CumulativeOp::Prod,
        axis: 1,
        reverse: false,
        dtype,
    };
    let rising = bind1(&prim, &mut [Operand::Owned(factors)])?;
    if options.increasing || columns == 0 {
        return Ok(rising);
    }
    let backwards = SliceSpec {
        start: columns - 1,
        len: columns,
        step: -1,
    };
    part(Operand::Owned(rising), 1, backwards)
}

/// Options of [`trapezoid`].
pub struct Trapezoid {
    /// The places of the samples; `dx` apart when left out.
    pub x: Maybe<'static>,
    /// Distance of the samples, 1 by default.
    pub dx: f64,
    /// The axis; the last by default.
    pub axis: isize,
}

impl Default for Trapezoid {
    fn default() -> Trapezoid {
        Trapezoid::dx(1.0)
    }
}

impl Trapezoid {
    /// Samples this far apart.
    pub fn dx(dx: f64) -> Trapezoid {
        Trapezoid {
            x: Maybe(None),
            dx,
            axis: -1,
        }
    }

    /// Samples at these places.
    pub fn at(x: impl Into<Operand<'static>>) -> Trapezoid {
        Trapezoid {
            x: Maybe(Some(x.into())),
            ..Trapezoid::default()
        }
    }

    /// Along this axis.
    pub fn axis(self, axis: isize) -> Trapezoid {
        Trapezoid { axis, ..self }
    }
}

impl From<()> for Trapezoid {
    fn from((): ()) -> Trapezoid {
        Trapezoid::default()
    }
}

/// The integral of samples along an axis by the trapezoidal rule.
///
/// # Errors
/// For an axis the array does not have, or places that do not fit.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{Trapezoid, trapezoid};
/// assert_eq!(trapezoid([1, 2, 3], ())?.item::<f64>()?, 4.0);
/// assert_eq!(trapezoid([1, 2, 3], Trapezoid::at([4, 6, 8]))?.item::<f64>()?, 8.0);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.trapezoid.html>
pub fn trapezoid<'a>(y: impl Into<Operand<'a>>, options: impl Into<Trapezoid>) -> Result<Array> {
    const OP: &str = "trapezoid";
    let (y, options) = (y.into().into_array()?, options.into());
    let axis = axis_in(OP, options.axis, y.ndim())?;
    let step = match options.x.0 {
        None => Operand::Scalar(Scalar::Float(options.dx)),
        Some(x) => Operand::Owned(steps(x.into_array()?, axis, y.ndim())?),
    };
    let len = y.shape()[axis].saturating_sub(1);
    let start = y.shape()[axis] - len;
    let arithmetic = BinaryRule::Arithmetic;
    let later = span(Operand::Borrowed(&y), axis, start, len)?;
    let earlier = span(Operand::Borrowed(&y), axis, 0, len)?;
    let sum = two(Binary::Add, later, earlier)?;
    let area = binary(OP, Binary::Multiply, arithmetic, step, Operand::Owned(sum))?;
    let half = Operand::Scalar(Scalar::Float(2.0));
    let area = binary(
        OP,
        Binary::Divide,
        BinaryRule::Divide,
        Operand::Owned(area),
        half,
    )?;
    let axes = Axes::from_slice(&[axis]);
    let dtype = area.dtype();
    fold(OP, ReduceOp::Sum, Operand::Owned(area), &axes, dtype, false)
}

/// The distances of the samples' places, along the axis of `ndim`.
fn steps(x: Array, axis: usize, ndim: usize) -> Result<Array> {
    if x.ndim() != 1 {
        let own = Diff::default().axis(axis as isize - ndim as isize + x.ndim() as isize);
        return differences(Operand::Owned(x), own);
    }
    let distances = differences(Operand::Owned(x), Diff::default())?;
    let mut shape = Dims::from_elem(1, ndim);
    shape[axis] = distances.size();
    reshaped(Operand::Owned(distances), shape)
}
