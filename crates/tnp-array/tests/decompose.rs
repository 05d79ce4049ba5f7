//! A backend that has the core primitives alone gives what the whole CPU backend gives: every other primitive goes through its decomposition.

extern crate tnp_cpu;

use std::sync::Once;

use num_complex::Complex;
use tnp_array::*;
use tnp_backend::prim::{ArgReduceOp, Binary, CumulativeOp, FftKind, Prim, Side, Unary};
use tnp_backend::{Arg, Backend, Buffer, Outputs, Tensor, TensorType, is_core};
use tnp_shape::Dims;

/// The CPU under another name, which refuses what is not core.
struct CoreOnly;

impl CoreOnly {
    fn cpu() -> &'static dyn Backend {
        Device::new("cpu", 0).unwrap().backend()
    }
}

/// Buffers of the wrapped CPU, relabelled: the bytes are copied, which is slow and simple.
fn relabel(buffer: &Buffer, device: Device) -> Buffer {
    let mut bytes = vec![0u64; buffer.bytes().div_ceil(8).max(1)];
    let source = buffer.host_ptr().unwrap();
    // SAFETY: as many bytes as the buffer has, into a vector that has room.
    unsafe {
        std::ptr::copy_nonoverlapping(source, bytes.as_mut_ptr().cast::<u8>(), buffer.bytes())
    };
    Buffer::host(
        device,
        buffer.bytes(),
        tnp_backend::HostMemory::from_vec(bytes),
    )
}

impl Backend for CoreOnly {
    fn name(&self) -> &str {
        "coreonly"
    }
    fn devices(&self) -> Result<Vec<DeviceInfo>> {
        let device = Device::new("coreonly", 0)?;
        Ok(vec![DeviceInfo {
            device,
            description: "the core alone".into(),
            memory: None,
            physical: false,
        }])
    }
    fn allocate(&self, _: usize, bytes: usize) -> Result<Buffer> {
        Ok(relabel(
            &Self::cpu().allocate(0, bytes)?,
            Device::new("coreonly", 0)?,
        ))
    }
    fn upload(&self, _: usize, bytes: &[u8]) -> Result<Buffer> {
        Ok(relabel(
            &Self::cpu().upload(0, bytes)?,
            Device::new("coreonly", 0)?,
        ))
    }
    fn download(&self, buffer: &Buffer, offset: usize, out: &mut [u8]) -> Result<()> {
        Self::cpu().download(buffer, offset, out)
    }
    fn supports(&self, prim: &Prim, _: &[DType]) -> bool {
        is_core(prim)
    }
    fn execute(
        &self,
        _: usize,
        prim: &Prim,
        inputs: &[Arg<'_>],
        outputs: &[TensorType],
    ) -> Result<Outputs> {
        assert!(
            is_core(prim),
            "{prim:?} reached a backend that does not have it"
        );
        let device = Device::new("coreonly", 0)?;
        let inputs: Vec<Arg<'_>> = inputs.iter().map(|arg| Arg::borrowed(arg.tensor)).collect();
        let results = Self::cpu().execute(0, prim, &inputs, outputs)?;
        Ok(results
            .into_iter()
            .map(|t| Tensor {
                buffer: relabel(&t.buffer, device),
                ..t
            })
            .collect())
    }
}

fn on_both(prim: &Prim, inputs: &[&Array]) {
    for (e, g) in results_of_both(prim, inputs) {
        assert_eq!(e.to_string(), g.to_string(), "{prim:?} of {inputs:?}");
    }
}

/// The results here and there, of the same types.
fn results_of_both(prim: &Prim, inputs: &[&Array]) -> Vec<(Array, Array)> {
    static ONCE: Once = Once::new();
    static BACKEND: CoreOnly = CoreOnly;
    ONCE.call_once(|| tnp_backend::register(&BACKEND).unwrap());
    let mut here: Vec<Operand<'_>> = inputs.iter().map(|x| (*x).into()).collect();
    let expected = bind(prim, &mut here).unwrap();
    let there: Vec<Array> = inputs.iter().map(|x| x.to("coreonly:0").unwrap()).collect();
    let mut there: Vec<Operand<'_>> = there.iter().map(Into::into).collect();
    let got = with_device("coreonly:0", || bind(prim, &mut there))
        .unwrap()
        .unwrap();
    assert_eq!(expected.len(), got.len(), "{prim:?}");
    for (e, g) in expected.iter().zip(&got) {
        assert_eq!(g.device().unwrap().to_string(), "coreonly:0");
        assert_eq!((e.shape(), e.dtype()), (g.shape(), g.dtype()), "{prim:?}");
    }
    expected.into_iter().zip(got).collect()
}

fn floats() -> Array {
    let values = vec![
        3.5,
        f64::NAN,
        -1.25,
        0.0,
        -0.0,
        f64::INFINITY,
        2.0,
        2.0,
        f64::NEG_INFINITY,
        7.5,
        -1.25,
        1e300,
    ];
    Array::from_vec(values, &[3, 4]).unwrap()
}

fn integers() -> Array {
    Array::from_vec(vec![4i32, 0, -7, 4, 9, -1, 1, 0, 12, 4, -7, 30], &[3, 4]).unwrap()
}

#[test]
fn ordering() {
    for x in [floats(), integers()] {
        for axis in [0, 1] {
            on_both(&Prim::Sort { axis }, &[&x]);
            on_both(&Prim::ArgSort { axis, stable: true }, &[&x]);
            for &op in ArgReduceOp::ALL {
                on_both(&Prim::ArgReduce { op, axis }, &[&x]);
            }
            for &op in CumulativeOp::ALL {
                for reverse in [false, true] {
                    on_both(
                        &Prim::Cumulative {
                            op,
                            axis,
                            reverse,
                            dtype: x.dtype(),
                        },
                        &[&x],
                    );
                }
            }
        }
        on_both(&Prim::NonZero { size: 10 }, &[&x]);
    }
    let sorted = Array::from_vec(vec![-1.0, 0.0, 2.0, 2.0, 5.0, f64::NAN], &[6]).unwrap();
    for side in [Side::Left, Side::Right] {
        on_both(&Prim::SearchSorted { side }, &[&sorted, &floats()]);
    }
    let empty = Array::from_vec(Vec::<f64>::new(), &[0, 3]).unwrap();
    on_both(&Prim::Sort { axis: 0 }, &[&empty]);
    on_both(
        &Prim::Cumulative {
            op: CumulativeOp::Sum,
            axis: 0,
            reverse: false,
            dtype: DType::Float64,
        },
        &[&empty],
    );
}

#[test]
fn fourier() {
    let real = sin(arange(24).unwrap())
        .unwrap()
        .reshape([2, 3, 4])
        .unwrap();
    let complex = &real + Complex::new(0.0, 1.0) * cos(&real * 3.0).unwrap();
    let check = |kind, axis, x: &Array| {
        for (e, g) in results_of_both(&Prim::Fft { kind, axis }, &[x]) {
            assert!(
                allclose(&e, g.to("cpu:0").unwrap(), ()).unwrap(),
                "{kind:?}"
            );
        }
    };
    for axis in 0..3 {
        check(FftKind::Forward, axis, &complex);
        check(FftKind::Inverse, axis, &complex);
        check(FftKind::Real, axis, &real);
        let half = complex.shape()[axis] - 1;
        for size in [2 * half, 2 * half + 1] {
            check(FftKind::RealInverse { size }, axis, &complex);
        }
    }
    check(FftKind::Real, 0, &real.astype(DType::Float32).unwrap());
}

#[test]
fn moving() {
    let x = floats();
    let value = Array::from_literal(Literal::new(-9.0)).unwrap();
    let pad = Prim::Pad {
        low: Dims::from_slice(&[1, 0]),
        high: Dims::from_slice(&[2, 3]),
    };
    on_both(&pad, &[&x, &value]);
    let start = |at: i64| Array::from_literal(Literal::new(at)).unwrap();
    let (one, two) = (start(1), start(2));
    on_both(
        &Prim::DynamicSlice {
            sizes: Dims::from_slice(&[2, 2]),
        },
        &[&x, &one, &two],
    );
    let update = Array::from_vec(vec![1.0, 2.0, 3.0, 4.0], &[2, 2]).unwrap();
    on_both(&Prim::DynamicUpdateSlice, &[&x, &update, &one, &two]);
}

#[test]
fn random_bits() {
    let key = Array::from_vec(vec![123u32, 456], &[2]).unwrap();
    for dtype in [DType::UInt32, DType::UInt64] {
        for shape in [&[5, 3][..], &[1], &[0], &[]] {
            on_both(
                &Prim::RandomBits {
                    shape: Dims::from_slice(shape),
                    dtype,
                },
                &[&key],
            );
        }
    }
}

#[test]
fn elementwise() {
    let (f, i) = (floats(), integers());
    let b = f.astype(DType::Bool).unwrap();
    let z = f.astype(DType::Complex128).unwrap();
    for &op in Unary::ALL {
        for x in [&f, &i, &b, &z] {
            if op.output(x.dtype()).is_some() && !is_core(&Prim::Unary(op)) {
                on_both(&Prim::Unary(op), &[x]);
            }
        }
    }
    let nonzero = Array::from_vec(vec![1i32, -1, 2, -2, 3, 5, 7, 9, 11, 4, 6, 8], &[3, 4]).unwrap();
    let flipped = bind1(
        &Prim::Slice {
            axes: [(3, 2), (4, 3)]
                .into_iter()
                .map(|(len, start)| tnp_backend::prim::SliceSpec {
                    start,
                    len,
                    step: -1,
                })
                .collect(),
        },
        &mut [(&f).into()],
    );
    let flipped = flipped.unwrap();
    for &op in Binary::ALL {
        for (x, y) in [(&f, &flipped), (&i, &nonzero), (&z, &z)] {
            if op.output(x.dtype()).is_some() && !is_core(&Prim::Binary(op)) {
                on_both(&Prim::Binary(op), &[x, y]);
            }
        }
    }
}
