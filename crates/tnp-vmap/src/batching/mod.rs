//! The batching table: for each primitive, the same for a whole batch. Rules are written with `bind`, which goes to the next
//! transformation out; nesting needs no code here.

mod control;
mod create;
mod elementwise;
mod fft;
mod indexing;
mod layout;
mod linalg;
mod products;
mod reduce;
mod sort;

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use smallvec::{SmallVec, smallvec};
use tnp_array::{Array, Error, Operand, Result, bind, bind1};
use tnp_backend::TensorType;
use tnp_backend::prim::{Axes, CustomId, Prim, custom_rule, infer};
use tnp_shape::Dims;

pub(crate) use crate::frame::Arg;

/// What a batched primitive gives.
pub(crate) type Outputs = SmallVec<[Arg; 1]>;

/// How a registered operation runs on a batch: arrays with the flag whether axis 0 is the batch, the size of the batch, and the
/// results, each with the batch along axis 0.
pub type BatchingRule = fn(&[(Array, bool)], usize) -> Result<Vec<Array>>;

static CUSTOM: RwLock<Option<HashMap<CustomId, BatchingRule>>> = RwLock::new(None);

/// Gives a registered operation its batching rule. Without one a map of it is an error: batching the graph it lowers to would
/// lose a derivative of its own.
///
/// # Examples
/// ```
/// use tnp_backend::prim::{CustomRule, register_custom};
/// use tnp_vmap::register_batching;
/// let id = register_custom(CustomRule {
///     name: "twice",
///     infer: |inputs| Ok([inputs[0].clone()].into_iter().collect()),
///     lower: |inputs| {
///         let mut builder = tnp_backend::GraphBuilder::new();
///         let x = builder.input(inputs[0].clone());
///         let y = builder.push1(tnp_backend::prim::Prim::Binary(tnp_backend::prim::Binary::Add), &[x, x])?;
///         Ok(builder.finish(&[y]))
///     },
/// });
/// // Elementwise: the same on the batch.
/// register_batching(id, |inputs, _| Ok(vec![tnp_array::add(&inputs[0].0, &inputs[0].0)?]));
/// ```
pub fn register_batching(id: CustomId, rule: BatchingRule) {
    let mut rules = CUSTOM.write().unwrap_or_else(PoisonError::into_inner);
    rules.get_or_insert_default().insert(id, rule);
}

/// Does a primitive for a whole batch. At least one operand is batched.
pub(crate) fn batch(prim: &Prim, args: SmallVec<[Arg; 4]>, size: usize) -> Result<Outputs> {
    // What does not fit is told in the shapes that the user's function sees.
    let types: SmallVec<[TensorType; 4]> = args.iter().map(control::example).collect();
    infer(prim, &types.iter().collect::<SmallVec<[&TensorType; 4]>>())?;
    let same = |args: SmallVec<[Arg; 4]>| elementwise::same(prim, args, size);
    match prim {
        Prim::Unary(_) | Prim::Cast { .. } | Prim::Bitcast { .. } => same(args),
        Prim::Binary(_) | Prim::Select => same(args),
        Prim::Barrier | Prim::StopGradient | Prim::DeviceCopy { .. } => same(args),
        Prim::Full { .. } | Prim::Iota { .. } => create::constant(prim),
        Prim::RandomBits { .. } => create::random_bits(prim, &args, size),
        Prim::Reshape { shape } => layout::reshape(shape, &args, size),
        Prim::Transpose { permutation } => layout::transpose(permutation, &args),
        Prim::BroadcastInDim { shape, dims } => layout::broadcast(shape, dims, &args, size),
        Prim::Slice { axes } => layout::slice(axes, &args, size),
        Prim::Pad { low, high } => layout::pad(low, high, &args, size),
        Prim::Concatenate { axis } => layout::concatenate(*axis, &args, size),
        Prim::DynamicSlice { sizes } => indexing::dynamic_slice(sizes, &args, size),
        Prim::DynamicUpdateSlice => indexing::dynamic_update_slice(&args, size),
        Prim::Gather {
            axes,
            index_axes_at,
        } => indexing::gather(axes, *index_axes_at, &args, size),
        Prim::Scatter {
            op,
            axes,
            index_axes_at,
        } => indexing::scatter(*op, axes, *index_axes_at, &args, size),
        Prim::NonZero { size: count } => indexing::nonzero(*count, &args, size),
        Prim::Reduce { op, axes, dtype } => reduce::reduce(*op, axes, *dtype, &args),
        Prim::ArgReduce { op, axis } => reduce::arg_reduce(*op, *axis, &args),
        Prim::Cumulative {
            op,
            axis,
            reverse,
            dtype,
        } => reduce::cumulative(*op, *axis, *reverse, *dtype, &args),
        Prim::Sort { axis } => sort::sort(*axis, &args),
        Prim::ArgSort { axis, stable } => sort::argsort(*axis, *stable, &args),
        Prim::SearchSorted { side } => sort::search_sorted(*side, &args, size),
        Prim::Fft { kind, axis } => fft::fft(*kind, *axis, &args),
        Prim::Linalg(op) => linalg::linalg(*op, &args, size),
        Prim::DotGeneral(dims) => products::dot_general(dims, &args),
        Prim::Switch { branches } => control::switch(branches, &args, size),
        Prim::While { condition, body } => control::while_loop(condition, body, &args, size),
        Prim::Scan {
            body,
            carry,
            length,
            reverse,
        } => control::scan(body, *carry, (*length, *reverse), &args, size),
        Prim::Call { graph } => control::call(graph, &args, size),
        Prim::Custom(id) => custom(*id, &args, size),
    }
}

// ---- what rules are made of

/// A batched result.
pub(crate) fn batched(array: Array) -> Outputs {
    smallvec![Arg {
        array,
        batched: true
    }]
}

/// One primitive in the parent's context.
pub(crate) fn run(prim: &Prim, inputs: &[&Array]) -> Result<Array> {
    let mut operands: SmallVec<[Operand<'_>; 4]> =
        inputs.iter().map(|&x| Operand::Borrowed(x)).collect();
    bind1(prim, &mut operands)
}

/// The operand with a batch axis in front: a view that repeats it where it has none.
pub(crate) fn front(arg: &Arg, size: usize) -> Result<Array> {
    if arg.batched {
        return Ok(arg.array.clone());
    }
    let mut shape: Dims = smallvec![size];
    shape.extend_from_slice(arg.array.shape());
    let dims: Axes = (1..shape.len()).collect();
    run(&Prim::BroadcastInDim { shape, dims }, &[&arg.array])
}

/// An axis moved to another place.
pub(crate) fn moved(x: Array, from: usize, to: usize) -> Result<Array> {
    if from == to {
        return Ok(x);
    }
    let mut permutation: Axes = (0..x.ndim()).filter(|&axis| axis != from).collect();
    permutation.insert(to, from);
    run(&Prim::Transpose { permutation }, &[&x])
}

fn custom(id: CustomId, args: &[Arg], size: usize) -> Result<Outputs> {
    let registered = {
        let rules = CUSTOM.read().unwrap_or_else(PoisonError::into_inner);
        rules.as_ref().and_then(|rules| rules.get(&id)).copied()
    };
    if let Some(rule) = registered {
        let inputs: Vec<(Array, bool)> = args
            .iter()
            .map(|arg| (arg.array.clone(), arg.batched))
            .collect();
        let outputs = rule(&inputs, size)?;
        return Ok(outputs.into_iter().flat_map(batched).collect());
    }
    let name = custom_rule(id).map_or("custom", |rule| rule.name);
    Err(Error::unsupported(format!(
        "{name}: no batching rule is registered for it; give it one (`register_batching`), or use `map_fn`, which runs the \
         examples one by one"
    )))
}

/// All results of a primitive in the parent's context.
pub(crate) fn run_all(prim: &Prim, inputs: &[Array]) -> Result<Vec<Array>> {
    let mut operands: SmallVec<[Operand<'_>; 8]> = inputs.iter().map(Operand::Borrowed).collect();
    Ok(bind(prim, &mut operands)?.into_vec())
}
