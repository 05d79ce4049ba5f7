//! Arrays through `serde` and back: as JSON and as bytes.
#![cfg(feature = "serde")]

extern crate tnp_cpu;

use tnp_array::{Array, DType, Element, array, bf16, c64, c128, f16, s};

fn through_json(x: &Array) -> Array {
    serde_json::from_str(&serde_json::to_string(x).unwrap()).unwrap()
}

fn through_bytes(x: &Array) -> Array {
    postcard::from_bytes(&postcard::to_allocvec(x).unwrap()).unwrap()
}

fn same(x: &Array, y: &Array) {
    assert_eq!((x.shape(), x.dtype()), (y.shape(), y.dtype()));
    assert_eq!(x.to_bytes().unwrap(), y.to_bytes().unwrap());
}

#[test]
fn every_dtype_comes_back() {
    fn both_ways<T: Element>(elements: [T; 4]) {
        let x = Array::from_vec(elements.to_vec(), &[2, 2]).unwrap();
        for x in [
            x.clone(),
            x.get(s![..;-1, 0]).unwrap(),
            x.get(s![..0]).unwrap(),
            x.get(s![1, 1]).unwrap(),
        ] {
            same(&x, &through_json(&x));
            same(&x, &through_bytes(&x));
        }
    }
    both_ways([true, false, false, true]);
    both_ways([i8::MIN, -1, 0, i8::MAX]);
    both_ways([i16::MIN, -1, 0, i16::MAX]);
    both_ways([i32::MIN, -1, 0, i32::MAX]);
    both_ways([i64::MIN, -1, (1 << 53) + 1, i64::MAX]);
    both_ways([0u8, 1, 2, u8::MAX]);
    both_ways([0u16, 1, 2, u16::MAX]);
    both_ways([0u32, 1, 2, u32::MAX]);
    both_ways([0u64, 1, (1 << 53) + 1, u64::MAX]);
    both_ways([
        f16::NEG_INFINITY,
        f16::from_f32(-0.0),
        f16::from_f32(0.1),
        f16::MAX,
    ]);
    both_ways([
        bf16::INFINITY,
        bf16::from_f32(-0.0),
        bf16::from_f32(0.1),
        bf16::MAX,
    ]);
    both_ways([f32::INFINITY, -0.0, 0.1, f32::MIN_POSITIVE]);
    both_ways([f64::NEG_INFINITY, -0.0, 0.5, 1e300]);
    both_ways([
        c64::new(0.1, -0.0),
        c64::new(f32::INFINITY, 1.0),
        c64::new(0.0, 2.0),
        c64::default(),
    ]);
    both_ways([
        c128::new(0.25, -0.0),
        c128::new(1.0, f64::NEG_INFINITY),
        c128::new(0.0, 2.0),
        c128::default(),
    ]);
}

#[test]
fn nan_comes_back() {
    let x = Array::from_vec(vec![f32::NAN, 1.0], &[2]).unwrap();
    for y in [through_json(&x), through_bytes(&x)] {
        let y = y.to_vec::<f32>().unwrap();
        assert!(y[0].is_nan() && y[1] == 1.0);
    }
}

#[test]
fn reads_as_people_would_write_it() {
    let x = array([[1.5f32, -2.0], [f32::NAN, f32::INFINITY]], ()).unwrap();
    let text = r#"{"dtype":"float32","shape":[2,2],"data":[1.5,-2.0,"nan","inf"]}"#;
    assert_eq!(serde_json::to_string(&x).unwrap(), text);
    let x: Array =
        serde_json::from_str(r#"{"data": [1, 2.5], "shape": [2], "dtype": "complex64"}"#).unwrap();
    assert_eq!((x.dtype(), x.shape()), (DType::Complex64, &[2][..]));
}

#[test]
fn what_does_not_fit_is_refused() {
    for (text, words) in [
        (
            r#"{"dtype":"int8","shape":[1],"data":[128]}"#,
            "element 0 of an array is no int8",
        ),
        (r#"{"dtype":"int8","shape":[1],"data":[1.5]}"#, "no int8"),
        (r#"{"dtype":"bool","shape":[1],"data":[2]}"#, "no bool"),
        (
            r#"{"dtype":"float32","shape":[1],"data":[[1, 2]]}"#,
            "no float32",
        ),
        (
            r#"{"dtype":"float32","shape":[3],"data":[1, 2]}"#,
            "has 12 bytes, 8 were given",
        ),
        (
            r#"{"dtype":"float32","shape":[4611686018427387904, 4],"data":[1]}"#,
            "too big",
        ),
        (r#"{"dtype":"text","shape":[1],"data":[1]}"#, "text"),
        (r#"{"dtype":"int8","shape":[-1],"data":[1]}"#, "-1"),
        (r#"{"dtype":"int8","shape":[1]}"#, "missing field `data`"),
        (
            r#"{"dtype":"int8","shape":[1],"shape":[1],"data":[1]}"#,
            "duplicate field `shape`",
        ),
        (
            r#"{"dtype":"int8","shape":[1],"data":[1],"order":"C"}"#,
            "unknown field `order`",
        ),
        (
            r#"{"dtype":"complex64","shape":[1],"data":[[1, 2, 3]]}"#,
            "[re, im]",
        ),
    ] {
        let error = serde_json::from_str::<Array>(text)
            .err()
            .map(|error| error.to_string());
        let error = error.unwrap_or_else(|| panic!("{text} was taken"));
        assert!(error.contains(words), "{text}: {error}");
    }
}
