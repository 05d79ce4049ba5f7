//! Philox 4x32-10 in arithmetic on uint32 and uint64: the bits that `philox.rs` gives, on any device.

use tnp_dtype::{DType, Literal};

use super::Steps;
use crate::prim::{Binary, Prim, SliceSpec};
use crate::{Result, Var};

// Multipliers and key increments of Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (2011).
const MULTIPLIERS: [u64; 2] = [0xD251_1F53, 0xCD9E_8D57];
const INCREMENTS: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];
const ROUNDS: usize = 10;

/// The two halves of a 32×32-bit product.
fn multiply(steps: &mut Steps, x: Var, by: u64) -> Result<(Var, Var)> {
    let shape = steps.shape(x);
    let wide = steps.cast(x, DType::UInt64)?;
    let factor = steps.full(&shape, Literal::new(by))?;
    let product = steps.binary(Binary::Multiply, wide, factor)?;
    let half = steps.full(&shape, Literal::new(32u64))?;
    let high = steps.binary(Binary::RightShift, product, half)?;
    Ok((
        steps.cast(high, DType::UInt32)?,
        steps.cast(product, DType::UInt32)?,
    ))
}

pub(super) fn bits(steps: &mut Steps, shape: &[usize], dtype: DType, key: Var) -> Result<Var> {
    let size: usize = shape.iter().product();
    let words = size * dtype.itemsize() / 4;
    let blocks = words.div_ceil(4);
    let mut keys = Vec::new();
    for at in 0..2 {
        let axes = smallvec::smallvec![SliceSpec {
            start: at,
            len: 1,
            step: 1
        }];
        let word = steps.push(Prim::Slice { axes }, &[key])?;
        keys.push(steps.broadcast(word, &[blocks], &[0])?);
    }
    let number = steps.iota(&[blocks], 0, DType::UInt64)?;
    let half = steps.full(&[blocks], Literal::new(32u64))?;
    let high = steps.binary(Binary::RightShift, number, half)?;
    let zero = steps.full(&[blocks], Literal::new(0u32))?;
    let mut counter = [
        steps.cast(number, DType::UInt32)?,
        steps.cast(high, DType::UInt32)?,
        zero,
        zero,
    ];
    for round in 0..ROUNDS {
        if round > 0 {
            for (key, increment) in keys.iter_mut().zip(INCREMENTS) {
                let increment = steps.full(&[blocks], Literal::new(increment))?;
                *key = steps.binary(Binary::Add, *key, increment)?;
            }
        }
        let (high0, low0) = multiply(steps, counter[0], MULTIPLIERS[0])?;
        let (high1, low1) = multiply(steps, counter[2], MULTIPLIERS[1])?;
        let mix = |steps: &mut Steps, high, word, key| {
            let mixed = steps.binary(Binary::BitwiseXor, high, word)?;
            steps.binary(Binary::BitwiseXor, mixed, key)
        };
        let first = mix(steps, high1, counter[1], keys[0])?;
        let third = mix(steps, high0, counter[3], keys[1])?;
        counter = [first, low1, third, low0];
    }
    let mut columns = Vec::new();
    for word in counter {
        columns.push(steps.reshape(word, &[blocks, 1])?);
    }
    let all = steps.push(Prim::Concatenate { axis: 1 }, &columns)?;
    let all = steps.reshape(all, &[blocks * 4])?;
    let used = smallvec::smallvec![SliceSpec::full(words)];
    let mut all = steps.push(Prim::Slice { axes: used }, &[all])?;
    if dtype == DType::UInt64 {
        all = pairs(steps, all, size)?;
    }
    steps.reshape(all, shape)
}

/// Pairs of 32-bit words as 64-bit ones, the first the lower half.
fn pairs(steps: &mut Steps, words: Var, size: usize) -> Result<Var> {
    let mut halves = Vec::new();
    for start in 0..2 {
        let axes = smallvec::smallvec![SliceSpec {
            start,
            len: size,
            step: 2
        }];
        let half = steps.push(Prim::Slice { axes }, &[words])?;
        halves.push(steps.cast(half, DType::UInt64)?);
    }
    let shift = steps.full(&[size], Literal::new(32u64))?;
    let high = steps.binary(Binary::LeftShift, halves[1], shift)?;
    steps.binary(Binary::BitwiseOr, halves[0], high)
}
