//! Batching of primitives that run graphs: the graphs are batched, once for each pattern of batched inputs.

use std::sync::Arc;

use smallvec::{SmallVec, smallvec};
use tnp_array::{Array, Result};
use tnp_backend::prim::{Prim, ReduceOp};
use tnp_backend::{Graph, GraphBuilder, TensorType};
use tnp_dtype::DType;
use tnp_shape::Dims;
use tnp_trace::{Aval, Derived, replay, trace};

use super::{Arg, Outputs, batched, front, moved, run, run_all};
use crate::frame::MapFrame;

type Flags = SmallVec<[bool; 8]>;

/// What one example of an operand looks like.
pub(super) fn example(arg: &Arg) -> TensorType {
    match arg.batched {
        true => TensorType::new(&arg.array.shape()[1..], arg.array.dtype()),
        false => arg.array.ty(),
    }
}

fn flags(args: &[Arg]) -> Flags {
    args.iter().map(|arg| arg.batched).collect()
}

fn arrays(args: &[Arg]) -> Vec<Array> {
    args.iter().map(|arg| arg.array.clone()).collect()
}

/// Each operand with the batch where the flag wants it.
fn with_flags(args: &[Arg], wanted: &[bool], size: usize) -> Result<Vec<Array>> {
    let pairs = args.iter().zip(wanted);
    pairs
        .map(|(arg, &wanted)| match wanted {
            true => front(arg, size),
            false => Ok(arg.array.clone()),
        })
        .collect()
}

type Key = (Flags, Flags, usize);
static BATCHED: Derived<Key, (Arc<Graph>, Flags)> = Derived::new();

/// A graph on batches: which inputs have one is said; which outputs come with one is found out, those in `force` do.
pub(crate) fn batch_graph(
    graph: &Arc<Graph>,
    inputs: &[bool],
    force: &[bool],
    size: usize,
) -> Result<(Arc<Graph>, Flags)> {
    let key = (Flags::from_slice(inputs), Flags::from_slice(force), size);
    BATCHED.get(graph, key, || {
        let avals: Vec<Aval> = graph
            .input_types()
            .zip(inputs)
            .map(|(ty, &batched)| {
                let mut ty = ty.clone();
                if batched {
                    ty.shape.insert(0, size);
                }
                ty.into()
            })
            .collect();
        let mut found = Flags::new();
        let traced = trace("vectorized_map", &avals, |boxes| {
            let frame = MapFrame::new(size);
            let pairs = boxes.iter().zip(inputs);
            let mapped = pairs
                .map(|(x, &batched)| match batched {
                    true => frame.wrap(x.clone()),
                    false => x.clone(),
                })
                .collect();
            let outputs = frame.within(|| replay(graph, mapped))?;
            let outputs = outputs.iter().enumerate().map(|(at, output)| {
                let arg = frame.unwrap(output)?;
                let batched = arg.batched || force.get(at).copied().unwrap_or(false);
                found.push(batched);
                match batched {
                    true => front(&arg, size),
                    false => Ok(arg.array),
                }
            });
            outputs.collect()
        })?;
        Ok((traced.graph, found))
    })
}

fn tagged(outputs: Vec<Array>, flags: &[bool]) -> Outputs {
    let pairs = outputs.into_iter().zip(flags);
    pairs
        .map(|(array, &batched)| Arg { array, batched })
        .collect()
}

pub(super) fn call(graph: &Arc<Graph>, args: &[Arg], size: usize) -> Result<Outputs> {
    let (graph, found) = batch_graph(graph, &flags(args), &[], size)?;
    let outputs = run_all(&Prim::Call { graph }, &arrays(args))?;
    Ok(tagged(outputs, &found))
}

/// A primitive that takes one key, run for each example in turn: one scan, whose number of steps is all that grows.
pub(super) fn each(prim: &Prim, args: &[Arg], size: usize) -> Result<Outputs> {
    let mut builder = GraphBuilder::new();
    let inputs: Vec<_> = args.iter().map(|arg| builder.input(example(arg))).collect();
    let outputs = builder.push(prim.clone(), &inputs)?;
    let scan = Prim::Scan {
        body: Arc::new(builder.finish(&outputs)),
        carry: 0,
        length: size,
        reverse: false,
    };
    let fronted: Result<Vec<Array>> = args.iter().map(|arg| front(arg, size)).collect();
    let outputs = run_all(&scan, &fronted?)?;
    Ok(outputs.into_iter().flat_map(batched).collect())
}

pub(super) fn switch(branches: &[Arc<Graph>], args: &[Arg], size: usize) -> Result<Outputs> {
    let Some((index, operands)) = args.split_first() else {
        unreachable!("switch takes a branch number")
    };
    let outputs = branches.first().map_or(0, |graph| graph.outputs().len());
    let force = vec![true; outputs];
    let graphs: Result<Vec<Arc<Graph>>> = branches
        .iter()
        .map(|graph| Ok(batch_graph(graph, &flags(operands), &force, size)?.0))
        .collect();
    let graphs = graphs?;
    if !index.batched {
        let mut inputs = vec![index.array.clone()];
        inputs.extend(arrays(operands));
        let outputs = run_all(&Prim::Switch { branches: graphs }, &inputs)?;
        return Ok(outputs.into_iter().flat_map(batched).collect());
    }
    // Each example chooses for itself: all branches run, and each result is chosen example by example.
    check_branches(&index.array, branches.len())?;
    let inputs = arrays(operands);
    let mut chosen: Vec<Array> = Vec::new();
    for (number, graph) in graphs.into_iter().enumerate() {
        let outputs = run_all(&Prim::Call { graph }, &inputs)?;
        if number == 0 {
            chosen = outputs;
            continue;
        }
        let number = filled(&[size], number as i64)?;
        let here = run(
            &Prim::Binary(tnp_backend::prim::Binary::Equal),
            &[&index.array, &number],
        )?;
        for (old, new) in chosen.iter_mut().zip(outputs) {
            *old = select(&here, &new, old)?;
        }
    }
    Ok(chosen.into_iter().flat_map(batched).collect())
}

/// Reads each example's branch number out of a list of all of them: what is out of bounds is refused there.
fn check_branches(index: &Array, branches: usize) -> Result<()> {
    if index.boxed().is_some() {
        return Ok(());
    }
    let wrong = index
        .to_vec::<i64>()?
        .into_iter()
        .find(|&number| number < 0 || number >= branches as i64);
    match wrong {
        None => Ok(()),
        Some(number) => Err(tnp_array::Error::index(format!(
            "switch: branch {number} is out of bounds for {branches} branches"
        ))),
    }
}

fn filled(shape: &[usize], value: impl tnp_dtype::Element) -> Result<Array> {
    let prim = Prim::Full {
        shape: Dims::from_slice(shape),
        value: tnp_dtype::Literal::new(value),
    };
    run(&prim, &[])
}

/// `x` for the examples where `here` (one bool each) holds, else `y`.
fn select(here: &Array, x: &Array, y: &Array) -> Result<Array> {
    let stretch = Prim::BroadcastInDim {
        shape: Dims::from_slice(x.shape()),
        dims: smallvec![0],
    };
    run(&Prim::Select, &[&run(&stretch, &[here])?, x, y])
}

/// Which carried values have a batch, once around the loop changes nothing any more.
fn settled(body: &Arc<Graph>, start: &[bool], rest: &[bool], size: usize) -> Result<Flags> {
    let mut carry = Flags::from_slice(start);
    loop {
        let inputs: Flags = carry.iter().chain(rest).copied().collect();
        let (_, found) = batch_graph(body, &inputs, &carry, size)?;
        let next: Flags = carry
            .iter()
            .zip(&found)
            .map(|(&was, &is)| was || is)
            .collect();
        if next == carry {
            return Ok(carry);
        }
        carry = next;
    }
}

pub(super) fn while_loop(
    condition: &Arc<Graph>,
    body: &Arc<Graph>,
    args: &[Arg],
    size: usize,
) -> Result<Outputs> {
    let carry = settled(body, &flags(args), &[], size)?;
    let (test, found) = batch_graph(condition, &carry, &[], size)?;
    if !found[0] {
        let (body, _) = batch_graph(body, &carry, &carry, size)?;
        let prim = Prim::While {
            condition: test,
            body,
        };
        let outputs = run_all(&prim, &with_flags(args, &carry, size)?)?;
        return Ok(tagged(outputs, &carry));
    }
    // Each example has its own end: the loop goes on while any does, and leaves those that have ended as they are.
    let all = Flags::from_elem(true, args.len());
    let (test, _) = batch_graph(condition, &all, &[true], size)?;
    let (step, _) = batch_graph(body, &all, &all, size)?;
    let types: Vec<Aval> = step.input_types().cloned().map(Aval::from).collect();
    let any = trace("while_loop", &types, |carry| {
        let going = replay(&test, carry.to_vec())?.remove(0);
        let any = Prim::Reduce {
            op: ReduceOp::Any,
            axes: smallvec![0],
            dtype: DType::Bool,
        };
        Ok(vec![run(&any, &[&going])?])
    })?;
    let some = trace("while_loop", &types, |carry| {
        let going = replay(&test, carry.to_vec())?.remove(0);
        let next = replay(&step, carry.to_vec())?;
        next.iter()
            .zip(carry)
            .map(|(new, old)| select(&going, new, old))
            .collect()
    })?;
    let prim = Prim::While {
        condition: any.graph,
        body: some.graph,
    };
    let outputs = run_all(&prim, &with_flags(args, &all, size)?)?;
    Ok(tagged(outputs, &all))
}

pub(super) fn scan(
    body: &Arc<Graph>,
    carry: usize,
    (length, reverse): (usize, bool),
    args: &[Arg],
    size: usize,
) -> Result<Outputs> {
    let (carried, items) = args.split_at(carry);
    let item_flags = flags(items);
    let settled = settled(body, &flags(carried), &item_flags, size)?;
    let inputs: Flags = settled.iter().chain(&item_flags).copied().collect();
    let (body, found) = batch_graph(body, &inputs, &settled, size)?;
    let mut operands = with_flags(carried, &settled, size)?;
    for item in items {
        // Steps in front, then the batch.
        operands.push(match item.batched {
            true => moved(item.array.clone(), 0, 1)?,
            false => item.array.clone(),
        });
    }
    let prim = Prim::Scan {
        body,
        carry,
        length,
        reverse,
    };
    let outputs = run_all(&prim, &operands)?;
    let outputs = outputs.into_iter().zip(&found).enumerate();
    outputs
        .map(|(at, (array, &batched))| {
            let array = match batched && at >= carry {
                true => moved(array, 1, 0)?,
                false => array,
            };
            Ok(Arg { array, batched })
        })
        .collect()
}
