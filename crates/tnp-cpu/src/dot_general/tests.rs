//! `dot_general` against the obvious model, on random axes and layouts of every dtype.

use super::*;
use tnp_dtype::{Complex, Element, c64, c128};
use tnp_shape::{Dims, Strides};

/// Small whole numbers, exact in every dtype; integers wrap in the model as in the product.
trait Sample: Element {
    fn make(re: i64, im: i64) -> Self;
    fn parts(self) -> (i64, i64);
}

macro_rules! samples {
    ($($t:ty: $make:expr, $parts:expr;)*) => {$(
        impl Sample for $t {
            fn make(re: i64, im: i64) -> $t {
                let make: fn(i64, i64) -> $t = $make;
                make(re, im)
            }
            fn parts(self) -> (i64, i64) {
                let parts: fn($t) -> (i64, i64) = $parts;
                parts(self)
            }
        }
    )*};
    (integers $($t:ty),*) => { samples! { $($t: |re, _| re as $t, |v| (v as i64, 0);)* } };
}
samples! { integers i8, i16, i32, i64, u8, u16, u32, u64 }
samples! {
    bool: |re, _| re != 0, |v| (i64::from(v), 0);
    f32: |re, _| re as f32, |v| (v as i64, 0);
    f64: |re, _| re as f64, |v| (v as i64, 0);
    f16: |re, _| f16::from_f64(re as f64), |v| (v.to_f64() as i64, 0);
    bf16: |re, _| bf16::from_f64(re as f64), |v| (v.to_f64() as i64, 0);
    c64: |re, im| Complex::new(re as f32, im as f32), |v| (v.re as i64, v.im as i64);
    c128: |re, im| Complex::new(re as f64, im as f64), |v| (v.re as i64, v.im as i64);
}

struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        ((self.0 >> 33) as usize) % n
    }

    fn shuffled(&mut self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        for i in (1..n).rev() {
            order.swap(i, self.below(i + 1));
        }
        order
    }
}

#[derive(Clone, Copy)]
enum Style {
    C,
    /// Any order of axes, reversed, stepped and broadcast ones among them.
    Any,
}

/// A buffer and a layout over it.
fn random_array<T: Sample>(shape: &[usize], style: Style, random: &mut Random) -> (Vec<T>, Layout) {
    let ndim = shape.len();
    let order = match style {
        Style::C => (0..ndim).collect(),
        Style::Any => random.shuffled(ndim),
    };
    let mut strides = Strides::from_elem(0, ndim);
    let mut step = 1;
    let mut offset = 0;
    for &axis in order.iter().rev() {
        let choice = match style {
            Style::C => 0,
            Style::Any => random.below(6),
        };
        match choice {
            1 => strides[axis] = 0,
            2 => {
                strides[axis] = -(step as isize);
                offset += step * shape[axis].saturating_sub(1);
                step *= shape[axis].max(1);
            }
            3 => {
                strides[axis] = 2 * step as isize;
                step *= 2 * shape[axis].max(1);
            }
            _ => {
                strides[axis] = step as isize;
                step *= shape[axis].max(1);
            }
        }
    }
    let lead = if matches!(style, Style::Any) { 3 } else { 0 };
    let buffer = (0..step + lead)
        .map(|_| {
            let (re, im) = (random.below(5) as i64 - 2, random.below(5) as i64 - 2);
            T::make(
                if T::DTYPE == DType::Bool {
                    i64::from(re == 2)
                } else {
                    re
                },
                im,
            )
        })
        .collect();
    let layout = Layout::from_parts(Dims::from_slice(shape), strides, offset + lead);
    (buffer, layout)
}

fn unravel(mut index: usize, shape: &[usize]) -> Vec<usize> {
    let mut out = vec![0; shape.len()];
    for (to, &size) in out.iter_mut().zip(shape).rev() {
        *to = index % size;
        index /= size;
    }
    out
}

fn check<T: Sample>(
    batch: &[usize],
    rows: &[usize],
    columns: &[usize],
    depth: &[usize],
    style: Style,
    random: &mut Random,
) {
    // Axes of each operand in random order, named by role and number.
    let side = |free: &[usize], random: &mut Random| {
        let all = [batch, free, depth].concat();
        let order = match style {
            Style::C => (0..all.len()).collect(),
            Style::Any => random.shuffled(all.len()),
        };
        let shape: Vec<usize> = order.iter().map(|&i| all[i]).collect();
        let place = |i: usize| order.iter().position(|&o| o == i).unwrap();
        let batch_axes: Vec<usize> = (0..batch.len()).map(place).collect();
        let depth_axes: Vec<usize> = (batch.len() + free.len()..all.len()).map(place).collect();
        let free_axes: Vec<usize> = (0..shape.len())
            .filter(|a| !batch_axes.contains(a) && !depth_axes.contains(a))
            .collect();
        let sizes: Vec<usize> = free_axes.iter().map(|&a| shape[a]).collect();
        (shape, batch_axes, depth_axes, free_axes, sizes)
    };
    let (l_shape, l_batch, l_depth, l_free, l_sizes) = side(rows, random);
    let (r_shape, r_batch, r_depth, r_free, r_sizes) = side(columns, random);
    let (l_data, l_layout) = random_array::<T>(&l_shape, style, random);
    let (r_data, r_layout) = random_array::<T>(&r_shape, style, random);
    let out_shape = [batch, &l_sizes, &r_sizes].concat();
    let size: usize = out_shape.iter().product();
    let mut out = vec![T::make(1, 1); size];
    let lhs = Strided {
        ptr: l_data.as_ptr().cast(),
        dtype: T::DTYPE,
        layout: &l_layout,
    };
    let rhs = Strided {
        ptr: r_data.as_ptr().cast(),
        dtype: T::DTYPE,
        layout: &r_layout,
    };
    let axes = DotAxes {
        lhs_contract: &l_depth,
        rhs_contract: &r_depth,
        lhs_batch: &l_batch,
        rhs_batch: &r_batch,
    };
    // SAFETY: layouts within their vectors, and an output of the right size.
    unsafe { dot_general(&lhs, &rhs, &axes, out.as_mut_ptr().cast()) }.unwrap();

    let at = |layout: &Layout, roles: &[(&[usize], &[usize])]| {
        let mut position = layout.offset() as isize;
        for (axes, index) in roles {
            for (&axis, &i) in axes.iter().zip(*index) {
                position += layout.strides()[axis] * i as isize;
            }
        }
        position as usize
    };
    let total: usize = depth.iter().product();
    let origin = (l_layout.offset(), r_layout.offset());
    let depths: Vec<(usize, usize)> = (0..total)
        .map(|d| {
            let d = unravel(d, depth);
            (
                at(&l_layout, &[(&l_depth, &d)]).wrapping_sub(origin.0),
                at(&r_layout, &[(&r_depth, &d)]).wrapping_sub(origin.1),
            )
        })
        .collect();
    for (i, &got) in out.iter().enumerate() {
        let index = unravel(i, &out_shape);
        let (b, free) = index.split_at(batch.len());
        let (l, r) = free.split_at(l_sizes.len());
        let first = (
            at(&l_layout, &[(&l_batch, b), (&l_free, l)]),
            at(&r_layout, &[(&r_batch, b), (&r_free, r)]),
        );
        let mut sum = (0i64, 0i64);
        for d in &depths {
            let x = l_data[first.0.wrapping_add(d.0)].parts();
            let y = r_data[first.1.wrapping_add(d.1)].parts();
            let times = i64::wrapping_mul;
            sum.0 = sum
                .0
                .wrapping_add(times(x.0, y.0).wrapping_sub(times(x.1, y.1)));
            sum.1 = sum
                .1
                .wrapping_add(times(x.0, y.1).wrapping_add(times(x.1, y.0)));
        }
        assert_eq!(
            got,
            T::make(sum.0, sum.1),
            "{} at {index:?} of {l_layout:?} · {r_layout:?}, {axes:?}",
            T::DTYPE
        );
    }
}

/// One shape for all dtypes: a whole number below 256 keeps bfloat16 exact.
fn check_all(
    batch: &[usize],
    rows: &[usize],
    columns: &[usize],
    depth: &[usize],
    style: Style,
    random: &mut Random,
) {
    let halves = depth.iter().product::<usize>() <= 64;
    for dtype in DType::ALL {
        with_dtype!(dtype, T => {
            if halves || dtype != DType::BFloat16 {
                check::<T>(batch, rows, columns, depth, style, random);
            }
        });
    }
}

#[test]
fn random_axes_and_layouts() {
    let random = &mut Random(1);
    let sizes = [1, 2, 3, 4, 2, 5, 7];
    for round in 0..150 {
        let axes = |most: usize, random: &mut Random| -> Vec<usize> {
            (0..random.below(most + 1))
                .map(|_| sizes[random.below(sizes.len())])
                .collect()
        };
        let (batch, depth) = (axes(2, random), axes(2, random));
        let (rows, columns) = (axes(2, random), axes(2, random));
        let style = if round % 5 == 0 { Style::C } else { Style::Any };
        check_all(&batch, &rows, &columns, &depth, style, random);
    }
}

#[test]
fn matrices_of_many_sizes() {
    let random = &mut Random(2);
    let shapes = [
        (4, 4, 4),
        (5, 9, 3),
        (6, 16, 6),
        (7, 17, 31),
        (13, 64, 64),
        (33, 65, 40),
        (1, 300, 50),
        (300, 1, 50),
        (64, 80, 1),
        (1, 1, 64),
        (2, 2, 60),
        (40, 3, 64),
        (3, 130, 64),
    ];
    for (m, n, k) in shapes {
        for style in [Style::C, Style::Any, Style::Any] {
            check_all(&[], &[m], &[n], &[k], style, random);
        }
    }
}

/// Deeper than a panel, wider than a row of panels, higher than a block: `i32`, `i8`, `i64` and bool all differ in width.
#[test]
fn blocks_and_tiles() {
    let random = &mut Random(3);
    for (m, n, k) in [
        (130, 300, 260),
        (125, 1100, 10),
        (7, 1030, 300),
        (200, 150, 520),
    ] {
        for style in [Style::C, Style::Any] {
            check::<i32>(&[], &[m], &[n], &[k], style, random);
            check::<i8>(&[], &[m], &[n], &[k], style, random);
            check::<u64>(&[], &[m], &[n], &[k], style, random);
            check::<bool>(&[], &[m], &[n], &[k], style, random);
            check::<f32>(&[], &[m], &[n], &[k], style, random);
            check::<c64>(&[], &[m], &[n], &[k], style, random);
        }
    }
}

#[test]
fn long_vectors() {
    let random = &mut Random(4);
    for style in [Style::C, Style::Any] {
        check::<f64>(&[], &[], &[], &[70_001], style, random);
        check::<i16>(&[], &[], &[], &[300_000], style, random);
        check::<f32>(&[], &[1000], &[], &[77], style, random);
        check::<f32>(&[], &[], &[9001], &[30], style, random);
        check::<u8>(&[], &[], &[5000], &[33], style, random);
        check::<c128>(&[], &[500], &[], &[100], style, random);
    }
}

#[test]
fn batches() {
    let random = &mut Random(5);
    for style in [Style::C, Style::Any] {
        check_all(&[3, 5], &[9], &[20], &[12], style, random);
        check::<f32>(&[200], &[16], &[16], &[16], style, random);
        check::<i32>(&[3], &[70], &[70], &[70], style, random);
        check::<f64>(&[50], &[32], &[], &[32], style, random);
    }
}

#[test]
fn empty_axes() {
    let random = &mut Random(6);
    check_all(&[0], &[2], &[3], &[4], Style::C, random);
    check_all(&[2], &[0], &[3], &[4], Style::C, random);
    check_all(&[2], &[2], &[3], &[0], Style::C, random);
    check_all(&[], &[], &[], &[0], Style::C, random);
}

/// An unread neighbour of a row must not leak into sums as `0 · NaN`.
#[test]
fn padding_never_meets_data() {
    for n in [3usize, 17, 33] {
        let (m, k) = (5usize, 40usize);
        let a = vec![1.0f32; m * k];
        // Rows of `b` are followed by NaN.
        let b: Vec<f32> = (0..k * (n + 2))
            .map(|i| if i % (n + 2) < n { 2.0 } else { f32::NAN })
            .collect();
        let a_layout = Layout::contiguous(&[m, k]);
        let b_layout = Layout::from_parts(
            Dims::from_slice(&[k, n]),
            Strides::from_slice(&[n as isize + 2, 1]),
            0,
        );
        let mut out = vec![0.0f32; m * n];
        let lhs = Strided {
            ptr: a.as_ptr().cast(),
            dtype: DType::Float32,
            layout: &a_layout,
        };
        let rhs = Strided {
            ptr: b.as_ptr().cast(),
            dtype: DType::Float32,
            layout: &b_layout,
        };
        let axes = DotAxes {
            lhs_contract: &[1],
            rhs_contract: &[0],
            lhs_batch: &[],
            rhs_batch: &[],
        };
        // SAFETY: layouts within their vectors, and an output of the right size.
        unsafe { dot_general(&lhs, &rhs, &axes, out.as_mut_ptr().cast()) }.unwrap();
        assert!(out.iter().all(|&v| v == 80.0));
    }
}

/// Sums in the half-width types are rounded once: `2048 + 1 + 1 + …` would stay at 2048 otherwise.
#[test]
fn halves_accumulate_in_f32() {
    let mut a = vec![f16::ONE; 101];
    a[0] = f16::from_f32(2048.0);
    let b = vec![f16::ONE; 101];
    let layout = Layout::contiguous(&[101]);
    let mut out = [f16::ZERO];
    let lhs = Strided {
        ptr: a.as_ptr().cast(),
        dtype: DType::Float16,
        layout: &layout,
    };
    let rhs = Strided {
        ptr: b.as_ptr().cast(),
        dtype: DType::Float16,
        layout: &layout,
    };
    let axes = DotAxes {
        lhs_contract: &[0],
        rhs_contract: &[0],
        lhs_batch: &[],
        rhs_batch: &[],
    };
    // SAFETY: layouts within their vectors, and an output of one element.
    unsafe { dot_general(&lhs, &rhs, &axes, out.as_mut_ptr().cast()) }.unwrap();
    assert_eq!(out[0].to_f32(), 2148.0);
}
