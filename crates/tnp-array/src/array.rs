//! `Array`: the one array type, its attributes, and how Rust values become arrays and arrays Rust values.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

use tnp_backend::prim::Prim;
use tnp_backend::{
    Buffer, Device, Error, HostMemory, INLINE_BYTES, Result, Tensor, TensorType, checked_size,
    shape_text,
};
use tnp_dtype::{DType, Element, Literal, TypeInfo, with_dtype};
use tnp_shape::{Dims, Layout, tuple};

use crate::bind::bind1;
use crate::context::{self, Boxed};
use crate::{Operand, current_device};

/// An n-dimensional array of one [`DType`] on one [`Device`].
///
/// Values are immutable and cheap to clone: a clone shares the buffer, and what looks like mutation (`assign`, `+=`) rebinds
/// the handle, in place when nothing else holds the buffer. Views (slices, transposes, broadcasts) share the buffer
/// too and never alias a write.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{Array, DType};
/// let x = Array::from_vec(vec![1.0f32, 2.0, 3.0, 4.0], &[2, 2])?;
/// assert_eq!((x.shape(), x.ndim(), x.size(), x.dtype()), (&[2, 2][..], 2, 4, DType::Float32));
/// # Ok::<(), tnp_array::Error>(())
/// ```
///
/// Comparison is elementwise and named (`equal`, `array_equal`), so `==` does not compile:
/// ```compile_fail,E0369
/// fn same(x: &tnp_array::Array, y: &tnp_array::Array) -> bool {
///     x == y
/// }
/// ```
#[derive(Clone)]
pub struct Array {
    id: u64,
    /// 0 or 1, in a word of its own: a byte is copied together with the padding after it, and a load that is wider than the store
    /// before it waits for the store to reach the cache. Arrays are copied a few times in each small operation.
    weak: u64,
    data: Data,
}

#[derive(Clone)]
enum Data {
    Concrete(Tensor),
    Boxed(Box<Boxed>),
}

/// Ids are unique in the process; each thread takes them in blocks.
#[inline]
fn fresh_id() -> u64 {
    const BLOCK: u64 = 1 << 16;
    static NEXT: AtomicU64 = AtomicU64::new(1);
    thread_local! {
        static RANGE: Cell<(u64, u64)> = const { Cell::new((0, 0)) };
    }
    let (next, end) = RANGE.get();
    if next < end {
        RANGE.set((next + 1, end));
        return next;
    }
    let start = NEXT.fetch_add(BLOCK, Ordering::Relaxed);
    RANGE.set((start + 1, start + BLOCK));
    start
}

impl Array {
    /// An array over a tensor.
    #[inline]
    pub fn from_tensor(tensor: Tensor) -> Array {
        Array {
            id: fresh_id(),
            weak: 0,
            data: Data::Concrete(tensor),
        }
    }

    /// An array that a transformation stands in for.
    pub fn from_boxed(boxed: Boxed) -> Array {
        Array {
            id: fresh_id(),
            weak: 0,
            data: Data::Boxed(Box::new(boxed)),
        }
    }

    /// The same array, marked as giving way in promotion (or not) as a scalar does.
    #[inline]
    pub fn with_weak(mut self, weak: bool) -> Array {
        self.weak = u64::from(weak);
        self
    }

    /// Names the value: clones share it, nothing else does.
    #[inline]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// What a transformation keeps for this array, when it is inside one.
    #[inline]
    pub fn boxed(&self) -> Option<&Boxed> {
        match &self.data {
            Data::Concrete(_) => None,
            Data::Boxed(boxed) => Some(boxed),
        }
    }

    /// What a transformation keeps for this array, given up.
    ///
    /// # Errors
    /// The array itself when it is not inside a transformation.
    pub fn into_boxed(self) -> std::result::Result<Boxed, Array> {
        match self.data {
            Data::Boxed(boxed) => Ok(*boxed),
            Data::Concrete(_) => Err(self),
        }
    }

    /// The tensor behind the array.
    ///
    /// # Errors
    /// Inside a trace or a map, where there is no value yet.
    #[inline]
    pub fn tensor(&self) -> Result<&Tensor> {
        match &self.data {
            Data::Concrete(tensor) => Ok(tensor),
            Data::Boxed(boxed) => Err(context::without_value(boxed.scope)),
        }
    }

    /// The tensor behind the array, where there is one.
    #[inline]
    pub(crate) fn concrete(&self) -> Option<&Tensor> {
        match &self.data {
            Data::Concrete(tensor) => Some(tensor),
            Data::Boxed(_) => None,
        }
    }

    /// The tensor behind the array, given up.
    ///
    /// # Errors
    /// Inside a trace or a map, where there is no value yet.
    pub fn into_tensor(self) -> Result<Tensor> {
        match self.data {
            Data::Concrete(tensor) => Ok(tensor),
            Data::Boxed(boxed) => Err(context::without_value(boxed.scope)),
        }
    }

    /// True when this handle is the only one of its buffer and the buffer may be written.
    #[inline]
    pub(crate) fn is_unique(&mut self) -> bool {
        match &mut self.data {
            Data::Concrete(tensor) => tensor.buffer.is_unique(),
            Data::Boxed(_) => false,
        }
    }

    /// Sizes of the axes.
    ///
    /// <https://numpy.org/doc/stable/reference/generated/numpy.ndarray.shape.html>
    #[inline]
    pub fn shape(&self) -> &[usize] {
        match &self.data {
            Data::Concrete(tensor) => tensor.layout.shape(),
            Data::Boxed(boxed) => &boxed.ty.shape,
        }
    }

    /// Number of axes.
    #[inline]
    pub fn ndim(&self) -> usize {
        self.shape().len()
    }

    /// Number of elements.
    #[inline]
    pub fn size(&self) -> usize {
        self.shape().iter().product()
    }

    /// Type of the elements.
    #[inline]
    pub fn dtype(&self) -> DType {
        match &self.data {
            Data::Concrete(tensor) => tensor.dtype,
            Data::Boxed(boxed) => boxed.ty.dtype,
        }
    }

    /// Bytes per element.
    #[inline]
    pub fn itemsize(&self) -> usize {
        self.dtype().itemsize()
    }

    /// Bytes of the elements, whatever the strides.
    #[inline]
    pub fn nbytes(&self) -> usize {
        self.size() * self.itemsize()
    }

    /// True when the dtype gives way in promotion as a scalar's does (`All` and `Safe` modes).
    #[inline]
    pub fn is_weak(&self) -> bool {
        self.weak != 0
    }

    /// Dtype and weakness.
    #[inline]
    pub fn type_info(&self) -> TypeInfo {
        TypeInfo {
            dtype: self.dtype(),
            weak: self.is_weak(),
        }
    }

    /// Shape and dtype.
    pub fn ty(&self) -> TensorType {
        TensorType::new(self.shape(), self.dtype())
    }

    /// The device the array lives on; inside a trace or a map, where its operations will run.
    ///
    /// # Errors
    /// Inside a trace or a map when the program has no backend.
    #[inline]
    pub fn device(&self) -> Result<Device> {
        match &self.data {
            Data::Concrete(tensor) => Ok(tensor.buffer.device()),
            Data::Boxed(_) => current_device(),
        }
    }

    /// Strides in elements (NumPy's count bytes).
    ///
    /// # Errors
    /// Inside a trace or a map, where there is no memory yet.
    pub fn strides(&self) -> Result<&[isize]> {
        Ok(self.tensor()?.layout.strides())
    }

    /// Length of the first axis.
    ///
    /// # Errors
    /// For a 0-d array ("len() of unsized object").
    #[allow(
        clippy::len_without_is_empty,
        reason = "NumPy's len() is of the first axis; emptiness is `size() == 0`"
    )]
    pub fn len(&self) -> Result<usize> {
        self.shape()
            .first()
            .copied()
            .ok_or_else(|| Error::dtype("len: len() of unsized object; a 0-d array has no axes"))
    }

    // ---- from Rust

    /// A 0-d array on the current device.
    ///
    /// # Errors
    /// When there is no device, or its memory runs out.
    #[inline]
    pub fn from_literal(value: Literal) -> Result<Array> {
        if context::is_active() {
            // Part of the program that a transformation sees, not an array it captures.
            let shape = Dims::new();
            return bind1(&Prim::Full { shape, value }, &mut []);
        }
        Array::from_bytes(value.as_bytes(), &[], value.dtype())
    }

    /// A `Vec` as an array of a shape, in C order, without copying on the CPU.
    ///
    /// # Errors
    /// When the shape's size is not the number of elements.
    pub fn from_vec<T: Element>(vec: Vec<T>, shape: &[usize]) -> Result<Array> {
        let size = checked_size(shape, T::DTYPE)?;
        if size != vec.len() {
            return Err(Error::value(format!(
                "from_vec: cannot reshape array of size {} into shape {}",
                vec.len(),
                shape_text(shape)
            )));
        }
        let device = current_device()?;
        let bytes = size * size_of::<T>();
        if !device.backend().is_host() || bytes <= INLINE_BYTES {
            return Array::from_slice(&vec, shape);
        }
        let buffer = Buffer::host(device, bytes, HostMemory::from_vec(vec));
        Ok(Array::from_tensor(Tensor::contiguous(
            buffer,
            shape,
            T::DTYPE,
        )))
    }

    /// Elements in C order, copied.
    ///
    /// # Errors
    /// When the shape's size is not the number of elements.
    pub fn from_slice<T: Element>(elements: &[T], shape: &[usize]) -> Result<Array> {
        // SAFETY: elements are plain data without padding; any of their bytes may be read.
        let bytes = unsafe {
            std::slice::from_raw_parts(elements.as_ptr().cast::<u8>(), size_of_val(elements))
        };
        Array::from_bytes(bytes, shape, T::DTYPE)
    }

    /// Native-endian bytes of elements in C order, copied to the current device. Bytes of bools must be 0 or 1.
    ///
    /// # Errors
    /// When the number of bytes is not what the shape needs, or memory runs out.
    pub fn from_bytes(bytes: &[u8], shape: &[usize], dtype: DType) -> Result<Array> {
        let wanted = checked_size(shape, dtype)? * dtype.itemsize();
        if wanted != bytes.len() {
            return Err(Error::value(format!(
                "from_bytes: an array of shape {} and dtype {dtype} has {wanted} bytes, {} were given",
                shape_text(shape),
                bytes.len()
            )));
        }
        if dtype == DType::Bool && bytes.iter().any(|&byte| byte > 1) {
            return Err(Error::value(
                "from_bytes: a byte of a bool array is neither 0 nor 1",
            ));
        }
        let device = current_device()?;
        let buffer = device.backend().upload(device.index(), bytes)?;
        Ok(Array::from_tensor(Tensor::contiguous(buffer, shape, dtype)))
    }

    /// The memory of an array of at most [`INLINE_BYTES`] with one value in all places, where nothing is in force and the host's own
    /// memory is meant: running a primitive would take longer. Else `None`.
    #[inline]
    pub(crate) fn few(size: usize, value: &Literal) -> Option<Result<Buffer>> {
        let item = value.as_bytes();
        let bytes = size * item.len();
        let device = current_device().ok()?;
        if bytes > INLINE_BYTES || context::is_active() || !device.backend().is_host() {
            return None;
        }
        let mut room = [0u8; INLINE_BYTES];
        for place in room[..bytes].chunks_exact_mut(item.len()) {
            place.copy_from_slice(item);
        }
        Some(device.backend().upload(device.index(), &room[..bytes]))
    }

    // ---- to Rust

    /// The same elements in C order without gaps: this very array when it is so already.
    pub(crate) fn compact(&self) -> Result<Tensor> {
        let tensor = self.tensor()?;
        tensor.buffer.check()?;
        tnp_backend::compact(tensor)
    }

    /// The elements in C order, of the array's own type.
    ///
    /// # Errors
    /// When `T` is another type than the dtype's (the message names `astype`), inside a trace or a map, or when what
    /// computed the array failed.
    ///
    /// # Examples
    /// ```
    /// # extern crate tnp_cpu;
    /// use tnp_array::Array;
    /// let x = Array::from_vec(vec![1i64, 2, 3], &[3])?;
    /// assert_eq!(x.to_vec::<i64>()?, [1, 2, 3]);
    /// assert!(x.to_vec::<f32>().unwrap_err().to_string().contains("astype"));
    /// # Ok::<(), tnp_array::Error>(())
    /// ```
    pub fn to_vec<T: Element>(&self) -> Result<Vec<T>> {
        self.check_element::<T>("to_vec")?;
        let tensor = self.compact()?;
        let size = tensor.layout.size();
        let mut vec = Vec::<T>::new();
        vec.try_reserve_exact(size)
            .map_err(|_| out_of_memory(size * size_of::<T>()))?;
        if let Some(ptr) = tensor.buffer.host_ptr() {
            let start = tensor.layout.offset();
            // SAFETY: a contiguous tensor's elements from its offset on lie in its buffer, and have type T.
            unsafe {
                let source = ptr.cast::<T>().add(start);
                std::ptr::copy_nonoverlapping(source, vec.as_mut_ptr(), size);
                vec.set_len(size);
            }
            return Ok(vec);
        }
        let mut bytes = vec![0u8; size * size_of::<T>()];
        tnp_backend::download(&tensor, &mut bytes)?;
        // SAFETY: as many bytes as the vector has reserved, of elements a backend of this dtype wrote.
        unsafe {
            std::ptr::copy_nonoverlapping(
                bytes.as_ptr(),
                vec.as_mut_ptr().cast::<u8>(),
                bytes.len(),
            );
            vec.set_len(size);
        }
        Ok(vec)
    }

    /// The elements in C order, without copying.
    ///
    /// # Errors
    /// As [`Array::to_vec`], and when the array is not contiguous or not in host memory; `to_vec` copies then.
    pub fn as_slice<T: Element>(&self) -> Result<&[T]> {
        self.check_element::<T>("as_slice")?;
        let tensor = self.tensor()?;
        tensor.buffer.check()?;
        if !tensor.layout.is_contiguous() {
            return Err(Error::value(
                "as_slice: the array is not contiguous; copy it with `to_vec` or `ascontiguousarray`",
            ));
        }
        let Some(ptr) = tensor.buffer.host_ptr() else {
            return Err(Error::device(format!(
                "as_slice: the array is on {}; copy it with `to_vec`",
                tensor.device()
            )));
        };
        // SAFETY: contiguous elements of type T in live host memory, immutable while `self` shares the buffer.
        Ok(unsafe {
            std::slice::from_raw_parts(
                ptr.cast::<T>().add(tensor.layout.offset()),
                tensor.layout.size(),
            )
        })
    }

    /// The native-endian bytes of the elements in C order.
    ///
    /// # Errors
    /// As [`Array::to_vec`].
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let tensor = self.compact()?;
        let mut bytes = vec![0u8; tensor.ty().bytes()];
        tnp_backend::download(&tensor, &mut bytes)?;
        Ok(bytes)
    }

    fn check_element<T: Element>(&self, op: &str) -> Result<()> {
        if self.dtype() == T::DTYPE {
            return Ok(());
        }
        Err(Error::dtype(format!(
            "{op}: the array is {}, not {}; convert it with `x.astype({:?})`",
            self.dtype(),
            T::DTYPE,
            T::DTYPE
        )))
    }

    /// The only element, as a typed scalar.
    ///
    /// # Errors
    /// When the array has more or fewer elements than one; otherwise as [`Array::to_vec`].
    #[inline]
    pub fn literal(&self) -> Result<Literal> {
        if self.size() != 1 {
            return Err(Error::value(format!(
                "item: can only convert an array of size 1 to a scalar, this one has shape {}",
                shape_text(self.shape())
            )));
        }
        tnp_backend::scalar(self.tensor()?)
    }

    /// The only element, converted to a Rust number as `astype` would.
    ///
    /// # Errors
    /// When the array has more or fewer elements than one; otherwise as [`Array::to_vec`].
    ///
    /// # Examples
    /// ```
    /// # extern crate tnp_cpu;
    /// use tnp_array::Array;
    /// assert_eq!(Array::from_vec(vec![2.5f32], &[1])?.item::<f64>()?, 2.5);
    /// # Ok::<(), tnp_array::Error>(())
    /// ```
    pub fn item<T: Element>(&self) -> Result<T> {
        Ok(self.literal()?.cast(T::DTYPE).value())
    }

    /// The element at a position, one number an axis.
    ///
    /// # Errors
    /// When the position has another number of axes or is out of bounds; otherwise as [`Array::to_vec`].
    pub fn literal_at(&self, position: &[usize]) -> Result<Literal> {
        let tensor = self.tensor()?;
        let offset = element_offset(&tensor.layout, position)?;
        let element = Tensor {
            buffer: tensor.buffer.clone(),
            layout: Layout::from_parts(Dims::new(), Default::default(), offset),
            dtype: tensor.dtype,
        };
        tnp_backend::scalar(&element)
    }

    /// True or false, for an array of one element.
    ///
    /// # Errors
    /// When the array has more or fewer elements than one: the truth of several is ambiguous; inside a trace or a
    /// map, where there is no value yet.
    pub fn truth(&self) -> Result<bool> {
        if self.size() != 1 {
            return Err(Error::value(format!(
                "bool: the truth value of an array of shape {}, with more than one element (or none), is ambiguous; use `any` or `all`",
                tuple(self.shape())
            )));
        }
        self.item::<bool>()
    }

    // ---- dtype

    /// The elements converted to another dtype, as NumPy's `astype` does with `casting="unsafe"`; the array itself
    /// when it has the dtype already.
    ///
    /// Integers wrap, floats truncate toward zero, complex numbers lose the imaginary part.
    ///
    /// # Errors
    /// When memory runs out.
    ///
    /// # Examples
    /// ```
    /// # extern crate tnp_cpu;
    /// use tnp_array::{Array, DType};
    /// let x = Array::from_vec(vec![1.7, -2.3], &[2])?.astype(DType::Int64)?;
    /// assert_eq!(x.to_vec::<i64>()?, [1, -2]);
    /// # Ok::<(), tnp_array::Error>(())
    /// ```
    /// <https://numpy.org/doc/stable/reference/generated/numpy.ndarray.astype.html>
    pub fn astype(&self, dtype: DType) -> Result<Array> {
        Operand::Borrowed(self).astype(dtype)?.into_array()
    }
}

impl<'a> Operand<'a> {
    /// The operand as an array of a dtype; nothing happens when it has it.
    pub(crate) fn astype(mut self, dtype: DType) -> Result<Operand<'a>> {
        if let Operand::Scalar(scalar) = &self {
            let literal = scalar.to_literal(scalar.default_dtype())?.cast(dtype);
            return Ok(Operand::Owned(Array::from_literal(literal)?));
        }
        let array = self.array()?;
        if array.dtype() == dtype {
            return Ok(match self {
                Operand::Borrowed(array) if array.is_weak() => {
                    Operand::Owned(array.clone().with_weak(false))
                }
                Operand::Owned(array) => Operand::Owned(array.with_weak(false)),
                other => other,
            });
        }
        Ok(Operand::Owned(bind1(&Prim::Cast { dtype }, &mut [self])?))
    }
}

fn element_offset(layout: &Layout, position: &[usize]) -> Result<usize> {
    if position.len() != layout.ndim() {
        return Err(Error::index(format!(
            "item: {} indices for an array of dimension {}",
            position.len(),
            layout.ndim()
        )));
    }
    let mut offset = layout.offset() as isize;
    for (axis, ((&at, &dim), &stride)) in position
        .iter()
        .zip(layout.shape())
        .zip(layout.strides())
        .enumerate()
    {
        if at >= dim {
            return Err(Error::index(format!(
                "index {at} is out of bounds for axis {axis} with size {dim}"
            )));
        }
        offset += at as isize * stride;
    }
    Ok(offset as usize)
}

#[cold]
fn out_of_memory(bytes: usize) -> Error {
    Error::memory(format!("cannot allocate {bytes} bytes"))
}

/// An array's value read element by element: converts once to host memory.
pub(crate) fn host_literals(x: &Array) -> Result<Vec<Literal>> {
    with_dtype!(x.dtype(), T => Ok(x.to_vec::<T>()?.into_iter().map(Literal::new).collect()))
}

const _: () = {
    const fn crosses_threads<T: Send + Sync>() {}
    crosses_threads::<Array>();
};
