//! `decompose`: each primitive outside the core as a graph of core primitives, for devices that lack it.
//!
//! The core is what a backend has to implement: the elementwise tables (of them, [`is_core`] names the functions that
//! cannot be made of others without losing accuracy), creation, layout, gather and scatter, reductions, products. What is
//! written here favours being right on any device over being fast on one.

mod elementwise;
mod fft;
mod linalg;
mod moving;
mod ordering;
mod random;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use smallvec::SmallVec;
use tnp_dtype::{DType, Literal};
use tnp_shape::Dims;

use crate::prim::{Binary, Linalg, Prim, ReduceOp, Unary};
use crate::{Error, Graph, GraphBuilder, Result, TensorType, Var};

/// True for primitives that the interpreter answers with a view (a reshape only where no copy is needed).
#[inline]
pub fn is_layout(prim: &Prim) -> bool {
    matches!(
        prim,
        Prim::Reshape { .. }
            | Prim::Transpose { .. }
            | Prim::BroadcastInDim { .. }
            | Prim::Slice { .. }
            | Prim::Bitcast { .. }
            | Prim::Barrier
            | Prim::StopGradient
            | Prim::Unary(Unary::Real | Unary::Imag)
    )
}

/// Whether every backend has to have this primitive itself (control flow and copies between devices are the
/// interpreter's, and count as core).
pub fn is_core(prim: &Prim) -> bool {
    match prim {
        Prim::Unary(op) => elementwise::is_core_unary(*op),
        Prim::Binary(op) => elementwise::is_core_binary(*op),
        Prim::Select
        | Prim::Cast { .. }
        | Prim::Bitcast { .. }
        | Prim::Full { .. }
        | Prim::Iota { .. }
        | Prim::Reshape { .. }
        | Prim::Transpose { .. }
        | Prim::BroadcastInDim { .. }
        | Prim::Slice { .. }
        | Prim::Concatenate { .. }
        | Prim::Gather { .. }
        | Prim::Scatter { .. }
        | Prim::Reduce { .. }
        | Prim::DotGeneral(_)
        | Prim::Switch { .. }
        | Prim::While { .. }
        | Prim::Scan { .. }
        | Prim::Call { .. }
        | Prim::Linalg(Linalg::Require(_))
        | Prim::Barrier
        | Prim::StopGradient
        | Prim::DeviceCopy { .. } => true,
        Prim::RandomBits { .. }
        | Prim::DynamicSlice { .. }
        | Prim::DynamicUpdateSlice
        | Prim::Pad { .. }
        | Prim::NonZero { .. }
        | Prim::ArgReduce { .. }
        | Prim::Cumulative { .. }
        | Prim::Sort { .. }
        | Prim::ArgSort { .. }
        | Prim::SearchSorted { .. }
        | Prim::Fft { .. }
        | Prim::Linalg(_)
        | Prim::Custom(_) => false,
    }
}

/// The primitive in terms of core ones; `None` for core primitives, which every backend has to have.
pub fn decompose(prim: &Prim, inputs: &[&TensorType]) -> Option<Result<Graph>> {
    if let Prim::Custom(id) = prim {
        return crate::prim::custom_rule(*id).map(|rule| (rule.lower)(inputs));
    }
    if is_core(prim) {
        return None;
    }
    let mut steps = Steps::new();
    let vars: SmallVec<[Var; 4]> = inputs
        .iter()
        .map(|ty| steps.builder.input((*ty).clone()))
        .collect();
    let outputs = match prim {
        Prim::Unary(op) => elementwise::unary(&mut steps, *op, vars[0]).map(one),
        Prim::Binary(op) => elementwise::binary(&mut steps, *op, vars[0], vars[1]).map(one),
        Prim::RandomBits { shape, dtype } => {
            random::bits(&mut steps, shape, *dtype, vars[0]).map(one)
        }
        Prim::DynamicSlice { sizes } => moving::dynamic_slice(&mut steps, sizes, &vars).map(one),
        Prim::DynamicUpdateSlice => moving::dynamic_update_slice(&mut steps, &vars).map(one),
        Prim::Pad { low, .. } => moving::pad(&mut steps, prim, low, &vars).map(one),
        Prim::NonZero { size } => ordering::nonzero(&mut steps, *size, vars[0]),
        Prim::ArgReduce { op, axis } => {
            ordering::arg_reduce(&mut steps, *op, *axis, vars[0]).map(one)
        }
        Prim::Cumulative {
            op,
            axis,
            reverse,
            dtype,
        } => ordering::cumulative(&mut steps, *op, (*axis, *reverse), *dtype, vars[0]).map(one),
        Prim::Sort { axis } => ordering::sort(&mut steps, *axis, vars[0]).map(one),
        Prim::ArgSort { axis, stable: _ } => ordering::argsort(&mut steps, *axis, vars[0]).map(one),
        Prim::Fft { kind, axis } => fft::fft(&mut steps, *kind, *axis, vars[0]).map(one),
        Prim::SearchSorted { side } => {
            ordering::search_sorted(&mut steps, *side, vars[0], vars[1]).map(one)
        }
        Prim::Linalg(op) => linalg::linalg(&mut steps, *op, &vars),
        Prim::Select
        | Prim::Cast { .. }
        | Prim::Bitcast { .. }
        | Prim::Full { .. }
        | Prim::Iota { .. }
        | Prim::Reshape { .. }
        | Prim::Transpose { .. }
        | Prim::BroadcastInDim { .. }
        | Prim::Slice { .. }
        | Prim::Concatenate { .. }
        | Prim::Gather { .. }
        | Prim::Scatter { .. }
        | Prim::Reduce { .. }
        | Prim::DotGeneral(_)
        | Prim::Switch { .. }
        | Prim::While { .. }
        | Prim::Scan { .. }
        | Prim::Call { .. }
        | Prim::Barrier
        | Prim::StopGradient
        | Prim::DeviceCopy { .. }
        | Prim::Custom(_) => return None,
    };
    Some(outputs.map(|outputs| steps.builder.finish(&outputs)))
}

/// Graphs of factorisations that were asked for, by primitive and types: they are long, and eager programs ask for the same ones again.
static FACTORISATIONS: Mutex<Option<Factorisations>> = Mutex::new(None);

type Factorisations = HashMap<(Prim, Vec<TensorType>), Arc<Graph>>;

/// More of them are not kept.
const FACTORISATIONS_KEPT: usize = 64;

/// The decomposition of a factorisation: the same graph, and so the same executable, for the same types as long as it is remembered.
pub(crate) fn factorisation(prim: &Prim, inputs: &[&TensorType]) -> Result<Arc<Graph>> {
    let key = (
        prim.clone(),
        inputs.iter().map(|&ty| ty.clone()).collect::<Vec<_>>(),
    );
    let lock = || {
        FACTORISATIONS
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    };
    if let Some(graph) = lock().get_or_insert_default().get(&key) {
        return Ok(graph.clone());
    }
    let graph = match decompose(prim, inputs) {
        Some(graph) => Arc::new(graph?),
        None => return Err(Error::unsupported("there is no decomposition of it")),
    };
    let mut kept = lock();
    let kept = kept.get_or_insert_default();
    if kept.len() >= FACTORISATIONS_KEPT {
        kept.clear();
    }
    kept.insert(key, graph.clone());
    Ok(graph)
}

fn one(var: Var) -> SmallVec<[Var; 1]> {
    SmallVec::from_slice(&[var])
}

/// A graph being written, with the steps that decompositions are made of.
struct Steps {
    builder: GraphBuilder,
}

impl Steps {
    fn new() -> Steps {
        Steps {
            builder: GraphBuilder::new(),
        }
    }

    fn push(&mut self, prim: Prim, inputs: &[Var]) -> Result<Var> {
        self.builder.push1(prim, inputs)
    }

    fn ty(&self, var: Var) -> &TensorType {
        self.builder.ty(var)
    }

    fn dtype(&self, var: Var) -> DType {
        self.ty(var).dtype
    }

    fn shape(&self, var: Var) -> Dims {
        self.ty(var).shape.clone()
    }

    fn unary(&mut self, op: Unary, x: Var) -> Result<Var> {
        self.push(Prim::Unary(op), &[x])
    }

    fn binary(&mut self, op: Binary, x: Var, y: Var) -> Result<Var> {
        self.push(Prim::Binary(op), &[x, y])
    }

    fn select(&mut self, condition: Var, x: Var, y: Var) -> Result<Var> {
        self.push(Prim::Select, &[condition, x, y])
    }

    fn cast(&mut self, x: Var, dtype: DType) -> Result<Var> {
        if self.dtype(x) == dtype {
            Ok(x)
        } else {
            self.push(Prim::Cast { dtype }, &[x])
        }
    }

    fn full(&mut self, shape: &[usize], value: Literal) -> Result<Var> {
        self.push(
            Prim::Full {
                shape: Dims::from_slice(shape),
                value,
            },
            &[],
        )
    }

    /// One value in the shape and dtype of another variable.
    fn like(&mut self, x: Var, value: f64) -> Result<Var> {
        let ty = self.ty(x).clone();
        self.full(&ty.shape, Literal::new(value).cast(ty.dtype))
    }

    fn iota(&mut self, shape: &[usize], axis: usize, dtype: DType) -> Result<Var> {
        self.push(
            Prim::Iota {
                shape: Dims::from_slice(shape),
                dtype,
                axis,
            },
            &[],
        )
    }

    fn reshape(&mut self, x: Var, shape: &[usize]) -> Result<Var> {
        self.push(
            Prim::Reshape {
                shape: Dims::from_slice(shape),
            },
            &[x],
        )
    }

    /// Input axis `i` becomes axis `dims[i]`.
    fn broadcast(&mut self, x: Var, shape: &[usize], dims: &[usize]) -> Result<Var> {
        self.push(
            Prim::BroadcastInDim {
                shape: Dims::from_slice(shape),
                dims: dims.into(),
            },
            &[x],
        )
    }

    fn reduce(&mut self, op: ReduceOp, x: Var, axis: usize) -> Result<Var> {
        let dtype = self.dtype(x);
        self.push(
            Prim::Reduce {
                op,
                axes: SmallVec::from_slice(&[axis]),
                dtype,
            },
            &[x],
        )
    }
}
