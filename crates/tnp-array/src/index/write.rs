//! Indexing: what `x[…] = v` and `x[…] += v` write, as a new array or in place.

use smallvec::{SmallVec, smallvec};
use tnp_backend::prim::{Binary, Prim, ScatterOp};
use tnp_backend::{Error, Result, shape_text};
use tnp_dtype::{BinaryRule, Casting, Mode, TypeInfo, can_cast, current_mode};
use tnp_shape::{Dims, Index, IndexPlan, Layout, ShapeProblem, tuple};

use super::{IndexArray, beside, count, prim_axes, reshape, resolve};
use crate::bind::bind1;
use crate::promote::{expand, to_dtype};
use crate::{Array, Operand};

impl Array {
    /// A new array with a part replaced: NumPy's `x[…] = v` without changing `x`.
    ///
    /// The value is broadcast to the part, and converted to the array's dtype as NumPy's assignment does: floats truncate on
    /// their way to integers. The modes `Safe` and `Strict` refuse what they would refuse to promote. Of several values for one place the last stays.
    ///
    /// # Errors
    /// As [`Array::get`]; when the value does not broadcast to the part; for a number the dtype cannot hold.
    ///
    /// # Examples
    /// ```
    /// # extern crate tnp_cpu;
    /// use tnp_array::{Array, s};
    /// let x = Array::from_vec(vec![1i64, 2, 3, 4], &[4])?;
    /// assert_eq!(x.set(s![1..3], 9)?.to_vec::<i64>()?, [1, 9, 9, 4]);
    /// assert_eq!(x.set(s![[3, 0]], [7, 8])?.to_vec::<i64>()?, [8, 2, 3, 7]);
    /// assert_eq!(x.to_vec::<i64>()?, [1, 2, 3, 4]);
    /// # Ok::<(), tnp_array::Error>(())
    /// ```
    /// <https://numpy.org/doc/stable/user/basics.indexing.html#assigning-values-to-indexed-arrays>
    pub fn set<'v>(
        &self,
        index: impl AsRef<[Index<IndexArray>]>,
        value: impl Into<Operand<'v>>,
    ) -> Result<Array> {
        let how = How::named("set", ScatterOp::Set);
        how.write(Operand::Borrowed(self), index.as_ref(), value.into())
    }

    /// Replaces a part, as [`Array::set`] does, and rebinds this handle to the result: in place when nothing else holds
    /// the buffer. Views and clones made before keep their values. On an error the array is as it was.
    ///
    /// # Errors
    /// As [`Array::set`].
    ///
    /// # Examples
    /// ```
    /// # extern crate tnp_cpu;
    /// use tnp_array::{Array, s};
    /// let mut x = Array::from_vec(vec![1i64, 2, 3, 4], &[4])?;
    /// let before = x.get(s![..-1])?;
    /// x.assign(s![1..], before)?;
    /// assert_eq!(x.to_vec::<i64>()?, [1, 1, 2, 3]);
    /// x.assign(s![[true, false, true, false]], 0)?;
    /// assert_eq!(x.to_vec::<i64>()?, [0, 1, 0, 3]);
    /// # Ok::<(), tnp_array::Error>(())
    /// ```
    pub fn assign<'v>(
        &mut self,
        index: impl AsRef<[Index<IndexArray>]>,
        value: impl Into<Operand<'v>>,
    ) -> Result<()> {
        let how = How::named("assign", ScatterOp::Set);
        *self = how.write(Operand::Reusable(self), index.as_ref(), value.into())?;
        Ok(())
    }

    /// A part of this array, to be read, or combined with values into a new array.
    ///
    /// # Examples
    /// ```
    /// # extern crate tnp_cpu;
    /// use tnp_array::{Array, s};
    /// let x = Array::from_vec(vec![1.0, 2.0, 3.0], &[3])?;
    /// let counted_twice = x.at(s![[0, 0, 2]]).add(10.0)?;
    /// assert_eq!(counted_twice.to_vec::<f64>()?, [21.0, 2.0, 13.0]);
    /// # Ok::<(), tnp_array::Error>(())
    /// ```
    pub fn at<I: AsRef<[Index<IndexArray>]>>(&self, index: I) -> At<'_, I> {
        At { x: self, index }
    }

    /// A part of this array, to be combined with values in place when nothing else holds the buffer.
    ///
    /// # Examples
    /// ```
    /// # extern crate tnp_cpu;
    /// use tnp_array::{Array, s};
    /// let mut histogram = Array::from_vec(vec![0i64; 3], &[3])?;
    /// histogram.at_mut(s![[1, 1, 0]]).add(1)?;
    /// assert_eq!(histogram.to_vec::<i64>()?, [1, 2, 0]);
    /// # Ok::<(), tnp_array::Error>(())
    /// ```
    pub fn at_mut<I: AsRef<[Index<IndexArray>]>>(&mut self, index: I) -> AtMut<'_, I> {
        AtMut { x: self, index }
    }
}

/// A part of an array; see [`Array::at`].
pub struct At<'a, I> {
    x: &'a Array,
    index: I,
}

/// A part of an array that may be changed; see [`Array::at_mut`].
pub struct AtMut<'a, I> {
    x: &'a mut Array,
    index: I,
}

impl<I: AsRef<[Index<IndexArray>]>> At<'_, I> {
    /// The part: [`Array::get`].
    ///
    /// # Errors
    /// As [`Array::get`].
    pub fn get(&self) -> Result<Array> {
        self.x.get(self.index.as_ref())
    }
}

macro_rules! ways {
    ($($(#[doc = $doc:literal])* $name:ident $how:expr;)*) => {
        impl<I: AsRef<[Index<IndexArray>]>> At<'_, I> {$(
            $(#[doc = $doc])*
            ///
            /// # Errors
            /// As [`Array::set`]; and when the array's dtype cannot hold what its elements and the value promote to.
            pub fn $name<'v>(&self, value: impl Into<Operand<'v>>) -> Result<Array> {
                $how.write(Operand::Borrowed(self.x), self.index.as_ref(), value.into())
            }
        )*}

        impl<I: AsRef<[Index<IndexArray>]>> AtMut<'_, I> {$(
            $(#[doc = $doc])*
            /// The handle is rebound; on an error the array is as it was.
            ///
            /// # Errors
            /// As [`Array::set`]; and when the array's dtype cannot hold what its elements and the value promote to.
            pub fn $name<'v>(&mut self, value: impl Into<Operand<'v>>) -> Result<()> {
                let x = Operand::Reusable(&mut *self.x);
                *self.x = $how.write(x, self.index.as_ref(), value.into())?;
                Ok(())
            }
        )*}
    };
}
ways! {
    /// The array with the part replaced.
    set How::named("set", ScatterOp::Set);
    /// The array with a value added to the part; what is indexed twice is added to twice, as `numpy.add.at` does.
    add How::named("add", ScatterOp::Add);
    /// The array with a value subtracted from the part, as `numpy.subtract.at` does.
    subtract How { rule: BinaryRule::Subtract, negated: true, ..How::named("subtract", ScatterOp::Add) };
    /// The array with the part multiplied by a value, as `numpy.multiply.at` does.
    multiply How::named("multiply", ScatterOp::Multiply);
    /// The array with the smaller of part and value, as `numpy.minimum.at` does; NaN if either is.
    minimum How::named("minimum", ScatterOp::Minimum);
    /// The array with the larger of part and value, as `numpy.maximum.at` does; NaN if either is.
    maximum How::named("maximum", ScatterOp::Maximum);
}

/// A way of writing, and what it is called in messages.
struct How {
    name: &'static str,
    op: ScatterOp,
    rule: BinaryRule,
    negated: bool,
}

impl How {
    fn named(name: &'static str, op: ScatterOp) -> How {
        How {
            name,
            op,
            rule: BinaryRule::Arithmetic,
            negated: false,
        }
    }

    fn write(
        &self,
        x: Operand<'_>,
        index: &[Index<IndexArray>],
        value: Operand<'_>,
    ) -> Result<Array> {
        self.written(x, index, value)
            .map_err(|error| error.in_op(self.name))
    }

    fn written(
        &self,
        x: Operand<'_>,
        index: &[Index<IndexArray>],
        value: Operand<'_>,
    ) -> Result<Array> {
        let Some(array) = x.as_array() else {
            return Err(Error::value("not an array"));
        };
        let weak = array.is_weak();
        self.check_axes(array, index, value.shape())?;
        let value = self.converted(array, value)?;
        let result = match self.by_mask(array, index, &value)? {
            ByMask::Selected(mask, value) => self.selected(x, mask, value)?,
            ByMask::Visited(counted) => {
                let (plan, arrays) = resolve(array, index, counted)?;
                let value = fitted(&plan, index, array.ndim(), value)?;
                let shape = Dims::from_slice(array.shape());
                let prim = Prim::Scatter {
                    op: self.op,
                    axes: prim_axes(&plan),
                    index_axes_at: plan.index_dims_at,
                };
                let mut inputs: SmallVec<[Operand<'_>; 4]> =
                    smallvec![reshape(x, &plan.operand_shape)?];
                inputs.extend(arrays.into_iter().map(Operand::Owned));
                inputs.push(value);
                let result = bind1(&prim, &mut inputs)?;
                reshape(Operand::Owned(result), &shape)?.into_array()?
            }
        };
        Ok(result.with_weak(weak))
    }

    /// NumPy assigns to one element, and to all that a mask selects, no value of more axes than these have.
    fn check_axes(&self, x: &Array, index: &[Index<IndexArray>], given: &[usize]) -> Result<()> {
        if self.op != ScatterOp::Set {
            return Ok(());
        }
        match index {
            [Index::Mask(mask)] if given.len() > 1 && mask.shape() == x.shape() => {
                Err(Error::dtype(format!(
                    "NumPy boolean array indexing assignment requires a 0 or 1-dimensional input, input has {} dimensions",
                    given.len()
                )))
            }
            index
                if !given.is_empty()
                    && index.len() == x.ndim()
                    && index.iter().all(|entry| matches!(entry, Index::Int(_))) =>
            {
                Err(Error::value(format!(
                    "setting an array element with a sequence: one element is indexed, the value has shape {}",
                    shape_text(given)
                )))
            }
            _ => Ok(()),
        }
    }

    /// The value in the array's dtype, on its device.
    fn converted<'v>(&self, x: &Array, value: Operand<'v>) -> Result<Operand<'v>> {
        let info = x.type_info();
        let mut value = value;
        self.check_assignment(info, &value)?;
        if self.op != ScatterOp::Set {
            let promoted = tnp_dtype::binary(self.name, self.rule, info, value.promotes_as()?)?;
            let gives = promoted.result.dtype;
            if !can_cast(gives, info.dtype, Casting::SameKind) {
                return Err(Error::dtype(format!(
                    "Cannot cast ufunc '{}' output from dtype('{gives}') to dtype('{}') with casting rule 'same_kind'; \
                     convert the value with `astype`",
                    self.name, info.dtype
                )));
            }
            value = to_dtype(self.name, value, promoted.inputs)?;
        }
        let value = match value {
            Operand::Scalar(scalar) => {
                let array = Array::from_literal(scalar.to_literal(info.dtype)?)?;
                Operand::Owned(beside(x, array)?)
            }
            Operand::Numbers(numbers) => Operand::Owned(beside(x, numbers.read(info.dtype)?)?),
            value => value.astype(info.dtype)?,
        };
        if self.negated {
            return Ok(Operand::Owned(crate::negative(value)?));
        }
        Ok(value)
    }

    /// NumPy's assignment casts anything; the two careful modes want what promotion leaves in the array's dtype.
    fn check_assignment(&self, info: TypeInfo, value: &Operand<'_>) -> Result<()> {
        if !matches!(current_mode(), Mode::Safe | Mode::Strict) {
            return Ok(());
        }
        let promoted = tnp_dtype::result_type(self.name, &[info.into(), value.promotes_as()?])?;
        if promoted.dtype == info.dtype {
            return Ok(());
        }
        Err(Error::dtype(format!(
            "a value that promotes {} to {} cannot be assigned in {:?} mode; convert it with `astype`",
            info.dtype,
            promoted.dtype,
            current_mode()
        )))
    }

    /// When one mask and otherwise whole axes are indexed, and the value is the same for all the mask's elements: mask and
    /// value broadcast to the array. No count is needed then, and in traces and maps the mask may be unknown.
    fn by_mask(
        &self,
        x: &Array,
        index: &[Index<IndexArray>],
        value: &Operand<'_>,
    ) -> Result<ByMask> {
        let Some((before, mask)) = lone_mask(x, index)? else {
            return Ok(ByMask::Visited(None));
        };
        let (taken, shape) = (mask.ndim(), x.shape());
        // Few true elements are quicker to visit than all of the array is to rewrite.
        let counted = match mask.tensor() {
            Ok(_) => Some(count(&mask)?),
            Err(_) => None,
        };
        let few = counted.is_some_and(|count| taken < x.ndim() || count < mask.size() / 16);
        let after = x.ndim() - before - taken;
        let given = value.shape();
        if few || given.len() > before + 1 + after {
            return Ok(ByMask::Visited(counted));
        }
        // The value's axes by their distance from the end: those after the mask, the mask's own, those before.
        let mut dims: Dims = given.into();
        if given.len() > after {
            let own = given.len() - 1 - after;
            if given[own] != 1 {
                return Ok(ByMask::Visited(counted));
            }
            dims.remove(own);
            dims.insert_many(own, std::iter::repeat_n(1, taken));
        }
        let fits = dims
            .iter()
            .rev()
            .zip(shape.iter().rev())
            .all(|(&dim, &size)| dim == 1 || dim == size);
        if !fits {
            return Ok(ByMask::Visited(counted));
        }
        let whole = Dims::from_slice(shape);
        let value = expand(reshape(value.lend(), &dims)?, &whole)?.into_array()?;
        let prim = Prim::BroadcastInDim {
            shape: whole,
            dims: (before..before + taken).collect(),
        };
        let mask = match mask.shape() == shape {
            true => mask,
            false => bind1(&prim, &mut [Operand::Owned(mask)])?,
        };
        Ok(ByMask::Selected(mask, value))
    }

    fn selected(&self, x: Operand<'_>, mask: Array, value: Array) -> Result<Array> {
        let binary = match self.op {
            ScatterOp::Set => None,
            ScatterOp::Add => Some(Binary::Add),
            ScatterOp::Multiply => Some(Binary::Multiply),
            ScatterOp::Minimum => Some(Binary::Minimum),
            ScatterOp::Maximum => Some(Binary::Maximum),
        };
        let value = match binary {
            None => value,
            Some(op) => bind1(&Prim::Binary(op), &mut [x.lend(), Operand::Owned(value)])?,
        };
        let mut inputs = [Operand::Owned(mask), Operand::Owned(value), x];
        bind1(&Prim::Select, &mut inputs)
    }
}

/// How an expression is written to.
enum ByMask {
    /// All of the array is rewritten, choosing by mask: mask and value of its shape.
    Selected(Array, Array),
    /// Element by element; the number of true elements of a lone mask, where it was counted.
    Visited(Option<usize>),
}

/// The mask of an expression of one mask and whole axes, and the number of axes before it.
fn lone_mask(x: &Array, index: &[Index<IndexArray>]) -> Result<Option<(usize, Array)>> {
    let mut found = None;
    let mut before = 0;
    for (at, entry) in index.iter().enumerate() {
        match entry {
            Index::Mask(mask) if found.is_none() => found = Some(mask.resolve(x)?),
            Index::Slice {
                start: None,
                stop: None,
                step: 1,
            } => before += found.is_none() as usize,
            // An ellipsis after the mask changes nothing; before it, the number of axes is easily found.
            Index::Ellipsis if found.is_some() => {}
            Index::Ellipsis => match &index[at + 1..] {
                [Index::Mask(mask)] => {
                    let mask = mask.resolve(x)?;
                    let Some(spare) = x.ndim().checked_sub(mask.ndim() + before) else {
                        return Ok(None);
                    };
                    before += spare;
                    found = Some(mask);
                    break;
                }
                _ => return Ok(None),
            },
            _ => return Ok(None),
        }
    }
    let Some(mask) = found else { return Ok(None) };
    let slices = index
        .iter()
        .filter(|entry| matches!(entry, Index::Slice { .. }))
        .count();
    let fits = mask.ndim() > 0
        && slices + mask.ndim() <= x.ndim()
        && before + mask.ndim() <= x.ndim()
        && x.shape()[before..before + mask.ndim()] == *mask.shape();
    Ok(fits.then_some((before, mask)))
}

/// The value in the shape of the update of a scatter.
fn fitted<'v>(
    plan: &IndexPlan,
    index: &[Index<IndexArray>],
    ndim: usize,
    value: Operand<'v>,
) -> Result<Operand<'v>> {
    let given = value.shape();
    if given.is_empty() {
        return expand(value, &plan.gathered_shape);
    }
    plan.broadcast_value(&Layout::contiguous(given))
        .map_err(|error| match error.problem() {
            ShapeProblem::AssignIndexed { from, to } => match index {
                [Index::Mask(_)] if from.len() == 1 && plan.operands.len() == ndim => {
                    Error::value(format!(
                        "NumPy boolean array indexing assignment cannot assign {} input values to the {} output values \
                         where the mask is true",
                        from[0], to[0]
                    ))
                }
                _ => Error::value(format!(
                    "shape mismatch: value array of shape {} could not be broadcast to indexing result of shape {}",
                    tuple(from),
                    tuple(to)
                )),
            },
            _ => Error::from(error),
        })?;
    let result = &plan.result_shape;
    let kept = Dims::from_slice(&given[given.len().saturating_sub(result.len())..]);
    let value = expand(reshape(value, &kept)?, result)?;
    reshape(value, &plan.gathered_shape)
}
