//! Sorts against NumPy's order, element by element.

use std::cmp::Ordering;

use tnp_dtype::{DType, Literal};
use tnp_shape::Layout;

use super::{argsort, sort};
use crate::samples::{Rng, Sample, output, random_shape, read_output};
use crate::strided::Strided;

/// NumPy's order; equal where NumPy's `<` is false both ways.
pub(crate) fn compare(a: Literal, b: Literal) -> Ordering {
    if let (Some(a), Some(b)) = (a.to_i128(), b.to_i128()) {
        return a.cmp(&b);
    }
    let (a, b) = (a.to_c128(), b.to_c128());
    let part = |x: f64, y: f64| x.partial_cmp(&y).unwrap_or(Ordering::Equal);
    let nan = (a.re.is_nan(), a.im.is_nan()).cmp(&(b.re.is_nan(), b.im.is_nan()));
    nan.then(part(a.re, b.re)).then(part(a.im, b.im))
}

fn check(sample: &Sample, axis: usize) {
    let shape = sample.layout.shape();
    let (values, size) = (sample.values(), sample.layout.size());
    let mut out = output(sample.dtype, size);
    let mut places = output(DType::Int64, size);
    // SAFETY: the sample owns its elements, and there is room for all results.
    unsafe {
        sort(sample.strided(), axis, out.as_mut_ptr().cast());
        argsort(sample.strided(), axis, places.as_mut_ptr().cast());
    }
    let out = read_output(&out, sample.dtype, size);
    let places = read_output(&places, DType::Int64, size);
    let (n, stride) = (shape[axis], shape[axis + 1..].iter().product::<usize>());
    for first in (0..size).filter(|flat| flat / stride % n == 0) {
        let lane = |all: &[Literal]| (0..n).map(|i| all[first + i * stride]).collect::<Vec<_>>();
        let before = lane(&values);
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|&i, &j| compare(before[i], before[j]));
        let found: Vec<usize> = lane(&places)
            .iter()
            .map(|p| p.value::<i64>() as usize)
            .collect();
        assert_eq!(
            found, order,
            "argsort of {} {:?} axis {axis}",
            sample.dtype, sample.layout
        );
        for (&i, value) in order.iter().zip(lane(&out)) {
            assert_eq!(
                compare(value, before[i]),
                Ordering::Equal,
                "sort of {} {:?} axis {axis}",
                sample.dtype,
                sample.layout
            );
        }
    }
}

#[test]
fn any_layout_any_axis() {
    let mut rng = Rng(21);
    for round in 0..30 {
        for dtype in DType::ALL {
            let mut shape = random_shape(&mut rng, 2);
            shape.push(1 + rng.below(20));
            let axis = rng.below(shape.len());
            check(&Sample::random(&mut rng, dtype, &shape, round % 4), axis);
        }
    }
}

#[test]
fn long_lanes() {
    let mut rng = Rng(22);
    for dtype in DType::ALL {
        for (shape, axis) in [
            (vec![40_000], 0),
            (vec![300, 19], 0),
            (vec![5, 700], 1),
            (vec![257], 0),
        ] {
            check(&Sample::random(&mut rng, dtype, &shape, 1), axis);
        }
    }
}

#[test]
fn every_bit_of_a_float_comes_back() {
    let mut rng = Rng(23);
    for n in [5usize, 100, 1000, 70_000] {
        let mut values: Vec<u32> = (0..n).map(|_| rng.next() as u32).collect();
        for (value, special) in values.iter_mut().zip([
            0xffc0_0001,
            0x7fc0_0002,
            0x8000_0000,
            0,
            0xff80_0000,
            0x7f80_0000,
        ]) {
            *value = special;
        }
        let layout = Layout::contiguous(&[n]);
        let mut out = vec![0u32; n];
        // SAFETY: `n` elements and room for them.
        unsafe {
            sort(
                Strided {
                    ptr: values.as_ptr().cast(),
                    dtype: DType::Float32,
                    layout: &layout,
                },
                0,
                out.as_mut_ptr().cast(),
            )
        };
        let floats: Vec<f32> = out.iter().map(|&bits| f32::from_bits(bits)).collect();
        let numbers = floats.iter().filter(|x| !x.is_nan()).count();
        assert!(
            floats[..numbers].is_sorted() && floats[numbers..].iter().all(|x| x.is_nan()),
            "{n}"
        );
        out.sort_unstable();
        values.sort_unstable();
        assert_eq!(out, values, "{n}: the same bit patterns");
    }
}

#[test]
fn values_of_every_length_and_pattern() {
    let mut rng = Rng(24);
    let lengths = (0..300).chain([511, 1000, 1023, 4097, 30_000]);
    for n in lengths {
        // All different, few different, sorted, falling, equal, extremes.
        for pattern in 0..6 {
            let value = |i: usize, random: u64| match pattern {
                0 => random as i64,
                1 => (random % 5) as i64 - 2,
                2 => i as i64,
                3 => -(i as i64),
                4 => 7,
                _ => [i64::MIN, i64::MAX, 0][(random % 3) as usize],
            };
            let mut wide: Vec<i64> = (0..n).map(|i| value(i, rng.next())).collect();
            let mut narrow: Vec<i32> = wide
                .iter()
                .map(|&x| (x >> if pattern == 5 { 32 } else { 0 }) as i32)
                .collect();
            let layout = Layout::contiguous(&[n]);
            let (mut out64, mut out32) = (vec![0i64; n], vec![0i32; n]);
            // SAFETY: `n` elements each and room for them.
            unsafe {
                sort(
                    Strided {
                        ptr: wide.as_ptr().cast(),
                        dtype: DType::Int64,
                        layout: &layout,
                    },
                    0,
                    out64.as_mut_ptr().cast(),
                );
                sort(
                    Strided {
                        ptr: narrow.as_ptr().cast(),
                        dtype: DType::Int32,
                        layout: &layout,
                    },
                    0,
                    out32.as_mut_ptr().cast(),
                );
            }
            wide.sort_unstable();
            narrow.sort_unstable();
            assert!(
                out64 == wide && out32 == narrow,
                "{n} elements, pattern {pattern}"
            );
        }
    }
}
