//! `vectorized_map` and `vmap`, which run a function on a whole batch at once, and `map_fn`, which loops.

use tnp_array::{Array, Error, IntoResult, Result, Structure, Tree, moveaxis, s, stack, zeros};
use tnp_backend::{TensorType, shape_text};
use tnp_trace::{Aval, trace};

use crate::batching::front;
use crate::frame::{Arg, MapFrame};

/// Options of [`vmap`]: which axis of each array is mapped, and where the batch goes in the results.
#[derive(Clone, Debug, Default)]
pub struct Vmap {
    in_axes: Option<Vec<Option<isize>>>,
    out_axes: Option<Vec<isize>>,
    size: Option<usize>,
}

impl Vmap {
    /// The axis of each array of the input that is mapped; `None` for what all examples share. Axis 0 unless said.
    pub fn in_axes(axes: impl IntoIterator<Item = Option<isize>>) -> Vmap {
        Vmap {
            in_axes: Some(axes.into_iter().collect()),
            ..Vmap::default()
        }
    }

    /// Where the batch goes in each array of the result. Axis 0 unless said.
    pub fn out_axes(mut self, axes: impl IntoIterator<Item = isize>) -> Vmap {
        self.out_axes = Some(axes.into_iter().collect());
        self
    }

    /// The size of the batch, for when nothing is mapped.
    pub fn axis_size(mut self, size: usize) -> Vmap {
        self.size = Some(size);
        self
    }
}

impl From<()> for Vmap {
    fn from((): ()) -> Vmap {
        Vmap::default()
    }
}

/// Runs `f`, a function of one example, on all examples at once.
///
/// The examples lie along the leading axis of each array of `elems`, and results are stacked along theirs. Every primitive has a
/// rule for batches; there is no loop.
///
/// # Errors
/// When arrays have different leading sizes, or none; those of `f`, among them reading the value of a mapped array: that
/// is one for each example.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{Array, array};
/// use tnp_vmap::vectorized_map;
/// let x = array([[1, 2, 3], [4, 5, 6]], ())?;
/// let sums = vectorized_map(|row: &Array| row.sum(()), &x)?;
/// assert_eq!(sums.to_vec::<i64>()?, [6, 15]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
pub fn vectorized_map<T: Tree, R: IntoResult>(f: impl Fn(&T) -> R, elems: &T) -> Result<R::Tree> {
    mapped("vectorized_map", f, elems, &Vmap::default())
}

/// [`vectorized_map`] with a choice of axes.
///
/// # Errors
/// As [`vectorized_map`]; when there are not as many axes as arrays, or one is out of bounds.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{Array, array};
/// use tnp_vmap::{Vmap, vmap};
/// let (x, y) = (array([[1, 2], [3, 4]], ())?, array([10, 20], ())?);
/// let columns = vmap(|(column, y): &(Array, Array)| column + y, &(x, y), Vmap::in_axes([Some(1), None]).out_axes([1]))?;
/// assert_eq!(columns.to_vec::<i32>()?, [11, 12, 23, 24]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
pub fn vmap<T: Tree, R: IntoResult>(
    f: impl Fn(&T) -> R,
    input: &T,
    options: impl Into<Vmap>,
) -> Result<R::Tree> {
    mapped("vmap", f, input, &options.into())
}

fn mapped<T: Tree, R: IntoResult>(
    op: &'static str,
    f: impl Fn(&T) -> R,
    input: &T,
    options: &Vmap,
) -> Result<R::Tree> {
    let leaves: Vec<Array> = input.leaves().into_iter().cloned().collect();
    let axes = match &options.in_axes {
        None => vec![Some(0); leaves.len()],
        Some(axes) if axes.len() == leaves.len() => axes.clone(),
        Some(axes) => {
            return Err(Error::value(format!(
                "{op}: {} axes are given for {} arrays",
                axes.len(),
                leaves.len()
            )));
        }
    };
    let axes: Result<Vec<Option<usize>>> = axes
        .iter()
        .zip(&leaves)
        .map(|(axis, x)| axis.map(|axis| place(op, axis, x.shape())).transpose())
        .collect();
    let mut template = None;
    let outputs = batch(op, &leaves, &axes?, options.size, &mut |examples| {
        let result = f(&input.with_leaves(examples.to_vec())?).into_result()?;
        let outputs = result.leaves().into_iter().cloned().collect();
        template = Some(result);
        Ok(outputs)
    })?;
    let outputs = match &options.out_axes {
        None => outputs,
        Some(axes) if axes.len() == outputs.len() => {
            let pairs = outputs.into_iter().zip(axes);
            pairs
                .map(|(output, &axis)| {
                    let weak = output.is_weak();
                    let moved = moveaxis(&output, 0, axis).map_err(|error| error.in_op(op))?;
                    Ok(moved.with_weak(weak))
                })
                .collect::<Result<_>>()?
        }
        Some(axes) => {
            return Err(Error::value(format!(
                "{op}: {} axes are given for {} results",
                axes.len(),
                outputs.len()
            )));
        }
    };
    template
        .ok_or_else(|| Error::scope(format!("{op}: the function did not return")))?
        .with_leaves(outputs)
}

/// An axis that may count from the end.
fn place(op: &str, axis: isize, shape: &[usize]) -> Result<usize> {
    let ndim = shape.len() as isize;
    if ndim == 0 {
        return Err(Error::value(format!(
            "{op}: an array of the input is 0-d: it has no axis to map over; share it between all examples (`Vmap::in_axes` with `None`, \
             or capture it)"
        )));
    }
    if axis < -ndim || axis >= ndim {
        return Err(Error::axis(format!(
            "{op}: axis {axis} is out of bounds for array of dimension {ndim}"
        )));
    }
    Ok(if axis < 0 { axis + ndim } else { axis } as usize)
}

/// [`vmap`] on lists of arrays: results have the batch along axis 0. What other transformations build on.
///
/// # Errors
/// As [`vmap`].
pub fn vmap_arrays(
    inputs: &[Array],
    in_axes: &[Option<usize>],
    body: &mut dyn FnMut(&[Array]) -> Result<Vec<Array>>,
) -> Result<Vec<Array>> {
    batch("vmap", inputs, in_axes, None, body)
}

fn batch(
    op: &str,
    inputs: &[Array],
    in_axes: &[Option<usize>],
    size: Option<usize>,
    body: &mut dyn FnMut(&[Array]) -> Result<Vec<Array>>,
) -> Result<Vec<Array>> {
    if inputs.len() != in_axes.len() {
        return Err(Error::value(format!(
            "{op}: {} axes are given for {} arrays",
            in_axes.len(),
            inputs.len()
        )));
    }
    let mut size = size;
    for (x, axis) in inputs.iter().zip(in_axes) {
        let Some(axis) = *axis else { continue };
        let Some(&own) = x.shape().get(axis) else {
            return Err(Error::axis(format!(
                "{op}: axis {axis} is out of bounds for array of dimension {}",
                x.ndim()
            )));
        };
        if size.is_some_and(|size| size != own) {
            let shapes: Vec<String> = inputs.iter().map(|x| shape_text(x.shape())).collect();
            return Err(Error::value(format!(
                "{op}: the mapped axes must have one size; the arrays have shapes {}",
                shapes.join(", ")
            )));
        }
        size = Some(own);
    }
    let Some(size) = size else {
        return Err(Error::value(format!(
            "{op}: nothing is mapped, so the size of the batch is not known; give it (`Vmap::axis_size`)"
        )));
    };
    let frame = MapFrame::new(size);
    let examples: Result<Vec<Array>> = inputs
        .iter()
        .zip(in_axes)
        .map(|(x, axis)| match *axis {
            Some(0) => Ok(frame.wrap(x.clone())),
            Some(axis) => Ok(frame.wrap(moveaxis(x, axis as isize, 0)?.with_weak(x.is_weak()))),
            None => Ok(x.clone()),
        })
        .collect();
    let examples = examples?;
    let outputs = frame.within(|| body(&examples))?;
    outputs
        .iter()
        .map(|output| {
            let arg: Arg = frame.unwrap(output)?;
            Ok(front(&arg, size)?.with_weak(output.is_weak()))
        })
        .collect()
}

/// Runs `f` on one example after another and stacks the results: the loop that [`vectorized_map`] is not.
///
/// # Errors
/// When arrays have different leading sizes; when results differ in structure, shape or dtype; those of `f`. Without an example `f` is
/// traced to learn what it gives, so that reading a value is an error then.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{Array, array};
/// use tnp_vmap::map_fn;
/// let x = array([1, 2, 3], ())?;
/// let y = map_fn(|x: &Array| Ok(if x.item::<i64>()? > 1 { x * 10 } else { x.clone() }), &x)?;
/// assert_eq!(y.to_vec::<i32>()?, [1, 20, 30]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
pub fn map_fn<T: Tree, R: IntoResult>(f: impl Fn(&T) -> R, elems: &T) -> Result<R::Tree> {
    const OP: &str = "map_fn";
    let leaves = elems.leaves();
    for x in &leaves {
        place(OP, 0, x.shape())?;
        if x.shape()[0] != leaves[0].shape()[0] {
            let shapes: Vec<String> = leaves.iter().map(|x| shape_text(x.shape())).collect();
            return Err(Error::value(format!(
                "{OP}: the mapped axes must have one size; the arrays have shapes {}",
                shapes.join(", ")
            )));
        }
    }
    let size = match leaves.first() {
        Some(x) => x.shape()[0],
        None => {
            return Err(Error::value(format!(
                "{OP}: the input has no arrays, so the number of examples is not known"
            )));
        }
    };
    if size == 0 {
        return no_examples(f, elems, &leaves);
    }
    let example = |at: usize| {
        elems.map(|x| {
            let example = x.get(s![at])?;
            Ok::<Array, Error>(example.with_weak(x.is_weak()))
        })
    };
    let results: Result<Vec<R::Tree>> =
        (0..size).map(|at| f(&example(at)?).into_result()).collect();
    let results = results?;
    let template = &results[0];
    let structure = Structure::of(template);
    let rows: Vec<Vec<&Array>> = results.iter().map(Tree::leaves).collect();
    for (at, (result, row)) in results.iter().zip(&rows).enumerate() {
        if Structure::of(result) != structure {
            return Err(Error::value(format!(
                "{OP}: example 0 and example {at} give results of different structure"
            )));
        }
        for (x, first) in row.iter().zip(&rows[0]) {
            if x.ty() != first.ty() {
                return Err(Error::value(format!(
                    "{OP}: example 0 gives {} where example {at} gives {}; results are stacked, so they must agree",
                    first.ty(),
                    x.ty()
                )));
            }
        }
    }
    let stacked = (0..rows[0].len()).map(|leaf| {
        let parts: Vec<&Array> = rows.iter().map(|row| row[leaf]).collect();
        let weak = parts.iter().all(|part| part.is_weak());
        let stacked = stack(&parts[..], ()).map_err(|error| error.in_op(OP))?;
        Ok(stacked.with_weak(weak))
    });
    let stacked: Result<Vec<Array>> = stacked.collect();
    template.with_leaves(stacked?)
}

/// Nothing to run: a trace tells what the function would give.
fn no_examples<T: Tree, R: IntoResult>(
    f: impl Fn(&T) -> R,
    elems: &T,
    leaves: &[&Array],
) -> Result<R::Tree> {
    let examples: Vec<Aval> = leaves
        .iter()
        .map(|x| Aval {
            ty: TensorType::new(&x.shape()[1..], x.dtype()),
            weak: x.is_weak(),
        })
        .collect();
    let mut template = None;
    let traced = trace("map_fn", &examples, |boxes| {
        let result = f(&elems.with_leaves(boxes.to_vec())?).into_result()?;
        let outputs = result.leaves().into_iter().cloned().collect();
        template = Some(result);
        Ok(outputs)
    })?;
    let empty = traced.graph.output_types().zip(&traced.weak);
    let empty = empty.map(|(ty, &weak)| {
        let mut shape = ty.shape.clone();
        shape.insert(0, 0);
        Ok(zeros(&shape, ty.dtype)?.with_weak(weak))
    });
    let empty: Result<Vec<Array>> = empty.collect();
    template
        .ok_or_else(|| Error::scope("map_fn: the function did not return"))?
        .with_leaves(empty?)
}
