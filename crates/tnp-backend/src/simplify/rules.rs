//! The rules: for one step and the steps that made its inputs, a variable that holds the same value, bit for bit.

use smallvec::SmallVec;
use tnp_dtype::{DType, Literal};
use tnp_shape::Dims;

use super::Shared;
use crate::prim::{Axes, Binary, Prim, SliceSpec, Unary};
use crate::{Result, TensorType, Var};

/// A variable that holds what the step would give, by way of simpler steps; `None` where no rule applies.
pub(super) fn apply(shared: &mut Shared, prim: &Prim, inputs: &[Var]) -> Result<Option<Var>> {
    match prim {
        Prim::Unary(op) => Ok(match unary(shared, *op, inputs[0])? {
            None => before_repeating(shared, prim, inputs)?,
            found => found,
        }),
        Prim::Binary(op) => Ok(match binary(shared, *op, inputs[0], inputs[1])? {
            None => before_repeating(shared, prim, inputs)?,
            found => found,
        }),
        Prim::Select => Ok(match select(shared, inputs) {
            None => before_repeating(shared, prim, inputs)?,
            found => found,
        }),
        Prim::Cast { dtype } => Ok(match cast(shared, *dtype, inputs[0])? {
            None => before_repeating(shared, prim, inputs)?,
            found => found,
        }),
        Prim::Bitcast { dtype } => bitcast(shared, *dtype, inputs[0]),
        Prim::Reshape { shape } => reshape(shared, shape, inputs[0]),
        Prim::Transpose { permutation } => transpose(shared, permutation, inputs[0]),
        Prim::BroadcastInDim { shape, dims } => broadcast(shared, shape, dims, inputs[0]),
        Prim::Slice { axes } => slice(shared, axes, inputs[0]),
        Prim::Full { .. }
        | Prim::Iota { .. }
        | Prim::RandomBits { .. }
        | Prim::DynamicSlice { .. }
        | Prim::DynamicUpdateSlice
        | Prim::Pad { .. }
        | Prim::Concatenate { .. }
        | Prim::Gather { .. }
        | Prim::Scatter { .. }
        | Prim::NonZero { .. }
        | Prim::Reduce { .. }
        | Prim::ArgReduce { .. }
        | Prim::Cumulative { .. }
        | Prim::Sort { .. }
        | Prim::ArgSort { .. }
        | Prim::SearchSorted { .. }
        | Prim::Fft { .. }
        | Prim::Linalg(_)
        | Prim::DotGeneral(_)
        | Prim::Switch { .. }
        | Prim::While { .. }
        | Prim::Scan { .. }
        | Prim::Call { .. }
        | Prim::Barrier
        | Prim::StopGradient
        | Prim::DeviceCopy { .. }
        | Prim::Custom(_) => Ok(None),
    }
}

/// The primitive that made a variable, and its first input.
fn made_by(shared: &Shared, var: Var) -> Option<(Prim, Option<Var>)> {
    let equation = shared.definition(var)?;
    Some((equation.prim.clone(), equation.inputs.first().copied()))
}

/// The one value of a variable that is the same everywhere.
fn constant(shared: &Shared, var: Var) -> Option<Literal> {
    let Prim::Full { value, .. } = &shared.definition(var)?.prim else {
        return None;
    };
    Some(*value)
}

fn full(shared: &mut Shared, shape: &[usize], value: Literal) -> Result<Option<Var>> {
    let shape = Dims::from_slice(shape);
    shared.add1(Prim::Full { shape, value }, &[]).map(Some)
}

fn unary(shared: &mut Shared, op: Unary, x: Var) -> Result<Option<Var>> {
    let dtype = shared.graph().ty(x).dtype;
    if op == Unary::Conjugate && !dtype.is_complex() {
        return Ok(Some(x));
    }
    let Some((Prim::Unary(inner), Some(source))) = made_by(shared, x) else {
        return Ok(None);
    };
    let undoes = match op {
        Unary::Negative | Unary::Invert | Unary::Conjugate => inner == op,
        Unary::LogicalNot => inner == op && shared.graph().ty(source).dtype.is_bool(),
        _ => false,
    };
    if undoes {
        return Ok(Some(source));
    }
    let changes_nothing = match op {
        Unary::Abs | Unary::Floor | Unary::Ceil | Unary::Trunc | Unary::Rint => {
            inner == op && !dtype.is_complex()
        }
        _ => false,
    };
    if changes_nothing {
        return Ok(Some(x));
    }
    if op == Unary::Abs && inner == Unary::Negative {
        return shared.add1(Prim::Unary(op), &[source]).map(Some);
    }
    Ok(None)
}

/// Whether a literal is, bit for bit, this number in its dtype.
fn is(value: Literal, number: f64) -> bool {
    value == Literal::new(number).cast(value.dtype())
}

/// Whether adding this literal changes no bit of any number: zero for integers, minus zero for floats (`-0.0 + 0.0` is `0.0`).
fn adds_nothing(value: Literal) -> bool {
    match value.dtype() {
        DType::Complex64 | DType::Complex128 => {
            let z = value.to_c128();
            [z.re, z.im]
                .iter()
                .all(|part| part.to_bits() == (-0.0f64).to_bits())
        }
        dtype if dtype.is_float() => is(value, -0.0),
        _ => is(value, 0.0),
    }
}

fn binary(shared: &mut Shared, op: Binary, x: Var, y: Var) -> Result<Option<Var>> {
    let ty = shared.graph().ty(x).clone();
    let complex = ty.dtype.is_complex();
    let right = constant(shared, y);
    let left = constant(shared, x);
    let right_is = |number: f64| right.is_some_and(|value| is(value, number));
    let left_is = |number: f64| left.is_some_and(|value| is(value, number));
    Ok(match op {
        Binary::Add if right.is_some_and(adds_nothing) => Some(x),
        Binary::Add if left.is_some_and(adds_nothing) => Some(y),
        Binary::Subtract if !complex && right_is(0.0) => Some(x),
        // The product of complex numbers mixes signs of zeros and infinities in.
        Binary::Multiply if !complex && right_is(1.0) => Some(x),
        Binary::Multiply if !complex && left_is(1.0) => Some(y),
        Binary::Multiply if ty.dtype.is_integer() && (right_is(0.0) || left_is(0.0)) => {
            full(shared, &ty.shape, Literal::zero(ty.dtype))?
        }
        Binary::Divide if ty.dtype.is_float() && right_is(1.0) => Some(x),
        Binary::FloorDivide if ty.dtype.is_integer() && right_is(1.0) => Some(x),
        Binary::LeftShift | Binary::RightShift if right_is(0.0) => Some(x),
        Binary::BitwiseOr | Binary::BitwiseXor if right_is(0.0) => Some(x),
        Binary::BitwiseOr | Binary::BitwiseXor if left_is(0.0) => Some(y),
        Binary::BitwiseAnd | Binary::BitwiseOr if x == y => Some(x),
        Binary::Maximum | Binary::Minimum | Binary::Fmax | Binary::Fmin if x == y && !complex => {
            Some(x)
        }
        _ => None,
    })
}

fn select(shared: &Shared, inputs: &[Var]) -> Option<Var> {
    let (condition, x, y) = (inputs[0], inputs[1], inputs[2]);
    if x == y {
        return Some(x);
    }
    let truth = constant(shared, condition)?;
    Some(if truth.value::<bool>() { x } else { y })
}

/// Whether every value of one dtype is, exactly, one of another.
fn holds_all(from: DType, to: DType) -> bool {
    // Bits of an integer's magnitude, or of a significand.
    let digits = |dtype: DType| match dtype {
        DType::Bool => 1,
        DType::Float16 => 11,
        DType::BFloat16 => 8,
        DType::Float32 | DType::Complex64 => 24,
        DType::Float64 | DType::Complex128 => 53,
        dtype => 8 * dtype.itemsize() - usize::from(dtype.is_signed_integer()),
    };
    if from == to {
        return true;
    }
    if from.is_bool() {
        return true;
    }
    if to.is_bool() || (from.is_complex() && !to.is_complex()) {
        return false;
    }
    if from.is_integer() {
        let signs = !from.is_signed_integer() || !to.is_unsigned_integer();
        // An integer fits a half-width float's range only when it is narrow.
        let range = to != DType::Float16 || from.itemsize() == 1;
        return signs && range && digits(from) <= digits(to);
    }
    let range = match (from, to) {
        (DType::Float16, DType::BFloat16) | (DType::BFloat16, DType::Float16) => false,
        _ => digits(from) <= digits(to),
    };
    to.is_inexact() && range
}

fn cast(shared: &mut Shared, dtype: DType, x: Var) -> Result<Option<Var>> {
    let ty = shared.graph().ty(x).clone();
    if ty.dtype == dtype {
        return Ok(Some(x));
    }
    if let Some(value) = constant(shared, x) {
        let converted = value.cast(dtype);
        // Where the conversion rounds or wraps, the backend's own does it.
        let exact = converted.cast(ty.dtype) == value && value.is_finite();
        return match exact {
            true => full(shared, &ty.shape, converted),
            false => Ok(None),
        };
    }
    let Some((Prim::Cast { .. }, Some(source))) = made_by(shared, x) else {
        return Ok(None);
    };
    let first = shared.graph().ty(source).dtype;
    if !holds_all(first, ty.dtype) {
        return Ok(None);
    }
    if first == dtype {
        return Ok(Some(source));
    }
    match holds_all(ty.dtype, dtype) {
        true => shared.add1(Prim::Cast { dtype }, &[source]).map(Some),
        false => Ok(None),
    }
}

fn bitcast(shared: &mut Shared, dtype: DType, x: Var) -> Result<Option<Var>> {
    if shared.graph().ty(x).dtype == dtype {
        return Ok(Some(x));
    }
    match made_by(shared, x) {
        Some((Prim::Bitcast { .. }, Some(source))) => {
            shared.add1(Prim::Bitcast { dtype }, &[source]).map(Some)
        }
        _ => Ok(None),
    }
}

fn reshape(shared: &mut Shared, shape: &Dims, x: Var) -> Result<Option<Var>> {
    if shared.graph().ty(x).shape == *shape {
        return Ok(Some(x));
    }
    match made_by(shared, x) {
        Some((Prim::Full { value, .. }, _)) => full(shared, shape, value),
        Some((Prim::Reshape { .. }, Some(source))) => {
            let shape = shape.clone();
            shared.add1(Prim::Reshape { shape }, &[source]).map(Some)
        }
        _ => Ok(None),
    }
}

fn transpose(shared: &mut Shared, permutation: &Axes, x: Var) -> Result<Option<Var>> {
    if permutation.iter().enumerate().all(|(i, &axis)| i == axis) {
        return Ok(Some(x));
    }
    match made_by(shared, x) {
        Some((Prim::Full { value, shape }, _)) => {
            let shape: Dims = permutation.iter().map(|&axis| shape[axis]).collect();
            full(shared, &shape, value)
        }
        Some((Prim::Transpose { permutation: first }, Some(source))) => {
            let permutation = permutation.iter().map(|&axis| first[axis]).collect();
            let both = Prim::Transpose { permutation };
            shared.add1(both, &[source]).map(Some)
        }
        _ => Ok(None),
    }
}

fn broadcast(shared: &mut Shared, shape: &Dims, dims: &Axes, x: Var) -> Result<Option<Var>> {
    // Equal shapes leave the axes only one place each.
    if shared.graph().ty(x).shape == *shape {
        return Ok(Some(x));
    }
    match made_by(shared, x) {
        Some((Prim::Full { value, .. }, _)) => full(shared, shape, value),
        Some((Prim::BroadcastInDim { dims: first, .. }, Some(source))) => {
            let both = Prim::BroadcastInDim {
                shape: shape.clone(),
                dims: first.iter().map(|&axis| dims[axis]).collect(),
            };
            shared.add1(both, &[source]).map(Some)
        }
        _ => Ok(None),
    }
}

fn slice(shared: &mut Shared, axes: &[SliceSpec], x: Var) -> Result<Option<Var>> {
    let shape = shared.graph().ty(x).shape.clone();
    if (axes.iter().zip(&shape)).all(|(spec, &dim)| spec.is_full(dim)) {
        return Ok(Some(x));
    }
    match made_by(shared, x) {
        Some((Prim::Full { value, .. }, _)) => {
            let shape: Dims = axes.iter().map(|spec| spec.len).collect();
            full(shared, &shape, value)
        }
        Some((Prim::Slice { axes: first }, Some(source))) => {
            let join = |(outer, inner): (&SliceSpec, &SliceSpec)| SliceSpec {
                start: match outer.len {
                    0 => inner.start,
                    _ => (inner.start as isize + outer.start as isize * inner.step) as usize,
                },
                len: outer.len,
                step: inner.step * outer.step,
            };
            let axes = axes.iter().zip(&first).map(join).collect();
            shared.add1(Prim::Slice { axes }, &[source]).map(Some)
        }
        _ => Ok(None),
    }
}

/// Elementwise work on inputs that are all repeated in the same way is done before they are repeated.
fn before_repeating(shared: &mut Shared, prim: &Prim, inputs: &[Var]) -> Result<Option<Var>> {
    let shape = shared.graph().ty(inputs[0]).shape.clone();
    // Where the inputs' axes go, and the shape they come from; constants come from any.
    let mut from: Option<(Dims, Axes)> = None;
    for &var in inputs {
        match made_by(shared, var) {
            Some((Prim::Full { .. }, _)) => {}
            Some((Prim::BroadcastInDim { dims, .. }, Some(source))) => {
                let narrow = shared.graph().ty(source).shape.clone();
                match &from {
                    None => from = Some((narrow, dims)),
                    Some(first) if *first == (narrow, dims) => {}
                    Some(_) => return Ok(None),
                }
            }
            _ => return Ok(None),
        }
    }
    let (narrow, dims) = from.unwrap_or_default();
    if narrow == shape {
        return Ok(None);
    }
    let mut small: SmallVec<[Var; 3]> = SmallVec::new();
    for &var in inputs {
        small.push(match made_by(shared, var) {
            Some((Prim::Full { value, .. }, _)) => {
                let shape = narrow.clone();
                shared.add1(Prim::Full { shape, value }, &[])?
            }
            Some((_, Some(source))) => source,
            _ => return Ok(None),
        });
    }
    let value = shared.add1(prim.clone(), &small)?;
    let TensorType { shape: found, .. } = shared.graph().ty(value);
    debug_assert_eq!(*found, narrow);
    let repeat = Prim::BroadcastInDim { shape, dims };
    shared.add1(repeat, &[value]).map(Some)
}
