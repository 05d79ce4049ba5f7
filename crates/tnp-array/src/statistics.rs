//! Averages and spreads.

use tnp_backend::prim::{Axes, Binary, Prim, ReduceOp, SliceSpec, Unary};
use tnp_backend::{Error, Result, Warning, warn};
use tnp_dtype::{DType, Literal, Mode, ReductionRule, Scalar, TypeOrScalar, current_mode};
use tnp_shape::Dims;

use crate::args::{Axis, Reduce};
use crate::bind::bind1;
use crate::elementwise::{either, finish, one, two};
use crate::promote::{constant, expand};
use crate::reduce::{Taken, axes_of, dtype_of, fold, fold_all, kept, masked, numbers, reductions};
use crate::views::{part, reshaped, transposed};
use crate::{Array, Operand};

reductions! { methods
    /// Arithmetic mean over axes, over all by default.
    ///
    /// Integers are averaged in float64, 16-bit floats in float32. The mean of nothing is NaN, with a warning.
    ///
    /// Options: axes, `keepdims`, `dtype`, `where`.
    ///
    /// # Errors
    /// For an axis the array does not have or one named twice; a mask that is not bool or does not broadcast.
    ///
    /// # Examples
    /// ```
    /// # extern crate tnp_cpu;
    /// use tnp_array::{Reduce, mean};
    /// assert_eq!(mean([[1, 2], [3, 4]], ())?.item::<f64>()?, 2.5);
    /// assert_eq!(mean([[1, 2], [3, 4]], Reduce::axes(1).keepdims())?.shape(), [2, 1]);
    /// # Ok::<(), tnp_array::Error>(())
    /// ```
    mean = average_of(false);
    /// Variance over axes: the mean of the squared distances from the mean.
    ///
    /// `ddof` is subtracted from the number of elements that the sum is divided by. The variance of complex numbers is
    /// real. Where no degrees of freedom are left the result is NaN (or infinity), with a warning.
    ///
    /// Options: axes, `keepdims`, `dtype`, `where`, `ddof`.
    ///
    /// # Errors
    /// As [`mean`].
    ///
    /// # Examples
    /// ```
    /// # extern crate tnp_cpu;
    /// use tnp_array::{Reduce, var};
    /// assert_eq!(var([1, 2, 3, 4], ())?.item::<f64>()?, 1.25);
    /// assert_eq!(var([1, 2, 3], Reduce::all().ddof(1))?.item::<f64>()?, 1.0);
    /// # Ok::<(), tnp_array::Error>(())
    /// ```
    var = spread(Spread { root: false, numbers: false });
    /// Standard deviation over axes: the square root of the variance.
    ///
    /// Options: axes, `keepdims`, `dtype`, `where`, `ddof`.
    ///
    /// # Errors
    /// As [`mean`].
    ///
    std = spread(Spread { root: true, numbers: false });
}

reductions! { functions
    /// Mean over axes, ignoring NaN; NaN where there is nothing else.
    ///
    /// Options: those of [`mean`].
    ///
    /// # Errors
    /// As [`mean`].
    ///
    nanmean = average_of(true);
    /// Variance over axes, ignoring NaN; NaN where no degrees of freedom are left.
    ///
    /// Options: those of [`var`].
    ///
    /// # Errors
    /// As [`mean`].
    ///
    nanvar = spread(Spread { root: false, numbers: true });
    /// Standard deviation over axes, ignoring NaN; NaN where no degrees of freedom are left.
    ///
    /// Options: those of [`std()`].
    ///
    /// # Errors
    /// As [`mean`].
    ///
    nanstd = spread(Spread { root: true, numbers: true });
    /// The middle of the sorted elements over axes, the mean of the two middle ones for an even number; NaN if any is.
    ///
    /// Options: axes, `keepdims`.
    ///
    /// # Errors
    /// As [`mean`].
    ///
    median = middle();
}

/// How many elements are combined into each result.
enum Count {
    /// The same number everywhere.
    Known(usize),
    /// As a mask has it; int64, in the shape of the result.
    Counted(Array),
}

impl Count {
    fn of(
        op: &str,
        shape: &[usize],
        mask: Option<&Array>,
        axes: &Axes,
        keepdims: bool,
    ) -> Result<Count> {
        let Some(mask) = mask else {
            return Ok(Count::Known(axes.iter().map(|&axis| shape[axis]).product()));
        };
        let mask = expand(Operand::Borrowed(mask), &Dims::from_slice(shape))?;
        let count = fold(op, ReduceOp::Sum, mask, axes, DType::Int64, keepdims)?;
        Ok(Count::Counted(count))
    }

    /// The sum over the count less `ddof`, where that is positive.
    fn divide(&self, sum: Array, ddof: f64, nan_where_none: bool) -> Result<Array> {
        let sum = if sum.dtype().is_inexact() {
            sum
        } else {
            sum.astype(DType::Float64)?
        };
        let (dtype, shape) = (sum.dtype(), Dims::from_slice(sum.shape()));
        let number = |value: f64| constant(&sum, Literal::new(value).cast(dtype), &shape);
        let divisor = match self {
            Count::Known(count) => {
                let left = *count as f64 - ddof;
                number(if left > 0.0 {
                    left
                } else if nan_where_none {
                    f64::NAN
                } else {
                    0.0
                })?
            }
            Count::Counted(count) => {
                let mut left = reshaped(count.into(), shape.clone())?.astype(dtype)?;
                if ddof != 0.0 {
                    left = two(Binary::Subtract, Operand::Owned(left), number(ddof)?)?;
                    left = two(Binary::Maximum, Operand::Owned(left), number(0.0)?)?;
                }
                if nan_where_none {
                    let any = two(Binary::Greater, Operand::Borrowed(&left), number(0.0)?)?;
                    left = either(Operand::Owned(any), Operand::Owned(left), number(f64::NAN)?)?;
                }
                Operand::Owned(left)
            }
        };
        two(Binary::Divide, Operand::Owned(sum), divisor)
    }

    fn warn(&self, op: &str, ddof: f64) {
        if let Count::Known(count) = self
            && *count as f64 - ddof <= 0.0
        {
            warn(Warning::EmptySlice, op);
        }
    }
}

/// The axes whose elements are counted. NumPy forgives an axis 0 of a 0-d array where it only adds, so in functions that skip NaNs.
fn counted_axes(op: &str, skip_nan: bool, axis: &Axis, ndim: usize) -> Result<Axes> {
    match skip_nan {
        true => axes_of(op, axis, ndim),
        false => Ok(axis
            .normalize(ndim)
            .map_err(|error| error.in_op(op))?
            .unwrap_or_else(|| (0..ndim).collect())),
    }
}

fn average_of(
    op: &'static str,
    skip_nan: bool,
    mut x: Operand<'_>,
    mut options: Reduce,
) -> Result<Array> {
    x.resolve()?;
    options.check(op, Taken::KEEPDIMS.and(Taken::DTYPE).and(Taken::WHERE))?;
    if skip_nan {
        options.where_ = numbers(op, &x, &options)?;
    }
    let promoted = tnp_dtype::reduction(op, ReductionRule::Mean, dtype_of(&x))?;
    let (dtype, gives) = match options.dtype {
        Some(dtype) => (dtype, dtype),
        None => (promoted.inputs, promoted.result.dtype),
    };
    let axes = counted_axes(op, skip_nan, &options.axis, x.shape().len())?;
    let mask = options.where_.as_ref();
    let shape = Dims::from_slice(x.shape());
    let x = without_masked(op, x, mask)?;
    let count = Count::of(op, &shape, mask, &axes, options.keepdims)?;
    count.warn(op, 0.0);
    let sum = fold(op, ReduceOp::Sum, x, &axes, dtype, options.keepdims)?;
    let mean = count.divide(sum, 0.0, false)?;
    finish(mean, gives.into())
}

/// Zero where the mask does not hold.
fn without_masked<'a>(op: &str, x: Operand<'a>, mask: Option<&'a Array>) -> Result<Operand<'a>> {
    let (Some(mask), Some(array)) = (mask, x.as_array()) else {
        return Ok(x);
    };
    let zero = constant(array, Literal::zero(array.dtype()), &Dims::new())?;
    masked(op, x, mask, zero)
}

/// Which measure of spread.
#[derive(Clone, Copy)]
struct Spread {
    /// The standard deviation, not the variance.
    root: bool,
    /// Of what is not NaN.
    numbers: bool,
}

fn spread(
    op: &'static str,
    which: Spread,
    mut x: Operand<'_>,
    mut options: Reduce,
) -> Result<Array> {
    x.resolve()?;
    let taken = Taken::KEEPDIMS
        .and(Taken::DTYPE)
        .and(Taken::WHERE)
        .and(Taken::DDOF);
    options.check(op, taken)?;
    if which.numbers {
        options.where_ = numbers(op, &x, &options)?;
    }
    let promoted = tnp_dtype::reduction(op, ReductionRule::Variance, dtype_of(&x))?;
    let (dtype, gives) = match options.dtype {
        Some(dtype) => (dtype, dtype),
        None => (promoted.inputs, promoted.result.dtype),
    };
    let axes = counted_axes(op, which.numbers, &options.axis, x.shape().len())?;
    let mask = options.where_.as_ref();
    let shape = Dims::from_slice(x.shape());
    let x = without_masked(op, x.astype(dtype)?, mask)?;
    let count = Count::of(op, &shape, mask, &axes, options.keepdims)?;
    count.warn(op, options.ddof);

    let sum = fold(op, ReduceOp::Sum, x.lend(), &axes, dtype, true)?;
    let mean = finish(count.divide(sum, 0.0, false)?, dtype.into())?;
    let mean = expand(Operand::Owned(mean), &shape)?;
    let distance = two(Binary::Subtract, x, mean)?;
    let squares = if dtype.is_complex() {
        let re = one(Unary::Square, Operand::Owned(one(Unary::Real, &distance)?))?;
        let im = one(Unary::Square, Operand::Owned(one(Unary::Imag, &distance)?))?;
        two(Binary::Add, re, im)?
    } else {
        one(Unary::Square, Operand::Owned(distance))?
    };
    let squares = without_masked(op, Operand::Owned(squares), mask)?;
    let sum = fold(
        op,
        ReduceOp::Sum,
        squares,
        &axes,
        dtype.real(),
        options.keepdims,
    )?;
    let variance = count.divide(sum, options.ddof, which.numbers)?;
    let result = if which.root {
        one(Unary::Sqrt, Operand::Owned(variance))?
    } else {
        variance
    };
    finish(result, gives.into())
}

fn middle(op: &'static str, mut x: Operand<'_>, options: Reduce) -> Result<Array> {
    x.resolve()?;
    options.check(op, Taken::KEEPDIMS)?;
    let own = dtype_of(&x);
    let promoted = tnp_dtype::reduction(op, ReductionRule::Median, own)?;
    let gives = promoted.result.dtype;
    // The two middle elements are averaged as `mean` does it.
    let dtype = match gives {
        DType::Float16 | DType::BFloat16 => DType::Float32,
        other => other,
    };
    let ndim = x.shape().len();
    let axes = counted_axes(op, false, &options.axis, ndim)?;
    let kept_axes: Axes = (0..ndim).filter(|axis| !axes.contains(axis)).collect();
    let mut line: Dims = kept_axes.iter().map(|&axis| x.shape()[axis]).collect();
    let result_shape = if options.keepdims {
        kept(x.shape(), &axes)
    } else {
        line.clone()
    };
    let size: usize = axes.iter().map(|&axis| x.shape()[axis]).product();
    if size == 0 {
        warn(Warning::EmptySlice, op);
        let nan = Literal::new(f64::NAN).cast(gives);
        return constant(x.array()?, nan, &result_shape)?.into_array();
    }
    line.push(size);
    let last = line.len() - 1;
    let mut order = kept_axes;
    order.extend_from_slice(&axes);
    let moved = transposed(x, order)?;
    let moved = reshaped(Operand::Owned(moved), line)?;
    let sorted = bind1(&Prim::Sort { axis: last }, &mut [Operand::Owned(moved)])?;
    let at = |start: usize| {
        let spec = SliceSpec {
            start,
            len: 1,
            step: 1,
        };
        part(Operand::Borrowed(&sorted), last, spec)
    };
    let mut median = at(size / 2)?.astype(dtype)?;
    if size.is_multiple_of(2) {
        let below = at(size / 2 - 1)?.astype(dtype)?;
        let sum = two(Binary::Add, below, median)?;
        median = Count::Known(2).divide(sum, 0.0, false)?;
    }
    let mut median = finish(median, gives.into())?;
    if own.is_inexact() {
        // NaN sorts last.
        let largest = at(size - 1)?;
        let is_nan = one(Unary::IsNan, &largest)?;
        median = either(is_nan, finish(largest, gives.into())?, median)?;
    }
    reshaped(Operand::Owned(median), result_shape)
}

/// Options of [`average`].
///
/// # Examples
/// ```
/// use tnp_array::Average;
/// let options = Average::axes(0).keepdims();
/// ```
#[derive(Default)]
pub struct Average {
    /// The axes to average over; all when `None`.
    pub axis: Axis,
    /// Weights: of the array's shape, or of the sizes of the axes.
    pub weights: Option<Operand<'static>>,
    /// Keep the axes with size one.
    pub keepdims: bool,
}

impl Average {
    /// Over these axes.
    pub fn axes(axes: impl Into<Axis>) -> Average {
        Average {
            axis: axes.into(),
            ..Average::default()
        }
    }

    /// With these weights.
    pub fn weights(self, weights: impl Into<Operand<'static>>) -> Average {
        Average {
            weights: Some(weights.into()),
            ..self
        }
    }

    /// Keep the axes with size one.
    pub fn keepdims(self) -> Average {
        Average {
            keepdims: true,
            ..self
        }
    }
}

impl<T: Into<Axis>> From<T> for Average {
    fn from(axes: T) -> Average {
        Average::axes(axes)
    }
}

/// Weighted average over axes: `sum(x * weights) / sum(weights)`.
///
/// Options: axes, `weights`, `keepdims`. Without weights it is the mean.
///
/// # Errors
/// For an axis the array does not have, weights of another shape that does not fit the axes, or weights that sum to zero.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{Average, average};
/// let mean = average([1.0, 2.0, 4.0], Average::default().weights([3, 2, 1]))?;
/// assert_eq!(mean.item::<f64>()?, 11.0 / 6.0);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.average.html>
pub fn average<'a>(x: impl Into<Operand<'a>>, options: impl Into<Average>) -> Result<Array> {
    Ok(weighted(x.into(), options.into())?.0)
}

/// [`average`] and the sum of the weights, in the shape of the average: NumPy's `returned=True`.
///
/// # Errors
/// As [`average`].
pub fn average_returned<'a>(
    x: impl Into<Operand<'a>>,
    options: impl Into<Average>,
) -> Result<(Array, Array)> {
    let (average, scale) = weighted(x.into(), options.into())?;
    let scale = finish(scale, average.dtype().into())?;
    let shape = Dims::from_slice(average.shape());
    let scale = expand(Operand::Owned(scale), &shape)?.into_array()?;
    Ok((average, scale))
}

fn weighted(mut x: Operand<'_>, options: Average) -> Result<(Array, Array)> {
    const OP: &str = "average";
    x.resolve()?;
    let shape = Dims::from_slice(x.shape());
    let axes = counted_axes(OP, false, &options.axis, shape.len())?;
    let Some(weights) = options.weights else {
        let count: usize = axes.iter().map(|&axis| shape[axis]).product();
        let mean = average_of(
            OP,
            false,
            x,
            Reduce {
                axis: options.axis,
                keepdims: options.keepdims,
                ..Reduce::default()
            },
        )?;
        let count = Literal::new(count as f64).cast(mean.dtype());
        let count = constant(&mean, count, &Dims::new())?.into_array()?;
        return Ok((mean, count));
    };
    let weights = weights.into_array()?;
    let dtype = weighted_dtype(&x, &weights)?;
    let weights = spread_weights(OP, weights, &shape, &options.axis, &axes)?;
    let scale = fold(
        OP,
        ReduceOp::Sum,
        Operand::Borrowed(&weights),
        &axes,
        dtype,
        options.keepdims,
    )?;
    // Inside a trace or a map there is no value to look at; the average is NaN or infinite there.
    if scale.boxed().is_none() && scale.size() > 0 {
        let zero = constant(
            &scale,
            Literal::zero(dtype),
            &Dims::from_slice(scale.shape()),
        )?;
        let none = two(Binary::Equal, Operand::Borrowed(&scale), zero)?;
        if fold_all(OP, ReduceOp::Any, none)?.truth()? {
            return Err(Error::zero_division(
                "average: Weights sum to zero, can't be normalized",
            ));
        }
    }
    let weights = expand(Operand::Owned(weights.astype(dtype)?), &shape)?;
    let product = two(Binary::Multiply, x.astype(dtype)?, weights)?;
    let sum = fold(
        OP,
        ReduceOp::Sum,
        Operand::Owned(product),
        &axes,
        dtype,
        options.keepdims,
    )?;
    let scale = expand(Operand::Owned(scale), &Dims::from_slice(sum.shape()))?.into_array()?;
    let average = two(
        Binary::Divide,
        Operand::Owned(sum),
        Operand::Borrowed(&scale),
    )?;
    Ok((average, scale))
}

/// What NumPy averages in: float64 at least when the array holds integers.
fn weighted_dtype(x: &Operand<'_>, weights: &Array) -> Result<DType> {
    let (own, other): (TypeOrScalar, TypeOrScalar) = (x.promotes_as()?, weights.type_info().into());
    let dtype = match current_mode() {
        Mode::Numpy | Mode::Legacy if !dtype_of(x).is_inexact() => {
            tnp_dtype::result_type("average", &[own, other, DType::Float64.into()])?.dtype
        }
        Mode::All | Mode::Safe => {
            tnp_dtype::result_type("average", &[own, other, Scalar::Float(1.0).into()])?.dtype
        }
        _ => tnp_dtype::result_type("average", &[own, other])?.dtype,
    };
    Ok(tnp_dtype::to_inexact(dtype))
}

/// The weights with as many axes as the array, of size one where they do not vary.
pub(crate) fn spread_weights(
    op: &str,
    weights: Array,
    shape: &Dims,
    axis: &Axis,
    axes: &Axes,
) -> Result<Array> {
    if weights.shape() == &shape[..] {
        return Ok(weights);
    }
    let Some(given) = axis
        .in_order(shape.len())
        .map_err(|error| error.in_op(op))?
    else {
        return Err(Error::dtype(format!(
            "{op}: Axis must be specified when shapes of a and weights differ."
        )));
    };
    let wanted: Dims = given.iter().map(|&axis| shape[axis]).collect();
    if weights.shape() != &wanted[..] {
        return Err(Error::value(format!(
            "{op}: Shape of weights must be consistent with shape of a along specified axis: {} is not {}.",
            tnp_backend::shape_text(weights.shape()),
            tnp_backend::shape_text(&wanted)
        )));
    }
    let mut order: Axes = (0..given.len()).collect();
    order.sort_by_key(|&position| given[position]);
    let weights = transposed(Operand::Owned(weights), order)?;
    let spread: Dims = (0..shape.len())
        .map(|axis| if axes.contains(&axis) { shape[axis] } else { 1 })
        .collect();
    reshaped(Operand::Owned(weights), spread)
}
