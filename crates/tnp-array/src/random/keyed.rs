//! Draws inside traces and maps: Philox bits under a key, turned into numbers by arithmetic that every device has.

use smallvec::smallvec;
use tnp_backend::prim::{Binary, Prim, Unary};
use tnp_backend::{Error, Graph, GraphBuilder, Result, TensorType, Var};
use tnp_dtype::{DType, Literal, Scalar, default_fill_float};
use tnp_shape::Dims;

use super::functions::size_and_own;
use super::global;
use crate::bind::bind1;
use crate::promote::{constant, expand, to_dtype};
use crate::{Array, Operand, Shape, context};

/// A fresh key, `uint32[2]`: of the innermost transformation that gives keys, else drawn from the process-wide generator.
///
/// # Errors
/// When memory runs out.
pub fn key() -> Result<Array> {
    if let Some(key) = context::random_key() {
        return key;
    }
    let bits = global().lock().next_u64();
    Array::from_vec(vec![bits as u32, (bits >> 32) as u32], &[2])
}

/// The key that this draw takes when a transformation is in force that gives keys.
pub(super) fn drawing() -> Result<Option<Array>> {
    if !context::is_active() {
        return Ok(None);
    }
    context::random_key().transpose()
}

fn filled(like: &Array, value: Literal) -> Result<Operand<'static>> {
    constant(like, value, &Dims::from_slice(like.shape()))
}

fn binary<'a>(op: Binary, x: Array, y: impl Into<Operand<'a>>) -> Result<Array> {
    bind1(&Prim::Binary(op), &mut [Operand::Owned(x), y.into()])
}

fn with(op: Binary, x: Array, value: f64) -> Result<Array> {
    let value = filled(&x, Literal::new(value).cast(x.dtype()))?;
    binary(op, x, value)
}

fn unary(op: Unary, x: Array) -> Result<Array> {
    bind1(&Prim::Unary(op), &mut [Operand::Owned(x)])
}

fn bits(key: &Array, shape: &Dims, dtype: DType) -> Result<Array> {
    let prim = Prim::RandomBits {
        shape: shape.clone(),
        dtype,
    };
    bind1(&prim, &mut [Operand::Borrowed(key)])
}

/// Uniform in [0, 1), in steps of 2⁻⁵³ (float64) or 2⁻²⁴ (float32).
fn unit(key: &Array, shape: &Dims, dtype: DType) -> Result<Array> {
    let (word, drop, scale) = match dtype {
        DType::Float64 => (DType::UInt64, 11u64, (-53f64).exp2()),
        _ => (DType::UInt32, 8, (-24f64).exp2()),
    };
    let bits = bits(key, shape, word)?;
    let drop = filled(&bits, Literal::new(drop).cast(word))?;
    let bits = binary(Binary::RightShift, bits, drop)?;
    let whole = bind1(&Prim::Cast { dtype }, &mut [Operand::Owned(bits)])?;
    with(Binary::Multiply, whole, scale)
}

/// Uniform in (0, 1]: a logarithm of it is finite.
fn positive(key: &Array, shape: &Dims, dtype: DType) -> Result<Array> {
    let u = unit(key, shape, dtype)?;
    let one = filled(&u, Literal::new(1.0).cast(dtype))?;
    bind1(
        &Prim::Binary(Binary::Subtract),
        &mut [one, Operand::Owned(u)],
    )
}

/// What [`floats`] draws before parameters come in.
#[derive(Clone, Copy)]
pub(super) enum Standard {
    /// Uniform in [0, 1).
    Uniform,
    /// Normal of mean 0 and variance 1, by Box and Muller's transform (1958).
    Normal,
    /// Exponential of mean 1.
    Exponential,
}

/// Draws of a standard distribution, moved by `loc` and stretched by `scale`.
pub(super) fn floats(
    op: &'static str,
    key: &Array,
    size: Shape,
    standard: Standard,
    params: &mut [Operand<'_>],
) -> Result<Array> {
    let dtype = default_fill_float();
    for param in params.iter_mut() {
        let operand = std::mem::replace(param, Operand::Scalar(Scalar::Int(0)));
        *param = to_dtype(op, operand, dtype)?;
        param.resolve()?;
    }
    let shapes: Vec<&[usize]> = params.iter().map(|param| param.shape()).collect();
    let dims = size_and_own(size, &shapes)?;
    drop(shapes);
    let x = match standard {
        Standard::Uniform => unit(key, &dims, dtype)?,
        Standard::Exponential => unary(
            Unary::Negative,
            unary(Unary::Log, positive(key, &dims, dtype)?)?,
        )?,
        Standard::Normal => {
            let second = fold_in(key, u32::MAX)?;
            let radius = with(
                Binary::Multiply,
                unary(Unary::Log, positive(key, &dims, dtype)?)?,
                -2.0,
            )?;
            let angle = with(
                Binary::Multiply,
                unit(&second, &dims, dtype)?,
                std::f64::consts::TAU,
            )?;
            binary(
                Binary::Multiply,
                unary(Unary::Sqrt, radius)?,
                unary(Unary::Cos, angle)?,
            )?
        }
    };
    let spread = |param: &Operand<'_>| expand(param.lend(), &dims).and_then(Operand::into_array);
    match params {
        [] => Ok(x),
        [scale] => binary(Binary::Multiply, x, spread(scale)?),
        [loc, scale, ..] => {
            // `uniform` gives its upper end where a scale stands.
            let scale = spread(scale)?;
            let loc = spread(loc)?;
            let width = match standard {
                Standard::Uniform => binary(Binary::Subtract, scale, &loc)?,
                Standard::Normal | Standard::Exponential => scale,
            };
            binary(Binary::Add, binary(Binary::Multiply, x, width)?, loc)
        }
    }
}

/// A key of its own for a number: the key with the number added to its second word.
///
/// # Errors
/// When memory runs out.
pub fn fold_in(key: &Array, number: u32) -> Result<Array> {
    let iota = Prim::Iota {
        shape: smallvec![2],
        dtype: DType::UInt32,
        axis: 0,
    };
    let second = bind1(&iota, &mut [])?;
    let number = filled(&second, Literal::new(number))?;
    binary(Binary::Add, binary(Binary::Multiply, second, number)?, key)
}

/// Whole numbers in [`low`, `high`): 64 random bits modulo the width, a bias below `width` / 2⁶⁴.
pub(super) fn integers(
    key: &Array,
    low: Operand<'_>,
    high: Operand<'_>,
    size: Shape,
    dtype: DType,
) -> Result<Array> {
    if !(dtype.is_integer() || dtype == DType::Bool) {
        return Err(Error::dtype(format!(
            "Unsupported dtype dtype('{dtype}') for randint"
        )));
    }
    let wide = |bound: Operand<'_>| -> Result<Array> {
        let scalar = match &bound {
            Operand::Scalar(Scalar::Int(bound)) => Some(*bound),
            _ => None,
        };
        match scalar {
            // Two's complement, in which differences come out right whatever the signs.
            Some(bound) => Array::from_literal(Literal::new(bound as u64)),
            None => bound
                .astype(DType::Int64)?
                .astype(DType::UInt64)?
                .into_array(),
        }
    };
    if let (Operand::Scalar(Scalar::Int(low)), Operand::Scalar(Scalar::Int(high))) = (&low, &high)
        && low >= high
    {
        return Err(Error::value("low >= high"));
    }
    let (low, high) = (wide(low)?, wide(high)?);
    let dims = size_and_own(size, &[low.shape(), high.shape()])?;
    let spread = |x: Array| expand(Operand::Owned(x), &dims).and_then(Operand::into_array);
    let (low, high) = (spread(low)?, spread(high)?);
    let width = binary(Binary::Subtract, high, &low)?;
    let draw = binary(Binary::Remainder, bits(key, &dims, DType::UInt64)?, width)?;
    let draw = binary(Binary::Add, draw, low)?;
    bind1(&Prim::Cast { dtype }, &mut [Operand::Owned(draw)])
}

/// Poisson draws: how many exponential waiting times fit into `lam` (Devroye 1986, X.3). Takes about max(`lam`) rounds.
pub(super) fn poisson(
    op: &'static str,
    key: &Array,
    lam: Operand<'_>,
    size: Shape,
) -> Result<Array> {
    let lam = to_dtype(op, lam, DType::Float64)?;
    let dims = size_and_own(size, &[lam.shape()])?;
    let left = expand(lam, &dims)?.into_array()?;
    let count = bind1(
        &Prim::Full {
            shape: dims.clone(),
            value: Literal::new(0i64),
        },
        &mut [],
    )?;
    let prim = Prim::While {
        condition: waiting(&dims)?.into(),
        body: wait(&dims)?.into(),
    };
    let mut results = crate::bind::bind(
        &prim,
        &mut [
            Operand::Owned(left),
            Operand::Owned(count),
            Operand::Borrowed(key),
        ],
    )?;
    Ok(results.remove(1))
}

fn carry(builder: &mut GraphBuilder, dims: &Dims) -> [Var; 3] {
    [
        builder.input(TensorType::new(dims, DType::Float64)),
        builder.input(TensorType::new(dims, DType::Int64)),
        builder.input(TensorType::new(&[2], DType::UInt32)),
    ]
}

fn full(builder: &mut GraphBuilder, dims: &[usize], value: Literal) -> Result<Var> {
    let shape = Dims::from_slice(dims);
    builder.push1(Prim::Full { shape, value }, &[])
}

/// Whether any draw has time left.
fn waiting(dims: &Dims) -> Result<Graph> {
    let mut b = GraphBuilder::new();
    let [left, _, _] = carry(&mut b, dims);
    let zero = full(&mut b, dims, Literal::new(0.0))?;
    let open = b.push1(Prim::Binary(Binary::GreaterEqual), &[left, zero])?;
    let any = Prim::Reduce {
        op: tnp_backend::prim::ReduceOp::Any,
        axes: (0..dims.len()).collect(),
        dtype: DType::Bool,
    };
    let any = b.push1(any, &[open])?;
    Ok(b.finish(&[any]))
}

/// One waiting time off what is left; those that still have time count one more.
fn wait(dims: &Dims) -> Result<Graph> {
    let mut b = GraphBuilder::new();
    let [left, count, key] = carry(&mut b, dims);
    let random = Prim::RandomBits {
        shape: dims.clone(),
        dtype: DType::UInt64,
    };
    let bits = b.push1(random, &[key])?;
    let shift = full(&mut b, dims, Literal::new(11u64))?;
    let bits = b.push1(Prim::Binary(Binary::RightShift), &[bits, shift])?;
    let whole = b.push1(
        Prim::Cast {
            dtype: DType::Float64,
        },
        &[bits],
    )?;
    let one = full(&mut b, dims, Literal::new(1.0))?;
    let whole = b.push1(Prim::Binary(Binary::Add), &[whole, one])?;
    let scale = full(&mut b, dims, Literal::new((-53f64).exp2()))?;
    let u = b.push1(Prim::Binary(Binary::Multiply), &[whole, scale])?;
    // log u is minus a waiting time of mean one.
    let log = b.push1(Prim::Unary(Unary::Log), &[u])?;
    let left = b.push1(Prim::Binary(Binary::Add), &[left, log])?;
    let zero = full(&mut b, dims, Literal::new(0.0))?;
    let fits = b.push1(Prim::Binary(Binary::GreaterEqual), &[left, zero])?;
    let fits = b.push1(
        Prim::Cast {
            dtype: DType::Int64,
        },
        &[fits],
    )?;
    let count = b.push1(Prim::Binary(Binary::Add), &[count, fits])?;
    // The draws of a trace differ in the second word of the key; these in the first.
    let step = Prim::Iota {
        shape: smallvec![2],
        dtype: DType::UInt32,
        axis: 0,
    };
    let step = b.push1(step, &[])?;
    let ones = full(&mut b, &[2], Literal::new(1u32))?;
    let step = b.push1(Prim::Binary(Binary::Subtract), &[ones, step])?;
    let key = b.push1(Prim::Binary(Binary::Add), &[key, step])?;
    Ok(b.finish(&[left, count, key]))
}
