//! Random views for kernel tests, and their elements read one by one.

use tnp_dtype::{Complex, DType, Literal};
use tnp_shape::{Dims, Layout, Strides};

use crate::strided::Strided;

/// A small generator (xorshift64*), the same on every run.
pub(crate) struct Rng(pub(crate) u64);

impl Rng {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        ((self.next() >> 33) % n as u64) as usize
    }
}

/// A view over a buffer of its own.
pub(crate) struct Sample {
    pub(crate) buffer: Vec<u128>,
    pub(crate) dtype: DType,
    pub(crate) layout: Layout,
}

impl Sample {
    /// A view of that shape with random axis order, steps, directions, gaps and broadcast axes. Values are
    /// few, so that ties are common and sums and products exact; `nan` out of 64 are NaN.
    pub(crate) fn random(rng: &mut Rng, dtype: DType, shape: &[usize], nan: usize) -> Sample {
        let mut order: Vec<usize> = (0..shape.len()).rev().collect();
        if rng.below(2) == 0 {
            for i in (1..order.len()).rev() {
                order.swap(i, rng.below(i + 1));
            }
        }
        let plain = rng.below(2) == 0;
        let mut strides = Strides::from_elem(0, shape.len());
        let (mut size, mut offset) = (1, 0);
        for axis in order {
            if !plain && rng.below(8) == 0 {
                continue;
            }
            let step = size
                * if plain || rng.below(2) == 0 {
                    1
                } else {
                    1 + rng.below(3)
                };
            strides[axis] = step as isize;
            if !plain && rng.below(3) == 0 && shape[axis] > 0 {
                strides[axis] = -strides[axis];
                offset += (shape[axis] - 1) * step;
            }
            size = step * shape[axis].max(1);
        }
        let start = if plain { 0 } else { rng.below(4) };
        let layout = Layout::from_parts(Dims::from_slice(shape), strides, offset + start);
        Sample::fill(rng, dtype, layout, size + start, nan)
    }

    /// A C-order array of random values.
    pub(crate) fn contiguous(rng: &mut Rng, dtype: DType, shape: &[usize], nan: usize) -> Sample {
        let layout = Layout::contiguous(shape);
        let size = layout.size();
        Sample::fill(rng, dtype, layout, size, nan)
    }

    fn fill(rng: &mut Rng, dtype: DType, layout: Layout, size: usize, nan: usize) -> Sample {
        let mut buffer = vec![0u128; (size * dtype.itemsize()).div_ceil(16) + 1];
        let bytes = bytemuck::cast_slice_mut::<u128, u8>(&mut buffer);
        for element in bytes.chunks_exact_mut(dtype.itemsize()).take(size) {
            element.copy_from_slice(random_value(rng, dtype, nan).as_bytes());
        }
        Sample {
            buffer,
            dtype,
            layout,
        }
    }

    pub(crate) fn strided(&self) -> Strided<'_> {
        Strided {
            ptr: self.buffer.as_ptr().cast(),
            dtype: self.dtype,
            layout: &self.layout,
        }
    }

    /// The elements in C order.
    pub(crate) fn values(&self) -> Vec<Literal> {
        let bytes = bytemuck::cast_slice::<u128, u8>(&self.buffer);
        indices(self.layout.shape())
            .map(|index| {
                let place = index
                    .iter()
                    .zip(self.layout.strides())
                    .map(|(&i, &s)| i as isize * s)
                    .sum::<isize>();
                let place = (self.layout.offset() as isize + place) as usize;
                Literal::from_bytes(self.dtype, &bytes[place * self.dtype.itemsize()..])
            })
            .collect()
    }
}

fn random_value(rng: &mut Rng, dtype: DType, nan: usize) -> Literal {
    const FEW: [f64; 6] = [0.5, -0.5, 1.0, -1.0, 2.0, -2.0];
    let few = FEW[rng.below(6)];
    let is_nan = rng.below(64) < nan;
    match dtype {
        DType::Complex64 | DType::Complex128 => {
            let mut z = if rng.below(2) == 0 {
                Complex::new(few, 0.0)
            } else {
                Complex::new(0.0, few)
            };
            if is_nan {
                z = if rng.below(2) == 0 {
                    Complex::new(f64::NAN, few)
                } else {
                    Complex::new(few, f64::NAN)
                };
            }
            Literal::new(z)
        }
        float if float.is_float() => Literal::new(if is_nan { f64::NAN } else { few }),
        DType::Bool => Literal::new(rng.below(2) == 0),
        _ => Literal::new(rng.next() as i64 >> (rng.below(8) * 8)),
    }
    .cast(dtype)
}

/// All indices of a shape in C order.
pub(crate) fn indices(shape: &[usize]) -> impl Iterator<Item = Vec<usize>> + '_ {
    let size: usize = shape.iter().product();
    (0..size).map(move |mut flat| {
        let mut index = vec![0; shape.len()];
        for (i, &dim) in index.iter_mut().zip(shape).rev() {
            *i = flat % dim;
            flat /= dim;
        }
        index
    })
}

/// A shape of up to `ndim` axes, with ones, zeros and a long axis now and then.
pub(crate) fn random_shape(rng: &mut Rng, ndim: usize) -> Vec<usize> {
    let ndim = rng.below(ndim + 1);
    (0..ndim)
        .map(|_| match rng.below(12) {
            0 => 1,
            1 => 30 + rng.below(300 / ndim),
            2 if rng.below(4) == 0 => 0,
            _ => 1 + rng.below(9),
        })
        .collect()
}

/// Room for `size` elements, and a reader for them.
pub(crate) fn output(dtype: DType, size: usize) -> Vec<u128> {
    vec![0x5a5a_5a5a_5a5a_5a5a_5a5a_5a5a_5a5a_5a5au128; (size * dtype.itemsize()).div_ceil(16) + 1]
}

/// The first `size` elements of an output, after checking that nothing was written behind them.
pub(crate) fn read_output(out: &[u128], dtype: DType, size: usize) -> Vec<Literal> {
    let bytes = bytemuck::cast_slice::<u128, u8>(out);
    assert!(
        bytes[size * dtype.itemsize()..].iter().all(|&b| b == 0x5a),
        "written past the end"
    );
    bytes
        .chunks_exact(dtype.itemsize())
        .take(size)
        .map(|b| Literal::from_bytes(dtype, b))
        .collect()
}

/// True when both are NaN or equal in value.
pub(crate) fn same(a: Literal, b: Literal) -> bool {
    let (x, y) = (a.to_c128(), b.to_c128());
    let nan = |z: Complex<f64>| z.re.is_nan() || z.im.is_nan();
    a.dtype() == b.dtype() && (a == b || x == y && a.to_i128() == b.to_i128() || nan(x) && nan(y))
}
