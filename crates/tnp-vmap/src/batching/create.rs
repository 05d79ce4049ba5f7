//! Batching of primitives that make arrays.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tnp_array::{Error, Result};
use tnp_backend::prim::Prim;
use tnp_backend::{Graph, TensorType, decompose};
use tnp_dtype::DType;

use super::{Arg, Outputs, control};

/// Words for an example up to which the bits of all examples are computed side by side.
const FEW_WORDS: usize = 64;

/// Generators by their shape and dtype; all are thrown away when there are so many.
static GENERATORS: Mutex<Option<HashMap<Prim, Arc<Graph>>>> = Mutex::new(None);
const MOST_GENERATORS: usize = 64;

/// Without operands there is nothing to batch: the frame hands these on.
pub(super) fn constant(prim: &Prim) -> Result<Outputs> {
    Err(Error::scope(format!(
        "{}: it takes no operands, so none can be mapped",
        prim.name()
    )))
}

/// Bits under a key of each example's own. The generator is a primitive of one key: for few bits its arithmetic runs on all
/// keys at once, for many it runs itself, once for each.
pub(super) fn random_bits(prim: &Prim, args: &[Arg], size: usize) -> Result<Outputs> {
    let words =
        |shape: &[usize], dtype: DType| shape.iter().product::<usize>() * dtype.itemsize() / 4;
    if let Prim::RandomBits { shape, dtype } = prim
        && words(shape, *dtype) <= FEW_WORDS
        && let Some(graph) = generator(prim, args)
    {
        return control::call(&graph?, args, size);
    }
    control::each(prim, args, size)
}

/// The generator as a graph of arithmetic.
fn generator(prim: &Prim, args: &[Arg]) -> Option<Result<Arc<Graph>>> {
    let mut known = GENERATORS.lock().unwrap_or_else(PoisonError::into_inner);
    let known = known.get_or_insert_default();
    if let Some(graph) = known.get(prim) {
        return Some(Ok(graph.clone()));
    }
    let types: Vec<TensorType> = args.iter().map(control::example).collect();
    let graph = decompose(prim, &types.iter().collect::<Vec<_>>())?.map(Arc::new);
    if known.len() >= MOST_GENERATORS {
        known.clear();
    }
    if let Ok(graph) = &graph {
        known.insert(prim.clone(), graph.clone());
    }
    Some(graph)
}
