//! What a user may write: the syntax that the library promises, which has only to compile and to mean what it says.

extern crate tnp_cpu;

use tnp_array::*;

type Outcome = Result<(), Error>;

fn cube() -> Result<Array> {
    Array::from_vec((0..60).collect::<Vec<i64>>(), &[3, 4, 5])
}

#[test]
fn index_expressions() -> Outcome {
    let x = cube()?;
    let i = 1usize;
    assert_eq!(x.get(s![1, newaxis, 1..3, ...])?.shape(), [1, 2, 5]);
    assert_eq!(x.get(s![..;2, 5..2;-1])?.shape(), [2, 1, 5]);
    assert_eq!(x.get(s![i..-1])?.shape(), [1, 4, 5]);
    assert_eq!(x.get(s![i, -1, i as i8])?.item::<i64>()?, 36);
    assert_eq!(x.get(s![])?.shape(), [3, 4, 5]);
    assert_eq!(x.get(s![...])?.shape(), [3, 4, 5]);
    assert_eq!(x.get(s![None, ..=1])?.shape(), [1, 2, 4, 5]);
    assert_eq!(x.get([Index::Int(0)])?.shape(), [4, 5]);
    assert_eq!(x.get(vec![Index::Ellipsis, Index::Int(0)])?.shape(), [3, 4]);
    let index = s![0, ..2];
    assert_eq!(x.get(&index)?.shape(), x.get(index)?.shape());
    Ok(())
}

#[test]
fn masks_and_arrays_as_indices() -> Outcome {
    let x = cube()?;
    let rows = Array::from_vec(vec![2i32, 0], &[2])?;
    let mask = Array::from_vec(vec![true, false, true], &[3])?;
    let numbers = vec![0usize, 2];
    let slice: &[i64] = &[1, -1, 0];
    assert_eq!(x.get(s![&rows])?.shape(), [2, 4, 5]);
    assert_eq!(x.get(s![rows.clone(), 1..])?.shape(), [2, 3, 5]);
    assert_eq!(x.get(s![&mask])?.shape(), [2, 4, 5]);
    assert_eq!(x.get(s![mask.clone(), ..., -1])?.shape(), [2, 4]);
    assert_eq!(x.get(s![&mask, &rows])?.shape(), [2, 5]);
    assert_eq!(x.get(s![&numbers, slice[..2].as_ref()])?.shape(), [2, 5]);
    assert_eq!(x.get(s![numbers])?.shape(), [2, 4, 5]);
    assert_eq!(x.get(s![slice])?.shape(), [3, 4, 5]);
    assert_eq!(x.get(s![[[0u8, 1], [2, 0]]])?.shape(), [2, 2, 4, 5]);
    assert_eq!(x.get(s![&[0i16, 1]])?.shape(), [2, 4, 5]);
    assert_eq!(x.get(s![vec![vec![0, 1]], 0])?.shape(), [1, 2, 5]);
    assert_eq!(x.get(s![[true, false, true]])?.shape(), [2, 4, 5]);
    assert_eq!(x.get(s![vec![true; 3], 0])?.shape(), [3, 5]);
    assert_eq!(x.get(s![true])?.shape(), [1, 3, 4, 5]);
    assert_eq!(x.get(s![false])?.shape(), [0, 3, 4, 5]);
    assert_eq!(x.get(s![Vec::<i64>::new()])?.shape(), [0, 4, 5]);
    assert_eq!(x.get(s![add(&rows, 0)])?.shape(), [2, 4, 5]);
    Ok(())
}

#[test]
fn writing() -> Outcome {
    let mut x = cube()?;
    let row = x.get(s![0, 0])?;
    x.assign(s![1, ..2], &row)?;
    x.assign(s![0, 0, 0], 7)?;
    x.assign(s![.., .., [true, false, false, false, true]], -1.5)?;
    x.at_mut(s![2]).add(1)?;
    let y = x.set(s![..;-1], 0)?;
    let z = y.at(s![0, [0, 0]]).add([[1], [2]])?;
    assert_eq!(z.get(s![0, 0])?.to_vec::<i64>()?, [3; 5]);
    assert_eq!(x.get(s![1, 0])?.to_vec::<i64>()?, [-1, 1, 2, 3, -1]);
    Ok(())
}

#[test]
fn literals() -> Outcome {
    let x = array![[1, 2], [3, 4]];
    assert_eq!((x.dtype(), x.shape()), (DType::Int64, &[2, 2][..]));
    assert_eq!(array![3000000000].item::<i64>()?, 3_000_000_000);
    assert_eq!(array![1.0, 2.5].dtype(), DType::Float64);
    assert_eq!(array![true, false].dtype(), DType::Bool);
    Ok(())
}

#[test]
fn operators_with_scalars_on_either_side() -> Outcome {
    let x = Array::from_vec(vec![0.0f32, 1.0], &[2])?;
    let sigmoid = 1.0 / (1.0 + (-&x).exp()?);
    assert_eq!(sigmoid.dtype(), DType::Float32);
    let mut y = &x * 2 + 1u8;
    y -= &x;
    y /= 2.0f32;
    assert_eq!((2 * y - true).dtype(), DType::Float32);
    Ok(())
}

/// Arrays are compared by named functions, elementwise; `==` does not exist.
#[test]
fn array_has_no_partial_eq() {
    // A method of this trait is found on every type that has no `PartialEq`.
    trait Fallback {
        fn compares(&self) -> bool {
            false
        }
    }
    struct Probe<T>(std::marker::PhantomData<T>);
    impl<T> Fallback for Probe<T> {}
    impl<T: PartialEq> Probe<T> {
        #[allow(dead_code, reason = "found only for types with `PartialEq`")]
        fn compares(&self) -> bool {
            true
        }
    }
    assert!(!Probe::<Array>(std::marker::PhantomData).compares());
    assert!(Probe::<i32>(std::marker::PhantomData).compares());
}
