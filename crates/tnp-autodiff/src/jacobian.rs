//! Jacobians: the way back, or forward, mapped over the rows of an identity.

use tnp_array::{Array, Error, Result, Tree};
use tnp_backend::{TensorType, shape_text};
use tnp_vmap::vmap_arrays;

use crate::backward::{Steps, walk};
use crate::flow::{Flow, or_zeros};
use crate::ops;
use crate::rules::Step;
use crate::tape::GradientTape;

/// `count` seeds stacked: each is zero but for a one in its own place of `ty`.
pub(crate) fn one_hot(beside: &Array, ty: &TensorType) -> Result<Array> {
    let count = ty.size();
    let square = [count, count];
    let rows = ops::iota(beside, &square, 0)?;
    let hit = ops::equal(rows, ops::iota(beside, &square, 1)?)?;
    let mut shape = vec![count];
    shape.extend_from_slice(&ty.shape);
    ops::reshape(ops::cast(hit, ty.dtype)?, &shape)
}

/// Runs `body` on all of the stacked seeds at once; results stacked along axis 0.
pub(crate) fn mapped(
    seeds: &Array,
    body: &mut dyn FnMut(&Array) -> Result<Vec<Array>>,
) -> Result<Vec<Array>> {
    vmap_arrays(std::slice::from_ref(seeds), &[Some(0)], &mut |seed| {
        body(&seed[0])
    })
}

/// For each source the derivative of each element of the target: shape of the target, then of the source. `None` where nothing leads there.
pub(crate) fn reverse(
    steps: &[Step],
    target: &Array,
    sources: &[&Array],
) -> Result<Vec<Option<Array>>> {
    let ids: Vec<u64> = sources.iter().map(|source| source.id()).collect();
    let joined = |source: &Array| [target.shape(), source.shape()].concat();
    if target.size() == 0 {
        let empty = |source: &&Array| {
            let ty = TensorType::new(&joined(source), source.dtype());
            ops::zeros(source, &ty).map(Some)
        };
        return sources.iter().map(empty).collect();
    }
    let mut connected = vec![false; sources.len()];
    let seeds = one_hot(target, &target.ty())?;
    let rows = mapped(&seeds, &mut |seed| {
        let seed = vec![(target.id(), Flow::masked(seed.clone()))];
        let flows = walk(Steps::Lent(steps), seed, &ids)?;
        for (connected, flow) in connected.iter_mut().zip(&flows) {
            *connected = flow.is_some();
        }
        Ok(flows.into_iter().flatten().map(|flow| flow.array).collect())
    })?;
    let mut rows = rows.into_iter();
    connected
        .iter()
        .zip(sources)
        .map(|(connected, source)| {
            let rows = if *connected { rows.next() } else { None };
            rows.map(|rows| ops::reshape(rows, &joined(source)))
                .transpose()
        })
        .collect()
}

impl GradientTape {
    /// The derivative of each element of the target by each element of the sources: in the sources' structure, arrays of the target's
    /// shape followed by the source's; zeros where nothing leads from one to the other.
    ///
    /// The way back is mapped over the target's elements, not looped.
    ///
    /// # Errors
    /// As [`GradientTape::gradient`].
    ///
    /// # Examples
    /// ```
    /// # extern crate tnp_cpu;
    /// use tnp_array::array;
    /// use tnp_autodiff::GradientTape;
    /// let x = array([1.0, 2.0], ())?;
    /// let tape = GradientTape::new();
    /// tape.watch(&x)?;
    /// let y = tape.record(|| x.square())?;
    /// let jacobian = tape.jacobian(&y, &x)?;
    /// assert_eq!(jacobian.shape(), [2, 2]);
    /// assert_eq!(jacobian.to_vec::<f64>()?, [2.0, 0.0, 0.0, 4.0]);
    /// # Ok::<(), tnp_array::Error>(())
    /// ```
    pub fn jacobian<T: Tree>(&self, target: &Array, sources: &T) -> Result<T> {
        let leaves = sources.leaves();
        self.check("GradientTape.jacobian", &[target], &leaves)?;
        let steps = self.steps()?;
        let rows = reverse(&steps, target, &leaves)?;
        let full: Result<Vec<Array>> = rows
            .into_iter()
            .zip(&leaves)
            .map(|(row, source)| match row {
                Some(row) => Ok(row),
                None => {
                    let shape = [target.shape(), source.shape()].concat();
                    ops::zeros(source, &TensorType::new(&shape, source.dtype()))
                }
            })
            .collect();
        sources.with_leaves(full?)
    }

    /// The jacobian of each row of the target by the same row of the source: for shapes `(b, m…)` and `(b, n…)`, shape `(b, m…, n…)`.
    ///
    /// Rows must not depend on each other's sources; if they do, the derivatives are summed up.
    ///
    /// # Errors
    /// As [`GradientTape::gradient`]; when the leading sizes differ.
    ///
    /// # Examples
    /// ```
    /// # extern crate tnp_cpu;
    /// use tnp_array::array;
    /// use tnp_autodiff::GradientTape;
    /// let x = array([[1.0, 2.0], [3.0, 4.0]], ())?;
    /// let tape = GradientTape::new();
    /// tape.watch(&x)?;
    /// let y = tape.record(|| x.square())?;
    /// let jacobian = tape.batch_jacobian(&y, &x)?;
    /// assert_eq!(jacobian.to_vec::<f64>()?, [2.0, 0.0, 0.0, 4.0, 6.0, 0.0, 0.0, 8.0]);
    /// # Ok::<(), tnp_array::Error>(())
    /// ```
    pub fn batch_jacobian(&self, target: &Array, source: &Array) -> Result<Array> {
        self.check("GradientTape.batch_jacobian", &[target], &[source])?;
        let (Some((&batch, rest)), Some((&other, inner))) =
            (target.shape().split_first(), source.shape().split_first())
        else {
            return Err(Error::value(
                "GradientTape.batch_jacobian: target and source need a leading axis; use `jacobian`",
            ));
        };
        if batch != other {
            return Err(Error::value(format!(
                "GradientTape.batch_jacobian: the target has shape {}, the source {}: the leading sizes {batch} and {other} must be equal",
                shape_text(target.shape()),
                shape_text(source.shape())
            )));
        }
        let steps = self.steps()?;
        let shape = [&[batch], rest, inner].concat();
        let row = TensorType::new(rest, target.dtype());
        if target.size() == 0 || source.size() == 0 {
            return ops::zeros(source, &TensorType::new(&shape, source.dtype()));
        }
        let seeds = one_hot(target, &row)?;
        let rows = mapped(&seeds, &mut |seed| {
            let axes: Vec<usize> = (1..target.ndim()).collect();
            let seed = ops::spread(seed, target.shape(), &axes)?;
            let seed = vec![(target.id(), Flow::masked(seed))];
            let flow = walk(Steps::Lent(&steps), seed, &[source.id()])?.remove(0);
            Ok(vec![or_zeros(flow.as_ref(), source, &source.ty())?])
        })?;
        // (m, b, n…) to (b, m, n…)
        let stacked = rows.into_iter().next();
        let Some(stacked) = stacked else {
            return Err(Error::value(
                "GradientTape.batch_jacobian: nothing was mapped",
            ));
        };
        let mut order: Vec<usize> = (0..stacked.ndim()).collect();
        order.swap(0, 1);
        ops::reshape(ops::transpose(stacked, &order)?, &shape)
    }
}
