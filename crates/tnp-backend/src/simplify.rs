//! `simplify`: a graph that computes the same values, bit for bit, in fewer steps.
//!
//! One pass goes through the equations in order: calls are inlined, rules that look at a step and what made its inputs
//! are applied, equal steps become one. What nothing reads is then dropped, and passes repeat until nothing changes.

mod rules;

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use smallvec::SmallVec;

use crate::prim::{Binary, Prim};
use crate::{Equation, Graph, GraphBuilder, Result, Var};

/// Passes after which a graph is taken as it is; a few suffice in practice.
const PASSES: usize = 8;

/// A graph of the same inputs and outputs that computes the same values, bit for bit, in fewer steps: calls inlined, constants
/// moved through what only moves or repeats them, equal steps shared, elementwise work done before its inputs are
/// repeated, what undoes itself or changes nothing taken out, unread steps dropped.
///
/// `Barrier` is left as it is and not looked through, and so is `StopGradient`: a simplified graph has the same gradient.
///
/// # Examples
/// ```
/// use tnp_backend::{GraphBuilder, TensorType, prim::{Prim, Unary}, simplify};
/// use tnp_dtype::DType;
/// let mut builder = GraphBuilder::new();
/// let x = builder.input(TensorType::new(&[3], DType::Float32));
/// let y = builder.push1(Prim::Unary(Unary::Negative), &[x]).unwrap();
/// let z = builder.push1(Prim::Unary(Unary::Negative), &[y]).unwrap();
/// let graph = simplify(&builder.finish(&[z]));
/// assert!(graph.equations().is_empty());
/// assert_eq!(graph.outputs(), graph.inputs());
/// ```
pub fn simplify(graph: &Graph) -> Graph {
    let mut graph = match with_simple_bodies(graph) {
        Ok(graph) => graph,
        // A graph that inference refuses runs into the same error when it is run.
        Err(_) => return graph.clone(),
    };
    for _ in 0..PASSES {
        let Ok(next) = pass(&graph).and_then(|next| live(&next)) else {
            return graph;
        };
        if next == graph {
            break;
        }
        graph = next;
    }
    graph
}

/// Simplifies the graphs inside control flow.
fn with_simple_bodies(graph: &Graph) -> Result<Graph> {
    let inner = |body: &Arc<Graph>| Arc::new(simplify(body));
    rebuild(graph, |equation| {
        Ok(match &equation.prim {
            Prim::Switch { branches } => Prim::Switch {
                branches: branches.iter().map(inner).collect(),
            },
            Prim::While { condition, body } => Prim::While {
                condition: inner(condition),
                body: inner(body),
            },
            Prim::Scan {
                body,
                carry,
                length,
                reverse,
            } => Prim::Scan {
                body: inner(body),
                carry: *carry,
                length: *length,
                reverse: *reverse,
            },
            prim => prim.clone(),
        })
    })
}

/// The graph with other primitives in the same places.
pub(crate) fn rebuild(
    graph: &Graph,
    mut prim: impl FnMut(&Equation) -> Result<Prim>,
) -> Result<Graph> {
    let mut copy = Copier::new(graph);
    for equation in graph.equations() {
        copy.push(graph, equation, prim(equation)?)?;
    }
    Ok(copy.finish(graph))
}

/// The graph without steps whose results nothing needs.
fn live(graph: &Graph) -> Result<Graph> {
    let mut needed = vec![false; graph.variables()];
    for var in graph.outputs() {
        needed[var.index()] = true;
    }
    let mut kept = vec![false; graph.equations().len()];
    for (keep, equation) in kept.iter_mut().zip(graph.equations()).rev() {
        *keep = equation.outputs.iter().any(|var| needed[var.index()]);
        if *keep {
            for var in &equation.inputs {
                needed[var.index()] = true;
            }
        }
    }
    let mut copy = Copier::new(graph);
    for (equation, _) in graph.equations().iter().zip(kept).filter(|(_, keep)| *keep) {
        copy.push(graph, equation, equation.prim.clone())?;
    }
    Ok(copy.finish(graph))
}

/// Copies equations from one graph to another under construction.
struct Copier {
    builder: GraphBuilder,
    /// For each variable of the source its counterpart.
    vars: Vec<Option<Var>>,
}

impl Copier {
    fn new(graph: &Graph) -> Copier {
        let mut builder = GraphBuilder::new();
        let mut vars = vec![None; graph.variables()];
        for &var in graph.inputs() {
            let copy = builder.weak_input(graph.ty(var).clone(), graph.is_weak(var));
            vars[var.index()] = Some(copy);
        }
        Copier { builder, vars }
    }

    fn var(&self, var: Var) -> Var {
        self.vars[var.index()].expect("a graph defines a variable before it reads it")
    }

    fn push(&mut self, graph: &Graph, equation: &Equation, prim: Prim) -> Result<()> {
        let inputs: SmallVec<[Var; 4]> = equation.inputs.iter().map(|&v| self.var(v)).collect();
        let outputs = self.builder.push(prim, &inputs)?;
        for (&old, &new) in equation.outputs.iter().zip(&outputs) {
            self.builder.set_weak(new, graph.is_weak(old));
            self.vars[old.index()] = Some(new);
        }
        Ok(())
    }

    fn finish(self, graph: &Graph) -> Graph {
        let outputs: Vec<Var> = graph.outputs().iter().map(|&v| self.var(v)).collect();
        self.builder.finish(&outputs)
    }
}

/// One pass of rules and sharing over a graph.
fn pass(graph: &Graph) -> Result<Graph> {
    let mut builder = GraphBuilder::new();
    let inputs: Vec<Var> = graph
        .inputs()
        .iter()
        .map(|&var| builder.weak_input(graph.ty(var).clone(), graph.is_weak(var)))
        .collect();
    let mut shared = Shared {
        defined: vec![None; inputs.len()],
        builder,
        known: HashMap::new(),
        hasher: RandomState::new(),
    };
    let outputs = shared.inline(graph, &inputs)?;
    let mut builder = shared.builder;
    // An output's weakness is seen from outside: where sharing would change it, the step stands on its own.
    let mut fixed = Vec::with_capacity(outputs.len());
    for (&old, new) in graph.outputs().iter().zip(outputs) {
        let differs = builder.so_far().is_weak(new) != graph.is_weak(old);
        fixed.push(match differs {
            true => {
                let copy = builder.push1(Prim::Barrier, &[new])?;
                builder.set_weak(copy, graph.is_weak(old));
                copy
            }
            false => new,
        });
    }
    Ok(builder.finish(&fixed))
}

/// A graph under construction in which equal steps are one.
pub(crate) struct Shared {
    builder: GraphBuilder,
    /// The equation that defines each variable; `None` for inputs.
    defined: Vec<Option<usize>>,
    /// Equations by the hash of primitive and inputs.
    known: HashMap<u64, SmallVec<[usize; 1]>>,
    hasher: RandomState,
}

impl Shared {
    /// Adds a graph's equations, with its inputs bound to variables; returns what its outputs became.
    fn inline(&mut self, graph: &Graph, inputs: &[Var]) -> Result<Vec<Var>> {
        let mut vars: Vec<Option<Var>> = vec![None; graph.variables()];
        for (var, &bound) in graph.inputs().iter().zip(inputs) {
            vars[var.index()] = Some(bound);
        }
        let get = |vars: &[Option<Var>], var: Var| {
            vars[var.index()].expect("a graph defines a variable before it reads it")
        };
        for equation in graph.equations() {
            let inputs: SmallVec<[Var; 4]> =
                equation.inputs.iter().map(|&v| get(&vars, v)).collect();
            let before = self.equations().len();
            let outputs: SmallVec<[Var; 4]> = match &equation.prim {
                Prim::Call { graph } => self.inline(graph, &inputs)?.into(),
                prim => self.add(prim, &inputs)?,
            };
            for (&old, &new) in equation.outputs.iter().zip(&outputs) {
                vars[old.index()] = Some(new);
                let own = self.defined[new.index()].is_some_and(|at| at >= before);
                if graph.is_weak(old) && own {
                    self.builder.set_weak(new, true);
                }
            }
        }
        Ok(graph.outputs().iter().map(|&v| get(&vars, v)).collect())
    }

    fn equations(&self) -> &[Equation] {
        self.builder.so_far().equations()
    }

    /// Adds a step: a simpler one that gives the same, or an equal one that is there already.
    fn add(&mut self, prim: &Prim, inputs: &[Var]) -> Result<SmallVec<[Var; 4]>> {
        if let Some(var) = rules::apply(self, prim, inputs)? {
            return Ok(SmallVec::from_slice(&[var]));
        }
        self.intern(prim.clone(), inputs)
    }

    /// Adds a step that gives one value.
    pub(crate) fn add1(&mut self, prim: Prim, inputs: &[Var]) -> Result<Var> {
        Ok(self.add(&prim, inputs)?[0])
    }

    fn intern(&mut self, prim: Prim, inputs: &[Var]) -> Result<SmallVec<[Var; 4]>> {
        let mut ordered: SmallVec<[Var; 4]> = SmallVec::from_slice(inputs);
        if commutes(&prim) {
            ordered.sort_unstable();
        }
        let shares = !matches!(prim, Prim::Barrier);
        let hash = self.hasher.hash_one((&prim, &ordered[..]));
        if shares && let Some(candidates) = self.known.get(&hash) {
            let equal = |equation: &&Equation| {
                let mut theirs: SmallVec<[Var; 4]> = SmallVec::from_slice(&equation.inputs);
                if commutes(&prim) {
                    theirs.sort_unstable();
                }
                equation.prim == prim && theirs == ordered
            };
            let found = candidates
                .iter()
                .map(|&at| &self.equations()[at])
                .find(equal);
            if let Some(equation) = found {
                return Ok(SmallVec::from_slice(&equation.outputs));
            }
        }
        let at = self.equations().len();
        let outputs = self.builder.push(prim, inputs)?;
        self.known.entry(hash).or_default().push(at);
        self.defined
            .extend(std::iter::repeat_n(Some(at), outputs.len()));
        Ok(SmallVec::from_slice(&outputs))
    }

    /// The equation that gives a variable; `None` for an input.
    pub(crate) fn definition(&self, var: Var) -> Option<&Equation> {
        self.defined[var.index()].map(|at| &self.equations()[at])
    }

    /// The graph so far, for the types of variables.
    pub(crate) fn graph(&self) -> &Graph {
        self.builder.so_far()
    }
}

/// Whether exchanging the inputs changes no bit of the result (but which of two NaNs it is).
fn commutes(prim: &Prim) -> bool {
    matches!(
        prim,
        Prim::Binary(
            Binary::Add
                | Binary::Multiply
                | Binary::Equal
                | Binary::NotEqual
                | Binary::BitwiseAnd
                | Binary::BitwiseOr
                | Binary::BitwiseXor
                | Binary::Gcd
                | Binary::Lcm
        )
    )
}

#[cfg(test)]
mod tests;
