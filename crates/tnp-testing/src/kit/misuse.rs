//! Bad input: each an error that names what is wrong, and the next operation works.

use tnp_array::{Array, Result, add, bind1, with_device};
use tnp_backend::prim::{AxisIndex, Prim, ScatterOp, SliceSpec};
use tnp_backend::{Arg, Error, ErrorKind, Tensor, TensorType, run};
use tnp_dtype::DType;
use tnp_shape::Dims;

use super::{Kit, elsewhere};
use crate::check::Manner;
use crate::survey;

/// The error of an operation, which may only come when its result is read.
fn error_of(outcome: Result<Array>) -> Error {
    match outcome.and_then(|array| array.to_bytes()) {
        Err(error) => error,
        Ok(bytes) => panic!("gave {} bytes where there is nothing", bytes.len()),
    }
}

fn whole(len: usize) -> AxisIndex {
    AxisIndex::Slice(SliceSpec::full(len))
}

impl Kit {
    fn array(&self, values: Vec<i32>, shape: &[usize]) -> Array {
        let made = with_device(self.device(), || Array::from_vec(values, shape));
        made.expect("the device is there").expect("a small array")
    }

    fn index(&self, values: Vec<i64>) -> Array {
        let size = values.len();
        let made = with_device(self.device(), || Array::from_vec(values, &[size]));
        made.expect("the device is there").expect("a small array")
    }

    /// Takes what `sync` has to say of errors that were read already or not: the next test wants a quiet device.
    fn drain(&self) {
        let _ = self.backend().sync(self.device().index());
    }

    fn names(&self, error: &Error, wanted: &str) {
        assert_eq!(error.kind(), ErrorKind::Index, "{error}");
        assert!(
            error.message().contains(wanted),
            "'{error}' should say '{wanted}'"
        );
        self.drain();
        self.still_works();
    }

    /// Reading by an index out of bounds.
    pub fn finds_indices_out_of_bounds(&self) {
        let x = self.array((0..12).collect(), &[3, 4]);
        let gather = |axes: [AxisIndex; 2], index: Vec<i64>| {
            let prim = Prim::Gather {
                axes: axes.into_iter().collect(),
                index_axes_at: 0,
            };
            bind1(&prim, &mut [(&x).into(), (&self.index(index)).into()])
        };
        let good = gather([whole(3), AxisIndex::Index], vec![-4, 3, 0]).expect("in bounds");
        assert_eq!(
            good.to_vec::<i32>().expect("the values"),
            [0, 4, 8, 3, 7, 11, 0, 4, 8]
        );
        for bad in [7, 4, -5, i64::MAX, i64::MIN] {
            let error = error_of(gather([whole(3), AxisIndex::Index], vec![0, bad, 1]));
            self.names(
                &error,
                &format!("index {bad} is out of bounds for axis 1 with size 4"),
            );
        }
        let error = error_of(gather([AxisIndex::Index, whole(4)], vec![3]));
        self.names(&error, "index 3 is out of bounds for axis 0 with size 3");
        // What derives from it says so too.
        let bad = gather([AxisIndex::Index, whole(4)], vec![-9]);
        let error = error_of(bad.and_then(|bad| add(&bad, &bad)));
        self.names(&error, "index -9 is out of bounds for axis 0 with size 3");
    }

    /// Writing by an index out of bounds; the array stays as it was.
    pub fn finds_writes_out_of_bounds(&self) {
        let x = self.array((0..12).collect(), &[3, 4]);
        for op in ScatterOp::ALL {
            let prim = Prim::Scatter {
                op,
                axes: [AxisIndex::Index, whole(4)].into_iter().collect(),
                index_axes_at: 0,
            };
            let (index, update) = (self.index(vec![1, 5]), self.array(vec![9; 8], &[2, 4]));
            let written = bind1(&prim, &mut [(&x).into(), (&index).into(), (&update).into()]);
            self.names(
                &error_of(written),
                "index 5 is out of bounds for axis 0 with size 3",
            );
            let values = x.to_vec::<i32>().expect("the values");
            assert_eq!(values, (0..12).collect::<Vec<i32>>(), "{op:?} wrote");
        }
    }

    /// Blocks that begin where they do not fit.
    pub fn finds_blocks_out_of_bounds(&self) {
        let x = self.array((0..12).collect(), &[12]);
        let prim = Prim::DynamicSlice {
            sizes: Dims::from_slice(&[5]),
        };
        for at in [8, -1, i64::MAX] {
            let start = with_device(self.device(), || Array::from_vec(vec![at], &[]));
            let start = start.expect("the device is there").expect("a number");
            let error = error_of(bind1(&prim, &mut [(&x).into(), (&start).into()]));
            assert_eq!(error.kind(), ErrorKind::Index, "{error}");
            self.drain();
            self.still_works();
        }
    }

    /// Operands on two devices.
    pub fn keeps_devices_apart(&self) {
        let other = elsewhere::device().expect("another device");
        let x = self.array(vec![1, 2, 3], &[3]);
        let y = x.to(other).expect("a copy");
        for outcome in [add(&x, &y), add(&y, &x)] {
            let error = outcome.expect_err("operands on two devices");
            assert_eq!(error.kind(), ErrorKind::Device);
            let (here, there) = (self.device().to_string(), other.to_string());
            let message = error.message();
            assert!(
                message.contains(&here) && message.contains(&there),
                "{error}"
            );
        }
        self.still_works();
    }

    /// Memory of another backend, given to this one by whoever goes past the array.
    pub fn refuses_other_memory(&self) {
        let other = elsewhere::device().expect("another device");
        let foreign = other.backend().upload(0, &[0; 12]).expect("12 bytes");
        let mut out = [0; 12];
        let read = self.backend().download(&foreign, 0, &mut out);
        assert!(read.is_err(), "a buffer of '{other}' was read");
        let tensor = Tensor::contiguous(foreign, &[3], DType::Int32);
        let ty = TensorType::new(&[3], DType::Int32);
        let prim = Prim::Unary(tnp_backend::prim::Unary::Negative);
        let arguments = [Arg::borrowed(&tensor)];
        let ran = self
            .backend()
            .execute(self.device().index(), &prim, &arguments, &[ty]);
        let failed = match ran {
            Err(_) => true,
            Ok(results) => results.iter().all(|result| {
                let mut out = [0; 12];
                let read = self.backend().download(&result.buffer, 0, &mut out);
                read.is_err()
            }),
        };
        assert!(failed, "memory of '{other}' was computed with");
        self.drain();
        self.still_works();
    }

    /// What is refused names the device, the operation and the dtype.
    pub fn names_what_it_refuses(&self) {
        let (device, backend) = (self.device(), self.backend());
        let dtypes = DType::ALL.into_iter().filter(|&dtype| !self.has(dtype));
        for dtype in dtypes {
            let ty = TensorType::new(&[2], dtype);
            let prim = Prim::Binary(tnp_backend::prim::Binary::Add);
            if survey::manner(backend, &prim, &[ty.clone(), ty.clone()]) != Manner::Unsupported {
                continue;
            }
            let buffer = backend.upload(device.index(), &vec![0; ty.bytes()]);
            let x = Tensor::contiguous(buffer.expect("bytes"), &[2], dtype);
            let arguments = [Arg::borrowed(&x), Arg::borrowed(&x)];
            let error = run(device, &prim, &arguments).expect_err("refused");
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
            for part in ["add", dtype.name(), &device.to_string()] {
                assert!(error.message().contains(part), "{error}");
            }
        }
        self.still_works();
    }
}
