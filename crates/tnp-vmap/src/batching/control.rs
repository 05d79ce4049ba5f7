//! Batching of primitives that run graphs: the graphs are batched, once for each pattern of batched inputs.

use std::sync::Arc;

use smallvec::{SmallVec, smallvec};
use tnp_array::{Array, Error, Result};
use tnp_backend::prim::{ArgReduceOp, AxisIndex, Binary, Prim, ReduceOp};
use tnp_backend::{Graph, GraphBuilder, TensorType};
use tnp_dtype::{DType, Element, Literal};
use tnp_shape::Dims;
use tnp_trace::{Aval, Derived, replay, trace};

use super::indexing::not_negative;
use super::{Arg, Outputs, batched, front, moved, run, run_all};
use crate::attached;
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
        if !traced.captured.is_empty() {
            return Err(Error::unsupported(
                "vectorized_map: a batching rule uses arrays of its own, which a graph does not hold; use `map_fn`",
            ));
        }
        for attached in attached::of(graph) {
            (attached.carry)(graph, &traced.graph, inputs);
        }
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
    let force = match attached::of(graph).is_empty() {
        true => Flags::new(),
        false => Flags::from_elem(true, graph.outputs().len()),
    };
    let (graph, found) = batch_graph(graph, &flags(args), &force, size)?;
    let outputs = run_all(&Prim::Call { graph }, &arrays(args))?;
    Ok(tagged(outputs, &found))
}

/// A primitive run for each example in turn: one scan, whose number of steps is all that grows.
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

/// Whether a step can fail, or never end, for values that another branch or an earlier test would have kept from it.
fn is_delicate(prim: &Prim) -> bool {
    let indexed = |axes: &[AxisIndex]| axes.iter().any(|axis| matches!(axis, AxisIndex::Index));
    match prim {
        Prim::Gather { axes, .. } | Prim::Scatter { axes, .. } => indexed(axes),
        Prim::DynamicSlice { .. } | Prim::DynamicUpdateSlice => true,
        Prim::Switch { .. } | Prim::While { .. } | Prim::Custom(_) => true,
        Prim::Scan { body: graph, .. } | Prim::Call { graph } => has_delicate(graph),
        Prim::Unary(_) | Prim::Binary(_) | Prim::Select | Prim::Cast { .. } => false,
        Prim::Bitcast { .. } | Prim::Full { .. } | Prim::Iota { .. } => false,
        Prim::RandomBits { .. } | Prim::Reshape { .. } | Prim::Transpose { .. } => false,
        Prim::BroadcastInDim { .. } | Prim::Slice { .. } | Prim::Pad { .. } => false,
        Prim::Concatenate { .. } | Prim::NonZero { .. } | Prim::Reduce { .. } => false,
        Prim::ArgReduce { .. } | Prim::Cumulative { .. } | Prim::Sort { .. } => false,
        Prim::ArgSort { .. } | Prim::SearchSorted { .. } | Prim::DotGeneral(_) => false,
        Prim::Fft { .. } => false,
        Prim::Linalg(_) => true,
        Prim::Barrier | Prim::StopGradient | Prim::DeviceCopy { .. } => false,
    }
}

fn has_delicate(graph: &Graph) -> bool {
    graph.equations().iter().any(|step| is_delicate(&step.prim))
}

pub(super) fn switch(branches: &[Arc<Graph>], args: &[Arg], size: usize) -> Result<Outputs> {
    let (index, operands) = (&args[0], &args[1..]);
    let own = flags(operands);
    // A result that comes as a batch from one branch has to from all; when examples differ in their branch, all do.
    let count = branches.first().map_or(0, |graph| graph.outputs().len());
    let mut force = Flags::from_elem(index.batched, count);
    for graph in branches {
        let (_, found) = batch_graph(graph, &own, &[], size)?;
        for (force, found) in force.iter_mut().zip(found) {
            *force |= found;
        }
    }
    let graphs = branches.iter().map(|graph| {
        let (graph, _) = batch_graph(graph, &own, &force, size)?;
        Ok(graph)
    });
    let graphs: Vec<Arc<Graph>> = graphs.collect::<Result<_>>()?;
    if !index.batched {
        let outputs = run_all(&Prim::Switch { branches: graphs }, &arrays(args))?;
        return Ok(tagged(outputs, &force));
    }
    let index = checked_branch(&index.array, branches.len())?;
    let mut chosen: Option<Vec<Array>> = None;
    for (number, graph) in graphs.into_iter().enumerate() {
        let number = filled(&[size], number as i64)?;
        let here = run(&Prim::Binary(Binary::Equal), &[&index, &number])?;
        let before = match chosen {
            Some(before) => before,
            None if size > 0 && has_delicate(&graph) => zeros(graph.output_types())?,
            None => {
                chosen = Some(run_all(&Prim::Call { graph }, &arrays(operands))?);
                continue;
            }
        };
        chosen = Some(if size > 0 && has_delicate(&graph) {
            taken_by_some(&graph, here, before, operands)?
        } else {
            let outputs = run_all(&Prim::Call { graph }, &arrays(operands))?;
            chosen_by(&here, &outputs, &before)?
        });
    }
    Ok(tagged(chosen.unwrap_or_default(), &force))
}

/// Each example's result of a branch that must not see the others' operands: where nobody takes it it does not run, and those who
/// take another look at the operands of one who does.
fn taken_by_some(
    graph: &Arc<Graph>,
    here: Array,
    before: Vec<Array>,
    operands: &[Arg],
) -> Result<Vec<Array>> {
    let (results, own) = (before.len(), flags(operands));
    let mut inputs = vec![here];
    inputs.extend(before);
    inputs.extend(arrays(operands));
    let avals: Vec<Aval> = inputs.iter().map(|x| x.ty().into()).collect();
    let skip = trace("switch", &avals, |xs| Ok(xs[1..=results].to_vec()))?;
    let take = trace("switch", &avals, |xs| {
        let (here, before, operands) = (&xs[0], &xs[1..=results], &xs[results + 1..]);
        let seen = of_those(here, operands, &own)?;
        chosen_by(here, &replay(graph, seen)?, before)
    })?;
    let some = any(&inputs[0])?;
    let dtype = DType::Int64;
    inputs.insert(0, run(&Prim::Cast { dtype }, &[&some])?);
    let branches = vec![skip.graph, take.graph];
    run_all(&Prim::Switch { branches }, &inputs)
}

/// Batches in which the examples where `here` does not hold have the values of the first where it does.
fn of_those(here: &Array, batches: &[Array], flags: &[bool]) -> Result<Vec<Array>> {
    let dtype = DType::Int64;
    let first = Prim::ArgReduce {
        op: ArgReduceOp::Max,
        axis: 0,
    };
    let first = run(&first, &[&run(&Prim::Cast { dtype }, &[here])?])?;
    let zero = filled(&[], 0i64)?;
    let pairs = batches.iter().zip(flags);
    pairs
        .map(|(x, &batched)| {
            if !batched {
                return Ok(x.clone());
            }
            let mut sizes = Dims::from_slice(x.shape());
            sizes[0] = 1;
            let mut inputs = vec![x, &first];
            inputs.resize(1 + x.ndim(), &zero);
            let row = run(&Prim::DynamicSlice { sizes }, &inputs)?;
            let stretch = Prim::BroadcastInDim {
                shape: Dims::from_slice(x.shape()),
                dims: (0..x.ndim()).collect(),
            };
            select(here, x, &run(&stretch, &[&row])?)
        })
        .collect()
}

/// Branch numbers, refused where one is out of bounds: at once when they have a value, else by reading them out of a list.
fn checked_branch(index: &Array, branches: usize) -> Result<Array> {
    if index.boxed().is_none() {
        let numbers = index.to_vec::<i64>()?;
        let mut wrong = numbers.iter().filter(|&&n| n < 0 || n >= branches as i64);
        return match wrong.next() {
            None => Ok(index.clone()),
            Some(number) => Err(Error::index(format!(
                "switch: branch {number} is out of bounds for {branches} branches"
            ))),
        };
    }
    let all = Prim::Iota {
        shape: smallvec![branches],
        dtype: DType::Int64,
        axis: 0,
    };
    let gather = Prim::Gather {
        axes: smallvec![AxisIndex::Index],
        index_axes_at: 0,
    };
    run(
        &gather,
        &[&run(&all, &[])?, &not_negative(index, branches)?],
    )
}

fn filled(shape: &[usize], value: impl Element) -> Result<Array> {
    let prim = Prim::Full {
        shape: Dims::from_slice(shape),
        value: Literal::new(value),
    };
    run(&prim, &[])
}

fn zeros<'a>(types: impl Iterator<Item = &'a TensorType>) -> Result<Vec<Array>> {
    types
        .map(|ty| {
            let prim = Prim::Full {
                shape: ty.shape.clone(),
                value: Literal::zero(ty.dtype),
            };
            run(&prim, &[])
        })
        .collect()
}

fn any(here: &Array) -> Result<Array> {
    let prim = Prim::Reduce {
        op: ReduceOp::Any,
        axes: smallvec![0],
        dtype: DType::Bool,
    };
    run(&prim, &[here])
}

/// `x` for the examples where `here` (one bool each) holds, else `y`.
fn select(here: &Array, x: &Array, y: &Array) -> Result<Array> {
    let stretch = Prim::BroadcastInDim {
        shape: Dims::from_slice(x.shape()),
        dims: smallvec![0],
    };
    run(&Prim::Select, &[&run(&stretch, &[here])?, x, y])
}

fn chosen_by(here: &Array, xs: &[Array], ys: &[Array]) -> Result<Vec<Array>> {
    let pairs = xs.iter().zip(ys);
    pairs.map(|(x, y)| select(here, x, y)).collect()
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
    // Each example has its own end: the loop goes on while any does, and leaves those that have ended as they are. So all that
    // changes is a batch; what the body only hands on need not be.
    let handed_on = |at: usize| body.outputs()[at] == body.inputs()[at];
    let own: Flags = (args.iter().enumerate())
        .map(|(at, arg)| arg.batched || !handed_on(at))
        .collect();
    let (test, _) = batch_graph(condition, &own, &[true], size)?;
    let (step, _) = batch_graph(body, &own, &own, size)?;
    let guarded = size > 0 && has_delicate(body);
    let carry = with_flags(args, &own, size)?;
    let mut start = run_all(
        &Prim::Call {
            graph: test.clone(),
        },
        &carry,
    )?;
    start.extend(carry);
    let avals: Vec<Aval> = start.iter().map(|x| x.ty().into()).collect();
    let go = trace("while_loop", &avals, |xs| Ok(vec![any(&xs[0])?]))?;
    let turn = trace("while_loop", &avals, |xs| {
        let (going, carry) = (&xs[0], &xs[1..]);
        let seen = match guarded {
            true => of_those(going, carry, &own)?,
            false => carry.to_vec(),
        };
        let next = replay(&step, seen)?;
        let next = next.iter().zip(carry).enumerate();
        let next = next.map(|(at, (new, old))| match handed_on(at) {
            true => Ok(old.clone()),
            false => select(going, new, old),
        });
        let next: Vec<Array> = next.collect::<Result<_>>()?;
        let test = replay(&test, next.clone())?.remove(0);
        let going = run(&Prim::Binary(Binary::BitwiseAnd), &[going, &test])?;
        Ok([vec![going], next].concat())
    })?;
    let prim = Prim::While {
        condition: go.graph,
        body: turn.graph,
    };
    let mut outputs = run_all(&prim, &start)?;
    outputs.remove(0);
    Ok(tagged(outputs, &own))
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
