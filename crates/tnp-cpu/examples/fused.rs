//! Times fused regions against loops fused by hand and against one primitive at a time, in one run:
//! `cargo run --release -p tnp-cpu --example fused`.

use std::time::{Duration, Instant};

use tnp_backend::prim::{Binary, Prim, Unary};
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
    for threads in [1, 2] {
        tnp_cpu::set_num_threads(threads);
        for size in [1 << 10, 1 << 16, 1 << 20, 1 << 24] {
            row(
                info.device,
                "sigmoid",
                &sigmoid(size),
                size,
                threads,
                &by_hand::sigmoid,
            );
            row(
                info.device,
                "a*b+c*d-e",
                &chain(size),
                size,
                threads,
                &by_hand::chain,
            );
        }
    }
    let one = plus_one();
    tiny(info.device, &one);
}

fn row(
    device: Device,
    name: &str,
    graph: &Graph,
    size: usize,
    threads: usize,
    by_hand: &dyn Fn(&[&[f32]], &mut [f32]),
) {
    let inputs: Inputs = graph.input_types().map(|ty| ramp(device, ty)).collect();
    let slices: Vec<&[f32]> = inputs.iter().map(elements).collect();
    let mut out = vec![0.0f32; size];
    let executable = device.backend().compile(device, graph).expect("compiled");
    let fused = executable.run(inputs.clone()).expect("ran");
    by_hand(&slices, &mut out);
    let worst = (elements(&fused[0]).iter().zip(&out))
        .map(|(x, y)| (x - y).abs())
        .fold(0.0, f32::max);
    assert!(worst < 1e-5, "{name}: off by {worst}");
    drop(fused);
    let times = best(&mut [
        &mut || by_hand(&slices, &mut out),
        &mut || drop(executable.run(inputs.clone()).expect("ran")),
        &mut || drop(interpret(device, graph, inputs.to_vec()).expect("ran")),
    ]);
    let [hand, fused, eager] = [0, 1, 2].map(|i| times[i].as_secs_f64() * 1e6);
    println!(
        "{name:10} {size:>9} {threads} threads: by hand (one thread) {hand:9.1} µs, fused {fused:9.1} µs ({:.2}), eager {eager:9.1} µs ({:.2})",
        fused / hand,
        eager / hand
    );
}

/// The best time of each of several pieces of work, taken in turns.
fn best(work: &mut [&mut dyn FnMut()]) -> Vec<Duration> {
    let mut best = vec![Duration::MAX; work.len()];
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(1500) {
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
    let bytes: Vec<u8> = (0..ty.size())
        .flat_map(|i| ((i % 1013) as f32 / 101.0 - 5.0).to_ne_bytes())
        .collect();
    let buffer = device
        .backend()
        .upload(device.index(), &bytes)
        .expect("memory");
    Tensor::contiguous(buffer, &ty.shape, ty.dtype)
}

fn elements(x: &Tensor) -> &[f32] {
    let start = x.host_ptr().expect("host memory").cast::<f32>();
    // SAFETY: a contiguous tensor of that many float32, alive as long as the slice.
    unsafe { std::slice::from_raw_parts(start, x.layout.size()) }
}

fn full(builder: &mut GraphBuilder, size: usize, value: f32) -> tnp_backend::Var {
    let prim = Prim::Full {
        shape: Dims::from_slice(&[size]),
        value: Literal::new(value),
    };
    builder.push1(prim, &[]).expect("valid")
}

fn sigmoid(size: usize) -> Graph {
    let mut builder = GraphBuilder::new();
    let x = builder.input(TensorType::new(&[size], DType::Float32));
    let one = full(&mut builder, size, 1.0);
    let mut push = |prim, inputs: &[_]| builder.push1(prim, inputs).expect("valid");
    let y = push(Prim::Unary(Unary::Negative), &[x]);
    let y = push(Prim::Unary(Unary::Exp), &[y]);
    let y = push(Prim::Binary(Binary::Add), &[one, y]);
    let y = push(Prim::Binary(Binary::Divide), &[one, y]);
    builder.finish(&[y])
}

fn chain(size: usize) -> Graph {
    let mut builder = GraphBuilder::new();
    let ty = TensorType::new(&[size], DType::Float32);
    let [a, b, c, d, e] = [0; 5].map(|_| builder.input(ty.clone()));
    let mut push = |op, x, y| builder.push1(Prim::Binary(op), &[x, y]).expect("valid");
    let x = push(Binary::Multiply, a, b);
    let y = push(Binary::Multiply, c, d);
    let z = push(Binary::Add, x, y);
    let z = push(Binary::Subtract, z, e);
    builder.finish(&[z])
}

fn plus_one() -> Graph {
    let mut builder = GraphBuilder::new();
    let x = builder.input(TensorType::new(&[1], DType::Float32));
    let one = full(&mut builder, 1, 1.0);
    let y = builder
        .push1(Prim::Binary(Binary::Add), &[x, one])
        .expect("valid");
    builder.finish(&[y])
}

/// What one would write for these expressions alone.
mod by_hand {
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
            for (x, out) in x.chunks_exact(8).zip(out.chunks_exact_mut(8)) {
                // SAFETY: chunks of eight elements.
                unsafe {
                    let x = _mm256_loadu_ps(x.as_ptr());
                    let y = _mm256_add_ps(one, exp(_mm256_xor_ps(x, _mm256_set1_ps(-0.0))));
                    _mm256_storeu_ps(out.as_mut_ptr(), _mm256_div_ps(one, y));
                }
            }
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
