//! DLPack: arrays to and from other libraries by address, in the host's memory or a device's own.
//!
//! [`to_dlpack`] gives an array as a managed tensor, [`from_dlpack`] takes one over; the structures are those of
//! <https://dmlc.github.io/dlpack/latest/c_api.html>, under their names there. Memory of the host is shared both ways. Memory of a
//! device is shared on its way out, and copied once, within the device and counted, on its way in.

use std::any::Any;
use std::ffi::c_void;
use std::ptr::NonNull;

use smallvec::SmallVec;
use tnp_array::Array;
use tnp_backend::{Device, Error, ErrorKind, Loan, Result, Tensor, compact, count_transfer};
use tnp_dtype::DType;
use tnp_shape::Dims;

use crate::foreign::{Copying, Foreign, c_order};

/// DLPack's kind of the host's memory.
pub const CPU: i32 = 1;
/// DLPack's kind of CUDA devices' memory.
const CUDA: i32 = 2;
/// Kinds of memory that the host reads in place: its own, and pinned and managed memory of GPUs.
const HOST: [i32; 4] = [CPU, 3, 11, 13];
/// `DLPACK_FLAG_BITMASK_READ_ONLY`.
const READ_ONLY: u64 = 1;
/// `DLPACK_FLAG_BITMASK_IS_COPIED`.
const COPIED: u64 = 2;

/// Where memory lies: DLPack's kind of device, and its number among those of the kind.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as in the C header")]
pub struct DLDevice {
    pub device_type: i32,
    pub device_id: i32,
}

/// A type of elements.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as in the C header")]
pub struct DLDataType {
    pub code: u8,
    pub bits: u8,
    pub lanes: u16,
}

/// A tensor: address, shape and strides, in elements.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "named as in the C header")]
pub struct DLTensor {
    pub data: *mut c_void,
    pub device: DLDevice,
    pub ndim: i32,
    pub dtype: DLDataType,
    pub shape: *mut i64,
    pub strides: *mut i64,
    pub byte_offset: u64,
}

/// A tensor with the function that frees it; the form before version 1.0, which cannot say that memory is read-only.
#[repr(C)]
#[allow(missing_docs, reason = "named as in the C header")]
pub struct DLManagedTensor {
    pub dl_tensor: DLTensor,
    pub manager_ctx: *mut c_void,
    pub deleter: Option<unsafe extern "C" fn(*mut DLManagedTensor)>,
}

/// A tensor with the function that frees it, its version and its flags.
#[repr(C)]
#[allow(missing_docs, reason = "named as in the C header")]
pub struct DLManagedTensorVersioned {
    pub major: u32,
    pub minor: u32,
    pub manager_ctx: *mut c_void,
    pub deleter: Option<unsafe extern "C" fn(*mut DLManagedTensorVersioned)>,
    pub flags: u64,
    pub dl_tensor: DLTensor,
}

/// The two forms of a managed tensor.
///
/// # Safety
/// `delete` frees what `tensor` describes.
pub unsafe trait Managed: Sized {
    /// Whether the form can say that memory is read-only.
    const SAYS_READ_ONLY: bool;

    /// The tensor that it manages.
    ///
    /// # Errors
    /// When the structure is of a version that is not known; then nothing but `delete` may be done with it.
    fn tensor(&self) -> Result<&DLTensor>;

    /// A tensor whose memory and shape `context` keeps.
    fn new(tensor: DLTensor, context: *mut c_void, flags: u64) -> Self;

    /// Frees it.
    ///
    /// # Safety
    /// `this` is alive, and not freed again.
    unsafe fn delete(this: NonNull<Self>);
}

// SAFETY: `deleter` is how the protocol frees a tensor.
unsafe impl Managed for DLManagedTensor {
    const SAYS_READ_ONLY: bool = false;

    fn tensor(&self) -> Result<&DLTensor> {
        Ok(&self.dl_tensor)
    }

    fn new(dl_tensor: DLTensor, manager_ctx: *mut c_void, _: u64) -> DLManagedTensor {
        unsafe extern "C" fn deleter(this: *mut DLManagedTensor) {
            // SAFETY: `into_raw` took the structure's box apart, and it is deleted once.
            unsafe { forget_kept(Box::from_raw(this).manager_ctx) };
        }
        DLManagedTensor {
            dl_tensor,
            manager_ctx,
            deleter: Some(deleter),
        }
    }

    unsafe fn delete(this: NonNull<DLManagedTensor>) {
        // SAFETY: the caller's.
        if let Some(deleter) = unsafe { this.as_ref() }.deleter {
            // SAFETY: its own deleter.
            unsafe { deleter(this.as_ptr()) };
        }
    }
}

// SAFETY: `deleter` is how the protocol frees a tensor.
unsafe impl Managed for DLManagedTensorVersioned {
    const SAYS_READ_ONLY: bool = true;

    fn tensor(&self) -> Result<&DLTensor> {
        match self.major {
            1 => Ok(&self.dl_tensor),
            _ => Err(Error::unsupported(format!(
                "from_dlpack: version {}.{} of the protocol, 1.x is known",
                self.major, self.minor
            ))),
        }
    }

    fn new(dl_tensor: DLTensor, manager_ctx: *mut c_void, flags: u64) -> DLManagedTensorVersioned {
        unsafe extern "C" fn deleter(this: *mut DLManagedTensorVersioned) {
            // SAFETY: `into_raw` took the structure's box apart, and it is deleted once.
            unsafe { forget_kept(Box::from_raw(this).manager_ctx) };
        }
        DLManagedTensorVersioned {
            major: 1,
            minor: 0,
            manager_ctx,
            deleter: Some(deleter),
            flags,
            dl_tensor,
        }
    }

    unsafe fn delete(this: NonNull<DLManagedTensorVersioned>) {
        // SAFETY: the caller's.
        if let Some(deleter) = unsafe { this.as_ref() }.deleter {
            // SAFETY: its own deleter.
            unsafe { deleter(this.as_ptr()) };
        }
    }
}

/// A managed tensor that is freed when dropped.
pub struct Owned<M: Managed>(NonNull<M>);

// SAFETY: the protocol lets a tensor be freed on any thread.
unsafe impl<M: Managed> Send for Owned<M> {}
// SAFETY: as above; it is only read.
unsafe impl<M: Managed> Sync for Owned<M> {}

impl<M: Managed> Owned<M> {
    /// Takes a managed tensor over.
    ///
    /// # Safety
    /// It is alive, as the protocol has it, and nobody else frees it.
    pub unsafe fn from_raw(tensor: NonNull<M>) -> Owned<M> {
        Owned(tensor)
    }

    /// Gives it to somebody who frees it by its deleter.
    pub fn into_raw(self) -> NonNull<M> {
        std::mem::ManuallyDrop::new(self).0
    }

    /// What it manages.
    ///
    /// # Errors
    /// When its version is not known.
    pub fn tensor(&self) -> Result<&DLTensor> {
        // SAFETY: alive as long as `self`.
        unsafe { self.0.as_ref() }.tensor()
    }
}

impl<M: Managed> Drop for Owned<M> {
    fn drop(&mut self) {
        // SAFETY: owned here alone.
        unsafe { M::delete(self.0) }
    }
}

const fn element_type(dtype: DType) -> DLDataType {
    let (code, bits) = match dtype {
        DType::Bool => (6, 8),
        DType::Int8 => (0, 8),
        DType::Int16 => (0, 16),
        DType::Int32 => (0, 32),
        DType::Int64 => (0, 64),
        DType::UInt8 => (1, 8),
        DType::UInt16 => (1, 16),
        DType::UInt32 => (1, 32),
        DType::UInt64 => (1, 64),
        DType::Float16 => (2, 16),
        DType::BFloat16 => (4, 16),
        DType::Float32 => (2, 32),
        DType::Float64 => (2, 64),
        DType::Complex64 => (5, 64),
        DType::Complex128 => (5, 128),
    };
    DLDataType {
        code,
        bits,
        lanes: 1,
    }
}

fn dtype_of(element: DLDataType) -> Option<DType> {
    let mut all = DType::ALL.iter().copied();
    all.find(|&dtype| element_type(dtype) == element)
}

/// DLPack's kind and number of the device that an array is on: `__dlpack_device__`.
///
/// # Errors
/// When other libraries cannot use that device's memory, and for what stands in for an array in a trace or a map.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// let x = tnp_array::array(1.0, ())?;
/// assert_eq!(tnp_io::dlpack::place(&x)?, (tnp_io::dlpack::CPU, 0));
/// # Ok::<(), tnp_array::Error>(())
/// ```
pub fn place(x: &Array) -> Result<(i32, i32)> {
    let tensor = x.tensor()?;
    let device = tensor.device();
    let named = device.backend().place(device.index());
    named.or(tensor.host_ptr().map(|_| (CPU, 0))).ok_or_else(|| {
        Error::unsupported(format!(
            "dlpack: the array is on {device}, whose memory other libraries cannot use where it lies; copy it with `x.to(\"cpu:0\")`"
        ))
    })
}

/// The device of a kind and number of DLPack's.
fn device_of(place: (i32, i32)) -> Option<Device> {
    let mut devices = tnp_backend::devices().into_iter().map(|info| info.device);
    devices.find(|device| device.backend().place(device.index()) == Some(place))
}

/// The stream to ask a producer for (`__dlpack__(stream=…)`), whose memory has that kind and number; `None` for the host's.
///
/// # Errors
/// When no device here is of that kind and number, or it cannot be started.
pub fn stream(place: (i32, i32)) -> Result<Option<i64>> {
    if HOST.contains(&place.0) {
        return Ok(None);
    }
    let device = device_of(place).ok_or_else(|| unknown(place))?;
    let exchange = device.backend().exchange(device.index())?;
    exchange.stream().map(Some)
}

#[cold]
fn unknown(place: (i32, i32)) -> Error {
    // What keeps CUDA's devices from being found says more than that there is none.
    let why = match place {
        (CUDA, number) => Device::find("cuda", usize::try_from(number).unwrap_or(usize::MAX))
            .err()
            .map_or_else(String::new, |error| format!(" ({error})")),
        _ => String::new(),
    };
    Error::unsupported(format!(
        "from_dlpack: the array is on device {place:?} of DLPack, which tnp has not here{why}; move it to the CPU first"
    ))
}

/// How an array goes out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Export {
    /// A copy always, only where it has to be, or never.
    pub copy: Copying,
    /// Kind and number of the device it is wanted on, if not its own.
    pub device: Option<(i32, i32)>,
}

/// What a tensor of ours keeps alive. The loan goes first: it needs the array's memory.
struct Kept {
    _loan: Option<Box<dyn Any + Send + Sync>>,
    _array: Array,
    shape: SmallVec<[i64; 4]>,
    strides: SmallVec<[i64; 4]>,
}

/// # Safety
/// `context` is of [`to_dlpack`], and this is called once.
unsafe fn forget_kept(context: *mut c_void) {
    // SAFETY: the caller's.
    drop(unsafe { Box::from_raw(context.cast::<Kept>()) });
}

/// An array as a managed tensor, which keeps its memory. Arrays are values: the versioned form says that the memory is read-only; the
/// older one cannot, and gets a copy.
///
/// # Errors
/// Of kind [`Unsupported`](tnp_backend::ErrorKind::Unsupported) when the memory cannot be shared as it is asked for; when a copy fails;
/// the error of the operation that was to compute the array.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_io::dlpack::{DLManagedTensorVersioned, Export, from_dlpack, to_dlpack};
/// let x = tnp_array::arange(4)?;
/// let tensor = to_dlpack::<DLManagedTensorVersioned>(&x, Export::default())?;
/// // SAFETY: a tensor of our own, which nobody changes.
/// let same = unsafe { from_dlpack(tensor, None)? };
/// assert_eq!(same.to_vec::<i64>()?, [0, 1, 2, 3]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
pub fn to_dlpack<M: Managed>(x: &Array, options: Export) -> Result<Owned<M>> {
    // SAFETY: no stream is named.
    unsafe { to_dlpack_on(x, options, None) }
}

/// The same for a reader on a stream ([`Exchange`](tnp_backend::Exchange) has the numbers), which waits for what fills the memory. A reader
/// in the host's memory has none.
///
/// # Safety
/// The number is that of a stream of the array's device, which is alive.
///
/// # Errors
/// As [`to_dlpack`], and for a stream where there can be none.
pub unsafe fn to_dlpack_on<M: Managed>(
    x: &Array,
    options: Export,
    stream: Option<i64>,
) -> Result<Owned<M>> {
    let mut array = x.clone();
    let mut copied = false;
    if x.tensor()?.host_ptr().is_some() && stream.is_some_and(|stream| stream != -1) {
        return Err(Error::value(
            "dlpack: arrays in host memory have no stream; it must be None",
        ));
    }
    if let Some(wanted) = options.device
        && place(x).ok() != Some(wanted)
    {
        let from = x.tensor()?.device();
        let to = match options.copy {
            Some(false) => None,
            _ => device_of(wanted),
        };
        let Some(to) = to else {
            return Err(Error::unsupported(format!(
                "dlpack: the array is on {from} and cannot be exported to device {wanted:?}{}",
                match options.copy {
                    Some(false) => " without a copy",
                    _ => ", which is none of tnp's here",
                }
            )));
        };
        array = x.to(to)?;
        copied = true;
    }
    if !copied && !M::SAYS_READ_ONLY && options.copy == Some(false) && x.size() > 0 {
        return Err(Error::unsupported(
            "dlpack: arrays are values and legacy capsules cannot say read-only; ask with max_version=(1, 0), or allow a copy",
        ));
    }
    if !copied && x.size() > 0 && (options.copy == Some(true) || !M::SAYS_READ_ONLY) {
        array = duplicate(&array)?;
        copied = true;
    }
    let tensor = array.tensor()?.clone();
    let device = place(&array)?;
    // SAFETY: the caller's. Who moved the array to another device was waited for, and its reader's stream is the other device's.
    let loan = unsafe { lend(&tensor, stream)? };
    let offset = match tensor.layout.is_empty() {
        true => 0,
        false => tensor.layout.offset() * tensor.dtype.itemsize(),
    };
    let numbers = |parts: &mut dyn Iterator<Item = i64>| parts.collect();
    let mut kept = Box::new(Kept {
        _loan: loan.owner,
        _array: array,
        shape: numbers(&mut tensor.layout.shape().iter().map(|&size| size as i64)),
        strides: numbers(&mut tensor.layout.strides().iter().map(|&step| step as i64)),
    });
    let described = DLTensor {
        data: loan.address.wrapping_byte_add(offset),
        device: DLDevice {
            device_type: device.0,
            device_id: device.1,
        },
        ndim: tensor.layout.ndim() as i32,
        dtype: element_type(tensor.dtype),
        shape: kept.shape.as_mut_ptr(),
        strides: kept.strides.as_mut_ptr(),
        byte_offset: 0,
    };
    let flags = if copied { COPIED } else { READ_ONLY };
    let managed = Box::new(M::new(described, Box::into_raw(kept).cast(), flags));
    Ok(Owned(NonNull::from(Box::leak(managed))))
}

/// Memory that was lent, wherever it is.
struct Lent {
    address: *mut c_void,
    owner: Option<Box<dyn Any + Send + Sync>>,
}

/// # Safety
/// The number is that of a stream of the tensor's device.
unsafe fn lend(x: &Tensor, stream: Option<i64>) -> Result<Lent> {
    x.buffer.check()?;
    if let Some(start) = x.buffer.host_ptr() {
        return Ok(Lent {
            address: start.cast_mut().cast(),
            owner: None,
        });
    }
    let device = x.device();
    let exchange = device.backend().exchange(device.index())?;
    // SAFETY: the caller's.
    let Loan { address, owner } = unsafe { exchange.lend(&x.buffer, stream)? };
    Ok(Lent {
        address: std::ptr::with_exposed_provenance_mut(address),
        owner: Some(owner),
    })
}

/// The same elements in memory that nobody else has, on the same device; the copy is counted.
fn duplicate(x: &Array) -> Result<Array> {
    let tensor = compact(x.tensor()?)?;
    let (device, bytes) = (tensor.device(), tensor.ty().bytes());
    let buffer = if tensor.host_ptr().is_some() || bytes == 0 {
        let content = Array::from_tensor(tensor.clone()).to_bytes()?;
        device.backend().upload(device.index(), &content)?
    } else {
        let exchange = device.backend().exchange(device.index())?;
        let stream = Some(exchange.stream()?);
        // SAFETY: the stream is the device's own.
        let loan = unsafe { exchange.lend(&tensor.buffer, stream)? };
        let start = loan.address + tensor.layout.offset() * tensor.dtype.itemsize();
        // SAFETY: the compact tensor's elements lie there, and the loan keeps them.
        unsafe { exchange.adopt(start, bytes)? }
    };
    count_transfer(bytes);
    let tensor = Tensor::contiguous(buffer, tensor.layout.shape(), tensor.dtype);
    Ok(Array::from_tensor(tensor))
}

/// The array of a managed tensor. In the host's memory it is borrowed, and may be written to by its owner between operations; in a
/// device's it is copied within the device. Memory that a device manages and the host reads (pinned, managed) is read at once: its owner has
/// waited for what fills it.
///
/// # Safety
/// The tensor is what it says, and while operations read it nobody writes to it; on a device, what fills it comes before what the stream
/// of [`stream`] is given.
///
/// # Errors
/// For dtypes and devices that tnp does not have, impossible shapes, a copy that is needed and forbidden, or that fails.
pub unsafe fn from_dlpack<M: Managed + 'static>(tensor: Owned<M>, copy: Copying) -> Result<Array> {
    let described = *tensor.tensor()?;
    // SAFETY: the caller's; the owner keeps the tensor.
    unsafe { import(&described, Box::new(tensor), copy) }
}

/// The array of a tensor that `owner` keeps; see [`from_dlpack`].
///
/// # Safety
/// As for [`from_dlpack`], as long as `owner` lives.
///
/// # Errors
/// As [`from_dlpack`].
pub unsafe fn import(
    tensor: &DLTensor,
    owner: Box<dyn Any + Send + Sync>,
    copy: Copying,
) -> Result<Array> {
    // SAFETY: the caller's.
    let foreign = unsafe { described(tensor)? };
    let place = (tensor.device.device_type, tensor.device.device_id);
    if HOST.contains(&place.0) {
        // SAFETY: the caller's.
        return unsafe { foreign.array(owner, copy) };
    }
    let device = device_of(place).ok_or_else(|| unknown(place))?;
    // SAFETY: the caller's; `owner` lives until the copy is done.
    let array = unsafe { foreign.adopted(device, copy) };
    drop(owner);
    array
}

/// What a structure says.
///
/// # Safety
/// `tensor` is as the protocol has it.
unsafe fn described(tensor: &DLTensor) -> Result<Foreign> {
    let Some(dtype) = dtype_of(tensor.dtype) else {
        return Err(Error::new(
            ErrorKind::Type,
            format!(
                "from_dlpack: no dtype for DLPack's code {}, {} bits, {} lanes",
                tensor.dtype.code, tensor.dtype.bits, tensor.dtype.lanes
            ),
        ));
    };
    let ndim = usize::try_from(tensor.ndim)
        .map_err(|_| Error::value("from_dlpack: a negative number of axes"))?;
    let part = |numbers: *mut i64| match ndim == 0 || numbers.is_null() {
        true => None,
        // SAFETY: the protocol gives `ndim` numbers.
        false => Some(unsafe { std::slice::from_raw_parts(numbers, ndim) }),
    };
    let shape: Option<Dims> = match part(tensor.shape) {
        Some(shape) => shape
            .iter()
            .map(|&size| usize::try_from(size).ok())
            .collect(),
        None if ndim == 0 => Some(Dims::new()),
        None => None,
    };
    let shape = shape
        .ok_or_else(|| Error::value("from_dlpack: the shape is missing or has a negative size"))?;
    let item = dtype.itemsize() as isize;
    let strides = match part(tensor.strides) {
        Some(strides) => strides
            .iter()
            .map(|&stride| (stride as isize).saturating_mul(item))
            .collect(),
        None => c_order(&shape, dtype),
    };
    let data = tensor.data.cast::<u8>();
    Ok(Foreign {
        data: data.wrapping_add(tensor.byte_offset as usize),
        dtype,
        shape,
        strides,
        immutable: false,
    })
}
