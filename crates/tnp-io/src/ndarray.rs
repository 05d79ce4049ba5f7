//! Interchange with the crate `ndarray`, one module for each version of it, all from one macro.
//!
//! Its types stand in no other signature of the library, so that two versions in one program do not meet.

macro_rules! bridge {
    ($module:ident, $nd:ident, $version:literal) => {
        #[doc = concat!("Interchange with `ndarray` ", $version, ".")]
        pub mod $module {
            use ::$nd::{
                ArrayBase, ArrayD, ArrayViewD, Axis, Data, Dimension, IxDyn, ShapeBuilder,
            };
            use smallvec::SmallVec;
            use tnp_array::{Array, DType, Element, Error, Result, current_device};
            use tnp_backend::{Buffer, HostMemory, INLINE_BYTES, Tensor};
            use tnp_shape::{Dims, Layout, Strides};

            /// An owned `ndarray` array as an [`Array`], whose memory is taken over: on the CPU nothing is copied, whatever the
            /// layout (Fortran order, slices and reversed axes stay as they are).
            ///
            /// On another device, and for a few bytes, the elements are copied.
            ///
            /// # Errors
            /// When the program has no backend, or its device no memory left.
            ///
            /// # Examples
            /// ```
            /// # extern crate tnp_cpu;
            #[doc = concat!("use ", stringify!($nd), "::arr2;")]
            #[doc = concat!("use tnp_io::", stringify!($module), "::from_ndarray;")]
            /// let x = from_ndarray(arr2(&[[1.0, 2.0], [3.0, 4.0]]).reversed_axes())?;
            /// assert_eq!(x.shape(), [2, 2]);
            /// assert_eq!(x.to_vec::<f64>()?, [1.0, 3.0, 2.0, 4.0]);
            /// # Ok::<(), tnp_array::Error>(())
            /// ```
            pub fn from_ndarray<T: Element, D: Dimension>(
                array: ::$nd::Array<T, D>,
            ) -> Result<Array> {
                let device = current_device()?;
                if !device.backend().is_host() || array.len() * size_of::<T>() <= INLINE_BYTES {
                    return copy_ndarray(&array);
                }
                let shape = Dims::from_slice(array.shape());
                let strides = Strides::from_slice(array.strides());
                let (elements, offset) = array.into_raw_vec_and_offset();
                let layout = Layout::from_parts(shape, strides, offset.unwrap_or(0));
                let bytes = elements.len() * size_of::<T>();
                let buffer = Buffer::host(device, bytes, HostMemory::from_vec(elements));
                Ok(Array::from_tensor(Tensor {
                    buffer,
                    layout,
                    dtype: T::DTYPE,
                }))
            }

            /// Any `ndarray` array or view as an [`Array`], its elements copied in C order.
            ///
            /// # Errors
            /// As [`from_ndarray`].
            pub fn copy_ndarray<S: Data<Elem: Element>, D: Dimension>(
                array: &ArrayBase<S, D>,
            ) -> Result<Array> {
                match array.as_slice() {
                    Some(elements) => Array::from_slice(elements, array.shape()),
                    None => Array::from_vec(array.iter().copied().collect(), array.shape()),
                }
            }

            /// The elements of an array as an `ndarray` view, without copying: any strides, as long as they are in host memory.
            ///
            /// # Errors
            /// When `T` is another type than the dtype's (the message names `astype`), when the array is on a device whose memory the
            /// host cannot read, inside a trace or a map, or when what computed the array failed.
            ///
            /// # Examples
            /// ```
            /// # extern crate tnp_cpu;
            /// use tnp_array::array;
            #[doc = concat!("use tnp_io::", stringify!($module), "::as_ndarray;")]
            /// let x = array([[1.0, 2.0], [3.0, 4.0]], ())?;
            /// assert_eq!(as_ndarray::<f64>(&x)?.sum(), 10.0);
            /// assert!(as_ndarray::<f32>(&x).unwrap_err().to_string().contains("astype"));
            /// # Ok::<(), tnp_array::Error>(())
            /// ```
            pub fn as_ndarray<T: Element>(x: &Array) -> Result<ArrayViewD<'_, T>> {
                check::<T>("as_ndarray", x.dtype())?;
                let tensor = x.tensor().map_err(|error| error.in_op("as_ndarray"))?;
                tensor.buffer.check()?;
                let Some(memory) = tensor.host_ptr() else {
                    return Err(Error::device(format!(
                        "as_ndarray: the array is on {}; copy it with `to_ndarray`",
                        tensor.device()
                    )));
                };
                let layout = &tensor.layout;
                let shape = IxDyn(layout.shape());
                if layout.is_empty() {
                    return ArrayViewD::from_shape(shape, &[]).map_err(refused);
                }
                // `ndarray` is given the lowest address and steps upwards; what runs downwards is reversed in place afterwards.
                let mut lowest = layout.offset() as isize;
                let mut steps: SmallVec<[usize; 8]> = SmallVec::new();
                for (&size, &stride) in layout.shape().iter().zip(layout.strides()) {
                    if stride < 0 {
                        lowest += (size as isize - 1) * stride;
                    }
                    steps.push(stride.unsigned_abs());
                }
                // SAFETY: the layout's elements lie within live, initialised host memory of elements of type T, which stays and is not
                // written to while `x`, which shares the buffer, is borrowed.
                let mut view = unsafe {
                    let first = memory.cast::<T>().offset(lowest);
                    ArrayViewD::from_shape_ptr(shape.strides(IxDyn(&steps)), first)
                };
                for (axis, &stride) in layout.strides().iter().enumerate() {
                    if stride < 0 {
                        view.invert_axis(Axis(axis));
                    }
                }
                Ok(view)
            }

            /// The elements of an array as an `ndarray` array of its own, in C order.
            ///
            /// # Errors
            /// When `T` is another type than the dtype's (the message names `astype`), inside a trace or a map, when what computed
            /// the array failed, or memory runs out.
            ///
            /// # Examples
            /// ```
            /// # extern crate tnp_cpu;
            #[doc = concat!("use ", stringify!($nd), "::arr1;")]
            /// use tnp_array::array;
            #[doc = concat!("use tnp_io::", stringify!($module), "::to_ndarray;")]
            /// let x = to_ndarray::<i64>(&array([1i64, 2, 3], ())?)?;
            /// assert_eq!(x, arr1(&[1, 2, 3]).into_dyn());
            /// # Ok::<(), tnp_array::Error>(())
            /// ```
            pub fn to_ndarray<T: Element>(x: &Array) -> Result<ArrayD<T>> {
                check::<T>("to_ndarray", x.dtype())?;
                let elements = x.to_vec::<T>().map_err(|error| error.in_op("to_ndarray"))?;
                ArrayD::from_shape_vec(IxDyn(x.shape()), elements).map_err(refused)
            }

            fn check<T: Element>(op: &str, dtype: DType) -> Result<()> {
                if dtype == T::DTYPE {
                    return Ok(());
                }
                Err(Error::dtype(format!(
                    "{op}: the array is {dtype}, not {}; convert it with `x.astype({:?})`",
                    T::DTYPE,
                    T::DTYPE
                )))
            }

            #[cold]
            fn refused(error: ::$nd::ShapeError) -> Error {
                Error::value(format!("ndarray refuses the shape: {error}"))
            }
        }
    };
}

#[cfg(feature = "ndarray-0_16")]
bridge!(ndarray_0_16, ndarray_0_16, "0.16");
#[cfg(feature = "ndarray-0_17")]
bridge!(ndarray_0_17, ndarray_0_17, "0.17");
