//! Arrays from parameters: one value, counting, random bits.

use tnp_backend::{Arg, Outputs, Result, Source, Tensor, TensorType};
use tnp_dtype::{DType, Literal};

use crate::cast;
use crate::code::{Memory, U32, V, int};
use crate::elementwise::{Program, UNITS, compact, run};
use crate::gpu::{Gpu, index, one};
use crate::kernel::{Kernel, each, given};
use crate::types::{Val, storage, store};

/// One value everywhere.
pub(crate) fn full(gpu: &Gpu, value: &Literal, ty: &TensorType) -> Result<Outputs> {
    let program = Program {
        inputs: Vec::new(),
        operations: Vec::new(),
        outputs: vec![(Source::Constant(*value), ty.dtype)],
    };
    run(gpu, &program, &[], &ty.shape)
}

/// 0, 1, 2 … along one axis.
pub(crate) fn iota(gpu: &Gpu, axis: usize, ty: &TensorType) -> Result<Outputs> {
    // One axis is counted; the others repeat it, which strides of zero say without memory.
    let line = TensorType::new(&[ty.shape[axis]], ty.dtype);
    let counted = gpu.fresh(&line)?;
    let units = gpu.abilities.units.min(UNITS);
    let dtype = ty.dtype;
    let body = move |buffers: &[Memory]| {
        each(given(0), units, |i| {
            let value = cast::cast(DType::UInt32, dtype, Val::One(i));
            store(dtype, buffers[0], i, value);
        });
    };
    let buffers = vec![(storage(dtype), true)];
    let kernel = Kernel::new(gpu.target(), ("iota", dtype), units, buffers, 1, body);
    gpu.launch(
        kernel,
        line.size(),
        &[],
        &[&counted],
        &[index(line.size())?],
    )?;
    let mut strides = tnp_shape::Strides::from_elem(0, ty.shape.len());
    strides[axis] = 1;
    one(Tensor {
        buffer: counted.buffer,
        layout: tnp_shape::Layout::from_parts(ty.shape.clone(), strides, 0),
        dtype,
    })
}

const MULTIPLIERS: [u32; 2] = [0xd251_1f53, 0xcd9e_8d57];
const WEYL: [u32; 2] = [0x9e37_79b9, 0xbb67_ae85];

/// Philox 4x32-10 counted from zero under a key.
pub(crate) fn random_bits(gpu: &Gpu, inputs: &[Arg<'_>], ty: &TensorType) -> Result<Outputs> {
    let key = compact(gpu, inputs[0].tensor)?;
    // Whole words: a 64-bit number is two of them.
    let words = ty.size() * ty.dtype.itemsize() / 4;
    let output = gpu.fresh(ty)?;
    let units = gpu.abilities.units.min(UNITS);
    let body = move |buffers: &[Memory]| {
        let (key, output) = (buffers[0], buffers[1]);
        let words = given(0);
        let offset = given(1);
        let key = [key.at(offset), key.at(offset + 1)];
        each((words + 3) / 4, units, |block| {
            let zero = int(0, U32);
            let values = philox(key, [block, zero, zero, zero]);
            let first = block * 4;
            for (at, value) in values.into_iter().enumerate() {
                let place = first + at as u32;
                crate::code::when(place.lt(words), || output.put(place, value));
            }
        });
    };
    let buffers = vec![(U32, false), (U32, true)];
    let kernel = Kernel::new(gpu.target(), "random_bits", units, buffers, 2, body);
    let scalars = [index(words)?, index(key.layout.offset())?];
    gpu.launch(kernel, words.div_ceil(4), &[&key], &[&output], &scalars)?;
    one(output)
}

fn philox(mut key: [V; 2], mut words: [V; 4]) -> [V; 4] {
    for round in 0..10 {
        if round > 0 {
            key = [key[0] + WEYL[0], key[1] + WEYL[1]];
        }
        let [c0, c1, c2, c3] = words;
        let (high0, low0) = (c0.mul_high(MULTIPLIERS[0]), c0 * MULTIPLIERS[0]);
        let (high1, low1) = (c2.mul_high(MULTIPLIERS[1]), c2 * MULTIPLIERS[1]);
        words = [
            high1.xor(c1).xor(key[0]),
            low1,
            high0.xor(c3).xor(key[1]),
            low0,
        ];
    }
    words
}
