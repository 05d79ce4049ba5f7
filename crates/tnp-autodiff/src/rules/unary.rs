//! Elementwise functions of one array: one row each yields the reverse and the forward rule.

use std::f64::consts::{FRAC_2_SQRT_PI, LN_2, LN_10};

use tnp_array::{Array, Result};
use tnp_backend::TensorType;
use tnp_backend::prim::{Binary, Unary};

use super::{At, Flows, Reads, Row, Step, X, Z, none, one, row};
use crate::flow::{Flow, Local};
use crate::ops::{add, bi, div, mul, neg, number, scale, sub, un};

/// The local derivative, or `None` where it is zero.
fn local(op: Unary, complex: bool) -> Option<Row> {
    match op {
        Unary::Negative => row(0, |_| Ok(Local::Negate)),
        Unary::Abs if complex => row(X, |at| {
            Ok(Local::RealOfTimes(un(
                Unary::Conjugate,
                un(Unary::Sign, at.x()?)?,
            )?))
        }),
        // 0 at 0.
        Unary::Abs => row(X, |at| Ok(Local::Times(un(Unary::Sign, at.x()?)?))),
        // s = z/|z|: ds = (dz - s² conj(dz)) / 2|z|
        Unary::Sign if complex => row(X | Z, |at| {
            let (z, s) = (at.x()?, at.z()?);
            let twice = crate::ops::cast(un(Unary::Abs, z)?, z.dtype())?;
            let half = div(number(z, 0.5)?, twice)?;
            let turned = neg(mul(un(Unary::Square, s)?, &half)?)?;
            Ok(Local::Mixed(half, turned))
        }),
        Unary::Sign => None,
        Unary::Square => row(X, |at| Ok(Local::Times(add(at.x()?, at.x()?)?))),
        Unary::Reciprocal => row(Z, |at| Ok(Local::Times(neg(un(Unary::Square, at.z()?)?)?))),
        // Infinite at 0; a cotangent that is infinite for that reason vanishes beside a zero below.
        Unary::Sqrt => row(Z, |at| Ok(Local::Steep(add(at.z()?, at.z()?)?))),
        Unary::Cbrt => row(Z, |at| {
            Ok(Local::Over(scale(&un(Unary::Square, at.z()?)?, 3.0)?))
        }),
        Unary::Exp => row(Z, |at| Ok(Local::Times(at.z()?.clone()))),
        Unary::Exp2 => row(Z, |at| Ok(Local::Times(scale(at.z()?, LN_2)?))),
        Unary::Expm1 => row(Z, |at| Ok(Local::Times(plus_one(at.z()?)?))),
        Unary::Log => row(X, |at| Ok(Local::Over(at.x()?.clone()))),
        Unary::Log2 => row(X, |at| Ok(Local::Over(scale(at.x()?, LN_2)?))),
        Unary::Log10 => row(X, |at| Ok(Local::Over(scale(at.x()?, LN_10)?))),
        Unary::Log1p => row(X, |at| Ok(Local::Over(plus_one(at.x()?)?))),
        Unary::Sin => row(X, |at| Ok(Local::Times(un(Unary::Cos, at.x()?)?))),
        Unary::Cos => row(X, |at| Ok(Local::Times(neg(un(Unary::Sin, at.x()?)?)?))),
        Unary::Tan => row(Z, |at| {
            Ok(Local::Times(plus_one(&un(Unary::Square, at.z()?)?)?))
        }),
        Unary::Arcsin => row(X, |at| {
            Ok(Local::Over(un(Unary::Sqrt, one_minus_square(at.x()?)?)?))
        }),
        Unary::Arccos => row(X, |at| {
            let root = un(Unary::Sqrt, one_minus_square(at.x()?)?)?;
            Ok(Local::Over(neg(root)?))
        }),
        Unary::Arctan => row(X, |at| {
            Ok(Local::Over(plus_one(&un(Unary::Square, at.x()?)?)?))
        }),
        Unary::Sinh => row(X, |at| Ok(Local::Times(un(Unary::Cosh, at.x()?)?))),
        Unary::Cosh => row(X, |at| Ok(Local::Times(un(Unary::Sinh, at.x()?)?))),
        Unary::Tanh => row(Z, |at| Ok(Local::Times(one_minus_square(at.z()?)?))),
        // `hypot` does not overflow.
        Unary::Arcsinh if !complex => row(X, |at| {
            let x = at.x()?;
            Ok(Local::Over(bi(Binary::Hypot, x, number(x, 1.0)?)?))
        }),
        Unary::Arcsinh => row(X, |at| {
            let square = plus_one(&un(Unary::Square, at.x()?)?)?;
            Ok(Local::Over(un(Unary::Sqrt, square)?))
        }),
        // Two roots: the product's would lie on another branch for half of the complex plane.
        Unary::Arccosh => row(X, |at| {
            let x = at.x()?;
            let below = un(Unary::Sqrt, sub(x, number(x, 1.0)?)?)?;
            Ok(Local::Over(mul(below, un(Unary::Sqrt, plus_one(x)?)?)?))
        }),
        Unary::Arctanh => row(X, |at| Ok(Local::Over(one_minus_square(at.x()?)?))),
        Unary::Erf => row(X, |at| {
            let bell = un(Unary::Exp, neg(un(Unary::Square, at.x()?)?)?)?;
            Ok(Local::Times(scale(&bell, FRAC_2_SQRT_PI)?))
        }),
        Unary::Floor | Unary::Ceil | Unary::Trunc | Unary::Rint => None,
        Unary::Invert
        | Unary::LogicalNot
        | Unary::IsFinite
        | Unary::IsInf
        | Unary::IsNan
        | Unary::SignBit => None,
        Unary::Conjugate if complex => row(0, |_| Ok(Local::Conjugate)),
        Unary::Conjugate => row(0, |_| Ok(Local::Identity)),
        Unary::Real => row(0, |_| Ok(Local::Real)),
        Unary::Imag => row(0, |_| Ok(Local::Imag)),
    }
}

fn plus_one(x: &Array) -> Result<Array> {
    add(x, number(x, 1.0)?)
}

/// `1 - x²`, accurate near ±1.
fn one_minus_square(x: &Array) -> Result<Array> {
    let one = number(x, 1.0)?;
    mul(sub(&one, x)?, add(&one, x)?)
}

pub(super) fn reads(op: Unary, x: &TensorType) -> Option<Reads> {
    local(op, x.dtype.is_complex()).map(|row| row.reads())
}

pub(super) fn vjp(op: Unary, step: &Step, flow: &Flow) -> Result<Flows> {
    let ty = step.ty(0);
    let Some(row) = local(op, ty.dtype.is_complex()) else {
        return Ok(none(1));
    };
    let at = At {
        x: step.inputs[0].value.as_ref(),
        y: None,
        z: step.outputs[0].value.as_ref(),
    };
    Ok(one((row.local)(&at)?.backward(flow, ty)?))
}

pub(super) fn jvp(
    op: Unary,
    inputs: &[Array],
    outputs: &[Array],
    flows: &[Option<Flow>],
) -> Result<Flows> {
    let (Some(row), Some(flow)) = (local(op, inputs[0].dtype().is_complex()), &flows[0]) else {
        return Ok(none(1));
    };
    let at = At {
        x: inputs.first(),
        y: None,
        z: outputs.first(),
    };
    Ok(one((row.local)(&at)?.forward(flow)?))
}
