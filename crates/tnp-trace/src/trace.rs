//! Tracing: a user's code run on boxes that stand for arrays, and the graph that comes out; and the way back.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use smallvec::SmallVec;
use tnp_array::{Array, Boxed, DType, Frame, Literal, Operand, Results, ScopeId, bind, with_frame};
use tnp_backend::prim::{Binary, Prim};
use tnp_backend::{Equation, Error, Graph, GraphBuilder, Result, TensorType, Var};

/// What a trace knows of an array: shape, dtype, weakness.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Aval {
    /// Shape and dtype.
    pub ty: TensorType,
    /// Whether the dtype gives way in promotion.
    pub weak: bool,
}

impl Aval {
    /// Of an array.
    pub fn of(x: &Array) -> Aval {
        Aval {
            ty: x.ty(),
            weak: x.is_weak(),
        }
    }
}

impl Aval {
    /// Whether an array is of this kind.
    pub(crate) fn is_of(&self, x: &Array) -> bool {
        self.ty.dtype == x.dtype() && self.weak == x.is_weak() && self.ty.shape[..] == *x.shape()
    }
}

impl From<TensorType> for Aval {
    fn from(ty: TensorType) -> Aval {
        Aval { ty, weak: false }
    }
}

/// A function as a graph, whose inputs are the function's, then the arrays it captured.
#[derive(Clone)]
pub struct Traced {
    /// The program.
    pub graph: Arc<Graph>,
    /// Arrays from outside that the function used. They may belong to transformations further out.
    pub captured: Vec<Array>,
    /// Whether the graph takes a random key (`uint32[2]`) last, because it draws.
    pub draws: bool,
    /// Weakness of each output.
    pub weak: Vec<bool>,
}

impl Traced {
    /// Does the graph as one primitive on inputs, in the current context.
    ///
    /// # Errors
    /// Those of `bind`.
    pub fn call(&self, inputs: &[&Array]) -> Result<Vec<Array>> {
        self.call_operands(inputs.iter().map(|&x| Operand::Borrowed(x)).collect())
    }

    /// [`Traced::call`] with inputs that are given up: those whose buffer nobody else holds may be overwritten.
    ///
    /// # Errors
    /// Those of `bind`.
    pub fn call_owned(&self, inputs: Vec<Array>) -> Result<Vec<Array>> {
        self.call_operands(inputs.into_iter().map(Operand::Owned).collect())
    }

    fn call_operands<'a>(&'a self, mut operands: SmallVec<[Operand<'a>; 8]>) -> Result<Vec<Array>> {
        operands.extend(self.captured.iter().map(Operand::Borrowed));
        if self.draws {
            operands.push(Operand::Owned(tnp_array::random::key()?));
        }
        let call = Prim::Call {
            graph: self.graph.clone(),
        };
        let outputs = bind(&call, &mut operands)?;
        Ok(outputs
            .into_iter()
            .zip(&self.weak)
            .map(|(output, &weak)| output.with_weak(weak))
            .collect())
    }

    /// All inputs of the graph: those given, what was captured, and a fresh key if it draws.
    ///
    /// # Errors
    /// When a key cannot be made.
    pub fn inputs(&self, inputs: &[&Array]) -> Result<Vec<Array>> {
        let mut all: Vec<Array> = inputs.iter().map(|&x| x.clone()).collect();
        all.extend(self.captured.iter().cloned());
        if self.draws {
            all.push(tnp_array::random::key()?);
        }
        Ok(all)
    }
}

/// Runs `body` on stand-ins for inputs and gives the graph of what it did.
///
/// Arrays from outside become further inputs; Rust numbers are constants of the graph. `name` is what messages call the transformation.
///
/// # Errors
/// Those of `body`: reading a value of a stand-in is one, which says what to use instead.
pub fn trace(
    name: &'static str,
    inputs: &[Aval],
    body: impl FnOnce(&[Array]) -> Result<Vec<Array>>,
) -> Result<Traced> {
    traced(name, inputs, false, body)
}

/// [`trace`] of code whose random draws come from a key that becomes the graph's last input.
///
/// # Errors
/// As [`trace`].
pub fn trace_keyed(
    name: &'static str,
    inputs: &[Aval],
    body: impl FnOnce(&[Array]) -> Result<Vec<Array>>,
) -> Result<Traced> {
    traced(name, inputs, true, body)
}

fn traced(
    name: &'static str,
    inputs: &[Aval],
    keyed: bool,
    body: impl FnOnce(&[Array]) -> Result<Vec<Array>>,
) -> Result<Traced> {
    let scope = ScopeId::fresh();
    let mut builder = GraphBuilder::new();
    let boxes: Vec<Array> = inputs
        .iter()
        .map(|aval| {
            let var = builder.weak_input(aval.ty.clone(), aval.weak);
            boxed(scope, var, aval.ty.clone()).with_weak(aval.weak)
        })
        .collect();
    let frame = Arc::new(TraceFrame {
        scope,
        name,
        state: Mutex::new(State {
            builder,
            captured: Vec::new(),
            known: HashMap::new(),
            key: None,
            draws: 0,
        }),
        keyed,
    });
    let outputs = with_frame(frame.clone(), || body(&boxes))?;
    let mut state = frame.lock();
    let variables: Result<Vec<Var>> = outputs
        .iter()
        .map(|output| state.variable(scope, name, output))
        .collect();
    let variables = variables?;
    let mut builder = std::mem::take(&mut state.builder);
    if let Some(key) = state.key {
        builder.input_last(key);
    }
    Ok(Traced {
        draws: state.key.is_some(),
        graph: Arc::new(builder.finish(&variables)),
        captured: std::mem::take(&mut state.captured),
        weak: outputs.iter().map(Array::is_weak).collect(),
    })
}

/// Does a graph's steps one by one in the current context: how a transformation looks into a graph.
///
/// # Errors
/// Those of the steps; when the number of inputs is not the graph's.
pub fn replay(graph: &Graph, inputs: Vec<Array>) -> Result<Vec<Array>> {
    replay_watched(graph, inputs, &mut |_, _, _| Ok(()))
}

/// [`replay`], showing each step's results as they come.
pub(crate) fn replay_watched(
    graph: &Graph,
    inputs: Vec<Array>,
    seen: &mut dyn FnMut(usize, &Equation, &[Array]) -> Result<()>,
) -> Result<Vec<Array>> {
    if inputs.len() != graph.inputs().len() {
        return Err(Error::value(format!(
            "the graph takes {} arrays, {} were given",
            graph.inputs().len(),
            inputs.len()
        )));
    }
    let last_uses = graph.last_uses();
    let mut values: Vec<Option<Array>> = vec![None; graph.variables()];
    for (var, value) in graph.inputs().iter().zip(inputs) {
        values[var.index()] = Some(value);
    }
    let undefined = || Error::scope("a graph reads a variable before it is defined");
    for (step, equation) in graph.equations().iter().enumerate() {
        let mut operands: SmallVec<[Operand<'_>; 4]> = SmallVec::new();
        for (at, var) in equation.inputs.iter().enumerate() {
            let again = equation.inputs[at + 1..].contains(var);
            let value = if last_uses[var.index()] == Some(step) && !again {
                values[var.index()].take()
            } else {
                values[var.index()].clone()
            };
            operands.push(Operand::Owned(value.ok_or_else(undefined)?));
        }
        let outputs = bind(&equation.prim, &mut operands)?;
        seen(step, equation, &outputs)?;
        for (var, value) in equation.outputs.iter().zip(outputs) {
            if last_uses[var.index()].is_some() {
                values[var.index()] = Some(value.with_weak(graph.is_weak(*var)));
            }
        }
    }
    let output = |var: &Var| values[var.index()].clone().ok_or_else(undefined);
    graph.outputs().iter().map(output).collect()
}

struct TraceFrame {
    scope: ScopeId,
    name: &'static str,
    state: Mutex<State>,
    /// Whether random draws take a key that becomes an input.
    keyed: bool,
}

struct State {
    builder: GraphBuilder,
    captured: Vec<Array>,
    /// Variables of arrays from outside, by id.
    known: HashMap<u64, Var>,
    /// The random key, once something draws, and how many draws there were.
    key: Option<Var>,
    draws: u32,
}

fn boxed(scope: ScopeId, var: Var, ty: TensorType) -> Array {
    Array::from_boxed(Boxed {
        scope,
        ty,
        payload: Arc::new(var),
    })
}

impl TraceFrame {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic in the user's code leaves a half-built graph, which is thrown away with the frame.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The variable that stands for an array.
    fn variable(&mut self, scope: ScopeId, name: &str, x: &Array) -> Result<Var> {
        if let Some(inner) = x.boxed()
            && inner.scope == scope
        {
            let var = inner.payload.downcast_ref::<Var>();
            return var.copied().ok_or_else(|| {
                Error::scope(format!(
                    "{name}: a stand-in carries something else than a variable"
                ))
            });
        }
        if let Some(&var) = self.known.get(&x.id()) {
            return Ok(var);
        }
        if let Some(inner) = x.boxed()
            && !tnp_array::is_current(inner.scope)
        {
            return Err(Error::scope(format!(
                "{name}: an array of a finished transformation is used; return it from the function that was traced or mapped"
            )));
        }
        self.captured.push(x.clone());
        let var = self.builder.weak_input(x.ty(), x.is_weak());
        self.known.insert(x.id(), var);
        Ok(var)
    }
}

impl State {
    /// The key of the next draw: that of the call with the number of the draw added to its second word.
    fn draw_key(&mut self) -> Result<(Var, TensorType)> {
        let ty = TensorType::new(&[2], DType::UInt32);
        let builder = &mut self.builder;
        let key = *self.key.get_or_insert_with(|| builder.input(ty.clone()));
        let iota = Prim::Iota {
            shape: ty.shape.clone(),
            dtype: ty.dtype,
            axis: 0,
        };
        let number = Prim::Full {
            shape: ty.shape.clone(),
            value: Literal::new(self.draws),
        };
        self.draws += 1;
        let second = builder.push1(iota, &[])?;
        let number = builder.push1(number, &[])?;
        let number = builder.push1(Prim::Binary(Binary::Multiply), &[second, number])?;
        Ok((
            builder.push1(Prim::Binary(Binary::Add), &[key, number])?,
            ty,
        ))
    }
}

impl Frame for TraceFrame {
    fn scope(&self) -> ScopeId {
        self.scope
    }

    fn name(&self) -> &'static str {
        self.name
    }

    fn random_key(&self) -> Option<Result<Array>> {
        if !self.keyed {
            return None;
        }
        Some(
            self.lock()
                .draw_key()
                .map(|(var, ty)| boxed(self.scope, var, ty)),
        )
    }

    fn process(&self, prim: &Prim, inputs: &mut [Operand<'_>]) -> Result<Results> {
        let mut state = self.lock();
        let mut variables: SmallVec<[Var; 4]> = SmallVec::new();
        for input in inputs {
            variables.push(state.variable(self.scope, self.name, input.array()?)?);
        }
        let outputs = state
            .builder
            .push(prim.clone(), &variables)
            .map_err(|error| error.in_op(prim.name()))?;
        Ok(outputs
            .into_iter()
            .map(|var| boxed(self.scope, var, state.builder.ty(var).clone()))
            .collect())
    }
}
