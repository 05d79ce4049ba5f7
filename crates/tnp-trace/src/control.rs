//! Structured control flow: branches and loops that trace, map and have gradients.
//!
//! Outside a transformation they run as the Rust they look like. On values that are not there yet they become one
//! primitive whose branches and bodies are graphs.

use std::sync::Arc;

use smallvec::SmallVec;
use tnp_array::{
    Array, Context, DType, Error, IntoResult, Operand, Result, Structure, Tree, bind, bind1, s,
};
use tnp_backend::prim::{Binary, Prim};
use tnp_backend::{Graph, GraphBuilder, TensorType, Var, shape_text};
use tnp_dtype::Literal;

use crate::trace::{Aval, Traced, trace_keyed};

/// What a transformation in force makes of a branch that is taken as a function.
type Branch<'a, T, R> = &'a dyn Fn(&T) -> Result<R>;

fn clone<T: Tree>(tree: &T) -> Result<T> {
    tree.map(|x| x.clone())
}

fn avals(leaves: &[&Array]) -> Vec<Aval> {
    leaves.iter().map(|x| Aval::of(x)).collect()
}

fn listed(types: &[TensorType]) -> String {
    let types: Vec<String> = types.iter().map(ToString::to_string).collect();
    format!("({})", types.join(", "))
}

// ---- graphs of one signature

/// Traced pieces brought to one list of inputs: what all of them take, what any of them captured, and a key if any draws.
struct Closed {
    graphs: Vec<Graph>,
    captured: Vec<Array>,
    draws: bool,
}

/// A piece and how many of its own inputs it has.
fn close(pieces: &[&Traced], own: &[TensorType], loops: bool) -> Result<Closed> {
    let mut captured: Vec<Array> = Vec::new();
    for x in pieces.iter().flat_map(|piece| &piece.captured) {
        if captured.iter().all(|other| other.id() != x.id()) {
            captured.push(x.clone());
        }
    }
    let draws = pieces.iter().any(|piece| piece.draws);
    let mut graphs = Vec::new();
    for (at, piece) in pieces.iter().enumerate() {
        let mut builder = GraphBuilder::new();
        let own: Vec<Var> = own.iter().map(|ty| builder.input(ty.clone())).collect();
        let outer: Vec<Var> = captured.iter().map(|x| builder.input(x.ty())).collect();
        let key = draws.then(|| builder.input(TensorType::new(&[2], DType::UInt32)));
        let mut inputs = own.clone();
        for x in &piece.captured {
            let place = captured.iter().position(|other| other.id() == x.id());
            inputs.extend(place.map(|place| outer[place]));
        }
        inputs.extend(key.filter(|_| piece.draws));
        let mut outputs = builder.inline(&piece.graph, &inputs)?;
        // The last piece of a loop is its body, which hands on what it captured, and a key of its own for the next turn.
        if loops && at + 1 == pieces.len() {
            outputs.extend(&outer);
            if let Some(key) = key {
                outputs.push(next_key(&mut builder, key)?);
            }
        }
        graphs.push(builder.finish(&outputs));
    }
    Ok(Closed {
        graphs,
        captured,
        draws,
    })
}

/// The key of the next turn: the first word counts turns (draws within a turn count in the second).
fn next_key(builder: &mut GraphBuilder, key: Var) -> Result<Var> {
    let shape = builder.ty(key).shape.clone();
    let dtype = DType::UInt32;
    let iota = Prim::Iota {
        shape: shape.clone(),
        dtype,
        axis: 0,
    };
    let second = builder.push1(iota, &[])?;
    let ones = builder.push1(
        Prim::Full {
            shape,
            value: Literal::new(1u32),
        },
        &[],
    )?;
    let first = builder.push1(Prim::Binary(Binary::Subtract), &[ones, second])?;
    builder.push1(Prim::Binary(Binary::Add), &[key, first])
}

impl Closed {
    fn operands<'a>(&'a self, own: &[&'a Array]) -> Result<SmallVec<[Operand<'a>; 8]>> {
        let mut operands: SmallVec<[Operand<'a>; 8]> =
            own.iter().map(|&x| Operand::Borrowed(x)).collect();
        operands.extend(self.captured.iter().map(Operand::Borrowed));
        if self.draws {
            operands.push(Operand::Owned(tnp_array::random::key()?));
        }
        Ok(operands)
    }
}

// ---- branches

/// `on_true(operands)` where the predicate (one bool) holds, else `on_false(operands)`.
///
/// A predicate whose value is there decides at once. Inside a traced function both branches are traced, and one runs; inside a map,
/// both run for the whole batch. Both must give the same structure, shapes and dtypes then.
///
/// # Errors
/// When the predicate is not a single element; when the branches do not agree; those of the branches.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{Array, array, greater};
/// use tnp_trace::{cond, function};
/// let f = function(|x: &Array| cond(greater(x, 0)?, |x| x * 2, |x| -x, x));
/// assert_eq!(f.call(&array(3, ())?)?.item::<i64>()?, 6);
/// assert_eq!(f.call(&array(-3, ())?)?.item::<i64>()?, 3);
/// assert_eq!(f.trace_count(), 1);
/// # Ok::<(), tnp_array::Error>(())
/// ```
pub fn cond<'a, T, R>(
    predicate: impl Into<Operand<'a>>,
    on_true: impl Fn(&T) -> R,
    on_false: impl Fn(&T) -> R,
    operands: &T,
) -> Result<R::Tree>
where
    T: Tree,
    R: IntoResult,
{
    let predicate = predicate.into().into_array()?;
    if predicate.boxed().is_none() {
        let branch = predicate.truth().map_err(|error| error.in_op("cond"))?;
        return if branch {
            on_true(operands).into_result()
        } else {
            on_false(operands).into_result()
        };
    }
    let predicate = predicate.astype(DType::Bool)?.astype(DType::Int64)?;
    let on_true = |operands: &T| on_true(operands).into_result();
    let on_false = |operands: &T| on_false(operands).into_result();
    branches("cond", predicate, &[&on_false, &on_true], operands)
}

/// `branches[index](operands)`: [`cond`] of more than two.
///
/// # Errors
/// When the index is out of bounds (it is not clamped) or no single integer; otherwise as [`cond`].
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{Array, Result, array};
/// use tnp_trace::switch;
/// let branches: [&dyn Fn(&Array) -> Result<Array>; 3] = [&|x| Ok(-x), &|x| Ok(x * 2), &|x| x.square()];
/// assert_eq!(switch(2, &branches, &array(5, ())?)?.item::<i64>()?, 25);
/// assert!(switch(3, &branches, &array(5, ())?).is_err());
/// # Ok::<(), tnp_array::Error>(())
/// ```
pub fn switch<'a, T, R>(
    index: impl Into<Operand<'a>>,
    branches: &[Branch<'_, T, R>],
    operands: &T,
) -> Result<R>
where
    T: Tree,
    R: Tree,
{
    let index = index.into().into_array()?;
    if !index.dtype().is_integer() {
        return Err(Error::dtype(format!(
            "switch: the index must be an integer, it is {}",
            index.dtype()
        )));
    }
    if index.boxed().is_none() {
        let number = index.item::<i64>().map_err(|error| error.in_op("switch"))?;
        let branch = usize::try_from(number)
            .ok()
            .and_then(|number| branches.get(number));
        return match branch {
            Some(branch) => branch(operands),
            None => Err(Error::index(format!(
                "switch: branch {number} is out of bounds for {} branches",
                branches.len()
            ))),
        };
    }
    self::branches("switch", index.astype(DType::Int64)?, branches, operands)
}

fn branches<T: Tree, R: Tree>(
    op: &'static str,
    index: Array,
    branches: &[Branch<'_, T, R>],
    operands: &T,
) -> Result<R> {
    if index.size() != 1 {
        return Err(Error::value(format!(
            "{op}: one value must choose the branch, it has shape {}; use `where_` to choose element by element",
            shape_text(index.shape())
        )));
    }
    let index = index.reshape(())?;
    let leaves = operands.leaves();
    let avals = avals(&leaves);
    let mut pieces = Vec::new();
    let mut templates: Vec<R> = Vec::new();
    for branch in branches {
        let mut template = None;
        pieces.push(trace_keyed(op, &avals, |boxes| {
            let result = branch(&operands.with_leaves(boxes.to_vec())?)?;
            let outputs = result.leaves().into_iter().cloned().collect();
            template = Some(result);
            Ok(outputs)
        })?);
        templates.extend(template);
    }
    let Some(template) = templates.first() else {
        return Err(Error::value(format!("{op}: there are no branches")));
    };
    let types = |piece: &Traced| piece.graph.output_types().cloned().collect::<Vec<_>>();
    for (at, piece) in pieces.iter().enumerate() {
        let (first, this) = (types(&pieces[0]), types(piece));
        if first != this || Structure::of(&templates[at]) != Structure::of(template) {
            return Err(Error::value(format!(
                "{op}: branch 0 gives {}, branch {at} gives {}; they must agree in structure, shape and dtype (convert with `astype` \
                 and `broadcast_to`)",
                listed(&first),
                listed(&this)
            )));
        }
    }
    let own: Vec<TensorType> = avals.into_iter().map(|aval| aval.ty).collect();
    let closed = close(&pieces.iter().collect::<Vec<_>>(), &own, false)?;
    let prim = Prim::Switch {
        branches: closed.graphs.iter().cloned().map(Arc::new).collect(),
    };
    let mut inputs = closed.operands(&leaves)?;
    inputs.insert(0, Operand::Owned(index));
    let outputs = bind(&prim, &mut inputs)?;
    let outputs = outputs
        .into_iter()
        .enumerate()
        .map(|(at, output)| output.with_weak(pieces.iter().all(|piece| piece.weak[at])));
    template.with_leaves(outputs.collect())
}

// ---- loops

/// Options of [`while_loop`].
#[derive(Clone, Copy, Debug, Default)]
pub struct While {
    /// The most turns there may be; more are an error.
    pub max_iters: Option<usize>,
}

impl While {
    /// Stops after so many turns, whatever the condition says; a loop inside a traced function has a reverse gradient then.
    pub fn max_iters(turns: usize) -> While {
        While {
            max_iters: Some(turns),
        }
    }
}

impl From<()> for While {
    fn from((): ()) -> While {
        While::default()
    }
}

/// Runs `body` on the carry as long as `condition` of it holds.
///
/// The carry keeps its structure, shapes and dtypes. A loop whose condition has a value runs as a Rust loop. Otherwise it is one primitive; its forward derivative always
/// exists, its reverse one when `max_iters` is given.
///
/// # Errors
/// When the carry changes shape or dtype; when the condition is not one element; those of `condition` and `body`.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{Array, array, less};
/// use tnp_trace::{function, while_loop};
/// let double_up_to = function(|limit: &Array| {
///     while_loop(|x| less(x, limit), |x| x * 2, &array(1, ())?, ())
/// });
/// assert_eq!(double_up_to.call(&array(100, ())?)?.item::<i32>()?, 128);
/// # Ok::<(), tnp_array::Error>(())
/// ```
pub fn while_loop<T, C, R>(
    condition: impl Fn(&T) -> C,
    body: impl Fn(&T) -> R,
    init: &T,
    options: impl Into<While>,
) -> Result<T>
where
    T: Tree,
    C: IntoResult<Tree = Array>,
    R: IntoResult<Tree = T>,
{
    const OP: &str = "while_loop";
    let options = options.into();
    let mut carry = clone(init)?;
    let mut turns = 0;
    // As long as there are values to decide on, this is a loop of Rust's.
    loop {
        if options.max_iters.is_some_and(|most| turns >= most) {
            return Ok(carry);
        }
        let go = condition(&carry).into_result()?;
        if go.boxed().is_some() {
            break;
        }
        one_condition(&go)?;
        if !go.truth().map_err(|error| error.in_op(OP))? {
            return Ok(carry);
        }
        let next = body(&carry).into_result()?;
        check_carry(OP, &types_of(&carry), &types_of(&next))?;
        carry = next;
        turns += 1;
    }
    if let Some(most) = options.max_iters {
        let step = |carry: &T, _: &()| {
            let go = condition(carry).into_result()?;
            let next = cond(
                go,
                |carry| body(carry).into_result(),
                |carry| clone(carry),
                carry,
            )?;
            Ok((next, ()))
        };
        return Ok(scan(step, &carry, &(), Scan::length(most - turns))?.0);
    }
    let (body, strong) = trace_carry(OP, &carry, |carry| body(carry).into_result())?;
    let leaves = strong.leaves();
    let avals = avals(&leaves);
    let test = trace_keyed(OP, &avals, |boxes| {
        let go = condition(&strong.with_leaves(boxes.to_vec())?).into_result()?;
        one_condition(&go)?;
        Ok(vec![go.reshape(())?.astype(DType::Bool)?])
    })?;
    let own: Vec<TensorType> = avals.iter().map(|aval| aval.ty.clone()).collect();
    let closed = close(&[&test, &body], &own, true)?;
    let prim = Prim::While {
        condition: Arc::new(closed.graphs[0].clone()),
        body: Arc::new(closed.graphs[1].clone()),
    };
    let mut outputs = bind(&prim, &mut closed.operands(&leaves)?)?;
    outputs.truncate(leaves.len());
    let outputs = outputs.into_iter().zip(&leaves);
    strong.with_leaves(
        outputs
            .map(|(output, x)| output.with_weak(x.is_weak()))
            .collect(),
    )
}

fn types_of(tree: &impl Tree) -> Vec<TensorType> {
    tree.leaves().into_iter().map(Array::ty).collect()
}

fn check_carry(op: &str, before: &[TensorType], after: &[TensorType]) -> Result<()> {
    if before == after {
        return Ok(());
    }
    Err(Error::value(format!(
        "{op}: the carry is {} and becomes {}; structure, shape and dtype must stay (convert the initial value, or the body's result, \
         with `astype`)",
        listed(before),
        listed(after)
    )))
}

/// A body as a graph from carry to carry, and the carry without weak types that the body would not keep.
fn trace_carry<T: Tree>(
    op: &'static str,
    carry: &T,
    body: impl Fn(&T) -> Result<T>,
) -> Result<(Traced, T)> {
    let mut carry = clone(carry)?;
    loop {
        let leaves = carry.leaves();
        let avals = avals(&leaves);
        let traced = trace_keyed(op, &avals, |boxes| {
            let next = body(&carry.with_leaves(boxes.to_vec())?)?;
            check_carry(op, &types_of(&carry), &types_of(&next))?;
            Ok(next.leaves().into_iter().cloned().collect())
        })?;
        let lost = |(aval, &weak): (&Aval, &bool)| aval.weak && !weak;
        if !avals.iter().zip(&traced.weak).any(lost) {
            drop(leaves);
            return Ok((traced, carry));
        }
        let stronger = leaves
            .iter()
            .zip(&traced.weak)
            .map(|(&x, &weak)| x.clone().with_weak(x.is_weak() && weak))
            .collect();
        let stronger = carry.with_leaves(stronger)?;
        carry = stronger;
    }
}

/// Options of [`scan`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Scan {
    /// Number of steps, where no array says it.
    pub length: Option<usize>,
    /// From the last step to the first.
    pub reverse: bool,
}

impl Scan {
    /// So many steps, for a scan over nothing.
    pub fn length(steps: usize) -> Scan {
        Scan {
            length: Some(steps),
            reverse: false,
        }
    }

    /// From the last to the first; results stand where their inputs stood.
    pub fn reverse() -> Scan {
        Scan {
            length: None,
            reverse: true,
        }
    }
}

impl From<()> for Scan {
    fn from((): ()) -> Scan {
        Scan::default()
    }
}

/// Runs `f(carry, x) -> (carry, y)` over the leading axis of `xs`; gives the last carry, and the `y`s stacked.
///
/// # Errors
/// When leading sizes differ, or there are none and no length is given; when the carry changes shape or dtype; those of `f`.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{Array, array};
/// use tnp_trace::scan;
/// let step = |sum: &Array, x: &Array| {
///     let sum = sum + x;
///     (sum.clone(), sum)
/// };
/// let (total, sums) = scan(step, &array(0, ())?, &array([1, 2, 3], ())?, ())?;
/// assert_eq!((total.item::<i64>()?, sums.to_vec::<i64>()?), (6, vec![1, 3, 6]));
/// # Ok::<(), tnp_array::Error>(())
/// ```
pub fn scan<C, X, Y, R>(
    f: impl Fn(&C, &X) -> R,
    init: &C,
    xs: &X,
    options: impl Into<Scan>,
) -> Result<(C, Y)>
where
    C: Tree,
    X: Tree,
    Y: Tree,
    R: IntoResult<Tree = (C, Y)>,
{
    scan_as("scan", f, init, xs, options.into())
}

fn scan_as<C, X, Y, R>(
    op: &'static str,
    f: impl Fn(&C, &X) -> R,
    init: &C,
    xs: &X,
    options: Scan,
) -> Result<(C, Y)>
where
    C: Tree,
    X: Tree,
    Y: Tree,
    R: IntoResult<Tree = (C, Y)>,
{
    let items = xs.leaves();
    let length = steps(op, &items, options.length)?;
    if Context::capture().depth() == 0 && length > 0 {
        return eager_scan(op, f, init, xs, length, options.reverse);
    }
    let mut template = None;
    let item_types: Vec<Aval> = items
        .iter()
        .map(|x| Aval {
            ty: TensorType::new(&x.shape()[1..], x.dtype()),
            weak: x.is_weak(),
        })
        .collect();
    // A body that loses a weak type is traced again with the strong one.
    let mut carry = clone(init)?;
    let traced = loop {
        let leaves = carry.leaves();
        let mut avals = avals(&leaves);
        let carried = avals.len();
        avals.extend(item_types.iter().cloned());
        let traced = trace_keyed(op, &avals, |boxes| {
            let (own, item) = boxes.split_at(carried);
            let own = carry.with_leaves(own.to_vec())?;
            let (next, y) = f(&own, &xs.with_leaves(item.to_vec())?).into_result()?;
            check_carry(op, &types_of(&carry), &types_of(&next))?;
            let mut outputs: Vec<Array> = next.leaves().into_iter().cloned().collect();
            outputs.extend(y.leaves().into_iter().cloned());
            template = Some(y);
            Ok(outputs)
        })?;
        let lost = |at: &usize| avals[*at].weak && !traced.weak[*at];
        if !(0..carried).any(|at| lost(&at)) {
            break traced;
        }
        let stronger = leaves
            .iter()
            .enumerate()
            .map(|(at, &x)| x.clone().with_weak(x.is_weak() && traced.weak[at]))
            .collect();
        let stronger = carry.with_leaves(stronger)?;
        carry = stronger;
    };
    let template: Y =
        template.ok_or_else(|| Error::scope(format!("{op}: the body did not return")))?;
    let leaves = carry.leaves();
    let (body, captured, draws) = scan_body(&traced, leaves.len(), &item_types)?;
    let carried = leaves.len() + captured.len() + usize::from(draws);
    let prim = Prim::Scan {
        body: Arc::new(body),
        carry: carried,
        length,
        reverse: options.reverse,
    };
    let mut inputs: SmallVec<[Operand<'_>; 8]> =
        leaves.iter().map(|&x| Operand::Borrowed(x)).collect();
    inputs.extend(captured.iter().map(Operand::Borrowed));
    if draws {
        inputs.push(Operand::Owned(tnp_array::random::key()?));
    }
    inputs.extend(items.iter().map(|&x| Operand::Borrowed(x)));
    let mut outputs = bind(&prim, &mut inputs)?.into_vec();
    let ys = outputs.split_off(carried);
    outputs.truncate(leaves.len());
    let weak = |(output, &weak): (Array, &bool)| output.with_weak(weak);
    let last = outputs.into_iter().zip(&traced.weak).map(weak).collect();
    let ys = ys
        .into_iter()
        .zip(&traced.weak[leaves.len()..])
        .map(weak)
        .collect();
    Ok((carry.with_leaves(last)?, template.with_leaves(ys)?))
}

/// What decides whether a loop goes on is one element.
fn one_condition(go: &Array) -> Result<()> {
    if go.size() == 1 {
        return Ok(());
    }
    Err(Error::value(format!(
        "while_loop: the condition must be one element, it has shape {}; reduce it with `any` or `all`",
        shape_text(go.shape())
    )))
}

/// How many steps: the common leading size.
fn steps(op: &str, items: &[&Array], length: Option<usize>) -> Result<usize> {
    let mut length = length;
    for (at, x) in items.iter().enumerate() {
        let Some(&size) = x.shape().first() else {
            return Err(Error::value(format!(
                "{op}: input {at} is 0-d; it has no leading axis to run over"
            )));
        };
        match length {
            Some(length) if length != size => {
                return Err(Error::value(format!(
                    "{op}: the leading axis of input {at} has size {size}, {length} steps are wanted; all inputs must have one leading size"
                )));
            }
            _ => length = Some(size),
        }
    }
    length.ok_or_else(|| {
        Error::value(format!(
            "{op}: there is nothing to run over; give the number of steps (`Scan::length`)"
        ))
    })
}

fn eager_scan<C: Tree, X: Tree, Y: Tree, R: IntoResult<Tree = (C, Y)>>(
    op: &str,
    f: impl Fn(&C, &X) -> R,
    init: &C,
    xs: &X,
    length: usize,
    reverse: bool,
) -> Result<(C, Y)> {
    let mut carry = clone(init)?;
    let mut rows: Vec<Y> = Vec::with_capacity(length);
    for step in 0..length {
        let at = if reverse { length - 1 - step } else { step };
        let item = xs.map(|x| x.get(s![at]))?;
        let (next, y) = f(&carry, &item).into_result()?;
        check_carry(op, &types_of(&carry), &types_of(&next))?;
        carry = next;
        rows.push(y);
    }
    if reverse {
        rows.reverse();
    }
    let Some(template) = rows.first() else {
        return Err(Error::value("scan: no steps"));
    };
    let columns: Vec<Vec<&Array>> = rows.iter().map(Tree::leaves).collect();
    let stacked: Result<Vec<Array>> = (0..template.leaves().len())
        .map(|leaf| {
            let parts: Vec<&Array> = columns.iter().map(|column| column[leaf]).collect();
            Ok(tnp_array::stack(&parts[..], ())?.with_weak(parts[0].is_weak()))
        })
        .collect();
    Ok((carry, template.with_leaves(stacked?)?))
}

/// The body with what it captured carried along: `(carry, captured, key, item) -> (carry, captured, key, y)`.
fn scan_body(traced: &Traced, own: usize, items: &[Aval]) -> Result<(Graph, Vec<Array>, bool)> {
    let mut builder = GraphBuilder::new();
    let types: Vec<TensorType> = traced.graph.input_types().cloned().collect();
    let own_vars: Vec<Var> = types[..own]
        .iter()
        .map(|ty| builder.input(ty.clone()))
        .collect();
    let captured: Vec<Var> = traced
        .captured
        .iter()
        .map(|x| builder.input(x.ty()))
        .collect();
    let key = traced
        .draws
        .then(|| builder.input(TensorType::new(&[2], DType::UInt32)));
    let item_vars: Vec<Var> = items
        .iter()
        .map(|aval| builder.input(aval.ty.clone()))
        .collect();
    let mut inputs = own_vars;
    inputs.extend(&item_vars);
    inputs.extend(&captured);
    inputs.extend(key);
    let results = builder.inline(&traced.graph, &inputs)?;
    let mut outputs: Vec<Var> = results[..own].to_vec();
    outputs.extend(&captured);
    if let Some(key) = key {
        outputs.push(next_key(&mut builder, key)?);
    }
    outputs.extend(&results[own..]);
    Ok((
        builder.finish(&outputs),
        traced.captured.clone(),
        traced.draws,
    ))
}

/// Runs `body(i, carry)` for `i` from `lower` up to but not including `upper`.
///
/// The number of turns is known, so it has both derivatives.
///
/// # Errors
/// When the carry changes shape or dtype; those of `body`.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{Array, array};
/// use tnp_trace::fori_loop;
/// let factorial = fori_loop(1, 6, |i, x: &Array| x * i, &array(1i64, ())?)?;
/// assert_eq!(factorial.item::<i64>()?, 120);
/// # Ok::<(), tnp_array::Error>(())
/// ```
pub fn fori_loop<T, R>(
    lower: i64,
    upper: i64,
    body: impl Fn(&Array, &T) -> R,
    init: &T,
) -> Result<T>
where
    T: Tree,
    R: IntoResult<Tree = T>,
{
    let length = usize::try_from(upper.saturating_sub(lower)).unwrap_or(0);
    if length == 0 {
        return clone(init);
    }
    let iota = Prim::Iota {
        shape: [length].as_slice().into(),
        dtype: DType::Int64,
        axis: 0,
    };
    let numbers = bind1(&iota, &mut [])? + lower;
    let step = |carry: &T, i: &Array| Ok((body(i, carry).into_result()?, ()));
    let (last, ()) = scan_as("fori_loop", step, init, &numbers, Scan::default())?;
    Ok(last)
}
