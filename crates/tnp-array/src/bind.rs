//! `bind`: the waist. Everything a user can compute passes here as a primitive and its inputs.

use smallvec::{SmallVec, smallvec};
use tnp_backend::prim::Prim;
use tnp_backend::{Arg, Device, Error, Inputs, Result, TensorType};
use tnp_dtype::DType;

use crate::context;
use crate::device::{current_device, place, scoped_device};
use crate::{Array, Operand};

/// Arrays that a primitive gives.
pub type Results = SmallVec<[Array; 1]>;

/// Does a primitive: hands it to the innermost transformation in force, or runs it on the inputs' device.
///
/// An owned input whose buffer nobody else holds may be overwritten.
///
/// # Errors
/// Those of inference (shapes and dtypes that do not fit), of devices (mixed, out of memory), an index out of bounds, and
/// the failure of an operation that an input derives from.
pub fn bind(prim: &Prim, inputs: &mut [Operand<'_>]) -> Result<Results> {
    for input in inputs.iter_mut() {
        input.resolve()?;
    }
    context::check_watched(prim.name(), inputs)?;
    if context::is_active() {
        return context::process(prim, inputs);
    }
    eager(prim, inputs)
}

/// [`bind`] for primitives of one result.
///
/// # Errors
/// As [`bind`].
#[inline]
pub fn bind1(prim: &Prim, inputs: &mut [Operand<'_>]) -> Result<Array> {
    Ok(bind(prim, inputs)?.remove(0))
}

/// Runs a primitive on concrete arrays, below all transformations.
fn eager(prim: &Prim, inputs: &mut [Operand<'_>]) -> Result<Results> {
    let device = place(prim, inputs)?;
    if let Prim::Call { graph } = prim {
        let outputs = tnp_backend::call(device, graph, given(inputs)?)?;
        return Ok(outputs.into_iter().map(Array::from_tensor).collect());
    }
    let mut donated: SmallVec<[bool; 3]> = SmallVec::new();
    for input in inputs.iter_mut() {
        donated.push(input.is_donated());
    }
    let mut args: SmallVec<[Arg<'_>; 3]> = SmallVec::new();
    for (input, donated) in inputs.iter().zip(donated) {
        if let Some(array) = input.as_array() {
            args.push(Arg {
                tensor: array.tensor().map_err(|_| context::escaped(prim.name()))?,
                donated,
            });
        }
    }
    let mut outputs = tnp_backend::run(device, prim, &args)?;
    if outputs.len() == 1
        && let Some(one) = outputs.pop()
    {
        return Ok(smallvec![Array::from_tensor(one)]);
    }
    Ok(outputs.into_iter().map(Array::from_tensor).collect())
}

/// The operands of a graph: those that are given up are handed over, so that it can drop or overwrite them on the way.
fn given(inputs: &mut [Operand<'_>]) -> Result<Inputs> {
    let one = |input: &mut Operand<'_>| {
        let gone = || Operand::Failed(Error::value("an array that was given up is used"));
        let array = match input.is_donated() {
            true => std::mem::replace(input, gone()).into_array()?,
            false => input.array()?.clone(),
        };
        let escaped = |_| context::escaped("call");
        array.into_tensor().map_err(escaped)
    };
    inputs.iter_mut().map(one).collect()
}

/// The short lane for elementwise primitives: nothing in force, operands alike already. `None` sends the caller the
/// long way, which finds out what is different. An eager operation on a tiny array is mostly overhead; this halves it.
#[inline]
pub(crate) fn direct<const N: usize>(
    prim: &Prim,
    dtype: DType,
    inputs: [&mut Operand<'_>; N],
) -> Option<Result<Array>> {
    if context::is_active() || context::has_watches() || scoped_device().is_some() {
        return None;
    }
    let mut inputs = inputs.map(|input| (input.is_donated(), &*input));
    let first = inputs.first()?.1.as_array()?.concrete()?;
    let mut args = [Arg::borrowed(first); N];
    for (arg, (donated, input)) in args.iter_mut().zip(&mut inputs) {
        let tensor = input.as_array()?.concrete()?;
        if tensor.dtype != first.dtype
            || tensor.shape() != first.shape()
            || tensor.device() != first.device()
            || tensor.buffer.check().is_err()
        {
            return None;
        }
        *arg = Arg {
            tensor,
            donated: *donated,
        };
    }
    let device = first.device();
    let types = [first.dtype; N];
    if !device.backend().supports(prim, &types) {
        return None;
    }
    let output = TensorType::new(first.shape(), dtype);
    Some(executed(device, prim, &args, output))
}

/// The short lane for primitives without inputs. `None` sends the caller the long way, as [`direct`] does.
#[inline]
pub(crate) fn direct_source(prim: &Prim, output: TensorType) -> Option<Result<Array>> {
    if context::is_active() {
        return None;
    }
    let device = current_device().ok()?;
    let supported = device.backend().supports(prim, &[]);
    supported.then(|| executed(device, prim, &[], output))
}

/// Has a backend do a primitive of one result whose type is known.
#[inline]
fn executed(device: Device, prim: &Prim, args: &[Arg<'_>], output: TensorType) -> Result<Array> {
    let output = [output];
    let mut outputs = device
        .backend()
        .execute(device.index(), prim, args, &output)
        .map_err(|error| tnp_backend::explain(error, prim, &output))?;
    match outputs.pop() {
        Some(tensor) => Ok(Array::from_tensor(tensor)),
        None => unreachable!("the primitive gives one result"),
    }
}
