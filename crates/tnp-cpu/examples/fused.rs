//! Times fused regions against loops fused by hand and against one primitive at a time, in one run:
//! `cargo run --release -p tnp-cpu --example fused`.

use std::time::{Duration, Instant};

use tnp_backend::prim::{Binary, Prim, ReduceOp, Unary};
use tnp_backend::{Device, Graph, GraphBuilder, Inputs, Tensor, TensorType, devices, interpret};
use tnp_dtype::{DType, Literal};
use tnp_shape::Dims;

fn main() {
    let device = devices()
        .into_iter()
        .find(|info| info.device.to_string() == "cpu:0");
    let Some(info) = device else {
        return println!("the CPU backend is not linked");
    };
    let only = std::env::args().nth(1).unwrap_or_default();
    for threads in [1, 2] {
        tnp_cpu::set_num_threads(threads);
        for size in [1 << 10, 1 << 16, 1 << 20, 1 << 24] {
            let bench = Bench {
                device: info.device,
                only: &only,
                size,
                threads,
            };
            let (f32, f64) = (DType::Float32, DType::Float64);
            bench.row("sigmoid f32", &sigmoid(size, f32), &by_hand::sigmoid);
            bench.row("a*b+c*d-e f32", &chain(size, f32), &by_hand::chain);
            bench.row("sigmoid f64", &sigmoid(size, f64), &by_hand::sigmoid_f64);
            bench.row("a*b+c*d-e f64", &chain(size, f64), &by_hand::chain_f64);
            bench.row("((a-b)**2).sum()", &squares(size, &[0, 1]), &by_hand::all);
            bench.row("((a-b)**2).sum(1)", &squares(size, &[1]), &by_hand::rows);
            bench.row("((a-b)**2).sum(0)", &squares(size, &[0]), &by_hand::columns);
        }
    }
    let one = plus_one();
    tiny(info.device, &one);
}

struct Bench<'a> {
    device: Device,
    /// Rows whose name contains this.
    only: &'a str,
    size: usize,
    threads: usize,
}

/// What a hand-written loop does: from inputs to the output.
type ByHand<'a, T> = &'a (dyn Fn(&[&[T]], &mut [T]) + Sync);

/// `f32` and `f64`.
trait Element: Copy + Default + Send + Sync + Into<f64> {}
impl Element for f32 {}
impl Element for f64 {}

impl Bench<'_> {
    fn row<T: Element>(&self, name: &str, graph: &Graph, by_hand: ByHand<'_, T>) {
        let Bench { device, only, .. } = *self;
        if !name.contains(only) {
            return;
        }
        let inputs: Inputs = graph.input_types().map(|ty| ramp(device, ty)).collect();
        let slices: Vec<&[T]> = inputs.iter().map(elements).collect();
        let executable = device.backend().compile(device, graph).expect("compiled");
        let fused = executable.run(inputs.clone()).expect("ran");
        let mut out = vec![T::default(); fused[0].layout.size()];
        let mut hand = || self.by_hand(by_hand, &slices, &mut out);
        hand();
        let worst = (elements::<T>(&fused[0]).iter().zip(&out))
            .map(|(&x, &y)| (x.into() - y.into()).abs() / (1.0 + y.into().abs()))
            .fold(0.0, f64::max);
        assert!(worst < 1e-4, "{name}: off by {worst}");
        drop(fused);
        let mut hand = || self.by_hand(by_hand, &slices, &mut out);
        let times = best(&mut [
            &mut hand,
            &mut || drop(executable.run(inputs.clone()).expect("ran")),
            &mut || drop(interpret(device, graph, inputs.to_vec()).expect("ran")),
        ]);
        let [hand, fused, eager] = [0, 1, 2].map(|i| times[i].as_secs_f64() * 1e6);
        println!(
            "{name:18} {:>9} {} threads: by hand {hand:9.1} µs, fused {fused:9.1} µs ({:.2}), eager {eager:9.1} µs ({:.2})",
            self.size,
            self.threads,
            fused / hand,
            eager / hand
        );
    }

    /// With two threads, each takes half of what is large enough.
    fn by_hand<T: Element>(&self, work: ByHand<'_, T>, inputs: &[&[T]], out: &mut [T]) {
        let maps = out.len() == self.size;
        if self.threads == 1 || self.size < 1 << 20 || !maps {
            return work(inputs, out);
        }
        let (left, right) = out.split_at_mut(self.size / 2);
        let half = |i: usize| -> Vec<&[T]> {
            let halves = inputs.iter().map(|x| x.split_at(self.size / 2));
            halves.map(|(l, r)| if i == 0 { l } else { r }).collect()
        };
        std::thread::scope(|scope| {
            scope.spawn(|| work(&half(1), right));
            work(&half(0), left);
        });
    }
}

/// The best time of each of several pieces of work, taken in turns.
fn best(work: &mut [&mut dyn FnMut()]) -> Vec<Duration> {
    let mut best = vec![Duration::MAX; work.len()];
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(400) {
        for (work, best) in work.iter_mut().zip(&mut best) {
            let start = Instant::now();
            work();
            *best = start.elapsed().min(*best);
        }
    }
    best
}

fn tiny(device: Device, graph: &Graph) {
    let inputs: Inputs = graph.input_types().map(|ty| ramp(device, ty)).collect();
    let executable = device.backend().compile(device, graph).expect("compiled");
    let calls = 1_000_000;
    let start = Instant::now();
    for _ in 0..calls {
        std::hint::black_box(executable.run(inputs.clone()).expect("ran"));
    }
    let each = start.elapsed().as_secs_f64() * 1e9 / f64::from(calls);
    println!("a compiled call of one operation on one element: {each:.0} ns");
}

fn ramp(device: Device, ty: &TensorType) -> Tensor {
    let value = |i: usize| (i % 1013) as f64 / 101.0 - 5.0;
    let bytes: Vec<u8> = match ty.dtype {
        DType::Float32 => (0..ty.size())
            .flat_map(|i| (value(i) as f32).to_ne_bytes())
            .collect(),
        _ => (0..ty.size())
            .flat_map(|i| value(i).to_ne_bytes())
            .collect(),
    };
    let buffer = device
        .backend()
        .upload(device.index(), &bytes)
        .expect("memory");
    Tensor::contiguous(buffer, &ty.shape, ty.dtype)
}

fn elements<T: Element>(x: &Tensor) -> &[T] {
    assert_eq!(x.dtype.itemsize(), size_of::<T>());
    let start = x.host_ptr().expect("host memory").cast::<T>();
    // SAFETY: a contiguous tensor of that many elements, alive as long as the slice.
    unsafe { std::slice::from_raw_parts(start, x.layout.size()) }
}

fn full(builder: &mut GraphBuilder, size: usize, value: Literal) -> tnp_backend::Var {
    let prim = Prim::Full {
        shape: Dims::from_slice(&[size]),
        value,
    };
    builder.push1(prim, &[]).expect("valid")
}

fn sigmoid(size: usize, dtype: DType) -> Graph {
    let mut builder = GraphBuilder::new();
    let x = builder.input(TensorType::new(&[size], dtype));
    let one = full(&mut builder, size, Literal::new(1.0f64).cast(dtype));
    let mut push = |prim, inputs: &[_]| builder.push1(prim, inputs).expect("valid");
    let y = push(Prim::Unary(Unary::Negative), &[x]);
    let y = push(Prim::Unary(Unary::Exp), &[y]);
    let y = push(Prim::Binary(Binary::Add), &[one, y]);
    let y = push(Prim::Binary(Binary::Divide), &[one, y]);
    builder.finish(&[y])
}

fn chain(size: usize, dtype: DType) -> Graph {
    let mut builder = GraphBuilder::new();
    let ty = TensorType::new(&[size], dtype);
    let [a, b, c, d, e] = [0; 5].map(|_| builder.input(ty.clone()));
    let mut push = |op, x, y| builder.push1(Prim::Binary(op), &[x, y]).expect("valid");
    let x = push(Binary::Multiply, a, b);
    let y = push(Binary::Multiply, c, d);
    let z = push(Binary::Add, x, y);
    let z = push(Binary::Subtract, z, e);
    builder.finish(&[z])
}

/// Over rows of 512.
fn squares(size: usize, axes: &[usize]) -> Graph {
    let mut builder = GraphBuilder::new();
    let ty = TensorType::new(&[size / by_hand::ROW, by_hand::ROW], DType::Float32);
    let [a, b] = [0; 2].map(|_| builder.input(ty.clone()));
    let mut push = |prim, inputs: &[_]| builder.push1(prim, inputs).expect("valid");
    let x = push(Prim::Binary(Binary::Subtract), &[a, b]);
    let x = push(Prim::Unary(Unary::Square), &[x]);
    let sum = Prim::Reduce {
        op: ReduceOp::Sum,
        axes: axes.iter().copied().collect(),
        dtype: DType::Float32,
    };
    let x = push(sum, &[x]);
    builder.finish(&[x])
}

fn plus_one() -> Graph {
    let mut builder = GraphBuilder::new();
    let x = builder.input(TensorType::new(&[1], DType::Float32));
    let one = full(&mut builder, 1, Literal::new(1.0f32));
    let y = builder
        .push1(Prim::Binary(Binary::Add), &[x, one])
        .expect("valid");
    builder.finish(&[y])
}

/// What one would write for these expressions alone.
mod by_hand {
    /// Length of the rows that are folded.
    pub(super) const ROW: usize = 512;

    /// Runs a loop that the compiler vectorises, for AVX2 where that is at hand.
    macro_rules! vectorised {
        ($($name:ident: $t:ty, |$inputs:ident, $out:ident| $body:expr;)*) => {$(
            pub(super) fn $name($inputs: &[&[$t]], $out: &mut [$t]) {
                #[cfg(target_arch = "x86_64")]
                #[target_feature(enable = "avx2,fma")]
                fn wide($inputs: &[&[$t]], $out: &mut [$t]) {
                    $body
                }
                #[cfg(target_arch = "x86_64")]
                if std::arch::is_x86_feature_detected!("avx2")
                    && std::arch::is_x86_feature_detected!("fma")
                {
                    // SAFETY: the processor has the instructions.
                    return unsafe { wide($inputs, $out) };
                }
                $body
            }
        )*};
    }

    vectorised! {
        sigmoid_f64: f64, |inputs, out| {
            for (out, x) in out.iter_mut().zip(inputs[0]) {
                *out = 1.0 / (1.0 + exp_f64(-x));
            }
        };
        chain_f64: f64, |inputs, out| {
            let [a, b, c, d, e] = inputs else { return };
            for (((((out, a), b), c), d), e) in out.iter_mut().zip(*a).zip(*b).zip(*c).zip(*d).zip(*e) {
                *out = a * b + c * d - e;
            }
        };
        all: f32, |inputs, out| {
            // Many lanes for speed, short runs for accuracy.
            let mut total = 0.0;
            for (a, b) in inputs[0].chunks(4096).zip(inputs[1].chunks(4096)) {
                total += run(a, b);
            }
            out[0] = total;
        };
        rows: f32, |inputs, out| {
            let rows = inputs[0].chunks_exact(ROW).zip(inputs[1].chunks_exact(ROW));
            for (out, (a, b)) in out.iter_mut().zip(rows) {
                *out = run(a, b);
            }
        };
        columns: f32, |inputs, out| {
            out.fill(0.0);
            for (a, b) in inputs[0].chunks_exact(ROW).zip(inputs[1].chunks_exact(ROW)) {
                for ((out, a), b) in out.iter_mut().zip(a).zip(b) {
                    let d = a - b;
                    *out += d * d;
                }
            }
        };
    }

    /// The sum of squared differences.
    #[inline(always)]
    fn run(a: &[f32], b: &[f32]) -> f32 {
        let mut lanes = [0.0f32; 32];
        for (a, b) in a.chunks_exact(32).zip(b.chunks_exact(32)) {
            for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
                let d = a - b;
                *lane += d * d;
            }
        }
        lanes.iter().sum()
    }

    /// `e^x`, to a few units in the last place.
    #[inline(always)]
    fn exp_f64(x: f64) -> f64 {
        const MAGIC: f64 = 6755399441055744.0;
        let x = x.clamp(-745.0, 710.0);
        let shifted = x.mul_add(std::f64::consts::LOG2_E, MAGIC);
        let n = shifted - MAGIC;
        let r = n.mul_add(-6.931471803691238e-1, x);
        let r = n.mul_add(-1.9082149292705877e-10, r);
        let mut sum = 1.0 / 479001600.0;
        for c in [
            39916800.0, 3628800.0, 362880.0, 40320.0, 5040.0, 720.0, 120.0, 24.0, 6.0, 2.0, 1.0,
            1.0,
        ] {
            sum = f64::mul_add(sum, r, 1.0 / c);
        }
        let bits = shifted.to_bits().wrapping_add(1023) << 52;
        sum * f64::from_bits(bits)
    }

    /// `1 / (1 + exp(-x))`.
    pub(super) fn sigmoid(inputs: &[&[f32]], out: &mut [f32]) {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma")
        {
            // SAFETY: the processor has the instructions.
            return unsafe { avx2::sigmoid(inputs[0], out) };
        }
        for (out, x) in out.iter_mut().zip(inputs[0]) {
            *out = 1.0 / (1.0 + (-x).exp());
        }
    }

    /// `a*b + c*d - e`.
    pub(super) fn chain(inputs: &[&[f32]], out: &mut [f32]) {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma")
        {
            // SAFETY: the processor has the instructions; all arrays are of one length.
            return unsafe { avx2::chain(inputs, out) };
        }
        for (i, out) in out.iter_mut().enumerate() {
            *out = inputs[0][i] * inputs[1][i] + inputs[2][i] * inputs[3][i] - inputs[4][i];
        }
    }

    #[cfg(target_arch = "x86_64")]
    mod avx2 {
        use std::arch::x86_64::*;

        /// Elements that lie ahead when they are fetched.
        const AHEAD: usize = 512;
        /// Elements from which on the output bypasses the caches.
        const STREAM: usize = 1 << 22;

        /// `e^x` by the same reduction and polynomial as the library's kernel.
        #[target_feature(enable = "avx2,fma")]
        fn exp(x: __m256) -> __m256 {
            let set = |value: f32| _mm256_set1_ps(value);
            let magic = set(12582912.0);
            let x = _mm256_max_ps(_mm256_min_ps(x, set(89.0)), set(-105.0));
            let shifted = _mm256_fmadd_ps(x, set(std::f32::consts::LOG2_E), magic);
            let n = _mm256_sub_ps(shifted, magic);
            let r = _mm256_fmadd_ps(n, set(-0.693_145_75), x);
            let r = _mm256_fmadd_ps(n, set(-1.428_606_8e-6), r);
            let mut sum = set(1.395076048e-03);
            for c in [8.369028568e-03, 4.166620225e-02, 1.666651815e-01, 5.0e-01] {
                sum = _mm256_fmadd_ps(sum, r, set(c));
            }
            let q = _mm256_fmadd_ps(_mm256_mul_ps(r, r), sum, r);
            let half = _mm256_fmadd_ps(n, set(0.5), magic);
            let rest = _mm256_add_ps(_mm256_sub_ps(n, _mm256_sub_ps(half, magic)), magic);
            let power = |shifted: __m256| {
                let bits = _mm256_add_epi32(_mm256_castps_si256(shifted), _mm256_set1_epi32(127));
                _mm256_castsi256_ps(_mm256_slli_epi32::<23>(bits))
            };
            let y = _mm256_mul_ps(_mm256_add_ps(set(1.0), q), power(half));
            _mm256_mul_ps(y, power(rest))
        }

        #[target_feature(enable = "avx2,fma")]
        pub(super) fn sigmoid(x: &[f32], out: &mut [f32]) {
            let one = _mm256_set1_ps(1.0);
            // SAFETY: the caller gives eight elements.
            let value = |x: *const f32| unsafe {
                let x = _mm256_loadu_ps(x);
                let y = _mm256_add_ps(one, exp(_mm256_xor_ps(x, _mm256_set1_ps(-0.0))));
                _mm256_div_ps(one, y)
            };
            let n = out.len();
            assert!(n >= 8 && x.len() == n);
            let (x, out) = (x.as_ptr(), out.as_mut_ptr());
            // SAFETY: eight elements from each start on lie within both arrays; the head and the last vector overlap others.
            unsafe {
                if n < STREAM {
                    for i in (0..n - 7).step_by(8) {
                        _mm256_storeu_ps(out.add(i), value(x.add(i)));
                    }
                } else {
                    // Streaming needs vectors aligned to their size.
                    _mm256_storeu_ps(out, value(x));
                    for i in (out.align_offset(32)..n - 7).step_by(8) {
                        _mm256_stream_ps(out.add(i), value(x.add(i)));
                    }
                }
                _mm256_storeu_ps(out.add(n - 8), value(x.add(n - 8)));
            }
            _mm_sfence();
        }

        #[target_feature(enable = "avx2,fma")]
        pub(super) fn chain(inputs: &[&[f32]], out: &mut [f32]) {
            let [a, b, c, d, e] = inputs else { return };
            let (n, stream) = (out.len(), out.len() >= STREAM);
            // Streaming needs vectors aligned to their size.
            let head = if stream {
                out.as_ptr().align_offset(32).min(n)
            } else {
                0
            };
            for i in 0..head {
                out[i] = a[i] * b[i] + c[i] * d[i] - e[i];
            }
            let mut i = head;
            while i + 8 <= n {
                // SAFETY: eight elements from `i` on lie within every array; a prefetch does not fault.
                unsafe {
                    let load = |x: &[f32]| _mm256_loadu_ps(x.as_ptr().add(i));
                    if i % 16 < 8 {
                        for x in inputs {
                            let ahead = x.as_ptr().wrapping_add(i + AHEAD);
                            _mm_prefetch::<_MM_HINT_T0>(ahead.cast());
                        }
                    }
                    let x = _mm256_mul_ps(load(a), load(b));
                    let y = _mm256_mul_ps(load(c), load(d));
                    let z = _mm256_sub_ps(_mm256_add_ps(x, y), load(e));
                    let to = out.as_mut_ptr().add(i);
                    if stream {
                        _mm256_stream_ps(to, z);
                    } else {
                        _mm256_storeu_ps(to, z);
                    }
                }
                i += 8;
            }
            for i in i..n {
                out[i] = a[i] * b[i] + c[i] * d[i] - e[i];
            }
            _mm_sfence();
        }
    }
}
