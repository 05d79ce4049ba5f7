//! `Graph`: a program of primitives as data; printable, comparable, serialisable.

use std::fmt;

use smallvec::SmallVec;

use crate::prim::{FftKind, Linalg, Prim, Singular, infer};
use crate::{Error, Result, TensorType};

/// Version of the serialised form; a reader refuses others.
pub const GRAPH_VERSION: u32 = 1;

/// A variable of a graph.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Var(u32);

impl Var {
    /// Its number: variables are numbered in the order they are defined.
    #[inline]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// One step of a graph.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Equation {
    /// What is done.
    pub prim: Prim,
    /// To what.
    pub inputs: SmallVec<[Var; 2]>,
    /// The variables it defines.
    pub outputs: SmallVec<[Var; 1]>,
}

/// A program of primitives in order, each variable defined once before it is used.
///
/// # Examples
/// ```
/// use tnp_backend::{GraphBuilder, TensorType, prim::{Binary, Prim}};
/// use tnp_dtype::DType;
/// let mut builder = GraphBuilder::new();
/// let x = builder.input(TensorType::new(&[3], DType::Float32));
/// let y = builder.push(Prim::Binary(Binary::Multiply), &[x, x]).unwrap();
/// let graph = builder.finish(&y);
/// assert_eq!(graph.to_string(), "(a: float32[3]) -> (b) {\n  b: float32[3] = multiply a a\n}");
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Graph {
    #[cfg_attr(feature = "serde", serde(deserialize_with = "version"))]
    version: u32,
    variables: Vec<TensorType>,
    weak: Vec<bool>,
    inputs: Vec<Var>,
    equations: Vec<Equation>,
    outputs: Vec<Var>,
}

#[cfg(feature = "serde")]
fn version<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let found = <u32 as serde::Deserialize>::deserialize(deserializer)?;
    if found != GRAPH_VERSION {
        let text = format!("graph of version {found}; this tnp reads version {GRAPH_VERSION}");
        return Err(serde::de::Error::custom(text));
    }
    Ok(found)
}

impl Graph {
    /// The variables the caller gives.
    pub fn inputs(&self) -> &[Var] {
        &self.inputs
    }

    /// The variables the caller gets.
    pub fn outputs(&self) -> &[Var] {
        &self.outputs
    }

    /// The steps, in order.
    pub fn equations(&self) -> &[Equation] {
        &self.equations
    }

    /// Number of variables.
    pub fn variables(&self) -> usize {
        self.variables.len()
    }

    /// Shape and dtype of a variable.
    pub fn ty(&self, var: Var) -> &TensorType {
        &self.variables[var.index()]
    }

    /// Whether a variable's dtype gives way in promotion, as a scalar's does.
    pub fn is_weak(&self, var: Var) -> bool {
        self.weak[var.index()]
    }

    /// Types of the inputs.
    pub fn input_types(&self) -> impl Iterator<Item = &TensorType> {
        self.inputs.iter().map(|&var| self.ty(var))
    }

    /// Types of the outputs.
    pub fn output_types(&self) -> impl Iterator<Item = &TensorType> {
        self.outputs.iter().map(|&var| self.ty(var))
    }

    /// For each variable the number of the last equation that reads it; `None` when none does. Outputs of the graph
    /// count as read after the last equation.
    pub fn last_uses(&self) -> Vec<Option<usize>> {
        let mut last = vec![None; self.variables.len()];
        for (i, equation) in self.equations.iter().enumerate() {
            for var in &equation.inputs {
                last[var.index()] = Some(i);
            }
        }
        for var in &self.outputs {
            last[var.index()] = Some(self.equations.len());
        }
        last
    }
}

/// Builds a [`Graph`] step by step, with inference at each.
#[derive(Clone, Debug)]
pub struct GraphBuilder {
    graph: Graph,
}

impl Default for GraphBuilder {
    fn default() -> GraphBuilder {
        GraphBuilder::new()
    }
}

impl GraphBuilder {
    /// An empty graph.
    pub fn new() -> GraphBuilder {
        let graph = Graph {
            version: GRAPH_VERSION,
            variables: Vec::new(),
            weak: Vec::new(),
            inputs: Vec::new(),
            equations: Vec::new(),
            outputs: Vec::new(),
        };
        GraphBuilder { graph }
    }

    fn define(&mut self, ty: TensorType, weak: bool) -> Var {
        self.graph.variables.push(ty);
        self.graph.weak.push(weak);
        Var(self.graph.variables.len() as u32 - 1)
    }

    /// Adds an input.
    pub fn input(&mut self, ty: TensorType) -> Var {
        self.weak_input(ty, false)
    }

    /// Adds an input that may be weakly typed.
    pub fn weak_input(&mut self, ty: TensorType, weak: bool) -> Var {
        let var = self.define(ty, weak);
        self.graph.inputs.push(var);
        var
    }

    /// Makes an input the last one.
    pub fn input_last(&mut self, var: Var) {
        self.graph.inputs.retain(|&other| other != var);
        self.graph.inputs.push(var);
    }

    /// Adds a step.
    ///
    /// # Errors
    /// Those of [`infer`], and a variable of another graph.
    pub fn push(&mut self, prim: Prim, inputs: &[Var]) -> Result<SmallVec<[Var; 1]>> {
        if let Some(var) = inputs
            .iter()
            .find(|var| var.index() >= self.graph.variables.len())
        {
            return Err(Error::scope(format!(
                "{}: variable {} is not of this graph",
                prim.name(),
                var.0
            )));
        }
        let types: SmallVec<[&TensorType; 4]> =
            inputs.iter().map(|&var| self.graph.ty(var)).collect();
        let outputs = infer(&prim, &types)?;
        drop(types);
        let outputs: SmallVec<[Var; 1]> = outputs
            .into_iter()
            .map(|ty| self.define(ty, false))
            .collect();
        self.graph.equations.push(Equation {
            prim,
            inputs: inputs.into(),
            outputs: outputs.clone(),
        });
        Ok(outputs)
    }

    /// Adds a step that gives one value.
    ///
    /// # Errors
    /// Those of [`GraphBuilder::push`].
    pub fn push1(&mut self, prim: Prim, inputs: &[Var]) -> Result<Var> {
        Ok(self.push(prim, inputs)?[0])
    }

    /// Adds the steps of another graph, whose inputs are variables of this one; gives its outputs.
    ///
    /// # Errors
    /// Those of [`GraphBuilder::push`]; when the number of inputs is not the graph's.
    pub fn inline(&mut self, graph: &Graph, inputs: &[Var]) -> Result<Vec<Var>> {
        if inputs.len() != graph.inputs.len() {
            return Err(Error::value(format!(
                "the graph takes {} arrays, {} were given",
                graph.inputs.len(),
                inputs.len()
            )));
        }
        let mut names = vec![Var(u32::MAX); graph.variables.len()];
        for (inner, &outer) in graph.inputs.iter().zip(inputs) {
            names[inner.index()] = outer;
        }
        for equation in &graph.equations {
            let inputs: SmallVec<[Var; 4]> = equation
                .inputs
                .iter()
                .map(|var| names[var.index()])
                .collect();
            let outputs = self.push(equation.prim.clone(), &inputs)?;
            for (inner, outer) in equation.outputs.iter().zip(outputs) {
                self.set_weak(outer, graph.is_weak(*inner));
                names[inner.index()] = outer;
            }
        }
        Ok(graph.outputs.iter().map(|var| names[var.index()]).collect())
    }

    /// Marks a variable as weakly typed.
    pub fn set_weak(&mut self, var: Var, weak: bool) {
        self.graph.weak[var.index()] = weak;
    }

    /// Shape and dtype of a variable.
    pub fn ty(&self, var: Var) -> &TensorType {
        self.graph.ty(var)
    }

    /// What has been built so far.
    pub(crate) fn so_far(&self) -> &Graph {
        &self.graph
    }

    /// The finished graph.
    pub fn finish(mut self, outputs: &[Var]) -> Graph {
        self.graph.outputs = outputs.to_vec();
        self.graph
    }
}

struct Name(Var);

impl fmt::Display for Name {
    /// a … z, then ba, bb …
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut n = self.0.0;
        let mut letters = Vec::new();
        loop {
            letters.push(b'a' + (n % 26) as u8);
            n /= 26;
            if n == 0 {
                break;
            }
        }
        letters
            .iter()
            .rev()
            .try_for_each(|&letter| write!(f, "{}", letter as char))
    }
}

/// The parameters of a primitive, as the printed graph shows them.
fn parameters(prim: &Prim) -> String {
    match prim {
        Prim::Unary(_) | Prim::Binary(_) | Prim::Select | Prim::DynamicUpdateSlice => String::new(),
        Prim::Barrier | Prim::StopGradient | Prim::Custom(_) => String::new(),
        Prim::Cast { dtype } | Prim::Bitcast { dtype } => format!("[{dtype}]"),
        Prim::Full { value, .. } => format!("[{value}]"),
        Prim::Iota { axis, .. } => format!("[axis={axis}]"),
        Prim::RandomBits { .. } | Prim::Reshape { .. } => String::new(),
        Prim::Transpose { permutation } => format!("{permutation:?}"),
        Prim::BroadcastInDim { dims, .. } => format!("[dims={dims:?}]"),
        Prim::Slice { axes } => {
            let parts: Vec<String> = axes
                .iter()
                .map(|s| format!("{}+{}x{}", s.start, s.len, s.step))
                .collect();
            format!("[{}]", parts.join(", "))
        }
        Prim::DynamicSlice { sizes } => format!("[sizes={sizes:?}]"),
        Prim::Pad { low, high } => format!("[low={low:?}, high={high:?}]"),
        Prim::Fft {
            kind: FftKind::RealInverse { size },
            axis,
        } => format!("[axis={axis}, size={size}]"),
        Prim::Concatenate { axis }
        | Prim::ArgReduce { axis, .. }
        | Prim::Sort { axis }
        | Prim::Fft { axis, .. } => {
            format!("[axis={axis}]")
        }
        Prim::ArgSort { axis, stable } => format!("[axis={axis}, stable={stable}]"),
        Prim::Gather {
            axes,
            index_axes_at,
        } => format!("[{}]", indexed(axes, *index_axes_at)),
        Prim::Scatter {
            op,
            axes,
            index_axes_at,
        } => format!("[{op:?}, {}]", indexed(axes, *index_axes_at)),
        Prim::NonZero { size } => format!("[size={size}]"),
        Prim::Reduce { axes, .. } => format!("[axes={axes:?}]"),
        Prim::Cumulative { axis, reverse, .. } => {
            format!("[axis={axis}{}]", if *reverse { ", reverse" } else { "" })
        }
        Prim::SearchSorted { side } => format!("[{side:?}]"),
        Prim::Linalg(op) => factor(*op),
        Prim::DotGeneral(d) => format!(
            "[contract={:?}{:?}, batch={:?}{:?}]",
            d.lhs_contract, d.rhs_contract, d.lhs_batch, d.rhs_batch
        ),
        Prim::Switch { branches } => branches.iter().map(|graph| nested(graph)).collect(),
        Prim::While { condition, body } => nested(condition) + &nested(body),
        Prim::Scan {
            body,
            carry,
            length,
            reverse,
        } => {
            format!(
                "[carry={carry}, length={length}{}]{}",
                if *reverse { ", reverse" } else { "" },
                nested(body)
            )
        }
        Prim::Call { graph } => nested(graph),
        Prim::DeviceCopy { device } => format!("[{device}]"),
    }
}

fn factor(op: Linalg) -> String {
    let flags = match op {
        Linalg::Qr { full: true } => vec!["full"],
        Linalg::Svd {
            vectors: Singular::Full,
        } => vec!["full"],
        Linalg::TriangularSolve { lower, unit } => {
            let side = if lower { "lower" } else { "upper" };
            [side].into_iter().chain(unit.then_some("unit")).collect()
        }
        Linalg::Require(property) => return format!("[require {property:?}]"),
        Linalg::Cholesky
        | Linalg::Lu
        | Linalg::Qr { full: false }
        | Linalg::Svd { .. }
        | Linalg::Eigh { .. }
        | Linalg::Eig { .. } => return String::new(),
    };
    format!("[{}]", flags.join(", "))
}

fn indexed(axes: &[crate::prim::AxisIndex], at: usize) -> String {
    use crate::prim::AxisIndex;
    let parts: Vec<String> = axes
        .iter()
        .map(|axis| match axis {
            AxisIndex::Slice(s) => format!("{}+{}x{}", s.start, s.len, s.step),
            AxisIndex::Index => "*".to_owned(),
        })
        .collect();
    format!("{}; at {at}", parts.join(", "))
}

fn nested(graph: &Graph) -> String {
    format!(" {{{}}}", graph.to_string().replace('\n', "\n  "))
}

impl fmt::Display for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let typed = |var: &Var| {
            let weak = if self.is_weak(*var) { "*" } else { "" };
            format!("{}: {}{weak}", Name(*var), self.ty(*var))
        };
        let names = |vars: &[Var]| {
            vars.iter()
                .map(|&var| Name(var).to_string())
                .collect::<Vec<_>>()
        };
        let inputs: Vec<String> = self.inputs.iter().map(typed).collect();
        writeln!(
            f,
            "({}) -> ({}) {{",
            inputs.join(", "),
            names(&self.outputs).join(", ")
        )?;
        for equation in &self.equations {
            let outputs: Vec<String> = equation.outputs.iter().map(typed).collect();
            write!(
                f,
                "  {} = {}{}",
                outputs.join(", "),
                equation.prim.name(),
                parameters(&equation.prim)
            )?;
            for name in names(&equation.inputs) {
                write!(f, " {name}")?;
            }
            writeln!(f)?;
        }
        f.write_str("}")
    }
}
