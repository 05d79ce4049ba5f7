//! Fourier transforms by cuFFT: along one axis, all rows at once.
//!
//! A plan in cuFFT's advanced layout reads element `j` of row `b` at `b dist + j stride`, and writes likewise. An array is read where it
//! lies when the axes that are not transformed make one; else its copy is, with the axis last.

use std::ffi::c_int;

use cubecl::client::ComputeClient;
use cubecl::cuda::CudaRuntime;
use smallvec::SmallVec;
use tnp_backend::prim::{FftKind, Prim};
use tnp_backend::{Arg, Error, Outputs, Result, Tensor, TensorType, run};
use tnp_cube::Gpu;
use tnp_dtype::DType;
use tnp_shape::{Dims, Layout, Strides};

use crate::library::{Fft, done};
use crate::queue::{Words, address};
use crate::session::Session;

/// Sorts of transforms by cuFFT's number (`cufft.h`).
pub(crate) const C2C: c_int = 0x29;
const R2C: c_int = 0x2a;
const C2R: c_int = 0x2c;
const Z2Z: c_int = 0x69;
const D2Z: c_int = 0x6a;
const Z2D: c_int = 0x6c;
/// Signs of the exponent.
const FORWARD: c_int = -1;
const INVERSE: c_int = 1;

/// Where rows lie: elements from one point to the next, and from one row to the next.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Spread {
    stride: i64,
    distance: i64,
}

/// What cuFFT is asked to plan: one-dimensional transforms of `points` (of the real side where there is one).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Plan {
    sort: c_int,
    points: i64,
    input: Spread,
    output: Spread,
    batch: i64,
}

/// How a transform is done.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Transform {
    /// Whether the input is copied first, with the axis last.
    packs: bool,
    plan: Plan,
    direction: c_int,
    /// Of the result, in its buffer.
    output: Layout,
    /// Imaginary parts of the copy that do not count, and that cuFFT might read.
    unread: SmallVec<[Words; 2]>,
}

/// All axes in order but one.
fn others(ndim: usize, axis: usize) -> impl DoubleEndedIterator<Item = usize> {
    (0..ndim).filter(move |&other| other != axis)
}

/// The rows of an array along an axis, where they are so far apart each.
fn spread(layout: &Layout, axis: usize) -> Option<Spread> {
    let (shape, strides) = (layout.shape(), layout.strides());
    let mut distance = None;
    let mut next = 0;
    for other in others(layout.ndim(), axis)
        .rev()
        .filter(|&axis| shape[axis] != 1)
    {
        match distance {
            None => distance = Some(strides[other]),
            Some(_) if strides[other] == next => {}
            Some(_) => return None,
        }
        next = strides[other] * shape[other] as isize;
    }
    let stride = if shape[axis] == 1 { 1 } else { strides[axis] };
    let spread = Spread {
        stride: stride as i64,
        // Of one row it does not matter, but may not be nothing.
        distance: distance.unwrap_or((stride * shape[axis] as isize).max(1)) as i64,
    };
    (spread.stride > 0 && spread.distance > 0).then_some(spread)
}

/// A layout whose elements lie in C order once the axis is put last.
fn axis_last(shape: &[usize], axis: usize) -> Layout {
    let mut strides: Strides = shape.iter().map(|_| 0).collect();
    let mut next = 1;
    for at in others(shape.len(), axis)
        .chain([axis])
        .collect::<Dims>()
        .into_iter()
        .rev()
    {
        strides[at] = next;
        next *= shape[at] as isize;
    }
    Layout::from_parts(shape.iter().copied().collect(), strides, 0)
}

impl Transform {
    /// The transform of an array, whose result has such a shape. `None` where there is nothing to do, or not in cuFFT's dtypes.
    fn new(
        kind: FftKind,
        axis: usize,
        dtype: DType,
        input: &Layout,
        shape: &[usize],
    ) -> Option<Transform> {
        let (sort, direction) = match (kind, dtype) {
            (FftKind::Forward, DType::Complex64) => (C2C, FORWARD),
            (FftKind::Inverse, DType::Complex64) => (C2C, INVERSE),
            (FftKind::Forward, DType::Complex128) => (Z2Z, FORWARD),
            (FftKind::Inverse, DType::Complex128) => (Z2Z, INVERSE),
            (FftKind::Real, DType::Float32) => (R2C, FORWARD),
            (FftKind::Real, DType::Float64) => (D2Z, FORWARD),
            (FftKind::RealInverse { .. }, DType::Complex64) => (C2R, INVERSE),
            (FftKind::RealInverse { .. }, DType::Complex128) => (Z2D, INVERSE),
            _ => return None,
        };
        let len = input.shape()[axis];
        let points = kind.points(len);
        let batch: usize = others(input.ndim(), axis)
            .map(|axis| input.shape()[axis])
            .product();
        if batch == 0 || points == 0 {
            return None;
        }
        // A real row that begins between two complex numbers' places would not be aligned as cuFFT wants it. Complex to real may
        // overwrite what it reads, so that it is given a copy.
        let aligned = match kind {
            FftKind::Real => input.offset().is_multiple_of(2),
            FftKind::Forward | FftKind::Inverse => true,
            FftKind::RealInverse { .. } => false,
        };
        let there = spread(input, axis).filter(|_| aligned);
        let last = |layout: &Layout| {
            spread(layout, axis).expect("rows with the axis last are one after the other")
        };
        let output = Layout::contiguous(shape);
        let (output, written) = match spread(&output, axis) {
            Some(spread) => (output, spread),
            None => {
                let output = axis_last(shape, axis);
                let spread = last(&output);
                (output, spread)
            }
        };
        let unread = match kind {
            FftKind::RealInverse { size } => imaginary(size, len, batch, dtype.itemsize()),
            FftKind::Forward | FftKind::Inverse | FftKind::Real => SmallVec::new(),
        };
        Some(Transform {
            packs: there.is_none(),
            plan: Plan {
                sort,
                points: points as i64,
                input: there.unwrap_or_else(|| last(&axis_last(input.shape(), axis))),
                output: written,
                batch: batch as i64,
            },
            direction,
            output,
            unread,
        })
    }
}

/// The imaginary parts of first terms, and of middle ones of even sizes, in rows of `len` complex numbers.
fn imaginary(size: usize, len: usize, batch: usize, itemsize: usize) -> SmallVec<[Words; 2]> {
    let middle = size.is_multiple_of(2).then_some(size / 2);
    [0].into_iter()
        .chain(middle)
        .map(|term| Words {
            offset: term * itemsize + itemsize / 2,
            pitch: len * itemsize,
            width: itemsize / 2 / 4,
            height: batch,
        })
        .collect()
}

/// Plans kept for a device.
const KEPT: usize = 32;

/// A plan that cuFFT made, and the bytes of its work area.
struct Made {
    number: c_int,
    bytes: usize,
}

/// A device's plans, the last used last.
#[derive(Default)]
pub(crate) struct Plans(Vec<(Plan, Made)>);

impl Plans {
    /// A plan's number and bytes of work area. `forget` is told of plans that are no longer kept.
    fn find(
        &mut self,
        plan: &Plan,
        make: impl FnOnce() -> Result<Made>,
        forget: impl Fn(c_int),
    ) -> Result<(c_int, usize)> {
        let entry = match self.0.iter().position(|(known, _)| known == plan) {
            Some(at) => self.0.remove(at),
            None => {
                if self.0.len() >= KEPT {
                    forget(self.0.remove(0).1.number);
                }
                (*plan, make()?)
            }
        };
        let found = (entry.1.number, entry.1.bytes);
        self.0.push(entry);
        Ok(found)
    }
}

impl Fft {
    /// A plan on a stream, whose work area is given with each call.
    fn make(&self, plan: &Plan, stream: crate::library::Opaque) -> Result<Made> {
        let mut number = 0;
        // SAFETY: the places can be written, and the plan is destroyed where it does not become one.
        unsafe {
            done(Fft::TITLE, "cufftCreate", (self.cufftCreate)(&mut number))?;
            let made = self.fill(number, plan, stream);
            if made.is_err() {
                (self.cufftDestroy)(number);
            }
            made.map(|bytes| Made { number, bytes })
        }
    }

    /// # Safety
    /// The plan must be a new one.
    unsafe fn fill(
        &self,
        number: c_int,
        plan: &Plan,
        stream: crate::library::Opaque,
    ) -> Result<usize> {
        let mut bytes = 0;
        let mut points = [plan.points];
        // Of one dimension only that they are given says something: that strides are to be heeded.
        let (mut read, mut written) = ([plan.points], [plan.points]);
        // SAFETY: as the caller says; the arrays have one element for each dimension.
        unsafe {
            let status = (self.cufftSetAutoAllocation)(number, 0);
            done(Fft::TITLE, "cufftSetAutoAllocation", status)?;
            let status = (self.cufftMakePlanMany64)(
                number,
                1,
                points.as_mut_ptr(),
                read.as_mut_ptr(),
                plan.input.stride,
                plan.input.distance,
                written.as_mut_ptr(),
                plan.output.stride,
                plan.output.distance,
                plan.sort,
                plan.batch,
                &mut bytes,
            );
            done(Fft::TITLE, "cufftMakePlanMany64", status)?;
            let status = (self.cufftSetStream)(number, stream);
            done(Fft::TITLE, "cufftSetStream", status)?;
        }
        Ok(bytes)
    }
}

/// Runs a transform; `None` where it has to be decomposed.
pub(crate) fn fft(
    client: &ComputeClient<CudaRuntime>,
    gpu: &Gpu,
    (kind, axis): (FftKind, usize),
    inputs: &[Arg<'_>],
    ty: &TensorType,
) -> Option<Result<Outputs>> {
    let library = Fft::get().ok()?;
    let x = inputs[0].tensor;
    let transform = Transform::new(kind, axis, x.dtype, &x.layout, &ty.shape)?;
    let session = Session::of(x.device())?;
    let run = || {
        let x = match transform.packs {
            true => &packed(x, axis)?,
            false => x,
        };
        let output = Tensor {
            layout: transform.output.clone(),
            ..gpu.fresh(ty)?
        };
        gpu.inherit(&[x], &[&output])?;
        let mut session = session.lock().unwrap_or_else(|e| e.into_inner());
        let Session { queue, plans, .. } = &mut *session;
        let (plan, bytes) = queue.inside(|| {
            let forget = |number| {
                // SAFETY: the plan is alive, and nobody has its number any more. What it was doing goes on.
                let _ = queue
                    .finish()
                    .map(|()| unsafe { (library.cufftDestroy)(number) });
            };
            plans.find(
                &transform.plan,
                || library.make(&transform.plan, queue.stream()),
                forget,
            )
        })?;
        let area = gpu.fresh(&TensorType::new(&[bytes.max(1)], DType::UInt8))?;
        let (from, to, area_at) = (
            address(client, x)?,
            address(client, &output)?,
            address(client, &area)?,
        );
        queue.ordered(client, || {
            for words in &transform.unread {
                queue.zero(words, from)?;
            }
            // SAFETY: the plan is for these dtypes and reads and writes within the arrays, as the tests of `Transform` show.
            let status = unsafe {
                let status = (library.cufftSetWorkArea)(plan, area_at);
                done(Fft::TITLE, "cufftSetWorkArea", status)?;
                match transform.plan.sort {
                    C2C => (library.cufftExecC2C)(plan, from, to, transform.direction),
                    Z2Z => (library.cufftExecZ2Z)(plan, from, to, transform.direction),
                    R2C => (library.cufftExecR2C)(plan, from, to),
                    D2Z => (library.cufftExecD2Z)(plan, from, to),
                    C2R => (library.cufftExecC2R)(plan, from, to),
                    Z2D => (library.cufftExecZ2D)(plan, from, to),
                    other => {
                        return Err(Error::unsupported(format!(
                            "cuFFT has no transform {other}"
                        )));
                    }
                }
            };
            done(Fft::TITLE, "cufftExec", status)
        })?;
        Ok([output].into_iter().collect())
    };
    Some(run())
}

/// A copy with the axis last, in memory; its layout is not used.
fn packed(x: &Tensor, axis: usize) -> Result<Tensor> {
    let order: Dims = others(x.layout.ndim(), axis).chain([axis]).collect();
    let shape: Dims = order.iter().map(|&axis| x.shape()[axis]).collect();
    let strides: Strides = order.iter().map(|&axis| x.layout.strides()[axis]).collect();
    let turned = Tensor {
        layout: Layout::from_parts(shape, strides, x.layout.offset()),
        ..x.clone()
    };
    // A cast to the same dtype copies, whatever the layout.
    Ok(run(
        x.device(),
        &Prim::Cast { dtype: x.dtype },
        &[Arg::borrowed(&turned)],
    )?
    .remove(0))
}

#[cfg(test)]
mod tests {
    use tnp_dtype::c128;

    use super::*;
    use crate::drawn::Drawn;

    fn wave(points: usize, jk: usize, sign: f64) -> c128 {
        let angle = std::f64::consts::TAU * (jk % points) as f64 / points as f64;
        c128::new(angle.cos(), sign * angle.sin())
    }

    /// One row, by the definition.
    fn naive(kind: FftKind, row: &[c128]) -> Vec<c128> {
        let points = kind.points(row.len());
        let sum = |k: usize, sign: f64, row: &[c128]| -> c128 {
            row.iter()
                .enumerate()
                .map(|(j, x)| x * wave(points, j * k, sign))
                .sum()
        };
        match kind {
            FftKind::Forward => (0..points).map(|k| sum(k, -1.0, row)).collect(),
            FftKind::Inverse => (0..points).map(|k| sum(k, 1.0, row)).collect(),
            FftKind::Real => (0..points / 2 + 1).map(|k| sum(k, -1.0, row)).collect(),
            FftKind::RealInverse { size } => {
                let real = |x: c128| c128::new(x.re, 0.0);
                let whole: Vec<c128> = (0..size)
                    .map(|j| match j {
                        0 => real(row[0]),
                        j if 2 * j == size => real(row[j]),
                        j if j < row.len() => row[j],
                        j => row[size - j].conj(),
                    })
                    .collect();
                (0..size).map(|k| real(sum(k, 1.0, &whole))).collect()
            }
        }
    }

    /// What cuFFT's documentation says of a plan, over memory given as slices. Reals are complex numbers here, and what complex to
    /// real makes of imaginary parts that should be zero is left open: they spoil the result.
    fn interpret(transform: &Transform, input: &mut [c128], output: &mut [c128]) {
        let plan = &transform.plan;
        let points = plan.points as usize;
        let (read, kind) = match (plan.sort, transform.direction) {
            (C2C | Z2Z, FORWARD) => (points, FftKind::Forward),
            (C2C | Z2Z, _) => (points, FftKind::Inverse),
            (R2C | D2Z, _) => (points, FftKind::Real),
            _ => (points / 2 + 1, FftKind::RealInverse { size: points }),
        };
        for row in 0..plan.batch {
            let at = |spread: Spread, j: usize| {
                (row * spread.distance + j as i64 * spread.stride) as usize
            };
            let mut values: Vec<c128> = (0..read).map(|j| input[at(plan.input, j)]).collect();
            if let FftKind::RealInverse { size } = kind {
                let counts = values[0].im == 0.0 && (size % 2 == 1 || values[size / 2].im == 0.0);
                assert!(counts, "{transform:?}");
                // It may overwrite its input.
                for j in 0..read {
                    input[at(plan.input, j)] = c128::new(f64::NAN, f64::NAN);
                }
            }
            if kind == FftKind::Real {
                values.iter_mut().for_each(|x| x.im = 0.0);
            }
            for (k, value) in naive(kind, &values).into_iter().enumerate() {
                output[at(plan.output, k)] = value;
            }
        }
    }

    fn indices(shape: &[usize]) -> Vec<Vec<usize>> {
        (0..shape.iter().product())
            .map(|mut number: usize| {
                let mut index = vec![0; shape.len()];
                for (i, &dim) in index.iter_mut().zip(shape).rev() {
                    *i = number % dim;
                    number /= dim;
                }
                index
            })
            .collect()
    }

    fn place(layout: &Layout, index: &[usize]) -> usize {
        let steps = index
            .iter()
            .zip(layout.strides())
            .map(|(&i, &stride)| i as isize * stride);
        (layout.offset() as isize + steps.sum::<isize>()) as usize
    }

    /// Lies in some order of its axes, with gaps, stretched or backwards.
    fn drawn(draw: &mut Drawn, shape: &[usize]) -> Layout {
        let mut order: Vec<usize> = (0..shape.len()).collect();
        if draw.below(2) == 0 {
            draw.shuffle(&mut order);
        }
        order.reverse();
        let mut strides: Strides = shape.iter().map(|_| 0).collect();
        let (mut next, mut offset) = (1isize, draw.below(3));
        for &axis in &order {
            match draw.below(12) {
                0 => continue,
                1 => next += 1,
                _ => {}
            }
            strides[axis] = next;
            next *= shape[axis] as isize;
            if draw.below(12) == 0 {
                offset += strides[axis] as usize * (shape[axis] - 1);
                strides[axis] = -strides[axis];
            }
        }
        Layout::from_parts(shape.iter().copied().collect(), strides, offset)
    }

    #[test]
    fn plans_say_what_the_transforms_are() {
        let mut draw = Drawn::new(2);
        let (mut packs, mut turned) = (0, 0);
        for turn in 0..3000 {
            let shape: Vec<usize> = (0..1 + draw.below(3)).map(|_| 1 + draw.below(5)).collect();
            let axis = draw.below(shape.len());
            let len = shape[axis];
            let (kind, dtype) = match turn % 4 {
                0 => (FftKind::Forward, DType::Complex64),
                1 => (FftKind::Inverse, DType::Complex128),
                2 => (FftKind::Real, DType::Float64),
                _ => {
                    let size = (2 * len - 1 - draw.below(2)).max(1);
                    (FftKind::RealInverse { size }, DType::Complex64)
                }
            };
            let mut result = shape.clone();
            result[axis] = match kind {
                FftKind::Real => len / 2 + 1,
                _ => kind.points(len),
            };
            if matches!(kind, FftKind::RealInverse { size } if len != size / 2 + 1) {
                continue;
            }
            let layout = drawn(&mut draw, &shape);
            let places = indices(&shape)
                .iter()
                .map(|index| place(&layout, index))
                .max()
                .expect("elements")
                + 1;
            let memory: Vec<c128> = (0..places)
                .map(|_| c128::new(draw.below(19) as f64 - 9.0, draw.below(19) as f64 - 9.0))
                .collect();
            let real = |x: c128| {
                if kind == FftKind::Real {
                    c128::new(x.re, 0.0)
                } else {
                    x
                }
            };
            let transform =
                Transform::new(kind, axis, dtype, &layout, &result).expect("there are rows");
            let last = axis_last(&shape, axis);
            let mut input: Vec<c128> = match transform.packs {
                false => memory[layout.offset()..].to_vec(),
                true => {
                    let mut copy = vec![c128::default(); shape.iter().product()];
                    for index in indices(&shape) {
                        copy[place(&last, &index)] = memory[place(&layout, &index)];
                    }
                    copy
                }
            };
            let item = dtype.itemsize();
            for words in &transform.unread {
                assert_eq!((words.width * 4, words.pitch % 4), (item / 2, 0));
                for row in 0..words.height {
                    let byte = words.offset + row * words.pitch;
                    assert_eq!(byte % item, item / 2, "an imaginary part");
                    input[byte / item].im = 0.0;
                }
            }
            packs += usize::from(transform.packs);
            turned += usize::from(!transform.output.is_contiguous());
            let mut output = vec![c128::new(f64::NAN, 0.0); result.iter().product()];
            interpret(&transform, &mut input, &mut output);
            let mut seen = 0;
            for mut index in indices(&shape).into_iter().filter(|index| index[axis] == 0) {
                let row: Vec<c128> = (0..len)
                    .map(|j| {
                        index[axis] = j;
                        real(memory[place(&layout, &index)])
                    })
                    .collect();
                for (k, wanted) in naive(kind, &row).into_iter().enumerate() {
                    index[axis] = k;
                    let got = output[place(&transform.output, &index)];
                    assert!((got - wanted).norm() < 1e-9, "{transform:?} {got} {wanted}");
                    seen += 1;
                }
            }
            assert_eq!(seen, output.len());
        }
        assert!(packs > 500 && turned > 100, "{packs} {turned}");
    }

    #[test]
    fn copies_have_the_axis_last() {
        extern crate tnp_cpu as _;
        let cpu = tnp_backend::Device::new("cpu", 0).expect("the backend is linked");
        let bytes: Vec<u8> = (0..24u32).flat_map(|x| (x as f32).to_le_bytes()).collect();
        let buffer = cpu.backend().upload(0, &bytes).expect("memory");
        let x = Tensor::contiguous(buffer, &[2, 3, 4], DType::Float32);
        for axis in 0..3 {
            let copy = packed(&x, axis).expect("memory");
            let mut bytes = [0; 96];
            tnp_backend::download(&copy, &mut bytes).expect("on the CPU");
            let last = axis_last(x.shape(), axis);
            for (number, index) in indices(x.shape()).iter().enumerate() {
                let at = 4 * place(&last, index);
                assert_eq!(bytes[at..at + 4], (number as f32).to_le_bytes());
            }
        }
    }

    #[test]
    fn what_cannot_be_planned_is_declined() {
        let empty = Layout::contiguous(&[0, 4]);
        assert_eq!(
            Transform::new(FftKind::Forward, 1, DType::Complex64, &empty, &[0, 4]),
            None
        );
        let row = Layout::contiguous(&[4]);
        assert_eq!(
            Transform::new(FftKind::Real, 0, DType::Float16, &row, &[3]),
            None
        );
    }

    #[test]
    fn so_many_plans_are_kept_and_the_oldest_goes() {
        let mut plans = Plans::default();
        let rows = Spread {
            stride: 1,
            distance: 8,
        };
        let plan = |points: i64| Plan {
            sort: C2C,
            points,
            input: rows,
            output: rows,
            batch: 1,
        };
        let forgotten = std::cell::RefCell::new(Vec::new());
        let forget = |number| forgotten.borrow_mut().push(number);
        let make = |number: i64| {
            move || {
                Ok(Made {
                    number: number as c_int,
                    bytes: 0,
                })
            }
        };
        for points in 0..KEPT as i64 {
            plans
                .find(&plan(points), make(points), forget)
                .expect("made");
        }
        // Used again, the first is the last to go.
        let found = plans.find(&plan(0), || Err(Error::device("it is known")), forget);
        assert_eq!(found.expect("kept"), (0, 0));
        plans.find(&plan(99), make(99), forget).expect("made");
        assert_eq!(*forgotten.borrow(), [1]);
        assert_eq!(plans.0.len(), KEPT);
        // What cannot be made is not kept.
        plans
            .find(&plan(100), || Err(Error::device("no")), forget)
            .expect_err("not made");
        assert!(plans.find(&plan(100), make(100), forget).is_ok());
    }
}
