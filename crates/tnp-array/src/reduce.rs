//! Reductions: sums, products, extremes, truth, their positions, and running ones. Averages lie in `statistics.rs`.

use tnp_backend::prim::{ArgReduceOp, Axes, Binary, CumulativeOp, Prim, ReduceOp, Unary};
use tnp_backend::{Error, Result};
use tnp_dtype::{DType, Literal, ReductionRule, c128};
use tnp_shape::Dims;

use crate::args::{Axis, Reduce};
use crate::bind::bind1;
use crate::elementwise::{check_mask, either, one, two};
use crate::promote::{at_home, constant, expand, home, to_dtype};
use crate::views::{flat, reshaped};
use crate::{Array, Operand};

/// What a function takes of the shared options besides the axes.
pub(crate) struct Taken(u8);

impl Taken {
    pub(crate) const KEEPDIMS: Taken = Taken(1);
    pub(crate) const DTYPE: Taken = Taken(2);
    pub(crate) const WHERE: Taken = Taken(4);
    pub(crate) const INITIAL: Taken = Taken(8);
    pub(crate) const DDOF: Taken = Taken(16);

    pub(crate) const fn and(self, other: Taken) -> Taken {
        Taken(self.0 | other.0)
    }
}

impl Reduce {
    /// Errs, by name, when an option is given that the function does not take.
    #[inline]
    pub(crate) fn check(&self, op: &str, taken: Taken) -> Result<()> {
        let given = [
            (Taken::KEEPDIMS, "keepdims", self.keepdims),
            (Taken::DTYPE, "dtype", self.dtype.is_some()),
            (Taken::WHERE, "where", self.where_.is_some()),
            (Taken::INITIAL, "initial", self.initial.is_some()),
            (Taken::DDOF, "ddof", self.ddof != 0.0),
        ];
        for (option, name, given) in given {
            if given && taken.0 & option.0 == 0 {
                return Err(Error::dtype(format!(
                    "{op}: got an unexpected option `{name}`, which this function does not take"
                )));
            }
        }
        Ok(())
    }
}

/// The axes to combine, increasing.
#[inline]
pub(crate) fn axes_of(op: &str, axis: &Axis, ndim: usize) -> Result<Axes> {
    match &axis.0 {
        None => Ok((0..ndim).collect()),
        // NumPy lets a 0-d array be reduced over its axis 0 or −1.
        Some(axes) if ndim == 0 && matches!(axes[..], [0] | [-1]) => Ok(Axes::new()),
        Some(_) => Ok(axis
            .normalize(ndim)
            .map_err(|error| error.in_op(op))?
            .unwrap_or_default()),
    }
}

/// The one axis of a function that takes no more, if it is given; `None` for a 0-d array too, which has but one element.
fn axis_of(op: &str, axis: &Axis, ndim: usize) -> Result<Option<usize>> {
    match axis.0.as_deref() {
        Some([0] | [-1]) if ndim == 0 => Ok(None),
        _ => axis.single(op, ndim).map_err(|error| error.in_op(op)),
    }
}

/// Combines axes of an operand, read as `dtype`, away; keeps them with size one where asked.
#[inline]
pub(crate) fn fold(
    op: &str,
    kind: ReduceOp,
    x: Operand<'_>,
    axes: &Axes,
    dtype: DType,
    keepdims: bool,
) -> Result<Array> {
    let kept = keepdims.then(|| kept(x.shape(), axes));
    let prim = Prim::Reduce {
        op: kind,
        axes: axes.clone(),
        dtype,
    };
    let result = bind1(&prim, &mut [x]).map_err(|error| error.in_op(op))?;
    match kept {
        Some(shape) => reshaped(Operand::Owned(result), shape),
        None => Ok(result),
    }
}

/// All elements of a bool array combined.
pub(crate) fn fold_all(op: &str, kind: ReduceOp, x: Array) -> Result<Array> {
    let axes = (0..x.ndim()).collect();
    fold(op, kind, Operand::Owned(x), &axes, DType::Bool, false)
}

/// A shape with axes shrunk to one.
pub(crate) fn kept(shape: &[usize], axes: &Axes) -> Dims {
    let mut shape = Dims::from_slice(shape);
    for &axis in axes {
        shape[axis] = 1;
    }
    shape
}

/// An operand with its elements replaced where the mask does not hold.
pub(crate) fn masked<'a>(
    op: &str,
    x: Operand<'a>,
    mask: &'a Array,
    fill: Operand<'a>,
) -> Result<Operand<'a>> {
    let shape = Dims::from_slice(x.shape());
    check_mask(op, mask, &shape)?;
    let mask = expand(Operand::Borrowed(mask), &shape)?;
    let fill = expand(fill, &shape)?;
    Ok(Operand::Owned(either(mask, x, fill)?))
}

/// A number as a 0-d operand on the device of an array.
fn number<'a>(x: &Operand<'a>, value: Literal) -> Result<Operand<'a>> {
    Ok(Operand::Owned(at_home(home(&[x]), || {
        Array::from_literal(value)
    })?))
}

/// The value to start from, as a 0-d array of the accumulator's dtype.
fn start(
    op: &'static str,
    x: &Operand<'_>,
    initial: Option<Operand<'static>>,
    dtype: DType,
) -> Result<Option<Operand<'static>>> {
    let Some(initial) = initial else {
        return Ok(None);
    };
    if !initial.shape().is_empty() {
        return Err(Error::value(format!(
            "{op}: `initial` must be a scalar, it has shape {}",
            tnp_backend::shape_text(initial.shape())
        )));
    }
    Ok(Some(at_home(home(&[x]), || to_dtype(op, initial, dtype))?))
}

/// The result combined with the value to start from.
fn started(op: Binary, result: Array, initial: Option<Operand<'_>>) -> Result<Array> {
    match initial {
        None => Ok(result),
        Some(initial) => {
            let shape = Dims::from_slice(result.shape());
            two(op, Operand::Owned(result), expand(initial, &shape)?)
        }
    }
}

macro_rules! reductions {
    (@function $(#[doc = $doc:literal])* $name:ident = $body:ident($($arg:expr),*);) => {
        $(#[doc = $doc])*
        #[doc = concat!("<https://numpy.org/doc/stable/reference/generated/numpy.", stringify!($name), ".html>")]
        #[inline]
        pub fn $name<'a>(x: impl Into<Operand<'a>>, options: impl Into<Reduce>) -> Result<Array> {
            $body(stringify!($name), $($arg,)* x.into(), options.into())
        }
    };
    (functions $($(#[doc = $doc:literal])* $name:ident = $body:ident($($arg:expr),*);)*) => {
        $(reductions!(@function $(#[doc = $doc])* $name = $body($($arg),*););)*
    };
    (methods $($(#[doc = $doc:literal])* $name:ident = $body:ident($($arg:expr),*);)*) => {
        $(reductions!(@function $(#[doc = $doc])* $name = $body($($arg),*););)*

        impl Array {
            $(
                #[doc = concat!("[`", stringify!($name), "`](crate::", stringify!($name), ") of this array.")]
                ///
                /// # Errors
                /// As the function.
                #[inline]
                pub fn $name(&self, options: impl Into<Reduce>) -> Result<Array> {
                    $body(stringify!($name), $($arg,)* self.into(), options.into())
                }
            )*
        }
    };
}
pub(crate) use reductions;

reductions! { methods
    /// Sum over axes, over all by default.
    ///
    /// Bool and integers are summed in at least the default integer, wrapping; floats keep their dtype and are summed at
    /// least as accurately as NumPy's pairwise way. The sum of nothing is zero.
    ///
    /// Options: axes, `keepdims`, `dtype`, `where`, `initial`.
    ///
    /// # Errors
    /// For an axis the array does not have or one named twice; a mask that is not bool or does not broadcast.
    ///
    /// # Examples
    /// ```
    /// # extern crate tnp_cpu;
    /// use tnp_array::{DType, Reduce, sum};
    /// let x = [[1, 2], [3, 4]];
    /// assert_eq!(sum(x, ())?.item::<i64>()?, 10);
    /// assert_eq!(sum(x, 0)?.to_vec::<i64>()?, [4, 6]);
    /// let kept = sum(x, Reduce::axes([0, 1]).keepdims().dtype(DType::Float32))?;
    /// assert_eq!((kept.shape(), kept.dtype()), (&[1, 1][..], DType::Float32));
    /// # Ok::<(), tnp_array::Error>(())
    /// ```
    sum = total(ReduceOp::Sum);
    /// Product over axes, over all by default.
    ///
    /// Bool and integers are multiplied in at least the default integer, wrapping. The product of nothing is one.
    ///
    /// Options: axes, `keepdims`, `dtype`, `where`, `initial`.
    ///
    /// # Errors
    /// As [`sum`].
    ///
    prod = total(ReduceOp::Prod);
    /// Largest element over axes, over all by default; NaN if any is.
    ///
    /// Complex numbers are ordered by the real, then the imaginary part.
    ///
    /// Options: axes, `keepdims`, `where` (with `initial`), `initial`.
    ///
    /// # Errors
    /// As [`sum`]; for nothing to take the largest of, unless `initial` is given.
    ///
    /// # Examples
    /// ```
    /// # extern crate tnp_cpu;
    /// use tnp_array::{Array, max};
    /// assert_eq!(max([[1.0, 5.0], [4.0, 2.0]], 0)?.to_vec::<f64>()?, [4.0, 5.0]);
    /// let error = max(Array::from_vec(Vec::<f64>::new(), &[0])?, ()).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "max: zero-size array to reduction operation maximum which has no identity: its shape is (0,); give `initial`"
    /// );
    /// # Ok::<(), tnp_array::Error>(())
    /// ```
    max = extremum(ReduceOp::Max);
    /// Smallest element over axes, over all by default; NaN if any is.
    ///
    /// Options: axes, `keepdims`, `where` (with `initial`), `initial`.
    ///
    /// # Errors
    /// As [`max`].
    ///
    min = extremum(ReduceOp::Min);
    /// True where all elements over axes are true, that is not zero; so for none.
    ///
    /// Options: axes, `keepdims`, `where`.
    ///
    /// # Errors
    /// As [`sum`].
    ///
    all = truth(ReduceOp::All);
    /// True where any element over axes is true, that is not zero.
    ///
    /// Options: axes, `keepdims`, `where`.
    ///
    /// # Errors
    /// As [`sum`].
    ///
    any = truth(ReduceOp::Any);
    /// Largest less smallest element over axes.
    ///
    /// Same dtype out; the difference of integers may wrap.
    ///
    /// Options: axes, `keepdims`.
    ///
    /// # Errors
    /// As [`max`]; for bool.
    ///
    ptp = peak_to_peak();
    /// Position (int64) of the first largest element along an axis, or in the array read in C order; of the first NaN if there is one.
    ///
    /// Options: one axis, `keepdims`.
    ///
    /// # Errors
    /// For an axis the array does not have, several axes, or nothing to either from.
    ///
    /// # Examples
    /// ```
    /// # extern crate tnp_cpu;
    /// use tnp_array::argmax;
    /// assert_eq!(argmax([[1, 9], [8, 2]], ())?.item::<i64>()?, 1);
    /// assert_eq!(argmax([[1, 9], [8, 2]], 0)?.to_vec::<i64>()?, [1, 0]);
    /// # Ok::<(), tnp_array::Error>(())
    /// ```
    argmax = extreme_position(ArgReduceOp::Max);
    /// Position (int64) of the first smallest element along an axis, or in the array read in C order; of the first NaN if there is one.
    ///
    /// Options: one axis, `keepdims`.
    ///
    /// # Errors
    /// As [`argmax`].
    ///
    argmin = extreme_position(ArgReduceOp::Min);
    /// Running sum along an axis; of the elements in C order without one.
    ///
    /// The dtype is that of [`sum`]. A 0-d array gives one element.
    ///
    /// Options: one axis, `dtype`.
    ///
    /// # Errors
    /// For an axis the array does not have, or several.
    ///
    /// # Examples
    /// ```
    /// # extern crate tnp_cpu;
    /// use tnp_array::cumsum;
    /// assert_eq!(cumsum([[1, 2], [3, 4]], ())?.to_vec::<i64>()?, [1, 3, 6, 10]);
    /// assert_eq!(cumsum([[1, 2], [3, 4]], 0)?.to_vec::<i64>()?, [1, 2, 4, 6]);
    /// # Ok::<(), tnp_array::Error>(())
    /// ```
    cumsum = running(CumulativeOp::Sum);
    /// Running product along an axis; of the elements in C order without one.
    ///
    /// Options: one axis, `dtype`.
    ///
    /// # Errors
    /// As [`cumsum`].
    ///
    cumprod = running(CumulativeOp::Prod);
}

reductions! { functions
    /// The same as [`max`].
    ///
    /// # Errors
    /// As [`max`].
    ///
    amax = extremum(ReduceOp::Max);
    /// The same as [`min`].
    ///
    /// # Errors
    /// As [`min`].
    ///
    amin = extremum(ReduceOp::Min);
    /// How many elements over axes are not zero (int64); NaN is not.
    ///
    /// Options: axes, `keepdims`.
    ///
    /// # Errors
    /// As [`sum`].
    ///
    count_nonzero = nonzero_count();
    /// Sum over axes, NaN counting as zero.
    ///
    /// Options: those of [`sum`].
    ///
    /// # Errors
    /// As [`sum`].
    ///
    nansum = total_of_numbers(ReduceOp::Sum);
    /// Product over axes, NaN counting as one.
    ///
    /// Options: those of [`prod`].
    ///
    /// # Errors
    /// As [`sum`].
    ///
    nanprod = total_of_numbers(ReduceOp::Prod);
    /// Largest element over axes, ignoring NaN; NaN where there is nothing else.
    ///
    /// Options: those of [`max`].
    ///
    /// # Errors
    /// As [`max`].
    ///
    nanmax = extremum_of_numbers(ReduceOp::Max);
    /// Smallest element over axes, ignoring NaN; NaN where there is nothing else.
    ///
    /// Options: those of [`min`].
    ///
    /// # Errors
    /// As [`max`].
    ///
    nanmin = extremum_of_numbers(ReduceOp::Min);
}

/// The dtype of a resolved operand.
pub(crate) fn dtype_of(x: &Operand<'_>) -> DType {
    x.type_info().map_or(DType::Float64, |info| info.dtype)
}

fn total(op: &'static str, kind: ReduceOp, mut x: Operand<'_>, options: Reduce) -> Result<Array> {
    x.resolve()?;
    let taken = Taken::KEEPDIMS
        .and(Taken::DTYPE)
        .and(Taken::WHERE)
        .and(Taken::INITIAL);
    options.check(op, taken)?;
    let own = dtype_of(&x);
    let dtype = match options.dtype {
        Some(dtype) => dtype,
        None => {
            tnp_dtype::reduction(op, ReductionRule::Sum, own)?
                .result
                .dtype
        }
    };
    let axes = axes_of(op, &options.axis, x.shape().len())?;
    let (combine, identity) = match kind {
        ReduceOp::Prod => (Binary::Multiply, Literal::one(own)),
        _ => (Binary::Add, Literal::zero(own)),
    };
    let initial = start(op, &x, options.initial, dtype)?;
    let x = match &options.where_ {
        Some(mask) => {
            let identity = number(&x, identity)?;
            masked(op, x, mask, identity)?
        }
        None => x,
    };
    started(
        combine,
        fold(op, kind, x, &axes, dtype, options.keepdims)?,
        initial,
    )
}

fn extremum(
    op: &'static str,
    kind: ReduceOp,
    mut x: Operand<'_>,
    mut options: Reduce,
) -> Result<Array> {
    x.resolve()?;
    options.check(op, Taken::KEEPDIMS.and(Taken::WHERE).and(Taken::INITIAL))?;
    let dtype = tnp_dtype::reduction(op, ReductionRule::Extremum, dtype_of(&x))?
        .result
        .dtype;
    let axes = axes_of(op, &options.axis, x.shape().len())?;
    let combine = match kind {
        ReduceOp::Min => Binary::Minimum,
        _ => Binary::Maximum,
    };
    let initial = start(op, &x, options.initial.take(), dtype)?;
    let Some(initial) = initial else {
        if options.where_.is_some() {
            return Err(no_identity(op, combine));
        }
        return fold(op, kind, x, &axes, dtype, options.keepdims);
    };
    if let Some(empty) = of_nothing(&x, &axes, &options, &initial)? {
        return Ok(empty);
    }
    let x = match &options.where_ {
        Some(mask) => masked(op, x, mask, initial.lend())?,
        None => x,
    };
    started(
        combine,
        fold(op, kind, x, &axes, dtype, options.keepdims)?,
        Some(initial),
    )
}

#[cold]
fn no_identity(op: &str, combine: Binary) -> Error {
    Error::value(format!(
        "{op}: reduction operation '{}' does not have an identity, so to use a where mask one has to specify 'initial'",
        combine.name()
    ))
}

/// Where an axis to combine is empty, the result is the value to start from everywhere.
fn of_nothing(
    x: &Operand<'_>,
    axes: &Axes,
    options: &Reduce,
    initial: &Operand<'_>,
) -> Result<Option<Array>> {
    let shape = x.shape();
    if axes.iter().all(|&axis| shape[axis] != 0) {
        return Ok(None);
    }
    let result: Dims = if options.keepdims {
        kept(shape, axes)
    } else {
        (0..shape.len())
            .filter(|axis| !axes.contains(axis))
            .map(|axis| shape[axis])
            .collect()
    };
    Ok(Some(expand(initial.lend(), &result)?.into_array()?))
}

fn truth(op: &'static str, kind: ReduceOp, mut x: Operand<'_>, options: Reduce) -> Result<Array> {
    x.resolve()?;
    options.check(op, Taken::KEEPDIMS.and(Taken::WHERE))?;
    let dtype = dtype_of(&x);
    tnp_dtype::reduction(op, ReductionRule::Truth, dtype)?;
    let axes = axes_of(op, &options.axis, x.shape().len())?;
    let x = match &options.where_ {
        Some(mask) => {
            let identity = match kind {
                ReduceOp::All => Literal::one(dtype),
                _ => Literal::zero(dtype),
            };
            let identity = number(&x, identity)?;
            masked(op, x, mask, identity)?
        }
        None => x,
    };
    fold(op, kind, x, &axes, DType::Bool, options.keepdims)
}

fn peak_to_peak(op: &'static str, mut x: Operand<'_>, options: Reduce) -> Result<Array> {
    x.resolve()?;
    options.check(op, Taken::KEEPDIMS)?;
    let dtype = tnp_dtype::reduction(op, ReductionRule::PeakToPeak, dtype_of(&x))?
        .result
        .dtype;
    let axes = axes_of(op, &options.axis, x.shape().len())?;
    // Named here: the primitive would name itself.
    let largest = fold(
        "max",
        ReduceOp::Max,
        x.lend(),
        &axes,
        dtype,
        options.keepdims,
    )
    .map_err(|error| renamed(error, op))?;
    let smallest = fold("min", ReduceOp::Min, x, &axes, dtype, options.keepdims)?;
    two(Binary::Subtract, largest, smallest)
}

/// The error under the name the user called.
#[cold]
fn renamed(error: Error, op: &str) -> Error {
    match error.message().split_once(": ") {
        Some((_, rest)) => Error::new(error.kind(), format!("{op}: {rest}")),
        None => error.in_op(op),
    }
}

fn extreme_position(
    op: &'static str,
    kind: ArgReduceOp,
    mut x: Operand<'_>,
    options: Reduce,
) -> Result<Array> {
    x.resolve()?;
    options.check(op, Taken::KEEPDIMS)?;
    tnp_dtype::reduction(op, ReductionRule::ArgExtremum, dtype_of(&x))?;
    let ndim = x.shape().len();
    let axis = axis_of(op, &options.axis, ndim)?;
    let shape: Option<Dims> = options.keepdims.then(|| {
        let axes = axis.map_or_else(|| (0..ndim).collect(), |axis| Axes::from_slice(&[axis]));
        kept(x.shape(), &axes)
    });
    if axis.map_or_else(|| x.shape().contains(&0), |axis| x.shape()[axis] == 0) {
        return Err(Error::value(format!(
            "{op}: attempt to get {op} of an empty sequence: the shape is {}",
            tnp_shape::tuple(x.shape())
        )));
    }
    let (x, axis) = match axis {
        Some(axis) => (x, axis),
        None => (Operand::Owned(flat(x)?), 0),
    };
    let position = bind1(&Prim::ArgReduce { op: kind, axis }, &mut [x])?;
    match shape {
        Some(shape) => reshaped(Operand::Owned(position), shape),
        None => Ok(position),
    }
}

fn running(
    op: &'static str,
    kind: CumulativeOp,
    mut x: Operand<'_>,
    options: Reduce,
) -> Result<Array> {
    x.resolve()?;
    options.check(op, Taken::DTYPE)?;
    let dtype = match options.dtype {
        Some(dtype) => dtype,
        None => {
            tnp_dtype::reduction(op, ReductionRule::Cumulative, dtype_of(&x))?
                .result
                .dtype
        }
    };
    let axis = axis_of(op, &options.axis, x.shape().len())?;
    let (x, axis) = match axis {
        Some(axis) => (x, axis),
        None => (Operand::Owned(flat(x)?), 0),
    };
    let prim = Prim::Cumulative {
        op: kind,
        axis,
        reverse: false,
        dtype,
    };
    bind1(&prim, &mut [x])
}

fn nonzero_count(op: &'static str, mut x: Operand<'_>, options: Reduce) -> Result<Array> {
    x.resolve()?;
    options.check(op, Taken::KEEPDIMS)?;
    let dtype = tnp_dtype::reduction(op, ReductionRule::Count, dtype_of(&x))?
        .result
        .dtype;
    let axes = axes_of(op, &options.axis, x.shape().len())?;
    let truth = x.astype(DType::Bool)?;
    fold(op, ReduceOp::Sum, truth, &axes, dtype, options.keepdims)
}

/// Where an operand of floats is a number, and the mask given holds; `None` for other dtypes without a mask.
pub(crate) fn numbers(op: &str, x: &Operand<'_>, options: &Reduce) -> Result<Option<Array>> {
    if !dtype_of(x).is_inexact() {
        return Ok(options.where_.clone());
    }
    let valid = one(Unary::Invert, Operand::Owned(one(Unary::IsNan, x.lend())?))?;
    let Some(mask) = &options.where_ else {
        return Ok(Some(valid));
    };
    let shape = Dims::from_slice(valid.shape());
    check_mask(op, mask, &shape)?;
    let mask = expand(Operand::Borrowed(mask), &shape)?;
    Ok(Some(two(Binary::BitwiseAnd, Operand::Owned(valid), mask)?))
}

fn total_of_numbers(
    op: &'static str,
    kind: ReduceOp,
    mut x: Operand<'_>,
    mut options: Reduce,
) -> Result<Array> {
    x.resolve()?;
    options.where_ = numbers(op, &x, &options)?;
    total(op, kind, x, options)
}

fn extremum_of_numbers(
    op: &'static str,
    kind: ReduceOp,
    mut x: Operand<'_>,
    mut options: Reduce,
) -> Result<Array> {
    x.resolve()?;
    let dtype = dtype_of(&x);
    if !dtype.is_inexact() {
        return extremum(op, kind, x, options);
    }
    options.check(op, Taken::KEEPDIMS.and(Taken::WHERE).and(Taken::INITIAL))?;
    let (combine, worst) = match kind {
        ReduceOp::Min => (Binary::Minimum, f64::INFINITY),
        _ => (Binary::Maximum, f64::NEG_INFINITY),
    };
    if options.where_.is_some() && options.initial.is_none() {
        return Err(no_identity(op, combine));
    }
    let axes = axes_of(op, &options.axis, x.shape().len())?;
    let initial = start(op, &x, options.initial.take(), dtype)?;
    if let Some(initial) = &initial
        && let Some(empty) = of_nothing(&x, &axes, &options, initial)?
    {
        return Ok(empty);
    }
    let Some(valid) = numbers(op, &x, &options)? else {
        return Err(Error::value(format!("{op}: not an array of floats")));
    };
    let worst = number(&x, Literal::new(c128::new(worst, worst)).cast(dtype))?;
    let x = masked(op, x, &valid, worst)?;
    let result =
        fold(op, kind, x, &axes, dtype, options.keepdims).map_err(|error| renamed(error, op))?;
    if initial.is_some() {
        return started(combine, result, initial);
    }
    let found = fold(
        op,
        ReduceOp::Any,
        Operand::Owned(valid),
        &axes,
        DType::Bool,
        options.keepdims,
    )?;
    let nan = constant(
        &result,
        Literal::new(f64::NAN).cast(dtype),
        &Dims::from_slice(result.shape()),
    )?;
    either(Operand::Owned(found), Operand::Owned(result), nan)
}
