//! The batching table: for each primitive, the same for a whole batch. Rules are written with `bind`, which goes to the next
//! transformation out; nesting needs no code here.

mod control;
mod indexing;
mod layout;
mod products;
mod reduce;
mod sort;

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use smallvec::{SmallVec, smallvec};
use tnp_array::{Array, Error, Operand, Result, bind, bind1};
use tnp_backend::prim::{Axes, CustomId, Prim, custom_rule};
use tnp_shape::Dims;

pub(crate) use crate::frame::Arg;

/// What a batched primitive gives.
pub(crate) type Outputs = SmallVec<[Arg; 1]>;

/// How a registered operation runs on a batch: arrays with the flag whether axis 0 is the batch, the size of the batch, and the
/// results, each with the batch along axis 0.
pub type BatchingRule = fn(&[(Array, bool)], usize) -> Result<Vec<Array>>;

static CUSTOM: RwLock<Option<HashMap<CustomId, BatchingRule>>> = RwLock::new(None);

/// Gives a registered operation a batching rule of its own; without one its lowered graph is batched.
pub fn register_batching(id: CustomId, rule: BatchingRule) {
    let mut rules = CUSTOM.write().unwrap_or_else(PoisonError::into_inner);
    rules.get_or_insert_default().insert(id, rule);
}

/// Does a primitive for a whole batch. At least one operand is batched.
pub(crate) fn batch(prim: &Prim, args: &[Arg], size: usize) -> Result<Outputs> {
    match prim {
        // Elementwise families, and what leaves an array as it is.
        Prim::Unary(_) | Prim::Cast { .. } | Prim::Bitcast { .. } => same(prim, args, size),
        Prim::Binary(_) | Prim::Select => same(prim, args, size),
        Prim::Barrier | Prim::StopGradient | Prim::DeviceCopy { .. } => same(prim, args, size),
        // Without operands there is nothing to batch.
        Prim::Full { .. } | Prim::Iota { .. } => same(prim, args, size),
        Prim::RandomBits { .. } => control::each(prim, args, size),
        Prim::Reshape { shape } => layout::reshape(shape, args, size),
        Prim::Transpose { permutation } => layout::transpose(permutation, args),
        Prim::BroadcastInDim { shape, dims } => layout::broadcast(shape, dims, args, size),
        Prim::Slice { axes } => layout::slice(axes, args, size),
        Prim::Pad { low, high } => layout::pad(low, high, args, size),
        Prim::Concatenate { axis } => layout::concatenate(*axis, args, size),
        Prim::DynamicSlice { sizes } => indexing::dynamic_slice(sizes, args, size),
        Prim::DynamicUpdateSlice => indexing::dynamic_update_slice(args, size),
        Prim::Gather {
            axes,
            index_axes_at,
        } => indexing::gather(axes, *index_axes_at, args, size),
        Prim::Scatter {
            op,
            axes,
            index_axes_at,
        } => indexing::scatter(*op, axes, *index_axes_at, args, size),
        Prim::NonZero { size: count } => indexing::nonzero(*count, args, size),
        Prim::Reduce { op, axes, dtype } => reduce::reduce(*op, axes, *dtype, args),
        Prim::ArgReduce { op, axis } => reduce::arg_reduce(*op, *axis, args),
        Prim::Cumulative {
            op,
            axis,
            reverse,
            dtype,
        } => reduce::cumulative(*op, *axis, *reverse, *dtype, args),
        Prim::Sort { axis } => sort::sort(*axis, args),
        Prim::ArgSort { axis, stable } => sort::argsort(*axis, *stable, args),
        Prim::SearchSorted { side } => sort::search_sorted(*side, args, size),
        Prim::DotGeneral(dims) => products::dot_general(dims, args),
        Prim::Switch { branches } => control::switch(branches, args, size),
        Prim::While { condition, body } => control::while_loop(condition, body, args, size),
        Prim::Scan {
            body,
            carry,
            length,
            reverse,
        } => control::scan(body, *carry, (*length, *reverse), args, size),
        Prim::Call { graph } => control::call(graph, args, size),
        Prim::Custom(id) => custom(*id, args, size),
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

/// Primitives that look at each element by itself: the same on the batch.
fn same(prim: &Prim, args: &[Arg], size: usize) -> Result<Outputs> {
    let fronted: Result<SmallVec<[Array; 3]>> = args.iter().map(|arg| front(arg, size)).collect();
    let fronted = fronted?;
    Ok(batched(run(prim, &fronted.iter().collect::<Vec<_>>())?))
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
    let Some(rule) = custom_rule(id) else {
        return Err(Error::unsupported(format!(
            "vectorized_map: {id:?} is not registered in this process, so it has no batching rule; use `map_fn`"
        )));
    };
    let types: Vec<_> = args.iter().map(control::example).collect();
    let graph = (rule.lower)(&types.iter().collect::<Vec<_>>())?;
    control::call(&graph.into(), args, size)
}

/// All results of a primitive in the parent's context.
pub(crate) fn run_all(prim: &Prim, inputs: &[Array]) -> Result<Vec<Array>> {
    let mut operands: SmallVec<[Operand<'_>; 8]> = inputs.iter().map(Operand::Borrowed).collect();
    Ok(bind(prim, &mut operands)?.into_vec())
}
