//! Primitives that run graphs, and operations registered from outside: parameters and inference.

use std::sync::{Arc, RwLock};

use tnp_dtype::DType;

use crate::{Error, Graph, Result, TensorType, Types};

fn check_inputs(graph: &Graph, inputs: &[&TensorType], what: &str) -> Result<()> {
    let wanted: Vec<&TensorType> = graph.input_types().collect();
    if wanted != inputs {
        return Err(Error::value(format!(
            "{what} takes {wanted:?}, it is given {inputs:?}"
        )));
    }
    Ok(())
}

fn output_types(graph: &Graph) -> Types {
    graph.output_types().cloned().collect()
}

pub(super) fn call(graph: &Graph, inputs: &[&TensorType]) -> Result<Types> {
    check_inputs(graph, inputs, "the graph")?;
    Ok(output_types(graph))
}

pub(super) fn switch(branches: &[Arc<Graph>], inputs: &[&TensorType]) -> Result<Types> {
    let (Some(first), Some((branch, operands))) = (branches.first(), inputs.split_first()) else {
        return Err(Error::value(
            "takes a branch number, operands and at least one branch",
        ));
    };
    if branch.dtype != DType::Int64 || branch.ndim() != 0 {
        return Err(Error::value(format!(
            "the branch number must be int64[], it is {branch}"
        )));
    }
    let types = output_types(first);
    for (i, graph) in branches.iter().enumerate() {
        check_inputs(graph, operands, &format!("branch {i}"))?;
        let other = output_types(graph);
        if other != types {
            return Err(Error::value(format!(
                "branch 0 gives {types:?}, branch {i} gives {other:?}; they must agree"
            )));
        }
    }
    Ok(types)
}

pub(super) fn while_loop(condition: &Graph, body: &Graph, inputs: &[&TensorType]) -> Result<Types> {
    check_inputs(condition, inputs, "the condition")?;
    check_inputs(body, inputs, "the body")?;
    let test = output_types(condition);
    if test[..] != [TensorType::new(&[], DType::Bool)] {
        return Err(Error::value(format!(
            "the condition must give one bool[], it gives {test:?}"
        )));
    }
    let carry = output_types(body);
    if carry.iter().ne(inputs.iter().copied()) {
        return Err(Error::value(format!(
            "the carry is {inputs:?} and becomes {carry:?}; shape and dtype must stay"
        )));
    }
    Ok(carry)
}

pub(super) fn scan(
    body: &Graph,
    carry: usize,
    length: usize,
    inputs: &[&TensorType],
) -> Result<Types> {
    if carry > inputs.len() {
        return Err(Error::value(format!(
            "{carry} carried values, but {} inputs",
            inputs.len()
        )));
    }
    let (carried, xs) = inputs.split_at(carry);
    let mut step: Vec<TensorType> = carried.iter().map(|ty| (*ty).clone()).collect();
    for (i, x) in xs.iter().enumerate() {
        if x.shape.first() != Some(&length) {
            return Err(Error::value(format!(
                "input {i} is {x}; its leading axis must have the length {length}"
            )));
        }
        step.push(TensorType::new(&x.shape[1..], x.dtype));
    }
    check_inputs(body, &step.iter().collect::<Vec<_>>(), "the body")?;
    let types = output_types(body);
    if types.len() < carry || types[..carry] != step[..carry] {
        return Err(Error::value(format!(
            "the carry is {carried:?} and becomes {types:?}; shape and dtype must stay"
        )));
    }
    Ok(types
        .into_iter()
        .enumerate()
        .map(|(i, mut ty)| {
            if i >= carry {
                ty.shape.insert(0, length);
            }
            ty
        })
        .collect())
}

/// Number of a registered operation.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CustomId(u32);

/// Rules of a registered operation. A backend that does not know it runs what `lower` gives.
#[derive(Clone, Copy, Debug)]
pub struct CustomRule {
    /// What messages and printed graphs call it.
    pub name: &'static str,
    /// Output types for input types.
    pub infer: fn(&[&TensorType]) -> Result<Types>,
    /// The operation in terms of other primitives.
    pub lower: fn(&[&TensorType]) -> Result<Graph>,
}

static CUSTOM: RwLock<Vec<CustomRule>> = RwLock::new(Vec::new());

/// Adds an operation to the set; its rules for gradients and maps are registered with those transformations.
pub fn register_custom(rule: CustomRule) -> CustomId {
    let mut rules = CUSTOM
        .write()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    rules.push(rule);
    CustomId(rules.len() as u32 - 1)
}

/// Rules of a registered operation, if this process registered it.
pub fn custom_rule(id: CustomId) -> Option<CustomRule> {
    CUSTOM
        .read()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
        .get(id.0 as usize)
        .copied()
}

pub(super) fn custom(id: CustomId, inputs: &[&TensorType]) -> Result<Types> {
    match custom_rule(id) {
        Some(rule) => (rule.infer)(inputs).map_err(|error| error.in_op(rule.name)),
        None => Err(Error::unsupported(format!(
            "no operation is registered as {id:?} in this process"
        ))),
    }
}
