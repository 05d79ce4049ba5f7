//! Running primitives and graphs on tensors: views for layout primitives, control flow, decomposition, transfers.
//!
//! Gradients, traces and maps are above this; what comes here is computed.

use std::sync::Arc;

use smallvec::{SmallVec, smallvec};
use tnp_dtype::{DType, Literal};
use tnp_shape::{Dims, Layout, Strides};

use crate::prim::{Linalg, Prim, SliceSpec, Unary, infer};
use crate::{
    Arg, Device, Error, ErrorKind, Graph, Inputs, Outputs, Result, Tensor, TensorType, compiled,
    decompose, detour, factorisation, is_layout, shape_text, transfer,
};

/// Runs one primitive on a device, on which all inputs live.
///
/// # Errors
/// Those of inference and execution, and the failure of an operation an input derives from.
pub fn run(device: Device, prim: &Prim, inputs: &[Arg<'_>]) -> Result<Outputs> {
    for arg in inputs {
        arg.tensor.buffer.check()?;
    }
    started(device, prim, inputs).map_err(|error| error.in_prim(prim.name()))
}

fn started(device: Device, prim: &Prim, inputs: &[Arg<'_>]) -> Result<Outputs> {
    let types: SmallVec<[TensorType; 3]> = inputs.iter().map(|arg| arg.tensor.ty()).collect();
    let types: SmallVec<[&TensorType; 3]> = types.iter().collect();
    let outputs = infer(prim, &types)?;
    run_inferred(device, prim, inputs, &types, &outputs)
}

/// Runs a compiled graph on a device, as [`run`] does a `Call`, but on inputs that are given up: those whose buffer nobody
/// else holds may be overwritten.
///
/// # Errors
/// As [`run`].
pub fn call(device: Device, graph: &Arc<Graph>, inputs: Inputs) -> Result<Outputs> {
    for input in &inputs {
        input.buffer.check()?;
    }
    compiled(device, graph)
        .and_then(|executable| executable.run(inputs))
        .map_err(|error| error.in_prim("call"))
}

/// As [`run`], for a primitive whose output types are known already.
///
/// # Errors
/// Those of execution.
pub(crate) fn run_inferred(
    device: Device,
    prim: &Prim,
    inputs: &[Arg<'_>],
    types: &[&TensorType],
    outputs: &[TensorType],
) -> Result<Outputs> {
    if is_layout(prim)
        && let Some(view) = view(prim, inputs[0].tensor, &outputs[0])
    {
        return Ok(smallvec![view]);
    }
    let values = |from: usize| {
        inputs[from..]
            .iter()
            .map(|arg| arg.tensor.clone())
            .collect::<Vec<_>>()
    };
    match prim {
        Prim::DeviceCopy { device } => Ok(smallvec![transfer(inputs[0].tensor, *device)?]),
        Prim::Call { graph } => compiled(device, graph)?.run(values(0).into()),
        Prim::Switch { branches } => {
            let branch = scalar(inputs[0].tensor)?.to_i128().unwrap_or(-1);
            match usize::try_from(branch).ok().and_then(|i| branches.get(i)) {
                Some(graph) => compiled(device, graph)?.run(values(1).into()),
                None => Err(Error::index(format!(
                    "switch: branch {branch} is out of bounds for {} branches",
                    branches.len()
                ))),
            }
        }
        Prim::While { condition, body } => {
            let condition = compiled(device, condition)?;
            let body = compiled(device, body)?;
            let mut carry: Inputs = values(0).into();
            while scalar(&condition.run(carry.clone())?[0])?.value::<bool>() {
                carry = body.run(carry)?.into_iter().collect();
            }
            Ok(carry.into_iter().collect())
        }
        Prim::Scan {
            body,
            carry,
            length,
            reverse,
        } => {
            let body = compiled(device, body)?;
            let mut step = |inputs: Vec<Tensor>| body.run(inputs.into());
            let times = (*length, *reverse);
            scan(device, &mut step, *carry, times, values(0), outputs)
        }
        Prim::Linalg(Linalg::Require(property)) => {
            match scalar(inputs[0].tensor)?.value::<bool>() {
                true => Ok(smallvec![inputs[1].tensor.clone()]),
                false => Err(property.error()),
            }
        }
        _ if device.backend().supports(prim, &input_dtypes(types)) => device
            .backend()
            .execute(device.index(), prim, inputs, outputs)
            .map_err(|error| explain(error, prim, outputs)),
        Prim::Linalg(_) => decomposed(device, prim, inputs),
        _ => match decompose(prim, types) {
            Some(graph) => {
                detour::note(device, prim, types, true);
                interpret(device, &graph?, values(0))
            }
            None => {
                detour::note(device, prim, types, false);
                Err(unsupported(device, prim, types))
            }
        },
    }
}

/// Runs the decomposition of a primitive, as [`run`] does where the backend lacks it: for backends that have it for some shapes only.
///
/// # Errors
/// Those of execution, and of primitives that have none (see [`decompose`]).
///
/// # Examples
/// ```no_run
/// # // It takes a backend that this crate does not have.
/// use tnp_backend::prim::{Linalg, Prim};
/// use tnp_backend::{Arg, Device, TensorType, Tensor, decomposed};
/// use tnp_dtype::DType;
/// let device = Device::new("cpu", 0)?;
/// let one = device.backend().upload(0, &4f64.to_le_bytes())?;
/// let one = Tensor::contiguous(one, &[1, 1], DType::Float64);
/// let root = decomposed(device, &Prim::Linalg(Linalg::Cholesky), &[Arg::borrowed(&one)])?;
/// assert_eq!(root[0].ty(), TensorType::new(&[1, 1], DType::Float64));
/// # Ok::<(), tnp_backend::Error>(())
/// ```
pub fn decomposed(device: Device, prim: &Prim, inputs: &[Arg<'_>]) -> Result<Outputs> {
    let types: SmallVec<[TensorType; 3]> = inputs.iter().map(|arg| arg.tensor.ty()).collect();
    let types: SmallVec<[&TensorType; 3]> = types.iter().collect();
    detour::note(device, prim, &types, true);
    let graph = factorisation(prim, &types)?;
    let values: Inputs = inputs.iter().map(|arg| arg.tensor.clone()).collect();
    compiled(device, &graph)?.run(values)
}

/// A backend's error with the primitive's name, and with what was to be computed where memory was lacking for it.
#[cold]
pub fn explain(error: Error, prim: &Prim, outputs: &[TensorType]) -> Error {
    let error = match (error.kind(), outputs) {
        (ErrorKind::Memory, [output]) => Error::memory(format!(
            "{}, for an array with shape {} and data type {}",
            error.message(),
            shape_text(&output.shape),
            output.dtype
        )),
        _ => error,
    };
    error.in_prim(prim.name())
}

#[cold]
fn unsupported(device: Device, prim: &Prim, types: &[&TensorType]) -> Error {
    Error::unsupported(format!(
        "{}: device {device} does not support it for {types:?}; run it on another device (`x.to(&device)`)",
        prim.name()
    ))
}

/// Runs a graph step by step; values are dropped, or handed on to be overwritten, after their last use.
///
/// # Errors
/// Those of the steps.
pub fn interpret(device: Device, graph: &Graph, inputs: Vec<Tensor>) -> Result<Outputs> {
    if inputs.len() != graph.inputs().len() {
        return Err(Error::value(format!(
            "the graph takes {} arrays, {} were given",
            graph.inputs().len(),
            inputs.len()
        )));
    }
    let last_uses = graph.last_uses();
    let mut values: Vec<Option<Tensor>> = vec![None; graph.variables()];
    for (&var, value) in graph.inputs().iter().zip(inputs) {
        values[var.index()] = Some(value);
    }
    for (step, equation) in graph.equations().iter().enumerate() {
        let mut operands: SmallVec<[(Tensor, bool); 3]> = SmallVec::new();
        for (at, var) in equation.inputs.iter().enumerate() {
            let again = equation.inputs[at + 1..].contains(var);
            let last = last_uses[var.index()] == Some(step) && !again;
            let value = if last {
                values[var.index()].take()
            } else {
                values[var.index()].clone()
            };
            operands.push((
                value
                    .ok_or_else(|| Error::scope("a graph reads a variable before it is defined"))?,
                last,
            ));
        }
        for (tensor, last) in &mut operands {
            *last = *last && tensor.buffer.is_unique();
        }
        let args: SmallVec<[Arg<'_>; 3]> = operands
            .iter()
            .map(|(tensor, donated)| Arg {
                tensor,
                donated: *donated,
            })
            .collect();
        let outputs = run(device, &equation.prim, &args)?;
        for (var, value) in equation.outputs.iter().zip(outputs) {
            if last_uses[var.index()].is_some() {
                values[var.index()] = Some(value);
            }
        }
    }
    let output = |var: &crate::Var| {
        values[var.index()]
            .clone()
            .ok_or_else(|| Error::scope("a graph returns a variable it does not define"))
    };
    graph.outputs().iter().map(output).collect()
}

/// The result of a layout primitive as a view; `None` where it needs a copy.
fn view(prim: &Prim, x: &Tensor, output: &TensorType) -> Option<Tensor> {
    let layout = &x.layout;
    let with = |layout: Layout| {
        Some(Tensor {
            buffer: x.buffer.clone(),
            layout,
            dtype: output.dtype,
        })
    };
    match prim {
        Prim::Reshape { shape } => with(layout.reshape(shape)?),
        Prim::Transpose { permutation } => with(Layout::from_parts(
            permutation
                .iter()
                .map(|&axis| layout.shape()[axis])
                .collect(),
            permutation
                .iter()
                .map(|&axis| layout.strides()[axis])
                .collect(),
            layout.offset(),
        )),
        Prim::BroadcastInDim { shape, dims } => {
            let mut strides = Strides::from_elem(0, shape.len());
            for (i, &to) in dims.iter().enumerate() {
                if layout.shape()[i] != 1 || shape[to] == 1 {
                    strides[to] = layout.strides()[i];
                }
            }
            with(Layout::from_parts(shape.clone(), strides, layout.offset()))
        }
        Prim::Slice { axes } => with(slice_layout(layout, axes)),
        Prim::Bitcast { .. } | Prim::Barrier | Prim::StopGradient => with(layout.clone()),
        Prim::Unary(part @ (Unary::Real | Unary::Imag)) => {
            // Of nothing there is no second number to begin at.
            let second = *part == Unary::Imag && layout.size() > 0;
            let offset = layout.offset() * 2 + usize::from(second);
            let strides = layout.strides().iter().map(|stride| stride * 2).collect();
            with(Layout::from_parts(
                Dims::from_slice(layout.shape()),
                strides,
                offset,
            ))
        }
        _ => None,
    }
}

/// The layout of a regular part of each axis.
pub fn slice_layout(layout: &Layout, axes: &[SliceSpec]) -> Layout {
    let mut offset = layout.offset() as isize;
    let mut strides = Strides::new();
    for (spec, &stride) in axes.iter().zip(layout.strides()) {
        if spec.len > 0 {
            offset += spec.start as isize * stride;
        }
        strides.push(stride * spec.step);
    }
    let empty = axes.iter().any(|spec| spec.len == 0);
    let offset = if empty {
        layout.offset()
    } else {
        offset as usize
    };
    Layout::from_parts(axes.iter().map(|spec| spec.len).collect(), strides, offset)
}

/// Reads the value of a 0-d (or one-element) tensor; waits for it.
///
/// # Errors
/// The failure of the operation that was to compute it.
pub fn scalar(x: &Tensor) -> Result<Literal> {
    let itemsize = x.dtype.itemsize();
    let mut bytes = [0u8; 16];
    crate::download(x, &mut bytes[..itemsize])?;
    Ok(Literal::from_bytes(x.dtype, &bytes[..itemsize]))
}

/// A scan whose step is done by `body`.
pub(crate) fn scan(
    device: Device,
    body: &mut dyn FnMut(Vec<Tensor>) -> Result<Outputs>,
    carry: usize,
    (length, reverse): (usize, bool),
    inputs: Vec<Tensor>,
    outputs: &[TensorType],
) -> Result<Outputs> {
    let mut carried = inputs;
    let xs = carried.split_off(carry);
    let mut stacks: Vec<Vec<Tensor>> = vec![Vec::with_capacity(length); outputs.len() - carry];
    for i in 0..length {
        let at = if reverse { length - 1 - i } else { i };
        let mut step = carried;
        for x in &xs {
            let offset = x.layout.offset() as isize + at as isize * x.layout.strides()[0];
            let layout = Layout::from_parts(
                Dims::from_slice(&x.shape()[1..]),
                Strides::from_slice(&x.layout.strides()[1..]),
                offset as usize,
            );
            step.push(Tensor {
                buffer: x.buffer.clone(),
                layout,
                dtype: x.dtype,
            });
        }
        let mut results = body(step)?.into_vec();
        let ys = results.split_off(carry);
        carried = results;
        for (stack, y) in stacks.iter_mut().zip(ys) {
            stack.push(y);
        }
    }
    let mut all: Outputs = carried.into();
    for (mut stack, ty) in stacks.into_iter().zip(&outputs[carry..]) {
        if reverse {
            stack.reverse();
        }
        all.push(stacked(device, &stack, ty)?);
    }
    Ok(all)
}

fn stacked(device: Device, parts: &[Tensor], ty: &TensorType) -> Result<Tensor> {
    if parts.is_empty() {
        let zeros = Prim::Full {
            shape: ty.shape.clone(),
            value: Literal::zero(ty.dtype),
        };
        return Ok(run(device, &zeros, &[])?.remove(0));
    }
    let mut shape: Dims = smallvec![1];
    shape.extend_from_slice(&ty.shape[1..]);
    let rows: Result<Vec<Tensor>> = parts
        .iter()
        .map(|part| {
            Ok(run(
                device,
                &Prim::Reshape {
                    shape: shape.clone(),
                },
                &[Arg::borrowed(part)],
            )?
            .remove(0))
        })
        .collect();
    let rows = rows?;
    let args: Vec<Arg<'_>> = rows.iter().map(Arg::borrowed).collect();
    Ok(run(device, &Prim::Concatenate { axis: 0 }, &args)?.remove(0))
}

/// The same elements in C order without gaps: the tensor itself when it is so already.
///
/// # Errors
/// When memory runs out.
pub fn compact(x: &Tensor) -> Result<Tensor> {
    if x.layout.is_contiguous() {
        return Ok(x.clone());
    }
    Ok(run(
        x.device(),
        &Prim::Cast { dtype: x.dtype },
        &[Arg::borrowed(x)],
    )?
    .remove(0))
}

/// Shorthand for backends: the types of the inputs.
pub fn input_dtypes(inputs: &[&TensorType]) -> SmallVec<[DType; 3]> {
    inputs.iter().map(|ty| ty.dtype).collect()
}
