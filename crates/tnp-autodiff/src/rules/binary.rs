//! Elementwise functions of two arrays: one row for each argument yields the reverse and the forward rule.

use tnp_array::{Array, Result};
use tnp_backend::prim::{Binary, Unary};

use super::{At, Flows, Reads, Row, Step, X, Y, Z, none, one, row};
use crate::flow::{Flow, Local};
use crate::ops::{and, bi, div, equal, mul, neg, number, or, select, sub, un};

/// The local derivatives by both arguments, `None` where they are zero.
fn locals(op: Binary) -> [Option<Row>; 2] {
    match op {
        Binary::Add => [
            row(0, |_| Ok(Local::Identity)),
            row(0, |_| Ok(Local::Identity)),
        ],
        Binary::Subtract => [
            row(0, |_| Ok(Local::Identity)),
            row(0, |_| Ok(Local::Negate)),
        ],
        Binary::Multiply => [
            row(Y, |at| Ok(Local::Times(at.y()?.clone()))),
            row(X, |at| Ok(Local::Times(at.x()?.clone()))),
        ],
        Binary::Divide => [
            row(Y, |at| Ok(Local::Over(at.y()?.clone()))),
            row(Y | Z, |at| Ok(Local::Times(neg(div(at.z()?, at.y()?)?)?))),
        ],
        Binary::FloorDivide => [None, None],
        Binary::Remainder => [
            row(0, |_| Ok(Local::Identity)),
            row(X | Y, |at| {
                let quotient = bi(Binary::FloorDivide, at.x()?, at.y()?)?;
                Ok(Local::Times(neg(quotient)?))
            }),
        ],
        Binary::Fmod => [
            row(0, |_| Ok(Local::Identity)),
            row(X | Y, |at| {
                let quotient = un(Unary::Trunc, div(at.x()?, at.y()?)?)?;
                Ok(Local::Times(neg(quotient)?))
            }),
        ],
        Binary::Power => [
            row(X | Y, |at| power_by_base(at.x()?, at.y()?)),
            row(X | Z, |at| power_by_exponent(at.x()?, at.z()?)),
        ],
        Binary::Maximum => [
            row(X | Y, |at| larger(at.x()?, at.y()?)),
            row(X | Y, |at| larger(at.y()?, at.x()?)),
        ],
        Binary::Minimum => [
            row(X | Y, |at| smaller(at.x()?, at.y()?)),
            row(X | Y, |at| smaller(at.y()?, at.x()?)),
        ],
        Binary::Fmax => [
            row(X | Y, |at| unless_nan(at.x()?, at.y()?, Binary::Greater)),
            row(X | Y, |at| unless_nan(at.y()?, at.x()?, Binary::Greater)),
        ],
        Binary::Fmin => [
            row(X | Y, |at| unless_nan(at.x()?, at.y()?, Binary::Less)),
            row(X | Y, |at| unless_nan(at.y()?, at.x()?, Binary::Less)),
        ],
        Binary::Arctan2 => [
            row(X | Y, |at| {
                let (y, x) = (at.x()?, at.y()?);
                Ok(Local::Times(div(x, squares(y, x)?)?))
            }),
            row(X | Y, |at| {
                let (y, x) = (at.x()?, at.y()?);
                Ok(Local::Times(neg(div(y, squares(y, x)?)?)?))
            }),
        ],
        Binary::Hypot => [
            row(X | Z, |at| share_of_length(at.x()?, at.z()?)),
            row(Y | Z, |at| share_of_length(at.y()?, at.z()?)),
        ],
        Binary::Logaddexp => [
            row(X | Z, |at| softmax(Unary::Exp, at.x()?, at.z()?)),
            row(Y | Z, |at| softmax(Unary::Exp, at.y()?, at.z()?)),
        ],
        Binary::Logaddexp2 => [
            row(X | Z, |at| softmax(Unary::Exp2, at.x()?, at.z()?)),
            row(Y | Z, |at| softmax(Unary::Exp2, at.y()?, at.z()?)),
        ],
        Binary::Copysign => [
            row(X | Y, |at| {
                let (x, y) = (at.x()?, at.y()?);
                let sign = bi(Binary::Copysign, number(y, 1.0)?, y)?;
                Ok(Local::Times(mul(un(Unary::Sign, x)?, sign)?))
            }),
            None,
        ],
        // One step of the last place: the identity but for rounding.
        Binary::Nextafter => [row(0, |_| Ok(Local::Identity)), None],
        Binary::Gcd
        | Binary::Lcm
        | Binary::BitwiseAnd
        | Binary::BitwiseOr
        | Binary::BitwiseXor
        | Binary::LeftShift
        | Binary::RightShift => [None, None],
        Binary::Equal
        | Binary::NotEqual
        | Binary::Less
        | Binary::LessEqual
        | Binary::Greater
        | Binary::GreaterEqual => [None, None],
        Binary::Complex => [row(0, |_| Ok(Local::AsReal)), row(0, |_| Ok(Local::AsImag))],
    }
}

/// `y x^(y-1)`; 0 where both are 0, since `x**0` is constant.
fn power_by_base(x: &Array, y: &Array) -> Result<Local> {
    let origin = and(un(Unary::LogicalNot, x)?, un(Unary::LogicalNot, y)?)?;
    let one = number(y, 1.0)?;
    let exponent = select(&origin, &one, y)?;
    let slope = bi(Binary::Power, x, sub(exponent, &one)?)?;
    Ok(Local::Times(mul(y, slope)?))
}

/// `x^y log(x)`; 0 where `x` is 0.
fn power_by_exponent(x: &Array, z: &Array) -> Result<Local> {
    let zero = un(Unary::LogicalNot, x)?;
    let log = un(Unary::Log, select(&zero, number(x, 1.0)?, x)?)?;
    Ok(Local::Times(select(&zero, number(x, 0.0)?, mul(z, log)?)?))
}

fn larger(x: &Array, y: &Array) -> Result<Local> {
    Ok(Local::Share(bi(Binary::Greater, x, y)?, equal(x, y)?))
}

fn smaller(x: &Array, y: &Array) -> Result<Local> {
    Ok(Local::Share(bi(Binary::Less, x, y)?, equal(x, y)?))
}

fn unless_nan(x: &Array, y: &Array, wins: Binary) -> Result<Local> {
    let taken = or(bi(wins, x, y)?, un(Unary::IsNan, y)?)?;
    Ok(Local::Share(taken, equal(x, y)?))
}

fn squares(x: &Array, y: &Array) -> Result<Array> {
    crate::ops::add(un(Unary::Square, x)?, un(Unary::Square, y)?)
}

/// `x / z` of a length `z`; 0 at the origin.
fn share_of_length(x: &Array, z: &Array) -> Result<Local> {
    let zero = un(Unary::LogicalNot, z)?;
    let length = select(zero, number(z, 1.0)?, z)?;
    Ok(Local::Times(div(x, length)?))
}

/// `exp(x - z)`, 1 where they are equal, infinities too.
fn softmax(exp: Unary, x: &Array, z: &Array) -> Result<Local> {
    let same = equal(x, z)?;
    let difference = select(same, number(x, 0.0)?, sub(x, z)?)?;
    Ok(Local::Times(un(exp, difference)?))
}

pub(super) fn reads(op: Binary, wanted: &[bool]) -> Option<Reads> {
    let [x, y] = locals(op);
    match (x.filter(|_| wanted[0]), y.filter(|_| wanted[1])) {
        (Some(x), Some(y)) => Some(x.both(y)),
        (Some(row), None) | (None, Some(row)) => Some(row.reads()),
        (None, None) => None,
    }
}

pub(super) fn vjp(op: Binary, step: &Step, wanted: &[bool], flow: &Flow) -> Result<Flows> {
    let at = At {
        x: step.inputs[0].value.as_ref(),
        y: step.inputs[1].value.as_ref(),
        z: step.outputs[0].value.as_ref(),
    };
    let mut flows = none(2);
    for (i, row) in locals(op).into_iter().enumerate() {
        if let Some(row) = row.filter(|_| wanted[i]) {
            flows[i] = Some((row.local)(&at)?.backward(flow, step.ty(i))?);
        }
    }
    Ok(flows)
}

pub(super) fn jvp(
    op: Binary,
    inputs: &[Array],
    outputs: &[Array],
    flows: &[Option<Flow>],
) -> Result<Flows> {
    let at = At {
        x: inputs.first(),
        y: inputs.get(1),
        z: outputs.first(),
    };
    let mut sum = None;
    for (row, flow) in locals(op).into_iter().zip(flows) {
        if let (Some(row), Some(flow)) = (row, flow) {
            Flow::accumulate(&mut sum, (row.local)(&at)?.forward(flow)?)?;
        }
    }
    Ok(match sum {
        Some(flow) => one(flow),
        None => none(1),
    })
}
