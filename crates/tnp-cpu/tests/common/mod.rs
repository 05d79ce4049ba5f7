//! What the tests of compiled graphs share: a generator, tensors of random values, comparison.

#![allow(dead_code, reason = "each test crate uses its part")]

use tnp_backend::{Device, Tensor, TensorType, compact, devices};
use tnp_dtype::{Complex, DType, Literal, bf16, c128, f16};

// The backend enters the registry by being linked.
use tnp_cpu as _;

/// A small generator (SplitMix64), so that a seed is a program.
#[derive(Clone, Debug)]
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }
}

pub(crate) fn cpu() -> Device {
    let found = devices()
        .into_iter()
        .find(|info| info.device.to_string() == "cpu:0");
    found.expect("the CPU").device
}

fn number(random: &mut Random) -> f64 {
    match random.below(40) {
        0 => f64::NAN,
        1 => f64::INFINITY,
        2 => f64::NEG_INFINITY,
        3 => -0.0,
        4..9 => random.below(5) as f64 - 2.0,
        9 => 1e6 * (random.below(9) as f64 - 4.0),
        _ => (random.below(20001) as f64 - 10000.0) / 1000.0,
    }
}

/// A contiguous tensor of random numbers, with the odd NaN, infinity and zero where the dtype has them.
pub(crate) fn uniform(random: &mut Random, ty: &TensorType) -> Tensor {
    let mut bytes = Vec::with_capacity(ty.bytes());
    for _ in 0..ty.size() {
        let value = number(random);
        let literal = match ty.dtype {
            DType::Complex64 | DType::Complex128 => {
                Literal::new(Complex::new(value, number(random))).cast(ty.dtype)
            }
            dtype if dtype.is_integer() => {
                Literal::new(random.next() as i64 >> random.below(64)).cast(dtype)
            }
            dtype => Literal::new(value).cast(dtype),
        };
        bytes.extend_from_slice(literal.as_bytes());
    }
    tensor(&bytes, ty)
}

/// A contiguous tensor of these bytes.
pub(crate) fn tensor(bytes: &[u8], ty: &TensorType) -> Tensor {
    let buffer = cpu().backend().upload(0, bytes).expect("memory");
    Tensor::contiguous(buffer, &ty.shape, ty.dtype)
}

/// The elements, in C order.
pub(crate) fn elements(x: &Tensor) -> Vec<Literal> {
    if x.layout.is_empty() {
        return Vec::new();
    }
    let x = compact(x).expect("memory");
    let size = x.dtype.itemsize();
    let mut bytes = vec![0; x.layout.size() * size];
    let start = x.layout.offset() * size;
    cpu()
        .backend()
        .download(&x.buffer, start, &mut bytes)
        .expect("downloaded");
    bytes
        .chunks(size)
        .map(|chunk| Literal::from_bytes(x.dtype, chunk))
        .collect()
}

fn parts(x: Literal) -> [f64; 2] {
    let z: c128 = x.to_c128();
    [z.re, z.im]
}

/// Whether two tensors hold the same: bit for bit but for which NaN it is, or to the accuracy of their dtype.
pub(crate) fn same(want: &Tensor, got: &Tensor, exact: bool) -> Result<(), String> {
    if want.ty() != got.ty() {
        return Err(format!("{} became {}", want.ty(), got.ty()));
    }
    let close = match want.dtype {
        DType::Float16 => 8.0 * f16::EPSILON.to_f64(),
        DType::BFloat16 => 8.0 * bf16::EPSILON.to_f64(),
        DType::Float32 | DType::Complex64 => 1e-4,
        _ => 1e-10,
    };
    let (want, got) = (elements(want), elements(got));
    let scale = want
        .iter()
        .map(|x| parts(*x)[0].abs())
        .filter(|x| x.is_finite());
    let scale = scale.fold(0.0, f64::max);
    for (at, (want, got)) in want.iter().zip(&got).enumerate() {
        let (a, b) = (parts(*want), parts(*got));
        // Which of several NaNs a reduction of complex numbers gives depends on how it is cut.
        let nan = |z: [f64; 2]| z[0].is_nan() || z[1].is_nan();
        if !exact && nan(a) && nan(b) {
            continue;
        }
        let alike = (0..2).all(|i| {
            let nan = a[i].is_nan() && b[i].is_nan();
            let near = a[i] == b[i]
                || (a[i] - b[i]).abs() <= close * a[i].abs().max(scale * 1e-3).max(1e-30);
            nan || if exact {
                a[i].to_bits() == b[i].to_bits()
            } else {
                near
            }
        });
        if !alike {
            return Err(format!("element {at}: {want:?} became {got:?}"));
        }
    }
    Ok(())
}
