//! Derivatives of functions: `grad`, `vjp`, `jvp`, jacobians, Hessians. Each works at once; inside a traced function it is traced.

use std::sync::Arc;

use tnp_array::{Array, Error, IntoResult, Operand, Result, Tree, bind1, with_frame};
use tnp_backend::prim::Prim;
use tnp_backend::{TensorType, shape_text};

use crate::backward::{Steps, leading_to, walk};
use crate::flow::{Flow, or_zeros};
use crate::forward::Forward;
use crate::jacobian::{mapped, one_hot, reverse};
use crate::ops;
use crate::record::Recorder;
use crate::rules::Step;
use crate::tape::{differentiable, fits};

/// A function's result, and the way back from it.
struct Recorded<T, Y> {
    /// The input under names of its own: what the function captured of the caller's is constant to it.
    input: T,
    output: Y,
    recorder: Arc<Recorder>,
}

fn record<T: Tree, R: IntoResult>(
    op: &'static str,
    f: impl FnOnce(&T) -> R,
    x: &T,
) -> Result<Recorded<T, R::Tree>> {
    differentiable(op, "an input", &x.leaves())?;
    let input = x.map(ops::alias)?;
    let recorder = Recorder::new(op, true);
    let active = recorder.activate();
    input
        .leaves()
        .into_iter()
        .for_each(|leaf| recorder.track(leaf));
    let output = with_frame(recorder.clone(), || f(&input).into_result())?;
    drop(active);
    Ok(Recorded {
        input,
        output,
        recorder,
    })
}

impl<T: Tree, Y> Recorded<T, Y> {
    fn ids(&self) -> Vec<u64> {
        ids(&self.input)
    }

    fn steps(&self) -> Vec<Step> {
        std::mem::take(&mut self.recorder.lock().steps)
    }
}

fn ids(tree: &impl Tree) -> Vec<u64> {
    tree.leaves().into_iter().map(Array::id).collect()
}

/// Cotangents in the input's structure, zeros where nothing leads there.
fn gathered<T: Tree>(x: &T, flows: &[Option<Flow>]) -> Result<T> {
    let mut flows = flows.iter();
    x.map(|leaf| {
        let flow = flows.next().and_then(Option::as_ref);
        Ok::<Array, Error>(or_zeros(flow, leaf, &leaf.ty())?.with_weak(leaf.is_weak()))
    })
}

fn scalar(op: &str, y: &Array) -> Result<Flow> {
    if y.size() != 1 {
        return Err(Error::value(format!(
            "{op}: the function gives shape {}, its gradient is of one number; sum it up, or use `jacobian` or `vjp`",
            shape_text(y.shape())
        )));
    }
    if !y.dtype().is_float() {
        return Err(Error::dtype(format!(
            "{op}: the function gives {}, its gradient is of a real number; use `real`, `absolute` or `astype` on it",
            y.dtype()
        )));
    }
    Ok(Flow::plain(ops::number(y, 1.0)?))
}

/// The gradient of a function that gives one real number, at `x`, in the structure of `x`; zeros where it does not depend on an array.
///
/// # Errors
/// Those of `f`; when it gives anything but one real number; when an array of `x` is neither floating point nor complex; when an operation has
/// no derivative rule.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{Array, array};
/// use tnp_autodiff::grad;
/// let x = array([1.0, 2.0], ())?;
/// assert_eq!(grad(|x: &Array| x.square()?.sum(()), &x)?.to_vec::<f64>()?, [2.0, 4.0]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
pub fn grad<T: Tree, R: IntoResult<Tree = Array>>(f: impl Fn(&T) -> R, x: &T) -> Result<T> {
    Ok(value_and_grad(f, x)?.1)
}

/// The value of a function and its gradient, as [`grad`] gives it.
///
/// # Errors
/// As [`grad`].
pub fn value_and_grad<T: Tree, R: IntoResult<Tree = Array>>(
    f: impl Fn(&T) -> R,
    x: &T,
) -> Result<(Array, T)> {
    let recorded = record("grad", f, x)?;
    let seed = scalar("grad", &recorded.output)?;
    let seeds = vec![(recorded.output.id(), seed)];
    let flows = walk(Steps::Owned(recorded.steps()), seeds, &recorded.ids())?;
    let gradient = gathered(&recorded.input, &flows)?;
    Ok((recorded.output, gradient))
}

/// The gradient of the first of two things that a function gives, and the second.
///
/// # Errors
/// As [`grad`].
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{Array, Result, array};
/// use tnp_autodiff::grad_with_aux;
/// let loss = |x: &Array| -> Result<(Array, Array)> {
///     let prediction = x.exp()?;
///     Ok((prediction.sum(())?, prediction))
/// };
/// let (gradient, prediction) = grad_with_aux(loss, &array([0.0], ())?)?;
/// assert_eq!(gradient.to_vec::<f64>()?, prediction.to_vec::<f64>()?);
/// # Ok::<(), tnp_array::Error>(())
/// ```
pub fn grad_with_aux<T: Tree, A: Tree, R: IntoResult<Tree = (Array, A)>>(
    f: impl Fn(&T) -> R,
    x: &T,
) -> Result<(T, A)> {
    let recorded = record("grad", f, x)?;
    let seed = scalar("grad", &recorded.output.0)?;
    let seeds = vec![(recorded.output.0.id(), seed)];
    let flows = walk(Steps::Owned(recorded.steps()), seeds, &recorded.ids())?;
    let gradient = gathered(&recorded.input, &flows)?;
    Ok((gradient, recorded.output.1))
}

/// The value of a function, and the function that takes a cotangent of the value to one of `x`, any number of times.
///
/// # Errors
/// Those of `f`; when an array of `x` is neither floating point nor complex. The pullback's: a cotangent of another shape, an operation
/// without a derivative rule.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{Array, array};
/// use tnp_autodiff::vjp;
/// let (y, pullback) = vjp(|x: &Array| x.square(), &array([1.0, 2.0], ())?)?;
/// assert_eq!(y.to_vec::<f64>()?, [1.0, 4.0]);
/// assert_eq!(pullback(&array([1.0, 10.0], ())?)?.to_vec::<f64>()?, [2.0, 40.0]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
pub fn vjp<T: Tree, R: IntoResult, F: Fn(&T) -> R>(
    f: F,
    x: &T,
) -> Result<(R::Tree, impl Fn(&R::Tree) -> Result<T> + use<T, R, F>)> {
    let recorded = record("vjp", f, x)?;
    let leaves: Vec<Array> = recorded.output.leaves().into_iter().cloned().collect();
    let steps = leading_to(recorded.steps(), leaves.iter().map(Array::id));
    let Recorded { input, output, .. } = recorded;
    let sources = ids(&input);
    let pullback = move |cotangents: &R::Tree| {
        let cotangents = cotangents.leaves();
        if cotangents.len() != leaves.len() {
            return Err(Error::value(format!(
                "vjp: {} cotangents for {} outputs",
                cotangents.len(),
                leaves.len()
            )));
        }
        let mut seeds = Vec::new();
        for (y, cotangent) in leaves.iter().zip(cotangents) {
            fits("vjp", "cotangents", cotangent, y)?;
            if y.dtype().is_inexact() {
                let cotangent = ops::cast(cotangent, y.dtype())?;
                seeds.push((y.id(), Flow::masked(cotangent)));
            }
        }
        gathered(&input, &walk(Steps::Lent(&steps), seeds, &sources)?)
    };
    Ok((output, pullback))
}

/// Runs `f` forward with derivatives of its input.
fn push<T: Tree, R: IntoResult>(
    f: impl FnOnce(&T) -> R,
    x: &T,
    tangents: Vec<Flow>,
) -> Result<(R::Tree, Vec<Option<Flow>>)> {
    let input = x.map(ops::alias)?;
    let frame = Forward::marking();
    for (leaf, tangent) in input.leaves().into_iter().zip(tangents) {
        frame.set(leaf, tangent);
    }
    let output = with_frame(frame.clone(), || f(&input).into_result())?;
    let flows = output.leaves().into_iter().map(|y| frame.get(y)).collect();
    Ok((output, flows))
}

/// The value of a function and its derivative in the direction `dx`.
///
/// # Errors
/// Those of `f`; when `dx` has not the shapes of `x`; when an array of `x` is neither floating point nor complex; when an operation has
/// no derivative rule.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{Array, array};
/// use tnp_autodiff::jvp;
/// let (x, dx) = (array([1.0, 2.0], ())?, array([1.0, 0.5], ())?);
/// let (y, dy) = jvp(|x: &Array| x.square(), &x, &dx)?;
/// assert_eq!(y.to_vec::<f64>()?, [1.0, 4.0]);
/// assert_eq!(dy.to_vec::<f64>()?, [2.0, 2.0]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
pub fn jvp<T: Tree, R: IntoResult>(
    f: impl Fn(&T) -> R,
    x: &T,
    dx: &T,
) -> Result<(R::Tree, R::Tree)> {
    let (leaves, given) = (x.leaves(), dx.leaves());
    differentiable("jvp", "an input", &leaves)?;
    if leaves.len() != given.len() {
        return Err(Error::value(format!(
            "jvp: {} tangents for {} inputs",
            given.len(),
            leaves.len()
        )));
    }
    let mut tangents = Vec::with_capacity(leaves.len());
    for (leaf, tangent) in leaves.into_iter().zip(given) {
        fits("jvp", "tangents", tangent, leaf)?;
        tangents.push(Flow::plain(ops::cast(tangent, leaf.dtype())?));
    }
    let (output, flows) = push(f, x, tangents)?;
    let tangents = gathered(&output, &flows)?;
    Ok((output, tangents))
}

/// The derivative of each element that a function gives by each element of `x`: in the structure of `x`, arrays of the output's shape
/// followed by the input's. In reverse, mapped over the output's elements: for functions with fewer outputs than inputs.
///
/// # Errors
/// As [`vjp`]; when the function gives something neither floating point nor complex.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{Array, array};
/// use tnp_autodiff::{jacfwd, jacrev};
/// let x = array([1.0, 2.0], ())?;
/// let f = |x: &Array| x.square();
/// assert_eq!(jacrev(f, &x)?.to_vec::<f64>()?, [2.0, 0.0, 0.0, 4.0]);
/// assert_eq!(jacfwd(f, &x)?.to_vec::<f64>()?, [2.0, 0.0, 0.0, 4.0]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
pub fn jacrev<T: Tree, R: IntoResult<Tree = Array>>(f: impl Fn(&T) -> R, x: &T) -> Result<T> {
    let recorded = record("jacobian", f, x)?;
    let y = &recorded.output;
    differentiable("jacobian", "the output", &[y])?;
    let steps = leading_to(recorded.steps(), [y.id()]);
    let leaves = recorded.input.leaves();
    let mut rows = reverse(&steps, y, &leaves)?.into_iter();
    recorded.input.map(|leaf| match rows.next().flatten() {
        Some(rows) => Ok(rows),
        None => {
            let shape = [y.shape(), leaf.shape()].concat();
            ops::zeros(leaf, &TensorType::new(&shape, leaf.dtype()))
        }
    })
}

/// [`jacrev`].
///
/// # Errors
/// As [`jacrev`].
pub fn jacobian<T: Tree, R: IntoResult<Tree = Array>>(f: impl Fn(&T) -> R, x: &T) -> Result<T> {
    jacrev(f, x)
}

/// The same as [`jacrev`] by forward derivatives, mapped over the elements of `x`: for functions with fewer inputs than outputs.
///
/// # Errors
/// As [`jvp`]; when the function gives something neither floating point nor complex.
pub fn jacfwd<T: Tree, R: IntoResult<Tree = Array>>(f: impl Fn(&T) -> R, x: &T) -> Result<T> {
    let leaves = x.leaves();
    differentiable("jacobian", "an input", &leaves)?;
    let mut columns = Vec::with_capacity(leaves.len());
    for (i, leaf) in leaves.iter().enumerate() {
        let mut at = |seed: &Array| -> Result<Vec<Array>> {
            let mut tangents = Vec::new();
            for (j, other) in leaves.iter().enumerate() {
                tangents.push(match i == j {
                    true => Flow::masked(seed.clone()),
                    false => Flow::masked(ops::zeros(other, &other.ty())?),
                });
            }
            let (y, flows) = push(&f, x, tangents)?;
            differentiable("jacobian", "the output", &[&y])?;
            Ok(vec![or_zeros(flows[0].as_ref(), &y, &y.ty())?])
        };
        if leaf.size() == 0 {
            let y = at(&ops::zeros(leaf, &leaf.ty())?)?.remove(0);
            let shape = [y.shape(), leaf.shape()].concat();
            columns.push(ops::zeros(&y, &TensorType::new(&shape, y.dtype()))?);
            continue;
        }
        let seeds = one_hot(leaf, &leaf.ty())?;
        let Some(stacked) = mapped(&seeds, &mut at)?.into_iter().next() else {
            return Err(Error::value("jacobian: nothing was mapped"));
        };
        // (n, y…) to (y…, n) to (y…, x…)
        let order: Vec<usize> = (1..stacked.ndim()).chain([0]).collect();
        let shape = [&stacked.shape()[1..], leaf.shape()].concat();
        columns.push(ops::reshape(ops::transpose(stacked, &order)?, &shape)?);
    }
    x.with_leaves(columns)
}

/// Second derivatives of a function that gives one real number, by each pair of elements of `x`: shape of `x` twice. Forward over reverse.
///
/// # Errors
/// As [`grad`] and [`jacfwd`].
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{Array, array};
/// use tnp_autodiff::hessian;
/// let h = hessian(|x: &Array| x.prod(()), &array([2.0, 3.0], ())?)?;
/// assert_eq!(h.to_vec::<f64>()?, [0.0, 1.0, 1.0, 0.0]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
pub fn hessian<R: IntoResult<Tree = Array>>(f: impl Fn(&Array) -> R, x: &Array) -> Result<Array> {
    jacfwd(|x: &Array| grad(&f, x), x)
}

/// The Hessian of a function that gives one real number, times `v`, in the structure of `x`, at the cost of a few evaluations.
///
/// # Errors
/// As [`grad`] and [`jvp`].
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{Array, array};
/// use tnp_autodiff::hvp;
/// let (x, v) = (array([2.0, 3.0], ())?, array([1.0, 0.0], ())?);
/// let product = hvp(|x: &Array| x.prod(()), &x, &v)?;
/// assert_eq!(product.to_vec::<f64>()?, [0.0, 1.0]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
pub fn hvp<T: Tree, R: IntoResult<Tree = Array>>(f: impl Fn(&T) -> R, x: &T, v: &T) -> Result<T> {
    Ok(jvp(|x: &T| grad(&f, x), x, v)?.1)
}

/// The same arrays, as constants to every derivative.
///
/// # Errors
/// When an array belongs to a finished transformation.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{Array, array};
/// use tnp_autodiff::{grad, stop_gradient};
/// let slope = grad(|x: &Array| Ok::<_, tnp_array::Error>(x * stop_gradient(x)?), &array(3.0, ())?)?;
/// assert_eq!(slope.item::<f64>()?, 3.0);
/// # Ok::<(), tnp_array::Error>(())
/// ```
pub fn stop_gradient<T: Tree>(x: &T) -> Result<T> {
    x.map(|leaf| {
        let detached = bind1(&Prim::StopGradient, &mut [Operand::Borrowed(leaf)])?;
        Ok::<Array, Error>(detached.with_weak(leaf.is_weak()))
    })
}
