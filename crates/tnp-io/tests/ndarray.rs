//! Arrays of `ndarray` as ours and ours as theirs, for each version there is a feature for.
#![cfg(any(feature = "ndarray-0_16", feature = "ndarray-0_17"))]

extern crate tnp_cpu;

macro_rules! tests {
    ($version:ident) => {
        mod $version {
            use ::$version::{Array2, Array3, ArrayD, Axis, IxDyn, ShapeBuilder, arr0, s};
            use tnp_array::{Array, DType, Element, Result, bf16, c64, c128, f16};
            use tnp_io::$version::{as_ndarray, copy_ndarray, from_ndarray, to_ndarray};

            fn grid() -> Array3<i64> {
                Array3::from_shape_fn((3, 4, 5), |(i, j, k)| (i * 100 + j * 10 + k) as i64)
            }

            /// Its elements come over in order, and from the memory they were in.
            fn taken_over<D: ::$version::Dimension>(array: ::$version::Array<i64, D>) {
                let (shape, elements) = (array.shape().to_vec(), array.iter().copied().collect::<Vec<_>>());
                let first = array.as_ptr().cast::<u8>();
                let x = from_ndarray(array).unwrap();
                assert_eq!(x.shape(), shape);
                assert_eq!(x.to_vec::<i64>().unwrap(), elements);
                let tensor = x.tensor().unwrap();
                let start = tensor.host_ptr().unwrap().wrapping_add(tensor.layout.offset() * 8);
                assert_eq!(start, first, "no copy is made");
                let back = as_ndarray::<i64>(&x).unwrap();
                assert_eq!(back.shape(), shape);
                assert!(back.iter().eq(&elements));
                assert_eq!(to_ndarray::<i64>(&x).unwrap(), back);
            }

            #[test]
            fn takes_over_every_layout() {
                taken_over(grid());
                taken_over(grid().reversed_axes());
                taken_over(Array2::from_shape_fn((5, 6).f(), |(i, j)| (i * 6 + j) as i64));
                let mut reversed = grid();
                reversed.invert_axis(Axis(1));
                reversed.swap_axes(0, 2);
                taken_over(reversed);
                // Not so few elements that they are copied into the array's own allocation.
                let wide = || Array3::from_shape_fn((6, 8, 10), |(i, j, k)| (i * 100 + j * 10 + k) as i64);
                taken_over(wide().slice_move(s![1.., ..;2, ..;-2]));
                taken_over(wide().slice_move(s![2, .., 1..]));
                taken_over(ArrayD::from_shape_fn(IxDyn(&[2, 1, 3, 1, 7]), |at| at[4] as i64));
            }

            #[test]
            fn small_and_empty_arrays_come_over() -> Result<()> {
                let x = from_ndarray(arr0(7i64))?;
                assert_eq!((x.shape(), x.item::<i64>()?), (&[][..], 7));
                assert_eq!(as_ndarray::<i64>(&x)?.into_dimensionality().ok(), Some(arr0(7).view()));
                let empty = from_ndarray(Array3::<f32>::zeros((2, 0, 3)))?;
                assert_eq!((empty.shape(), empty.dtype()), (&[2, 0, 3][..], DType::Float32));
                assert_eq!(as_ndarray::<f32>(&empty)?.shape(), [2, 0, 3]);
                assert_eq!(to_ndarray::<f32>(&empty)?.shape(), [2, 0, 3]);
                let sliced = grid().slice_move(s![.., 4.., ..]);
                assert_eq!(from_ndarray(sliced)?.shape(), [3, 0, 5]);
                Ok(())
            }

            #[test]
            fn views_share_the_memory_of_every_layout() -> Result<()> {
                let x = Array::from_vec((0..60).collect::<Vec<i64>>(), &[3, 4, 5])?;
                let tensor = x.tensor()?;
                let theirs = as_ndarray::<i64>(&x)?;
                assert_eq!(theirs.as_ptr().cast::<u8>(), tensor.host_ptr().unwrap());
                let y = x.get(tnp_array::s![..;-1, 1..;2, ..;-2])?;
                let theirs = theirs.slice(s![..;-1, 1..;2, ..;-2]).into_dyn();
                assert_eq!(as_ndarray::<i64>(&y)?, theirs);
                // A stretched axis repeats, without a copy.
                let one = Array::from_vec(vec![1.5f64, 2.5], &[2])?;
                let mut stretched = one.tensor()?.clone();
                stretched.layout = tnp_shape::Layout::from_parts(tnp_shape::Dims::from_slice(&[3, 2]), tnp_shape::Strides::from_slice(&[0, 1]), 0);
                let stretched = Array::from_tensor(stretched);
                assert_eq!(as_ndarray::<f64>(&stretched)?.sum(), 12.0);
                assert_eq!(as_ndarray::<f64>(&stretched)?.strides(), [0, 1]);
                Ok(())
            }

            #[test]
            fn views_of_theirs_are_copied() -> Result<()> {
                let theirs = grid();
                let x = copy_ndarray(&theirs.slice(s![..;-1, 2, ..]))?;
                assert_eq!(x.shape(), [3, 5]);
                assert_eq!(x.get(tnp_array::s![0, 0])?.item::<i64>()?, 220);
                assert_eq!(copy_ndarray(&theirs.view())?.to_vec::<i64>()?, theirs.iter().copied().collect::<Vec<_>>());
                Ok(())
            }

            #[test]
            fn every_dtype_comes_over() -> Result<()> {
                fn both_ways<T: Element>(value: T) -> Result<()> {
                    let mut theirs = Array2::from_elem((5, 7), T::default());
                    theirs[[3, 2]] = value;
                    let x = from_ndarray(theirs.clone())?;
                    assert_eq!(x.dtype(), T::DTYPE);
                    assert_eq!(as_ndarray::<T>(&x)?, theirs.view().into_dyn());
                    assert_eq!(to_ndarray::<T>(&x)?, theirs.into_dyn());
                    Ok(())
                }
                both_ways(true)?;
                both_ways(-3i8)?;
                both_ways(-3i16)?;
                both_ways(-3i32)?;
                both_ways(-3i64)?;
                both_ways(3u8)?;
                both_ways(3u16)?;
                both_ways(3u32)?;
                both_ways(3u64)?;
                both_ways(f16::from_f32(1.5))?;
                both_ways(bf16::from_f32(1.5))?;
                both_ways(1.5f32)?;
                both_ways(1.5f64)?;
                both_ways(c64::new(1.0, -2.0))?;
                both_ways(c128::new(1.0, -2.0))
            }

            #[test]
            fn another_type_is_refused_by_name() -> Result<()> {
                let x = from_ndarray(grid())?;
                let error = as_ndarray::<f32>(&x).unwrap_err().to_string();
                assert_eq!(
                    error,
                    "as_ndarray: the array is int64, not float32; convert it with `x.astype(Float32)`"
                );
                let error = to_ndarray::<bool>(&x).unwrap_err().to_string();
                assert_eq!(error, "to_ndarray: the array is int64, not bool; convert it with `x.astype(Bool)`");
                Ok(())
            }

            #[test]
            fn what_was_taken_over_is_ours_to_overwrite() -> Result<()> {
                let theirs = grid();
                let kept = theirs.clone();
                let mut x = from_ndarray(theirs)?;
                let shared = x.clone();
                x += 1i64;
                assert_eq!(as_ndarray::<i64>(&x)?, (&kept + 1).into_dyn());
                assert_eq!(as_ndarray::<i64>(&shared)?, kept.into_dyn());
                Ok(())
            }
        }
    };
}

#[cfg(feature = "ndarray-0_16")]
tests!(ndarray_0_16);
#[cfg(feature = "ndarray-0_17")]
tests!(ndarray_0_17);
