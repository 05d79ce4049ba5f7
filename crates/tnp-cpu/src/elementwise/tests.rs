//! Kernels against NumPy's answers, and the engine against one element at a time.

use tnp_backend::prim::{Binary, Unary};
use tnp_dtype::{DType, bf16, f16};
use tnp_shape::{Dims, Layout, Strides};

use super::*;

/// A buffer aligned for every dtype.
struct Buffer(Vec<[u64; 2]>);

impl Buffer {
    fn new(bytes: usize) -> Buffer {
        Buffer(vec![[0xaaaa_aaaa_aaaa_aaaa; 2]; bytes.div_ceil(16) + 1])
    }
    fn of(bytes: &[u8]) -> Buffer {
        let mut buffer = Buffer::new(bytes.len());
        // SAFETY: the buffer is as long.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), buffer.ptr(), bytes.len()) };
        buffer
    }
    fn ptr(&mut self) -> *mut u8 {
        self.0.as_mut_ptr().cast()
    }
    fn bytes(&self, count: usize) -> &[u8] {
        // SAFETY: initialised, and as long as asked for at creation.
        unsafe { std::slice::from_raw_parts(self.0.as_ptr().cast(), count) }
    }
}

fn strided<'a>(buffer: &mut Buffer, dtype: DType, layout: &'a Layout) -> Strided<'a> {
    let ptr = buffer.ptr().cast_const();
    Strided { ptr, dtype, layout }
}

fn output<'a>(buffer: &mut Buffer, dtype: DType, layout: &'a Layout) -> StridedMut<'a> {
    let ptr = buffer.ptr();
    StridedMut { ptr, dtype, layout }
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2)
        .map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).expect("hexadecimal"))
        .collect()
}

/// The lines of the goldens: words, and the bytes at the end.
fn goldens() -> impl Iterator<Item = (Vec<&'static str>, Vec<u8>)> {
    let text = include_str!("tests/goldens.txt");
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let mut words: Vec<_> = line.split(' ').collect();
            let last = words.pop().expect("a line has words");
            (words, bytes(last))
        })
}

/// The parts of every element as float64, and the spacing of the dtype's numbers relative to 1.
fn parts(bytes: &[u8], dtype: DType) -> (Vec<f64>, f64) {
    fn each<const N: usize>(bytes: &[u8], f: impl Fn([u8; N]) -> f64) -> Vec<f64> {
        bytes.as_chunks::<N>().0.iter().map(|x| f(*x)).collect()
    }
    match dtype.real() {
        DType::Float16 => (each(bytes, |x| f16::from_le_bytes(x).to_f64()), 1e-3),
        DType::BFloat16 => (each(bytes, |x| bf16::from_le_bytes(x).to_f64()), 8e-3),
        DType::Float32 => (each(bytes, |x| f32::from_le_bytes(x).into()), 1.2e-7),
        DType::Float64 => (each(bytes, f64::from_le_bytes), 2.3e-16),
        _ => panic!("{dtype} is exact"),
    }
}

/// How many spacings an operation may be off, where the answer depends on the C library or on fusing.
fn tolerance(op: &str, dtype: DType) -> f64 {
    match op {
        "power" if dtype.is_complex() => 20.0,
        "multiply" | "divide" if dtype.is_complex() => 4.0,
        "power" | "arctan2" | "hypot" | "logaddexp" | "logaddexp2" => 3.0,
        _ => 0.0,
    }
}

fn check(what: &str, got: &[u8], want: &[u8], dtype: DType, tolerance: f64) {
    if !dtype.is_inexact() {
        assert_eq!(got, want, "{what}");
        return;
    }
    let ((got, spacing), (want, _)) = (parts(got, dtype), parts(want, dtype));
    let step = if dtype.is_complex() { 2 } else { 1 };
    for (i, (got, want)) in got.chunks(step).zip(want.chunks(step)).enumerate() {
        let finite = want.iter().all(|x| x.is_finite());
        if dtype.is_complex() && tolerance >= 20.0 && !finite {
            continue;
        }
        let scale = want.iter().fold(0.0f64, |m, x| m.max(x.abs()));
        for (g, w) in got.iter().zip(want) {
            let same = g == w && (tolerance > 0.0 || g.is_sign_negative() == w.is_sign_negative());
            let near = finite && (g - w).abs() <= tolerance * spacing * scale;
            assert!(
                same || near || (g.is_nan() && w.is_nan()),
                "{what}: element {i} is {got:?}, NumPy has {want:?}"
            );
        }
    }
}

#[test]
fn binary_functions_give_numpys_answers() {
    let mut values = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for (words, data) in goldens() {
        let dtype: DType = words[1].parse().expect("a dtype");
        let size = dtype.itemsize();
        if words[0] == "values" {
            values = data;
            continue;
        }
        let Some(&op) = Binary::ALL.iter().find(|op| op.name() == words[0]) else {
            continue;
        };
        let count = values.len() / size;
        let a: Vec<u8> = values.chunks(size).flat_map(|x| x.repeat(count)).collect();
        let mut b: Vec<u8> = values.repeat(count);
        if op == Binary::Power && dtype.is_signed_integer() {
            for x in b.chunks_mut(size).filter(|x| x[size - 1] & 0x80 != 0) {
                x.fill(0);
            }
        }
        let given = op.output(dtype).expect("the class takes it");
        assert_eq!(given.name(), words[2]);
        let layout = Layout::contiguous(&[count * count]);
        let (mut a, mut b, mut out) = (Buffer::of(&a), Buffer::of(&b), Buffer::new(data.len()));
        // SAFETY: buffers of that layout.
        let faults = unsafe {
            let (a, b) = (
                strided(&mut a, dtype, &layout),
                strided(&mut b, dtype, &layout),
            );
            run_binary(op, a, b, output(&mut out, given, &layout))
        };
        let what = format!("{} of {dtype}", op.name());
        check(
            &what,
            out.bytes(data.len()),
            &data,
            given,
            tolerance(op.name(), dtype),
        );
        let divides = matches!(op, Binary::FloorDivide | Binary::Remainder | Binary::Fmod);
        let divided_by_zero = divides && dtype.is_integer();
        assert_eq!(faults, Some(Faults { divided_by_zero }), "{what}");
        seen.insert((op, dtype));
    }
    for &op in Binary::ALL.iter().filter(|&&op| op != Binary::Complex) {
        for dtype in DType::ALL.into_iter().filter(|&d| op.output(d).is_some()) {
            // ml_dtypes has no loop for these.
            let lacking = dtype == DType::BFloat16 && !seen.contains(&(op, dtype));
            assert!(
                lacking || seen.contains(&(op, dtype)),
                "{} of {dtype}",
                op.name()
            );
        }
    }
}

#[test]
fn conversions_give_numpys_answers() {
    let (mut inputs, mut pairs) = (Vec::new(), 0);
    for (words, data) in goldens() {
        let from: DType = words[1].parse().expect("a dtype");
        if words[0] == "inputs" {
            inputs = data;
        } else if words[0] == "cast" {
            let to: DType = words[2].parse().expect("a dtype");
            // Repeated, so that vectors and what is left after them are used.
            let n = 9 * inputs.len() / from.itemsize();
            let layout = Layout::contiguous(&[n]);
            let (mut src, mut out) = (Buffer::of(&inputs.repeat(9)), Buffer::new(9 * data.len()));
            // SAFETY: buffers of that layout.
            unsafe {
                run_cast(
                    strided(&mut src, from, &layout),
                    output(&mut out, to, &layout),
                )
            };
            check(
                &format!("{from} to {to}"),
                out.bytes(9 * data.len()),
                &data.repeat(9),
                to,
                0.0,
            );
            pairs += 1;
        }
    }
    assert_eq!(pairs, 225);
}

/// A small reproducible source of choices.
struct Choices(u64);

impl Choices {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        ((self.0 >> 33) as usize) % n
    }
    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
    /// A view of the shape with permuted, stepped, reversed and (for inputs) broadcast axes, and the elements it needs.
    fn layout(&mut self, shape: &[usize], input: bool) -> (Layout, usize) {
        if self.below(4) == 0 {
            let layout = Layout::contiguous(shape);
            return (layout, shape.iter().product());
        }
        let mut order: Vec<usize> = (0..shape.len()).collect();
        for i in (1..order.len()).rev() {
            order.swap(i, self.below(i + 1));
        }
        let mut strides = Strides::from_elem(0, shape.len());
        let (mut step, mut offset) = (1isize, self.below(3) as isize);
        for axis in order {
            if input && self.below(5) == 0 {
                continue;
            }
            let dim = shape[axis].max(1) as isize;
            let every = self.pick(&[1, 1, 1, 2, 3]);
            strides[axis] = step * every;
            if self.below(4) == 0 {
                strides[axis] = -step * every;
                offset += (dim - 1) * step * every;
            }
            step *= dim * every;
        }
        let layout = Layout::from_parts(Dims::from_slice(shape), strides, offset as usize);
        (layout, step as usize + 4)
    }
    fn buffer(&mut self, dtype: DType, elements: usize) -> Buffer {
        let mut raw: Vec<u8> = (0..elements * dtype.itemsize())
            .map(|_| self.below(256) as u8)
            .collect();
        if dtype.is_bool() {
            raw.iter_mut().for_each(|x| *x &= 1);
        }
        Buffer::of(&raw)
    }
}

/// Byte positions of all elements in C order.
fn positions(layout: &Layout, size: usize) -> Vec<usize> {
    let mut at = vec![layout.offset() as isize];
    for (&dim, &stride) in layout.shape().iter().zip(layout.strides()) {
        at = at
            .iter()
            .flat_map(|&p| (0..dim as isize).map(move |i| p + i * stride))
            .collect();
    }
    at.into_iter().map(|p| p as usize * size).collect()
}

/// Runs a task of these dtypes on random views, and element by element; every byte of the output buffer must agree.
fn against_single_elements(
    dtypes: &[DType],
    given: DType,
    rounds: usize,
    run: impl Fn(&[Strided<'_>], StridedMut<'_>),
) {
    let mut choices = Choices(dtypes.len() as u64 * 31 + given as u64);
    for _ in 0..rounds {
        let ndim = choices.below(5);
        let dims = match ndim {
            0..=2 => &[1, 2, 5, 33, 70, 131, 300][..],
            _ => &[0, 1, 2, 3, 7, 20][..],
        };
        let shape: Vec<usize> = (0..ndim).map(|_| choices.pick(dims)).collect();
        let views: Vec<_> = dtypes
            .iter()
            .map(|_| choices.layout(&shape, true))
            .collect();
        let mut buffers: Vec<_> = (dtypes.iter().zip(&views))
            .map(|(&dtype, (_, elements))| choices.buffer(dtype, *elements))
            .collect();
        let (layout, elements) = choices.layout(&shape, false);
        let total = elements * given.itemsize();
        let (mut got, mut want) = (Buffer::new(total), Buffer::new(total));
        let inputs: Vec<_> = (buffers.iter_mut().zip(dtypes).zip(&views))
            .map(|((buffer, &dtype), (view, _))| strided(buffer, dtype, view))
            .collect();
        run(&inputs, output(&mut got, given, &layout));
        let single = Layout::contiguous(&[]);
        let at: Vec<_> = inputs
            .iter()
            .map(|i| positions(i.layout, i.dtype.itemsize()))
            .collect();
        for (element, place) in positions(&layout, given.itemsize()).into_iter().enumerate() {
            let inputs: Vec<_> = (inputs.iter().zip(&at))
                .map(|(input, at)| Strided {
                    ptr: input.ptr.wrapping_add(at[element]),
                    dtype: input.dtype,
                    layout: &single,
                })
                .collect();
            let ptr = want.ptr().wrapping_add(place);
            run(
                &inputs,
                StridedMut {
                    ptr,
                    dtype: given,
                    layout: &single,
                },
            );
        }
        let views: Vec<_> = views.iter().map(|(view, _)| view).collect();
        assert!(
            got.bytes(total) == want.bytes(total),
            "{dtypes:?} {views:?} into {layout:?}"
        );
    }
}

#[test]
fn any_layouts_give_what_single_elements_give() {
    use DType::*;
    for (op, dtype) in [
        (Binary::Add, Int8),
        (Binary::Add, UInt16),
        (Binary::Subtract, Int32),
        (Binary::BitwiseXor, UInt64),
        (Binary::FloorDivide, Int16),
        (Binary::Less, Float16),
        (Binary::Maximum, BFloat16),
        (Binary::Copysign, Float16),
        (Binary::Equal, Complex128),
        (Binary::Copysign, Float64),
    ] {
        let given = op.output(dtype).expect("taken");
        against_single_elements(&[dtype; 2], given, 60, |inputs, output| {
            // SAFETY: views made for these buffers.
            unsafe { run_binary(op, inputs[0], inputs[1], output) };
        });
    }
    for (op, dtype) in [
        (Unary::Negative, Int16),
        (Unary::Cbrt, BFloat16),
        (Unary::Square, Complex64),
        (Unary::IsNan, Float16),
        (Unary::Imag, Complex128),
    ] {
        let given = op.output(dtype).expect("taken");
        against_single_elements(&[dtype], given, 60, |inputs, output| {
            // SAFETY: views made for these buffers.
            unsafe { run_unary(op, inputs[0], output) };
        });
    }
    for dtype in [UInt8, Float16, Float32, Complex64, Complex128] {
        against_single_elements(&[Bool, dtype, dtype], dtype, 60, |inputs, output| {
            // SAFETY: as above.
            unsafe { run_select(inputs[0], inputs[1], inputs[2], output) };
        });
        against_single_elements(&[dtype], dtype, 100, |inputs, output| {
            // SAFETY: as above.
            unsafe { run_cast(inputs[0], output) };
        });
    }
    for (from, to) in [
        (Int16, Float64),
        (UInt64, UInt8),
        (Int64, Float16),
        (Bool, Complex128),
    ] {
        against_single_elements(&[from], to, 60, |inputs, output| {
            // SAFETY: as above.
            unsafe { run_cast(inputs[0], output) };
        });
    }
}

/// The bits of these numbers.
fn floats(values: impl Iterator<Item = f32>) -> Buffer {
    Buffer::of(&values.flat_map(f32::to_le_bytes).collect::<Vec<_>>())
}

#[test]
fn large_outputs_are_whole() {
    // Odd sizes and offsets, past the size from which on copies bypass the caches, and several threads.
    for (rows, columns) in [(1, 8_500_001), (1531, 1501), (30_001, 77)] {
        let n = rows * columns;
        let layout = Layout::contiguous(&[rows, columns]);
        let shifted = Layout::from_parts(layout.shape().into(), layout.strides().into(), 3);
        let turned = Layout::from_parts(
            layout.shape().into(),
            [1, rows as isize].as_slice().into(),
            0,
        );
        let mut a = floats((0..n).map(|i| i as f32));
        let mut b = floats((0..n).map(|i| 2.0 * i as f32));
        for other in [&layout, &turned] {
            let mut out = Buffer::new(4 * (n + 3));
            // SAFETY: buffers of these layouts.
            unsafe {
                let (a, b) = (
                    strided(&mut a, DType::Float32, &layout),
                    strided(&mut b, DType::Float32, other),
                );
                run_binary(
                    Binary::Add,
                    a,
                    b,
                    output(&mut out, DType::Float32, &shifted),
                );
            }
            let (got, _) = out.bytes(4 * (n + 3)).as_chunks::<4>();
            assert_eq!(got[0], [0xaa; 4]);
            for i in 0..n {
                let j = if std::ptr::eq(other, &layout) {
                    i
                } else {
                    i % columns * rows + i / columns
                };
                assert_eq!(
                    f32::from_le_bytes(got[i + 3]),
                    i as f32 + 2.0 * j as f32,
                    "{i}"
                );
            }
            let mut copy = Buffer::new(4 * (n + 3));
            // SAFETY: as above.
            unsafe {
                let b = strided(&mut b, DType::Float32, other);
                run_cast(b, output(&mut copy, DType::Float32, &shifted));
            }
            let (got, _) = copy.bytes(4 * (n + 3)).as_chunks::<4>();
            for i in 0..n {
                let j = if std::ptr::eq(other, &layout) {
                    i
                } else {
                    i % columns * rows + i / columns
                };
                assert_eq!(f32::from_le_bytes(got[i + 3]), 2.0 * j as f32, "{i}");
            }
        }
    }
}

#[test]
fn an_input_may_be_overwritten() {
    for n in [1usize, 5, 1000, 100_000, 2_500_000] {
        for step in [1isize, 2, -1] {
            let offset = if step < 0 { n - 1 } else { 0 };
            let layout =
                Layout::from_parts([n].as_slice().into(), [step].as_slice().into(), offset);
            let held = n * step.unsigned_abs();
            let mut a = floats((0..held).map(|i| i as f32));
            let mut b = floats((0..held).map(|i| 3.0 + i as f32));
            // SAFETY: buffers of that layout.
            unsafe {
                let target = output(&mut b, DType::Float32, &layout);
                let (a, b) = (
                    strided(&mut a, DType::Float32, &layout),
                    strided(&mut b, DType::Float32, &layout),
                );
                run_binary(Binary::Subtract, a, b, target);
            }
            let (got, _) = b.bytes(4 * held).as_chunks::<4>();
            for (i, got) in got.iter().enumerate() {
                let untouched = 3.0 + i as f32;
                let want = if i % step.unsigned_abs() == 0 {
                    i as f32 - untouched
                } else {
                    untouched
                };
                assert_eq!(f32::from_le_bytes(*got), want);
            }
        }
    }
}

#[test]
fn float_division_is_exact_in_vectors_too() {
    let mut choices = Choices(7);
    let n = 40_000;
    let exponent = |choices: &mut Choices| 2f32.powi(choices.below(24) as i32 - 12);
    let mut number = |k: usize| {
        let whole = choices.below(2000) as f32 - 1000.0;
        let scale = exponent(&mut choices);
        if k % 3 == 0 {
            whole
        } else {
            (whole + 0.37) * scale
        }
    };
    let layout = Layout::contiguous(&[n]);
    let mut a = floats((0..n).map(&mut number));
    let mut b = floats((0..n).map(|k| number(k) + if k % 3 == 0 { 0.5 } else { 0.0 }));
    for op in [Binary::Fmod, Binary::Remainder, Binary::FloorDivide] {
        let mut out = Buffer::new(4 * n);
        let kernel = binary_kernel(op, DType::Float32).expect("there is one");
        // SAFETY: buffers of that layout.
        unsafe {
            let (x, y) = (
                strided(&mut a, DType::Float32, &layout),
                strided(&mut b, DType::Float32, &layout),
            );
            run_binary(op, x, y, output(&mut out, DType::Float32, &layout));
        }
        for i in 0..n {
            // A single element takes the C library's way.
            let mut want = [0u8; 4];
            let place = want.as_mut_ptr();
            let mut aligned = Buffer::new(4);
            // SAFETY: one element each.
            unsafe {
                kernel(a.ptr().add(4 * i), b.ptr().add(4 * i), aligned.ptr(), 1);
                std::ptr::copy_nonoverlapping(aligned.ptr(), place, 4);
            }
            assert_eq!(
                &out.bytes(4 * n)[4 * i..4 * i + 4],
                want,
                "{} {i}",
                op.name()
            );
        }
    }
}

#[test]
fn fills_repeat_an_element() {
    for size in [1usize, 2, 4, 8, 16] {
        for element in [
            [0u8; 16],
            [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
        ] {
            for n in [0, 1, 2, 77] {
                let mut out = Buffer::new(n * size + 1);
                // SAFETY: room for `n` elements.
                unsafe { fill(out.ptr(), &element[..size], n) };
                assert_eq!(out.bytes(n * size), element[..size].repeat(n));
                assert_eq!(out.bytes(n * size + 1)[n * size], 0xaa);
            }
        }
    }
}

#[test]
fn a_repeated_element_is_as_good_as_many() {
    let mut choices = Choices(7);
    for (op, dtype) in [
        (Binary::Subtract, DType::UInt8),
        (Binary::FloorDivide, DType::Int16),
        (Binary::Divide, DType::Float32),
        (Binary::Less, DType::Int64),
        (Binary::Subtract, DType::Complex128),
    ] {
        let given = op.output(dtype).expect("taken");
        let width = dtype.itemsize();
        for n in [2, 31, 256, 1025, 5000, AT_ONCE] {
            let dense = Layout::contiguous(&[n]);
            let still = Layout::from_parts(
                Dims::from_slice(&[n]),
                Strides::from_slice(&[0]),
                2, // the third of a few
            );
            let (mut x, mut few) = (choices.buffer(dtype, n), choices.buffer(dtype, 3));
            let element = few.bytes(3 * width)[2 * width..].to_vec();
            let mut many = Buffer::of(&element.repeat(n));
            let x = strided(&mut x, dtype, &dense);
            let [few, many] = [
                strided(&mut few, dtype, &still),
                strided(&mut many, dtype, &dense),
            ];
            for [got_of, want_of] in [[[x, few], [x, many]], [[few, x], [many, x]]] {
                let [got, want] = [got_of, want_of].map(|[a, b]| {
                    let mut out = Buffer::new(n * given.itemsize());
                    // SAFETY: views made for these buffers.
                    unsafe { run_binary(op, a, b, output(&mut out, given, &dense)) };
                    out.bytes(n * given.itemsize()).to_vec()
                });
                assert!(got == want, "{op:?} {dtype} {n}");
            }
        }
    }
}
