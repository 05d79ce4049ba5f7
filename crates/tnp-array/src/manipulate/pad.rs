//! `pad`: a border around an array, in every mode NumPy has.
//!
//! Axes are padded one after another, each on what the ones before made, so that corners follow the last axis.

use smallvec::{SmallVec, smallvec};
use tnp_backend::prim::{Binary, Prim, ReduceOp, SliceSpec, Unary};
use tnp_backend::{Error, Result};
use tnp_dtype::{DType, Literal, ReductionRule};
use tnp_shape::Dims;

use super::join::joined;
use super::repeat::tiled;
use super::{pick, reshape_to, slice_axis, stretch};
use crate::bind::bind1;
use crate::create::spaced;
use crate::promote::{at_home, home};
use crate::{Array, Operand, Shape, Space};

const OP: &str = "pad";

/// How wide a border is: `2` everywhere, `(1, 2)` before and after every axis, or `[(1, 2), (0, 3)]` for each axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PadWidth(Vec<(isize, isize)>);

/// Values of a border, before and after: one for all, a pair for every axis, or a pair for each.
pub struct PadValues {
    pairs: Vec<(Operand<'static>, Operand<'static>)>,
    each: bool,
}

/// How many elements of each edge a statistic looks at; `()` for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatLength(Vec<(Option<isize>, Option<isize>)>);

/// What a reflection does with values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reflection {
    /// Keeps them.
    #[default]
    Even,
    /// Mirrors them too, at the edge's value: `2 * edge - x`.
    Odd,
}

/// What a border is filled with. NumPy's name of a mode, as text, is that mode with its defaults; `()` is zeros.
///
/// # Examples
/// ```
/// use tnp_array::{Pad, Reflection};
/// let (nines, mirrored) = (Pad::Constant(9.into()), Pad::Reflect(Reflection::Odd));
/// ```
pub enum Pad {
    /// These values.
    Constant(PadValues),
    /// The edge's values.
    Edge,
    /// A line from the edge to these values.
    LinearRamp(PadValues),
    /// The largest.
    Maximum(StatLength),
    /// The mean.
    Mean(StatLength),
    /// The median.
    Median(StatLength),
    /// The smallest.
    Minimum(StatLength),
    /// The array mirrored, its edge being the mirror.
    Reflect(Reflection),
    /// The array mirrored, its edge repeated.
    Symmetric(Reflection),
    /// The array again, from its other end.
    Wrap,
    /// Values that are not said: zeros.
    Empty,
    /// A mode by NumPy's name.
    Named(String),
}

impl From<()> for Pad {
    fn from((): ()) -> Pad {
        Pad::Constant(0.into())
    }
}

impl From<&str> for Pad {
    fn from(name: &str) -> Pad {
        Pad::Named(name.to_owned())
    }
}

impl Pad {
    fn known(self) -> Result<Pad> {
        let Pad::Named(name) = self else {
            return Ok(self);
        };
        Ok(match name.as_str() {
            "constant" => Pad::Constant(0.into()),
            "edge" => Pad::Edge,
            "linear_ramp" => Pad::LinearRamp(0.into()),
            "maximum" => Pad::Maximum(().into()),
            "mean" => Pad::Mean(().into()),
            "median" => Pad::Median(().into()),
            "minimum" => Pad::Minimum(().into()),
            "reflect" => Pad::Reflect(Reflection::Even),
            "symmetric" => Pad::Symmetric(Reflection::Even),
            "wrap" => Pad::Wrap,
            "empty" => Pad::Empty,
            _ => {
                return Err(Error::value(format!(
                    "{OP}: mode '{name}' is not supported; the modes are constant, edge, linear_ramp, maximum, mean, \
                     median, minimum, reflect, symmetric, wrap and empty"
                )));
            }
        })
    }
}

macro_rules! widths {
    ($($t:ty),*) => {$(
        impl From<$t> for PadWidth {
            fn from(width: $t) -> PadWidth {
                PadWidth::from((width, width))
            }
        }
        impl From<($t, $t)> for PadWidth {
            fn from(widths: ($t, $t)) -> PadWidth {
                PadWidth::from([widths])
            }
        }
        impl<const N: usize> From<[($t, $t); N]> for PadWidth {
            fn from(widths: [($t, $t); N]) -> PadWidth {
                PadWidth::from(&widths[..])
            }
        }
        impl From<Vec<($t, $t)>> for PadWidth {
            fn from(widths: Vec<($t, $t)>) -> PadWidth {
                PadWidth::from(&widths[..])
            }
        }
        impl From<&[($t, $t)]> for PadWidth {
            fn from(widths: &[($t, $t)]) -> PadWidth {
                let signed = |width| isize::try_from(width).unwrap_or(isize::MAX);
                PadWidth(widths.iter().map(|&(before, after)| (signed(before), signed(after))).collect())
            }
        }
        impl From<$t> for StatLength {
            fn from(length: $t) -> StatLength {
                StatLength::from([(length, length)])
            }
        }
        impl From<($t, $t)> for StatLength {
            fn from(lengths: ($t, $t)) -> StatLength {
                StatLength::from([lengths])
            }
        }
        impl<const N: usize> From<[($t, $t); N]> for StatLength {
            fn from(lengths: [($t, $t); N]) -> StatLength {
                let PadWidth(lengths) = PadWidth::from(lengths);
                StatLength(lengths.into_iter().map(|(before, after)| (Some(before), Some(after))).collect())
            }
        }
    )*};
}
widths!(i32, i64, isize, usize);

impl From<()> for StatLength {
    fn from((): ()) -> StatLength {
        StatLength(vec![(None, None)])
    }
}

impl<T: Into<Operand<'static>>> From<T> for PadValues {
    fn from(value: T) -> PadValues {
        let value = value.into();
        let again = match &value {
            Operand::Scalar(scalar) => Operand::Scalar(*scalar),
            Operand::Failed(error) => Operand::Failed(error.clone()),
            Operand::Owned(array) => Operand::Owned(array.clone()),
            Operand::Numbers(numbers) => Operand::Numbers(numbers.clone()),
            Operand::Borrowed(array) => Operand::Owned((*array).clone()),
            Operand::Reusable(array) => Operand::Owned((**array).clone()),
        };
        PadValues {
            pairs: vec![(value, again)],
            each: false,
        }
    }
}

impl<A: Into<Operand<'static>>, B: Into<Operand<'static>>> From<(A, B)> for PadValues {
    fn from((before, after): (A, B)) -> PadValues {
        PadValues {
            pairs: vec![(before.into(), after.into())],
            each: false,
        }
    }
}

impl<A: Into<Operand<'static>>, B: Into<Operand<'static>>, const N: usize> From<[(A, B); N]>
    for PadValues
{
    fn from(pairs: [(A, B); N]) -> PadValues {
        let each = N > 1;
        let pairs = pairs
            .into_iter()
            .map(|(before, after)| (before.into(), after.into()));
        PadValues {
            pairs: pairs.collect(),
            each,
        }
    }
}

impl From<Vec<(Operand<'static>, Operand<'static>)>> for PadValues {
    fn from(pairs: Vec<(Operand<'static>, Operand<'static>)>) -> PadValues {
        PadValues {
            each: pairs.len() > 1,
            pairs,
        }
    }
}

impl From<Vec<(Option<isize>, Option<isize>)>> for StatLength {
    fn from(lengths: Vec<(Option<isize>, Option<isize>)>) -> StatLength {
        StatLength(lengths)
    }
}

/// One pair for each axis: the only one for all, or as many as there are axes.
fn for_axis<'a, T>(what: &str, pairs: &'a [T], axis: usize, ndim: usize) -> Result<&'a T> {
    let at = if pairs.len() == 1 { 0 } else { axis };
    match pairs.get(at) {
        Some(pair) if pairs.len() == 1 || pairs.len() == ndim => Ok(pair),
        _ => Err(Error::value(format!(
            "{OP}: operands could not be broadcast together: {} pairs of {what} for {ndim} axes",
            pairs.len()
        ))),
    }
}

/// The array with a border; see [`Pad`] for the modes. Zeros with `()`.
///
/// # Errors
/// For negative widths, widths or values that are not for each axis, an unknown mode, or an empty axis that a mode cannot extend.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{Pad, arange, pad};
/// let x = arange((1, 4))?;
/// assert_eq!(pad(&x, (1, 2), ())?.to_vec::<i64>()?, [0, 1, 2, 3, 0, 0]);
/// assert_eq!(pad(&x, 2, "reflect")?.to_vec::<i64>()?, [3, 2, 1, 2, 3, 2, 1]);
/// assert_eq!(pad(&x, 1, Pad::Constant((8, 9).into()))?.to_vec::<i64>()?, [8, 1, 2, 3, 9]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.pad.html>
pub fn pad<'a>(
    x: impl Into<Operand<'a>>,
    pad_width: impl Into<PadWidth>,
    mode: impl Into<Pad>,
) -> Result<Array> {
    let (x, width, mode) = (x.into(), pad_width.into(), mode.into());
    // The values of the border are made where the array is.
    at_home(home(&[&x]), || padded(x, &width, mode)).map_err(|error| error.in_op(OP))
}

type Widths = SmallVec<[(usize, usize); 4]>;

fn padded(x: Operand<'_>, width: &PadWidth, mode: Pad) -> Result<Array> {
    let mode = mode.known()?;
    let x = x.into_array()?;
    let (ndim, weak) = (x.ndim(), x.is_weak());
    let mut widths = Widths::new();
    for axis in 0..ndim {
        let &(before, after) = for_axis("widths", &width.0, axis, ndim)?;
        let size = |width| {
            usize::try_from(width)
                .map_err(|_| Error::value(format!("{OP}: index can't contain negative values")))
        };
        widths.push((size(before)?, size(after)?));
    }
    if widths
        .iter()
        .all(|&(before, after)| before == 0 && after == 0)
    {
        return Ok(x);
    }
    let extends = !matches!(mode, Pad::Constant(_) | Pad::Empty);
    let zero = Array::from_literal(Literal::zero(x.dtype()))?;
    if extends && x.size() == 0 {
        let shape = x.shape().to_vec();
        if let Some(axis) = (0..ndim).find(|&axis| shape[axis] == 0 && widths[axis] != (0, 0)) {
            return Err(Error::value(format!(
                "{OP}: can't extend empty axis {axis} using modes other than 'constant' or 'empty'"
            )));
        }
        return bordered(x, &widths, zero);
    }
    let result = match mode {
        Pad::Empty => bordered(x, &widths, zero)?,
        Pad::Constant(values) => constants(x, &widths, values)?,
        mode => {
            let mut x = x;
            for (axis, &widths) in widths.iter().enumerate() {
                if widths != (0, 0) {
                    x = extended(x, axis, widths, &mode)?;
                }
            }
            x
        }
    };
    Ok(result.with_weak(weak))
}

/// One value all around.
fn bordered(x: Array, widths: &[(usize, usize)], value: Array) -> Result<Array> {
    let prim = Prim::Pad {
        low: widths.iter().map(|widths| widths.0).collect(),
        high: widths.iter().map(|widths| widths.1).collect(),
    };
    bind1(&prim, &mut [Operand::Owned(x), Operand::Owned(value)])
}

/// A border value as a 0-d array of the array's dtype, converted as assignment does.
fn border_value(value: &Operand<'static>, dtype: DType) -> Result<Array> {
    let mut value = value.lend();
    let array = value.array()?.clone();
    if array.size() != 1 {
        return Err(Error::value(format!(
            "{OP}: a border value must be one number, not an array of {} elements",
            array.size()
        )));
    }
    let array = reshape_to(OP, Operand::Owned(array), Dims::new())?;
    Ok(array.astype(dtype)?.with_weak(false))
}

fn constants(x: Array, widths: &[(usize, usize)], values: PadValues) -> Result<Array> {
    let (ndim, dtype) = (x.ndim(), x.dtype());
    if let [(Operand::Scalar(before), Operand::Scalar(after))] = &values.pairs[..]
        && before == after
    {
        return bordered(x, widths, border_value(&values.pairs[0].0, dtype)?);
    }
    let mut x = x;
    for (axis, &(before, after)) in widths.iter().enumerate() {
        let (low, high) = for_axis("values", &values.pairs, axis, ndim)?;
        for (width, value) in [((before, 0), low), ((0, after), high)] {
            if width != (0, 0) {
                let mut only = vec![(0, 0); ndim];
                only[axis] = width;
                x = bordered(x, &only, border_value(value, dtype)?)?;
            }
        }
    }
    Ok(x)
}

fn extended(x: Array, axis: usize, widths: (usize, usize), mode: &Pad) -> Result<Array> {
    let size = x.shape()[axis];
    match mode {
        Pad::Edge => edges(x, axis, widths),
        Pad::LinearRamp(values) => ramps(x, axis, widths, values),
        Pad::Maximum(lengths) => statistics(x, axis, widths, lengths, Statistic::Max),
        Pad::Minimum(lengths) => statistics(x, axis, widths, lengths, Statistic::Min),
        Pad::Mean(lengths) => statistics(x, axis, widths, lengths, Statistic::Mean),
        Pad::Median(lengths) => statistics(x, axis, widths, lengths, Statistic::Median),
        // NumPy extends one element by itself, though there is nothing to mirror.
        Pad::Reflect(_) | Pad::Symmetric(_) if size == 1 => edges(x, axis, widths),
        Pad::Reflect(Reflection::Odd) => mirrored_values(x, axis, widths, false),
        Pad::Symmetric(Reflection::Odd) => mirrored_values(x, axis, widths, true),
        Pad::Reflect(Reflection::Even) => periodic(x, axis, widths, size - 1, true),
        Pad::Symmetric(Reflection::Even) => periodic(x, axis, widths, size, true),
        Pad::Wrap => periodic(x, axis, widths, size, false),
        Pad::Constant(_) | Pad::Empty | Pad::Named(_) => Ok(x),
    }
}

fn part(x: &Array, axis: usize, start: usize, len: usize, step: isize) -> Result<Array> {
    let spec = SliceSpec { start, len, step };
    slice_axis(OP, Operand::Borrowed(x), axis, spec)
}

/// What comes before, the array, what comes after; parts without elements are left out.
fn surrounded(x: Array, axis: usize, before: Option<Array>, after: Option<Array>) -> Result<Array> {
    let parts = [before, Some(x), after].into_iter().flatten();
    joined(OP, parts.map(Operand::Owned).collect(), axis)
}

/// An array of size one along an axis, repeated along it; nothing for a width of zero.
fn widened(x: &Array, axis: usize, width: usize) -> Result<Option<Array>> {
    if width == 0 {
        return Ok(None);
    }
    let mut shape = Dims::from_slice(x.shape());
    shape[axis] = width;
    stretch(OP, Operand::Borrowed(x), &shape)?
        .into_array()
        .map(Some)
}

fn edges(x: Array, axis: usize, (before, after): (usize, usize)) -> Result<Array> {
    let size = x.shape()[axis];
    let low = widened(&part(&x, axis, 0, 1, 1)?, axis, before)?;
    let high = widened(&part(&x, axis, size - 1, 1, 1)?, axis, after)?;
    surrounded(x, axis, low, high)
}

fn ramps(
    x: Array,
    axis: usize,
    (before, after): (usize, usize),
    values: &PadValues,
) -> Result<Array> {
    let (low, high) = for_axis("values", &values.pairs, axis, x.ndim())?;
    let size = x.shape()[axis];
    let ramp = |width: usize, end: &Operand<'static>, at: usize| -> Result<Option<Array>> {
        if width == 0 {
            return Ok(None);
        }
        let edge = pick(
            OP,
            Operand::Borrowed(&x),
            axis,
            SliceSpec {
                start: at,
                len: 1,
                step: 1,
            },
        )?;
        // Values for all axes reach NumPy's `linspace` as array elements, a list for each axis as plain numbers.
        let end = match end.lend() {
            scalar @ Operand::Scalar(_) if values.each => scalar,
            end => Operand::Owned(end.into_array()?.with_weak(false)),
        };
        let options = Space::num(width as isize)
            .endpoint(false)
            .dtype(x.dtype())
            .axis(axis as isize);
        // bfloat16 has no common dtype with the integers that ends may be; float64 holds both.
        let (end, edge) = if x.dtype() == DType::BFloat16 {
            (end.astype(DType::Float64)?, edge.astype(DType::Float64)?)
        } else {
            (end, edge)
        };
        Ok(Some(spaced(OP, end, Operand::Owned(edge), &options)?.0))
    };
    let low = ramp(before, low, 0)?;
    let high = match ramp(after, high, size - 1)? {
        Some(ramp) => Some(part(
            &ramp,
            axis,
            after - 1,
            after,
            if after > 1 { -1 } else { 1 },
        )?),
        None => None,
    };
    surrounded(x, axis, low, high)
}

// ---- statistics

#[derive(Clone, Copy, PartialEq, Eq)]
enum Statistic {
    Max,
    Min,
    Mean,
    Median,
}

fn statistics(
    x: Array,
    axis: usize,
    (before, after): (usize, usize),
    lengths: &StatLength,
    statistic: Statistic,
) -> Result<Array> {
    let size = x.shape()[axis];
    let &(low, high) = for_axis("lengths", &lengths.0, axis, x.ndim())?;
    let length = |length: Option<isize>| match length {
        None => Ok(size),
        Some(length) => usize::try_from(length)
            .map(|length| length.min(size))
            .map_err(|_| Error::value(format!("{OP}: index can't contain negative values"))),
    };
    let (low, high) = (length(low)?, length(high)?);
    if (low == 0 || high == 0) && matches!(statistic, Statistic::Max | Statistic::Min) {
        return Err(Error::value(format!(
            "{OP}: stat_length of 0 yields no value for padding"
        )));
    }
    let of = |start, len| {
        let value = statistic_of(part(&x, axis, start, len, 1)?, axis, statistic)?;
        // Integers take the nearest whole number, halves to even.
        let value = if x.dtype().is_integer() && value.dtype().is_float() {
            bind1(&Prim::Unary(Unary::Rint), &mut [Operand::Owned(value)])?
        } else {
            value
        };
        value.astype(x.dtype())
    };
    let left = of(0, low)?;
    let right = if low == size && high == size {
        left.clone()
    } else {
        of(size - high, high)?
    };
    let (left, right) = (widened(&left, axis, before)?, widened(&right, axis, after)?);
    surrounded(x, axis, left, right)
}

/// A statistic along an axis, which stays with size one.
fn statistic_of(x: Array, axis: usize, statistic: Statistic) -> Result<Array> {
    match statistic {
        Statistic::Max => reduced(x, axis, ReduceOp::Max, None),
        Statistic::Min => reduced(x, axis, ReduceOp::Min, None),
        Statistic::Mean => mean(x, axis),
        Statistic::Median => median(x, axis),
    }
}

fn reduced(x: Array, axis: usize, op: ReduceOp, dtype: Option<DType>) -> Result<Array> {
    let mut shape = Dims::from_slice(x.shape());
    shape[axis] = 1;
    let prim = Prim::Reduce {
        op,
        axes: smallvec![axis],
        dtype: dtype.unwrap_or(x.dtype()),
    };
    let result = bind1(&prim, &mut [Operand::Owned(x)])?;
    reshape_to(OP, Operand::Owned(result), shape)
}

fn mean(x: Array, axis: usize) -> Result<Array> {
    let size = x.shape()[axis];
    let promoted = tnp_dtype::reduction(OP, ReductionRule::Mean, x.type_info())?;
    let sum = reduced(x, axis, ReduceOp::Sum, Some(promoted.inputs))?;
    let shape = Dims::from_slice(sum.shape());
    let count = Array::from_literal(Literal::new(size as f64).cast(promoted.inputs))?;
    let count = stretch(OP, Operand::Owned(count), &shape)?;
    let mean = bind1(
        &Prim::Binary(Binary::Divide),
        &mut [Operand::Owned(sum), count],
    )?;
    mean.astype(promoted.result.dtype)
}

fn median(x: Array, axis: usize) -> Result<Array> {
    let size = x.shape()[axis];
    if size == 0 {
        return mean(x, axis);
    }
    let sorted = bind1(&Prim::Sort { axis }, &mut [Operand::Owned(x)])?;
    let middle = part(&sorted, axis, (size - 1) / 2, 2 - size % 2, 1)?;
    let median = mean(middle, axis)?;
    if !sorted.dtype().is_inexact() {
        return Ok(median);
    }
    // NaN sorts last, and makes the median NaN.
    let last = part(&sorted, axis, size - 1, 1, 1)?;
    let is_nan = bind1(&Prim::Unary(Unary::IsNan), &mut [Operand::Borrowed(&last)])?;
    let last = last.astype(median.dtype())?;
    bind1(
        &Prim::Select,
        &mut [
            Operand::Owned(is_nan),
            Operand::Owned(last),
            Operand::Owned(median),
        ],
    )
}

// ---- reflections and repetitions

/// How many pieces are joined one by one; more are cut out of a tiled period.
const PIECES: usize = 16;

/// The array continued on both sides: in units of its first `unit` elements and, when mirrored, as many backwards from its
/// last, by turns.
fn periodic(
    x: Array,
    axis: usize,
    (before, after): (usize, usize),
    unit: usize,
    mirrored: bool,
) -> Result<Array> {
    let size = x.shape()[axis];
    let too_big = || Error::value(format!("{OP}: array is too big"));
    let total = before
        .checked_add(size)
        .and_then(|sum| sum.checked_add(after))
        .ok_or_else(too_big)?;
    let turns = if mirrored { 2 } else { 1 };
    let period = unit * turns;
    // Where the result begins in the period.
    let start = (period - before % period) % period;
    let end = start.checked_add(total).ok_or_else(too_big)?;
    // A piece of a unit, by positions in the unit.
    let piece = |number: usize, from: usize, to: usize| {
        if mirrored && number % 2 == 1 {
            let step = if to - from > 1 { -1 } else { 1 };
            part(&x, axis, size - 1 - from, to - from, step)
        } else {
            part(&x, axis, from, to - from, 1)
        }
    };
    let first = start / unit;
    let last = (end - 1) / unit;
    if last - first < PIECES {
        let mut pieces = Vec::new();
        for number in first..=last {
            let (low, high) = (number * unit, (number + 1) * unit);
            let (from, to) = (start.max(low) - low, end.min(high) - low);
            pieces.push(Operand::Owned(piece(number, from, to)?));
        }
        return joined(OP, pieces, axis);
    }
    let units = (0..turns).map(|number| piece(number, 0, unit).map(Operand::Owned));
    let whole = joined(OP, units.collect::<Result<_>>()?, axis)?;
    let mut counts = Shape(SmallVec::from_elem(1, x.ndim()));
    counts.0[axis] = end.div_ceil(period) as isize;
    let tiled = tiled(OP, Operand::Owned(whole), &counts)?;
    part(&tiled, axis, start, total, 1)
}

/// Mirrored positions and values: each side grows by at most a period at a time, every time mirrored at its new edge.
fn mirrored_values(
    x: Array,
    axis: usize,
    (before, after): (usize, usize),
    with_edge: bool,
) -> Result<Array> {
    let original = x.shape()[axis];
    let (mut before, mut after, mut x) = (before, after, x);
    let skipped = usize::from(!with_edge);
    while before > 0 || after > 0 {
        let size = x.shape()[axis];
        let period = if with_edge {
            size / original * original
        } else {
            (size - 1) / (original - 1) * (original - 1)
        };
        let (left, right) = (before.min(period), after.min(period));
        let side = |len: usize, edge: usize, from: usize| -> Result<Option<Array>> {
            if len == 0 {
                return Ok(None);
            }
            let chunk = part(&x, axis, from, len, if len > 1 { -1 } else { 1 })?;
            let edge = part(&x, axis, edge, 1, 1)?;
            mirrored(&edge, chunk).map(Some)
        };
        let low = side(left, 0, left + skipped - usize::from(left > 0))?;
        let high = side(right, size - 1, size - 1 - skipped)?;
        x = surrounded(x, axis, low, high)?;
        before -= left;
        after -= right;
    }
    Ok(x)
}

/// `2 * edge - chunk` in the dtype's own arithmetic; truth values count as integers.
fn mirrored(edge: &Array, chunk: Array) -> Result<Array> {
    let dtype = chunk.dtype();
    let wide = if dtype.is_bool() { DType::Int64 } else { dtype };
    let (edge, chunk) = (edge.astype(wide)?, chunk.astype(wide)?);
    let two = Array::from_literal(Literal::new(2i64).cast(wide))?;
    let own = Dims::from_slice(edge.shape());
    let two = stretch(OP, Operand::Owned(two), &own)?;
    let doubled = bind1(
        &Prim::Binary(Binary::Multiply),
        &mut [two, Operand::Owned(edge)],
    )?;
    let shape = Dims::from_slice(chunk.shape());
    let doubled = stretch(OP, Operand::Owned(doubled), &shape)?;
    let mirrored = bind1(
        &Prim::Binary(Binary::Subtract),
        &mut [doubled, Operand::Owned(chunk)],
    )?;
    mirrored.astype(dtype)
}
