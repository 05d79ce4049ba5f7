//! Arrays made longer by repeating them whole (`tile`) or element by element (`repeat`).

use tnp_backend::prim::{AxisIndex, CumulativeOp, Prim, Side, SliceSpec};
use tnp_backend::{Error, Result, checked_size};
use tnp_dtype::{Casting, DType, Literal, Scalar, can_cast};
use tnp_shape::{Dims, normalize_axis};

use super::{layout, ravelled, repeat_axis, reshape_to};
use crate::array::host_literals;
use crate::bind::bind1;
use crate::device::scoped_device;
use crate::promote::{at_home, home};
use crate::{Array, Axis, Operand, Order, Shape};

/// The array repeated as a whole, a number of times along each axis; counts and axes are matched from the last.
///
/// # Errors
/// For a negative count, or a result that is too big.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{arange, tile};
/// assert_eq!(tile(arange(2)?, 3)?.to_vec::<i64>()?, [0, 1, 0, 1, 0, 1]);
/// assert_eq!(tile(arange(2)?, [2, 2])?.shape(), [2, 4]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.tile.html>
pub fn tile<'a>(x: impl Into<Operand<'a>>, reps: impl Into<Shape>) -> Result<Array> {
    tiled("tile", x.into(), &reps.into())
}

pub(super) fn tiled(op: &str, mut x: Operand<'_>, reps: &Shape) -> Result<Array> {
    let array = x.array().map_err(|error| error.in_op(op))?;
    let dtype = array.dtype();
    let own = Dims::from_slice(array.shape());
    let reps = reps.dims().map_err(|error| error.in_op(op))?;
    let ndim = own.len().max(reps.len());
    // Axis by axis: the count, then the size it repeats.
    let (mut pairs, mut shape, mut dims) = (Dims::new(), Dims::new(), Dims::new());
    for axis in 0..ndim {
        let from_end = ndim - axis;
        let count = reps.len().checked_sub(from_end).map_or(1, |at| reps[at]);
        let size = own.len().checked_sub(from_end).map_or(1, |at| own[at]);
        if from_end <= own.len() {
            dims.push(pairs.len() + 1);
        }
        pairs.extend_from_slice(&[count, size]);
        shape.push(count.checked_mul(size).ok_or_else(|| {
            Error::value(format!(
                "{op}: array is too big; {count} times {size} overflows"
            ))
        })?);
    }
    checked_size(&shape, dtype).map_err(|error| error.in_op(op))?;
    if shape == own {
        return x.into_array();
    }
    let prim = Prim::BroadcastInDim { shape: pairs, dims };
    let repeated = layout(op, &prim, x)?;
    reshape_to(op, Operand::Owned(repeated), shape)
}

/// Each element repeated: as often as one number says, or a number of its own for each position of the axis. With `()` as
/// axis the array is flattened first.
///
/// # Errors
/// For negative counts, counts that are no integers or of another number than the axis is long; inside a trace or a map
/// when the counts are an array of it, since the size of the result would depend on values.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{arange, repeat};
/// assert_eq!(repeat(arange(2)?, 2, ())?.to_vec::<i64>()?, [0, 0, 1, 1]);
/// assert_eq!(repeat(arange(2)?, [1, 3], 0)?.to_vec::<i64>()?, [0, 1, 1, 1]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.repeat.html>
pub fn repeat<'a, 'b>(
    x: impl Into<Operand<'a>>,
    repeats: impl Into<Operand<'b>>,
    axis: impl Into<Axis>,
) -> Result<Array> {
    repeated(x.into(), repeats.into(), &axis.into())
}

fn repeated(mut x: Operand<'_>, repeats: Operand<'_>, axis: &Axis) -> Result<Array> {
    const OP: &str = "repeat";
    let array = x.array().map_err(|error| error.in_op(OP))?;
    let axis = match (axis.0.as_deref(), array.ndim()) {
        (None, 1) => 0,
        (None, _) => {
            x = Operand::Owned(ravelled(OP, x, Order::C)?);
            0
        }
        // A 0-d array counts as one of one element.
        (Some(axes), ndim) => {
            let &[axis] = axes else {
                return Err(Error::dtype(format!(
                    "{OP}: one axis is needed, {} were given",
                    axes.len()
                )));
            };
            let at =
                normalize_axis(axis, ndim.max(1)).map_err(|error| Error::from(error).in_op(OP))?;
            if ndim == 0 {
                x = Operand::Owned(ravelled(OP, x, Order::C)?);
            }
            at
        }
    };
    // A list of counts goes where the array is.
    let repeats = match (repeats, home(&[&x]), scoped_device()) {
        (Operand::Owned(counts), Some(device), None) if counts.boxed().is_none() => {
            Operand::Owned(counts.to(device)?)
        }
        (Operand::Numbers(counts), Some(device), None) => {
            let counts = counts.array().map_err(|error| error.in_op(OP))?;
            Operand::Owned(counts.to(device)?)
        }
        (repeats, _, _) => repeats,
    };
    match counts(repeats)? {
        Counts::One(count) => by_number(x, count, axis),
        Counts::Each(counts, total) => by_array(x, counts, total, axis),
    }
}

enum Counts {
    One(usize),
    /// The counts, and their sum.
    Each(Array, usize),
}

fn counts(repeats: Operand<'_>) -> Result<Counts> {
    let negative = || Error::value("repeat: repeats may not contain negative values.");
    if let Operand::Scalar(Scalar::Int(count)) = repeats {
        return usize::try_from(count)
            .map(Counts::One)
            .map_err(|_| negative());
    }
    let repeats = repeats
        .into_array()
        .map_err(|error| error.in_op("repeat"))?;
    let dtype = repeats.dtype();
    if !can_cast(dtype, DType::Int64, Casting::Safe) {
        return Err(Error::dtype(format!(
            "repeat: Cannot cast array data from dtype('{dtype}') to dtype('int64') according to the rule 'safe'; \
             the counts must be integers"
        )));
    }
    if repeats.ndim() > 1 {
        return Err(Error::value(format!(
            "repeat: object too deep for desired array: the counts have {} axes, at most one is taken",
            repeats.ndim()
        )));
    }
    if repeats.boxed().is_some() {
        return Err(Error::scope(
            "repeat: the size of the result depends on the values of `repeats`, which a traced or mapped function does \
             not know; give one number, or an array made outside",
        ));
    }
    // Values that are there are looked at as they are, whatever transformation is in force.
    let known = host_literals(&repeats)?;
    let number = |count: &Literal| {
        count
            .to_i128()
            .and_then(|count| usize::try_from(count).ok())
    };
    if let [count] = &known[..] {
        return number(count).map(Counts::One).ok_or_else(negative);
    }
    let mut total = 0usize;
    for count in &known {
        let count = number(count).ok_or_else(negative)?;
        let sum = total
            .checked_add(count)
            .filter(|&sum| sum <= isize::MAX as usize);
        total = sum.ok_or_else(|| {
            Error::value("repeat: array is too big; the sum of the counts overflows")
        })?;
    }
    let repeats = repeats.astype(DType::Int64)?;
    Ok(Counts::Each(repeats, total))
}

fn by_number(x: Operand<'_>, count: usize, axis: usize) -> Result<Array> {
    let mut shape = Dims::from_slice(x.shape());
    shape[axis] = shape[axis].checked_mul(count).ok_or_else(|| {
        Error::value(format!(
            "repeat: array is too big; {count} times {} overflows",
            shape[axis]
        ))
    })?;
    let repeated = repeat_axis("repeat", x, axis + 1, count)?;
    reshape_to("repeat", Operand::Owned(repeated), shape)
}

/// The running sum of the counts says where each element ends; a search in it, which element stands at each place.
fn by_array(x: Operand<'_>, counts: Array, total: usize, axis: usize) -> Result<Array> {
    let size = x.shape()[axis];
    if counts.size() != size {
        return Err(Error::value(format!(
            "repeat: operands could not be broadcast together with shape ({size},) ({},)",
            counts.size()
        )));
    }
    if size == 0 {
        return x.into_array();
    }
    let running = Prim::Cumulative {
        op: CumulativeOp::Sum,
        axis: 0,
        reverse: false,
        dtype: DType::Int64,
    };
    let ends = bind1(&running, &mut [Operand::Owned(counts)])?;
    let places = Prim::Iota {
        shape: Dims::from_slice(&[total]),
        dtype: DType::Int64,
        axis: 0,
    };
    let home = home(&[&Operand::Borrowed(&ends)]);
    let places =
        at_home(home, || bind1(&places, &mut [])).map_err(|error| error.in_op("repeat"))?;
    let which = bind1(
        &Prim::SearchSorted { side: Side::Right },
        &mut [Operand::Owned(ends), Operand::Owned(places)],
    )?;
    let weak = x.type_info().is_some_and(|info| info.weak);
    let axes = x.shape().iter().enumerate().map(|(at, &dim)| {
        if at == axis {
            AxisIndex::Index
        } else {
            AxisIndex::Slice(SliceSpec::full(dim))
        }
    });
    let gather = Prim::Gather {
        axes: axes.collect(),
        index_axes_at: axis,
    };
    let result = bind1(&gather, &mut [x, Operand::Owned(which)]);
    Ok(result
        .map_err(|error| error.in_op("repeat"))?
        .with_weak(weak))
}

impl Array {
    /// Each element repeated; see [`repeat`].
    ///
    /// # Errors
    /// As [`repeat`].
    pub fn repeat<'b>(
        &self,
        repeats: impl Into<Operand<'b>>,
        axis: impl Into<Axis>,
    ) -> Result<Array> {
        repeated(Operand::Borrowed(self), repeats.into(), &axis.into())
    }
}
