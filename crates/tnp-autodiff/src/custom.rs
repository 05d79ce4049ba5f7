//! Derivatives that are given, not derived: of registered operations, of functions with a gradient of their own, and of functions that
//! are computed again on the way back.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, Once, PoisonError, RwLock, Weak};

use tnp_array::{Array, Error, IntoResult, Result, Tree};
use tnp_backend::prim::{CustomId, custom_rule};
use tnp_backend::{Graph, shape_text};
use tnp_trace::{Aval, trace_keyed};
use tnp_vmap::{Attached, register_attached, vmap_arrays};

use crate::flow::{Flow, or_zeros};
use crate::ops;
use crate::pair::{self, Kind, kind, recomputed};
use crate::rules::{Flows, Reads, Step, none};

/// A reverse rule: inputs, outputs, cotangents of the outputs to cotangents of the inputs (`None` is zero).
pub type VjpRule = dyn Fn(&[Array], &[Array], &[Array]) -> Result<Vec<Option<Array>>> + Send + Sync;

/// A forward rule: inputs, outputs, tangents of the inputs (`None` is zero) to tangents of the outputs.
pub type JvpRule =
    dyn Fn(&[Array], &[Array], &[Option<Array>]) -> Result<Vec<Option<Array>>> + Send + Sync;

#[derive(Clone, Default)]
struct Registered {
    vjp: Option<Arc<VjpRule>>,
    jvp: Option<Arc<JvpRule>>,
}

static REGISTERED: LazyLock<RwLock<HashMap<CustomId, Registered>>> = LazyLock::new(RwLock::default);

/// Gives an operation of [`tnp_backend::prim::register_custom`] its reverse rule.
///
/// The rule is given the inputs, the outputs and a cotangent for each output, and gives a cotangent for each input, `None` for zero.
/// It is made of array operations, so it is differentiated itself for higher orders. Without one, a gradient through the operation is an error.
pub fn register_gradient(
    id: CustomId,
    rule: impl Fn(&[Array], &[Array], &[Array]) -> Result<Vec<Option<Array>>> + Send + Sync + 'static,
) {
    registered(id, |entry| entry.vjp = Some(Arc::new(rule)));
}

/// Gives an operation of [`tnp_backend::prim::register_custom`] its forward rule, for [`crate::jvp`] and what stands on it.
pub fn register_jvp(
    id: CustomId,
    rule: impl Fn(&[Array], &[Array], &[Option<Array>]) -> Result<Vec<Option<Array>>>
    + Send
    + Sync
    + 'static,
) {
    registered(id, |entry| entry.jvp = Some(Arc::new(rule)));
}

fn registered(id: CustomId, change: impl FnOnce(&mut Registered)) {
    let mut all = REGISTERED.write().unwrap_or_else(PoisonError::into_inner);
    change(all.entry(id).or_default());
}

fn rule_of(id: CustomId) -> Registered {
    let all = REGISTERED.read().unwrap_or_else(PoisonError::into_inner);
    all.get(&id).cloned().unwrap_or_default()
}

pub(crate) fn reads(id: CustomId) -> Option<Reads> {
    Some(match rule_of(id).vjp {
        Some(_) => Reads {
            output: true,
            ..Reads::from(0)
        },
        None => Reads::NOTHING,
    })
}

#[cold]
fn missing(id: CustomId, function: &str) -> Error {
    let name = custom_rule(id).map_or("custom", |rule| rule.name);
    Error::unsupported(format!(
        "{name}: no derivative is registered for it; give it one with `{function}`, or use `stop_gradient`"
    ))
}

/// Values of all inputs or outputs of a step.
fn values(ports: &[crate::rules::Port]) -> Vec<Array> {
    ports.iter().filter_map(|port| port.value.clone()).collect()
}

fn filled(step: &Step, flows: &[Option<Flow>], outputs: &[Array]) -> Result<Vec<Array>> {
    step.outputs
        .iter()
        .zip(flows)
        .zip(outputs)
        .map(|((port, flow), output)| or_zeros(flow.as_ref(), output, &port.ty))
        .collect()
}

pub(crate) fn vjp(
    id: CustomId,
    step: &Step,
    wanted: &[bool],
    flows: &[Option<Flow>],
) -> Result<Flows> {
    let Some(rule) = rule_of(id).vjp else {
        return Err(missing(id, "register_gradient"));
    };
    let (inputs, outputs) = (values(&step.inputs), values(&step.outputs));
    let cotangents = filled(step, flows, &outputs)?;
    let back = rule(&inputs, &outputs, &cotangents)?;
    let name = custom_rule(id).map_or("custom", |rule| rule.name);
    Ok(masked(checked(name, &inputs, back, wanted)?, wanted.len()))
}

/// Cotangents of the first inputs as flows for all of them.
fn masked(given: Vec<Option<Array>>, count: usize) -> Flows {
    let mut flows = none(count);
    for (flow, given) in flows.iter_mut().zip(given) {
        *flow = given.map(Flow::masked);
    }
    flows
}

/// The wanted cotangents that a user's rule gave, once they are what they must be.
fn checked(
    name: &str,
    inputs: &[Array],
    back: Vec<Option<Array>>,
    wanted: &[bool],
) -> Result<Vec<Option<Array>>> {
    if back.len() != inputs.len() {
        return Err(Error::value(format!(
            "{name}: the gradient rule gave {} arrays for {} inputs",
            back.len(),
            inputs.len()
        )));
    }
    let mut checked = vec![None; inputs.len()];
    for (i, (input, gradient)) in inputs.iter().zip(back).enumerate() {
        let Some(gradient) = gradient.filter(|_| wanted[i]) else {
            continue;
        };
        if gradient.shape() != input.shape() {
            return Err(Error::value(format!(
                "{name}: the gradient rule gave shape {} for input {i}, which has shape {}",
                shape_text(gradient.shape()),
                shape_text(input.shape())
            )));
        }
        if gradient.dtype() != input.dtype() {
            return Err(Error::dtype(format!(
                "{name}: the gradient rule gave {} for input {i}, which is {}; convert it with `astype`",
                gradient.dtype(),
                input.dtype()
            )));
        }
        checked[i] = Some(gradient);
    }
    Ok(checked)
}

pub(crate) fn jvp(
    id: CustomId,
    inputs: &[Array],
    outputs: &[Array],
    flows: &[Option<Flow>],
) -> Result<Flows> {
    let Some(rule) = rule_of(id).jvp else {
        return Err(missing(id, "register_jvp"));
    };
    let tangents: Vec<Option<Array>> = flows
        .iter()
        .map(|flow| flow.as_ref().map(|flow| flow.array.clone()))
        .collect();
    let forward = rule(inputs, outputs, &tangents)?;
    let name = custom_rule(id).map_or("custom", |rule| rule.name);
    let forward = checked(name, outputs, forward, &vec![true; outputs.len()])?;
    Ok(masked(forward, outputs.len()))
}

// ---- graphs with a rule of their own

/// Inputs, outputs, cotangents of the outputs, and which inputs' cotangents are wanted, to those.
type GraphGradient =
    dyn Fn(&[Array], &[Array], &[Array], &[bool]) -> Result<Vec<Option<Array>>> + Send + Sync;

/// How the call of a graph is differentiated, where not by what it contains.
#[derive(Clone)]
pub(crate) enum GraphRule {
    /// By a user's function, in so many arguments.
    Custom(Arc<GraphGradient>, usize),
    /// By computing it again.
    Checkpoint,
}

static GRAPHS: LazyLock<RwLock<HashMap<usize, (Weak<Graph>, GraphRule)>>> =
    LazyLock::new(RwLock::default);

/// The rule of a graph, if it has one.
pub(crate) fn of_graph(graph: &Arc<Graph>) -> Option<GraphRule> {
    let all = GRAPHS.read().unwrap_or_else(PoisonError::into_inner);
    let (of, rule) = all.get(&(Arc::as_ptr(graph) as usize))?;
    of.upgrade()
        .is_some_and(|of| Arc::ptr_eq(&of, graph))
        .then(|| rule.clone())
}

fn set_rule(graph: &Arc<Graph>, rule: GraphRule) {
    static FOLLOW: Once = Once::new();
    FOLLOW.call_once(|| {
        register_attached(Attached {
            has: |graph| of_graph(graph).is_some(),
            carry: |from, to, batched| {
                if let Some(rule) = of_graph(from) {
                    set_rule(to, rule.of_batches(batched));
                }
            },
        });
    });
    let mut all = GRAPHS.write().unwrap_or_else(PoisonError::into_inner);
    all.retain(|_, (of, _)| of.strong_count() > 0);
    let key = Arc::as_ptr(graph) as usize;
    all.insert(key, (Arc::downgrade(graph), rule));
}

impl GraphRule {
    /// Whether the outputs are read on the way back.
    pub(crate) fn reads_outputs(&self) -> bool {
        match self {
            GraphRule::Custom(..) => true,
            GraphRule::Checkpoint => false,
        }
    }

    /// Errs when there is no forward derivative.
    pub(crate) fn check_forward(&self) -> Result<()> {
        match self {
            GraphRule::Custom(..) => Err(Error::unsupported(
                "custom_gradient: it has a reverse rule alone; take the derivative in reverse (`grad`, `vjp`, `jacrev`)",
            )),
            GraphRule::Checkpoint => Ok(()),
        }
    }

    /// The rule of the same graph for a batch, of which some inputs are one for all examples.
    fn of_batches(&self, batched: &[bool]) -> GraphRule {
        match self {
            GraphRule::Custom(rule, arguments) => {
                let rule = of_batches(rule.clone(), batched[..*arguments].to_vec());
                GraphRule::Custom(rule, *arguments)
            }
            GraphRule::Checkpoint => GraphRule::Checkpoint,
        }
    }

    pub(crate) fn backward(
        &self,
        graph: &Arc<Graph>,
        step: &Step,
        wanted: &[bool],
        flows: &[Option<Flow>],
    ) -> Result<Flows> {
        let inputs = values(&step.inputs);
        match self {
            GraphRule::Custom(rule, arguments) => {
                if wanted[*arguments..].contains(&true) {
                    return Err(Error::scope(
                        "custom_gradient: the function uses an array that the gradient is taken by and that is no argument of it; \
                         pass it as one, or detach it with `stop_gradient`",
                    ));
                }
                let outputs = values(&step.outputs);
                let cotangents = filled(step, flows, &outputs)?;
                let (inputs, own) = (&inputs[..*arguments], &wanted[..*arguments]);
                let back = rule(inputs, &outputs, &cotangents, own)?;
                Ok(masked(back, wanted.len()))
            }
            GraphRule::Checkpoint => {
                let kinds: Vec<Kind> = flows.iter().map(kind).collect();
                let (again, captured) = recomputed(graph, wanted, &kinds, true)?;
                let cotangents = flows.iter().flatten().map(|flow| &flow.array);
                let back = pair::call(&again, inputs.iter().chain(cotangents).chain(&captured))?;
                let mut back = back.into_iter();
                Ok(wanted
                    .iter()
                    .map(|wanted| {
                        if *wanted {
                            back.next().map(Flow::masked)
                        } else {
                            None
                        }
                    })
                    .collect())
            }
        }
    }
}

/// A user's rule, mapped. What all examples share has the sum of their cotangents.
fn of_batches(rule: Arc<GraphGradient>, batched: Vec<bool>) -> Arc<GraphGradient> {
    Arc::new(move |inputs, outputs, cotangents, wanted| {
        let all = [inputs, outputs, cotangents].concat();
        let mut axes: Vec<Option<usize>> = batched.iter().map(|is| is.then_some(0)).collect();
        axes.resize(all.len(), Some(0));
        let back = vmap_arrays(&all, &axes, &mut |examples| {
            let (inputs, rest) = examples.split_at(batched.len());
            let (outputs, cotangents) = rest.split_at(outputs.len());
            let back = rule(inputs, outputs, cotangents, wanted)?;
            Ok(back.into_iter().flatten().collect())
        })?;
        let mut back = back.into_iter();
        let mut given = vec![None; inputs.len()];
        for (at, given) in given.iter_mut().enumerate().filter(|(at, _)| wanted[*at]) {
            let example = back.next();
            *given = match (example, batched[at]) {
                (Some(of_all), false) => Some(ops::sum(of_all, &[0])?),
                (of_each, _) => of_each,
            };
        }
        Ok(given)
    })
}

/// Graphs of one function, so that equal ones are one and what is derived of it is kept.
#[derive(Default)]
struct Known(Mutex<Vec<Arc<Graph>>>);

impl Known {
    /// The graph itself, or the equal one that was there; and whether it is new.
    fn intern(&self, graph: Arc<Graph>) -> (Arc<Graph>, bool) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(same) = known.iter().find(|&other| *other == graph) {
            return (same.clone(), false);
        }
        // A function that changes at each call must not fill the memory.
        if known.len() >= 16 {
            known.remove(0);
        }
        known.push(graph.clone());
        (graph, true)
    }
}

/// Runs a function as one step of its own.
fn as_one<T: Tree, R: IntoResult>(
    name: &'static str,
    known: &Known,
    f: impl FnOnce(&T) -> R,
    x: &T,
    rule: impl FnOnce(&T, &R::Tree) -> Result<GraphRule>,
) -> Result<R::Tree> {
    let leaves = x.leaves();
    let avals: Vec<Aval> = leaves.iter().map(|leaf| Aval::of(leaf)).collect();
    let mut shapes = None;
    let mut traced = trace_keyed(name, &avals, |stand_ins| {
        let x = x.with_leaves(stand_ins.to_vec())?;
        let y = f(&x).into_result()?;
        let outputs = y.leaves().into_iter().cloned().collect();
        shapes = Some((x, y));
        Ok(outputs)
    })?;
    let Some((input, output)) = shapes else {
        unreachable!("the trace has run");
    };
    let (graph, new) = known.intern(traced.graph.clone());
    traced.graph = graph;
    if new {
        set_rule(&traced.graph, rule(&input, &output)?);
    }
    output.with_leaves(traced.call(&leaves)?)
}

/// A function with a gradient of its own.
///
/// `f` is traced, so it must not read values. `gradient` is given the inputs, the outputs and the cotangents of the outputs, and gives the
/// cotangents of the inputs; it is made of array operations and differentiated itself for higher orders.
/// What `f` uses besides its argument has no gradient through it: one that would be needed is an error.
/// In a map the rule is mapped too: it sees one example, and what all examples share gets the sum.
///
/// # Errors
/// Those of `f`; on the way back those of `gradient`, and a result of it that has not the inputs' shapes and dtypes. There is no forward derivative.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{Array, array};
/// use tnp_autodiff::{custom_gradient, grad};
/// // log(1 + exp(x)), whose own derivative overflows for large x.
/// let softplus = custom_gradient(
///     |x: &Array| (x.exp()? + 1.0).log(),
///     |x: &Array, _y: &Array, dy: &Array| dy * (1.0 / (1.0 + (-x).exp().unwrap())),
/// );
/// let slope = grad(|x: &Array| softplus(x)?.sum(()), &array([0.0, 1000.0], ())?)?;
/// assert_eq!(slope.to_vec::<f64>()?, [0.5, 1.0]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
pub fn custom_gradient<T, R, G, B>(
    f: impl Fn(&T) -> R,
    gradient: G,
) -> impl Fn(&T) -> Result<R::Tree>
where
    T: Tree + Send + Sync + 'static,
    R: IntoResult,
    R::Tree: Send + Sync + 'static,
    G: Fn(&T, &R::Tree, &R::Tree) -> B + Send + Sync + 'static,
    B: IntoResult<Tree = T>,
{
    let known = Known::default();
    let gradient = Arc::new(gradient);
    move |x| {
        as_one("custom_gradient", &known, &f, x, |input, output| {
            let gradient = gradient.clone();
            let count = input.leaves().len();
            let input = input.with_leaves(cloned(input))?;
            let output = output.with_leaves(cloned(output))?;
            let rule = move |xs: &[Array], ys: &[Array], dys: &[Array], wanted: &[bool]| {
                let inputs = input.with_leaves(xs.to_vec())?;
                let outputs = output.with_leaves(ys.to_vec())?;
                let cotangents = output.with_leaves(dys.to_vec())?;
                let back = gradient(&inputs, &outputs, &cotangents).into_result()?;
                let back = cloned(&back).into_iter().map(Some).collect();
                checked("custom_gradient", xs, back, wanted)
            };
            Ok(GraphRule::Custom(Arc::new(rule), count))
        })
    }
}

fn cloned(tree: &impl Tree) -> Vec<Array> {
    tree.leaves().into_iter().cloned().collect()
}

/// A function whose inner values are not kept for the way back but computed again.
///
/// A tape holds the inputs of `f` alone: memory for `n` such layers goes from the sum of all their inner values to their inputs plus
/// the inner values of one, at the price of one more forward computation. `f` is traced, so it must not read values. Random draws
/// in it are the same both times.
///
/// # Errors
/// Those of `f`.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{Array, array};
/// use tnp_autodiff::{checkpoint, grad};
/// let layer = checkpoint(|x: &Array| x.sin()?.exp());
/// let x = array([0.0, 0.0], ())?;
/// assert_eq!(grad(|x: &Array| layer(x)?.sum(()), &x)?.to_vec::<f64>()?, [1.0, 1.0]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
pub fn checkpoint<T: Tree, R: IntoResult>(f: impl Fn(&T) -> R) -> impl Fn(&T) -> Result<R::Tree> {
    let known = Known::default();
    move |x| {
        as_one("checkpoint", &known, &f, x, |_, _| {
            Ok(GraphRule::Checkpoint)
        })
    }
}
