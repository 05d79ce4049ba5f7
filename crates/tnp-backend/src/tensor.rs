//! `Tensor`: a strided view of a buffer, what backends compute on; `TensorType`: its shape and dtype alone.

use std::fmt;

use smallvec::SmallVec;
use tnp_dtype::DType;
use tnp_shape::{Dims, Layout};

use crate::{Buffer, Device};

/// Shape and dtype of a value, known before the value is.
#[derive(Clone, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct TensorType {
    /// Sizes of the axes.
    pub shape: Dims,
    /// Type of the elements.
    pub dtype: DType,
}

impl TensorType {
    /// A type from its parts.
    #[inline]
    pub fn new(shape: &[usize], dtype: DType) -> TensorType {
        TensorType {
            shape: Dims::from_slice(shape),
            dtype,
        }
    }

    /// Number of axes.
    #[inline]
    pub fn ndim(&self) -> usize {
        self.shape.len()
    }

    /// Number of elements.
    #[inline]
    pub fn size(&self) -> usize {
        self.shape.iter().product()
    }

    /// Bytes of a contiguous array of this type.
    #[inline]
    pub fn bytes(&self) -> usize {
        self.size() * self.dtype.itemsize()
    }
}

impl fmt::Display for TensorType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[", self.dtype)?;
        for (i, dim) in self.shape.iter().enumerate() {
            write!(f, "{}{dim}", if i == 0 { "" } else { "," })?;
        }
        f.write_str("]")
    }
}

impl fmt::Debug for TensorType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Types of a primitive's inputs or outputs.
pub type Types = SmallVec<[TensorType; 1]>;

/// A value on a device: a strided view of a buffer.
#[derive(Clone, Debug)]
pub struct Tensor {
    /// The memory.
    pub buffer: Buffer,
    /// Where the elements lie in it.
    pub layout: Layout,
    /// Type of the elements.
    pub dtype: DType,
}

/// Values that a primitive gives.
pub type Outputs = SmallVec<[Tensor; 1]>;

/// Values that an executable is given.
pub type Inputs = SmallVec<[Tensor; 4]>;

impl Tensor {
    /// A contiguous tensor over a whole buffer.
    #[inline]
    pub fn contiguous(buffer: Buffer, shape: &[usize], dtype: DType) -> Tensor {
        Tensor {
            buffer,
            layout: Layout::contiguous(shape),
            dtype,
        }
    }

    /// Sizes of the axes.
    #[inline]
    pub fn shape(&self) -> &[usize] {
        self.layout.shape()
    }

    /// The device it lives on.
    #[inline]
    pub fn device(&self) -> Device {
        self.buffer.device()
    }

    /// Shape and dtype.
    #[inline]
    pub fn ty(&self) -> TensorType {
        TensorType::new(self.shape(), self.dtype)
    }

    /// Pointer to the buffer's first byte, when the host can read it. The layout's offset is not added.
    #[inline]
    pub fn host_ptr(&self) -> Option<*const u8> {
        self.buffer.host_ptr()
    }
}

/// An input of a primitive: a tensor, and whether its buffer is the backend's to overwrite.
#[derive(Clone, Copy, Debug)]
pub struct Arg<'a> {
    /// The value.
    pub tensor: &'a Tensor,
    /// True when nobody else holds the buffer and its value is not needed afterwards: the backend may
    /// return it, overwritten, as an output.
    pub donated: bool,
}

impl<'a> Arg<'a> {
    /// An input that must be left as it is.
    #[inline]
    pub fn borrowed(tensor: &'a Tensor) -> Arg<'a> {
        Arg {
            tensor,
            donated: false,
        }
    }
}
