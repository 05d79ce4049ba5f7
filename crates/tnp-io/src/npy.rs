//! The `.npy` format over readers and writers: headers, descriptors, and raw data in native order.
//!
//! Paths, arrays and archives are the business of the files beside this one. Sizes that a header
//! claims are checked, with checked arithmetic, against what is there before memory is taken.

use std::io::{self, Read, Write};

use tnp_backend::{Buffer, Device, Error, HostMemory, Result, Tensor, shape_text};
use tnp_dtype::DType;
use tnp_shape::Layout;

use crate::literal::{self, Literal};

/// The six bytes that every `.npy` file begins with.
pub const MAGIC: &[u8; 6] = b"\x93NUMPY";
/// Headers are padded so that the data begins at a multiple of this.
pub const ALIGN: usize = 64;
/// Longest header that is read, as in NumPy.
const MAX_HEADER: usize = 10_000;
/// Most dimensions of an array, as in NumPy.
const MAX_NDIM: usize = 64;
/// Room that NumPy leaves for the first (or last) dimension to grow in place.
const GROWTH_DIGITS: usize = 21;

fn refuse<T>(message: impl Into<String>) -> Result<T> {
    Err(Error::value(message))
}

/// The order of an element's bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ByteOrder {
    /// Least significant byte first, `<`.
    Little,
    /// Most significant byte first, `>`.
    Big,
}

impl ByteOrder {
    /// That of this machine.
    pub const NATIVE: ByteOrder = if cfg!(target_endian = "big") {
        ByteOrder::Big
    } else {
        ByteOrder::Little
    };
}

/// What stands before the data of an `.npy` file.
///
/// # Examples
/// ```
/// use tnp_dtype::DType;
/// use tnp_io::npy::{Header, read_header};
/// let header = Header::new(DType::Float32, &[2, 3], false);
/// let bytes = header.to_bytes();
/// assert_eq!(bytes.len() % 64, 0);
/// assert_eq!(read_header(&mut &bytes[..]).unwrap(), header);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Type of the elements.
    pub dtype: DType,
    /// Order of their bytes; native for types of one byte.
    pub byte_order: ByteOrder,
    /// True when the first axis varies fastest.
    pub fortran_order: bool,
    /// Dimensions; empty for a 0-d array.
    pub shape: Vec<usize>,
}

impl Header {
    /// A header for data in this machine's byte order.
    pub fn new(dtype: DType, shape: &[usize], fortran_order: bool) -> Header {
        Header {
            dtype,
            byte_order: ByteOrder::NATIVE,
            fortran_order,
            shape: shape.to_vec(),
        }
    }

    /// Bytes of data that follow the header.
    ///
    /// # Errors
    /// The array would be larger than an address space; zero dimensions do not hide that.
    pub fn data_len(&self) -> Result<usize> {
        let whole = self
            .shape
            .iter()
            .filter(|&&dim| dim != 0)
            .try_fold(self.dtype.itemsize(), |n, &dim| n.checked_mul(dim))
            .filter(|&n| isize::try_from(n).is_ok());
        match whole {
            Some(_) if self.shape.contains(&0) => Ok(0),
            Some(len) => Ok(len),
            None => refuse(format!(
                "array is too big: shape {} of {} needs more bytes than can be addressed",
                shape_text(&self.shape),
                self.dtype
            )),
        }
    }

    /// NumPy's descriptor: `<f8`, `|b1`, and `<V2` for bfloat16 as `ml_dtypes` has it.
    pub fn descr(&self) -> String {
        let code = match self.dtype {
            DType::Bool => "b1",
            DType::Int8 => "i1",
            DType::Int16 => "i2",
            DType::Int32 => "i4",
            DType::Int64 => "i8",
            DType::UInt8 => "u1",
            DType::UInt16 => "u2",
            DType::UInt32 => "u4",
            DType::UInt64 => "u8",
            DType::Float16 => "f2",
            DType::BFloat16 => "V2",
            DType::Float32 => "f4",
            DType::Float64 => "f8",
            DType::Complex64 => "c8",
            DType::Complex128 => "c16",
        };
        let order = match self.byte_order {
            _ if self.dtype.itemsize() == 1 => '|',
            ByteOrder::Little => '<',
            ByteOrder::Big => '>',
        };
        format!("{order}{code}")
    }

    /// The bytes that `np.save` writes before the data: version 1.0, padded to 64.
    pub fn to_bytes(&self) -> Vec<u8> {
        let fortran = if self.fortran_order { "True" } else { "False" };
        let mut text = format!(
            "{{'descr': '{}', 'fortran_order': {fortran}, 'shape': {}, }}",
            self.descr(),
            shape_text(&self.shape)
        );
        let growing = if self.fortran_order {
            self.shape.last()
        } else {
            self.shape.first()
        };
        if let Some(dim) = growing {
            let room = GROWTH_DIGITS.saturating_sub(dim.to_string().len());
            text.extend(std::iter::repeat_n(' ', room));
        }
        // Version 1.0 holds 65535 bytes of header: thousands of dimensions, more than any array has.
        let prefix = MAGIC.len() + 4;
        let used = prefix + text.len() + 1;
        // NumPy pads a header that already fits by a whole block.
        text.extend(std::iter::repeat_n(' ', ALIGN - used % ALIGN));
        text.push('\n');
        let mut bytes = Vec::with_capacity(prefix + text.len());
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&[1, 0]);
        bytes.extend_from_slice(&(text.len() as u16).to_le_bytes());
        bytes.extend_from_slice(text.as_bytes());
        bytes
    }
}

/// Writes what `np.save` writes before the data.
///
/// # Errors
/// Writing failed.
pub fn write_header(writer: &mut impl Write, header: &Header) -> Result<()> {
    writer.write_all(&header.to_bytes())?;
    Ok(())
}

/// Reads a header of version 1.0, 2.0 or 3.0 and leaves the reader at the data.
///
/// # Errors
/// The bytes are no such header, or describe an array that cannot be: a dtype that has no counterpart
/// here, a negative or overflowing size. Nothing is allocated beyond the header's own 10 000 bytes.
pub fn read_header(reader: &mut impl Read) -> Result<Header> {
    let mut start = [0; 8];
    read_exactly(reader, &mut start, "magic string")?;
    if start.starts_with(b"PK\x03\x04") || start.starts_with(b"PK\x05\x06") {
        return refuse("not an .npy file but a zip archive: read it with load_npz");
    }
    if start[..6] != MAGIC[..] {
        return refuse(format!(
            "not an .npy file: it begins with '{}' instead of '\\x93NUMPY'",
            start[..6].escape_ascii()
        ));
    }
    let (major, minor) = (start[6], start[7]);
    let mut size = [0; 4];
    match (major, minor) {
        (1, 0) => read_exactly(reader, &mut size[..2], "array header length")?,
        (2 | 3, 0) => read_exactly(reader, &mut size, "array header length")?,
        _ => {
            return refuse(format!(
                "we only support format version (1,0), (2,0), and (3,0), not ({major}, {minor})"
            ));
        }
    }
    let size = u32::from_le_bytes(size) as usize;
    if size > MAX_HEADER {
        return refuse(format!(
            "Header info length ({size}) is large and may not be safe to load securely: at most {MAX_HEADER} bytes are read"
        ));
    }
    let mut bytes = vec![0; size];
    read_exactly(reader, &mut bytes, "array header")?;
    let text = if major == 3 {
        String::from_utf8(bytes)
            .map_err(|_| Error::value("the header of version 3.0 is not UTF-8"))?
    } else {
        // Latin-1: every byte is the code point of that number.
        bytes.into_iter().map(char::from).collect()
    };
    let header = parse_header(&text, major < 3)?;
    header.data_len()?;
    Ok(header)
}

fn parse_header(text: &str, python2: bool) -> Result<Header> {
    let entries = match literal::parse(text, python2) {
        Ok(Literal::Dict(entries)) => entries,
        Ok(other) => return refuse(format!("Header is not a dictionary: {other}")),
        Err(why) => return refuse(format!("Cannot parse header: {why}")),
    };
    let (mut descr, mut order, mut shape) = (None, None, None);
    for (key, value) in &entries {
        match key {
            Literal::Str(name) if name == "descr" => descr = Some(value),
            Literal::Str(name) if name == "fortran_order" => order = Some(value),
            Literal::Str(name) if name == "shape" => shape = Some(value),
            _ => return refuse(wrong_keys(&entries)),
        }
    }
    let (Some(descr), Some(order), Some(shape)) = (descr, order, shape) else {
        return refuse(wrong_keys(&entries));
    };
    let Literal::Bool(fortran_order) = *order else {
        return refuse(format!("fortran_order is not a valid bool: {order}"));
    };
    let shape = parse_shape(shape)?;
    let (dtype, byte_order) = parse_descr(descr)?;
    Ok(Header {
        dtype,
        byte_order,
        fortran_order,
        shape,
    })
}

fn wrong_keys(entries: &[(Literal, Literal)]) -> String {
    let mut keys: Vec<String> = entries.iter().map(|(key, _)| key.to_string()).collect();
    keys.sort();
    format!(
        "Header does not contain the correct keys: [{}]",
        keys.join(", ")
    )
}

fn parse_shape(shape: &Literal) -> Result<Vec<usize>> {
    let Literal::Tuple(dims) = shape else {
        return refuse(format!("shape is not valid: {shape}"));
    };
    if dims.len() > MAX_NDIM {
        return refuse(format!(
            "maximum supported dimension for an ndarray is {MAX_NDIM}, found {}",
            dims.len()
        ));
    }
    let parse = |dim: &Literal| match *dim {
        // A Python bool is an int.
        Literal::Bool(dim) => Ok(usize::from(dim)),
        Literal::Int(dim) if dim < 0 => refuse(format!(
            "negative dimensions are not allowed: shape {shape}"
        )),
        Literal::Int(dim) => usize::try_from(dim).or_else(|_| {
            refuse(format!(
                "array is too big: shape {shape} needs more bytes than can be addressed"
            ))
        }),
        _ => refuse(format!("shape is not valid: {shape}")),
    };
    dims.iter().map(parse).collect()
}

fn parse_descr(descr: &Literal) -> Result<(DType, ByteOrder)> {
    let text = match descr {
        Literal::Str(text) => text.as_str(),
        Literal::List(_) => {
            return Err(Error::unsupported(format!(
                "structured dtype {descr} is not supported: save each field as an array of its own, \
                 for example np.savez(file, **{{name: a[name] for name in a.dtype.names}})"
            )));
        }
        Literal::Tuple(_) => {
            return Err(Error::unsupported(format!(
                "sub-array dtype {descr} is not supported: save the plain array of its elements"
            )));
        }
        _ => return refuse(format!("descr is not a valid dtype descriptor: {descr}")),
    };
    let (order, code) = match text.as_bytes().first() {
        Some(b'<') => (ByteOrder::Little, &text[1..]),
        Some(b'>') => (ByteOrder::Big, &text[1..]),
        Some(b'=' | b'|') => (ByteOrder::NATIVE, &text[1..]),
        _ => (ByteOrder::NATIVE, text),
    };
    if let Some(dtype) = dtype_of_code(code) {
        let order = if dtype.itemsize() == 1 {
            ByteOrder::NATIVE
        } else {
            order
        };
        return Ok((dtype, order));
    }
    // Names such as 'float64' stand without an order.
    if code.len() == text.len()
        && let Ok(dtype) = text.parse::<DType>()
    {
        return Ok((dtype, order));
    }
    Err(unsupported(descr, code))
}

/// NumPy's type strings and one-letter codes, as on a 64-bit Unix.
fn dtype_of_code(code: &str) -> Option<DType> {
    Some(match code {
        "b1" | "?" => DType::Bool,
        "i1" | "b" => DType::Int8,
        "i2" | "h" => DType::Int16,
        "i4" | "i" => DType::Int32,
        "i8" | "l" | "q" | "p" | "n" => DType::Int64,
        "u1" | "B" => DType::UInt8,
        "u2" | "H" => DType::UInt16,
        "u4" | "I" => DType::UInt32,
        "u8" | "L" | "Q" | "P" | "N" => DType::UInt64,
        "f2" | "e" => DType::Float16,
        "V2" => DType::BFloat16,
        "f4" | "f" => DType::Float32,
        "f8" | "d" => DType::Float64,
        "c8" | "F" => DType::Complex64,
        "c16" | "D" => DType::Complex128,
        _ => return None,
    })
}

fn unsupported(descr: &Literal, code: &str) -> Error {
    let kind = code.bytes().next().unwrap_or(b' ');
    let (what, instead) = match (kind, code) {
        (_, "f16" | "g" | "f12") => ("extended-precision", "save a.astype('float64')"),
        (_, "c32" | "G" | "c24") => ("extended-precision", "save a.astype('complex128')"),
        (_, "f1" | "V1") => ("8-bit or narrower ml_dtypes", "save a.astype('float32')"),
        (b'O', _) => (
            "object",
            "it would need pickle, which runs code; save numbers, for example a.astype('float64')",
        ),
        (b'U' | b'S' | b'a' | b'T', _) => (
            "string",
            "save numbers, or the codes that np.unique(a, return_inverse=True) gives",
        ),
        (b'M' | b'm', _) => ("datetime", "save a.view('int64')"),
        (b'V', _) => ("void", "save a view of it, for example a.view('uint8')"),
        _ => return Error::value(format!("descr is not a valid dtype descriptor: {descr}")),
    };
    Error::unsupported(format!("{what} dtype {descr} is not supported: {instead}"))
}

/// Reads exactly `out.len()` bytes, or says in NumPy's words how many there were.
fn read_exactly(reader: &mut impl Read, out: &mut [u8], what: &str) -> Result<()> {
    let got = read_up_to(reader, out)?;
    if got < out.len() {
        return refuse(format!(
            "EOF: reading {what}, expected {} bytes got {got}",
            out.len()
        ));
    }
    Ok(())
}

/// Reads until `out` is full or the reader is at its end.
fn read_up_to(reader: &mut impl Read, out: &mut [u8]) -> io::Result<usize> {
    let mut got = 0;
    while got < out.len() {
        match reader.read(&mut out[got..]) {
            Ok(0) => break,
            Ok(n) => got += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(got)
}

/// Refuses a header that claims more data than the `available` bytes.
///
/// # Errors
/// As said; the message counts elements as NumPy's does.
pub fn check_available(header: &Header, available: u64) -> Result<usize> {
    let needed = header.data_len()?;
    if needed as u64 > available {
        return Err(too_short(header, available as usize));
    }
    Ok(needed)
}

fn too_short(header: &Header, available: usize) -> Error {
    let size = header.dtype.itemsize();
    Error::value(format!(
        "Failed to read all data for array. Expected {} = {} elements, could only read {} elements. \
         (file seems not fully written?)",
        shape_text(&header.shape),
        header.data_len().unwrap_or(usize::MAX) / size,
        available / size,
    ))
}

/// An array as it lies in a file, in host memory and native byte order.
pub struct Raw {
    header: Header,
    memory: HostMemory,
    bytes: usize,
}

impl Raw {
    /// Type, dimensions and order of the elements; the byte order is native.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The elements' bytes.
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: the memory has that many initialised bytes, by construction in `read_data` and `mmap::map`.
        unsafe { std::slice::from_raw_parts(self.memory.as_ptr(), self.bytes) }
    }

    /// Joins a header in native byte order with its data.
    ///
    /// # Safety
    /// `memory` holds as many initialised bytes as the header says.
    pub(crate) unsafe fn from_parts(header: Header, memory: HostMemory) -> Result<Raw> {
        let bytes = header.data_len()?;
        Ok(Raw {
            header,
            memory,
            bytes,
        })
    }

    /// A tensor of the data on a device whose memory is the host's.
    pub fn into_tensor(self, device: Device) -> Tensor {
        let shape = &self.header.shape;
        let layout = if self.header.fortran_order {
            let reversed: Vec<usize> = shape.iter().rev().copied().collect();
            Layout::contiguous(&reversed).reverse_axes()
        } else {
            Layout::contiguous(shape)
        };
        Tensor {
            buffer: Buffer::host(device, self.bytes, self.memory),
            layout,
            dtype: self.header.dtype,
        }
    }
}

/// Reads one array, header and data, and leaves the reader behind it.
///
/// `available` is the number of bytes that certainly follow (of a file or a slice), if known. Where
/// it is not known, memory is taken in steps as bytes arrive, so that a false size costs nothing.
///
/// # Errors
/// As [`read_header`]; fewer bytes are there than the header says, or memory is lacking.
pub fn read(reader: &mut impl Read, available: Option<u64>) -> Result<Raw> {
    let mut counted = Counted { reader, count: 0 };
    let header = read_header(&mut counted)?;
    let left = available.map(|n| n.saturating_sub(counted.count));
    read_data(reader, header, left)
}

/// Reads the data that follows `header`; see [`read`].
///
/// # Errors
/// As [`read`].
pub fn read_data(reader: &mut impl Read, header: Header, available: Option<u64>) -> Result<Raw> {
    let memory = match header.dtype.itemsize() {
        1 => HostMemory::from_vec(read_elements::<u8>(reader, &header, available)?),
        2 => HostMemory::from_vec(read_elements::<u16>(reader, &header, available)?),
        4 => HostMemory::from_vec(read_elements::<u32>(reader, &header, available)?),
        8 => HostMemory::from_vec(read_elements::<u64>(reader, &header, available)?),
        _ => HostMemory::from_vec(read_elements::<u128>(reader, &header, available)?),
    };
    let header = Header {
        byte_order: ByteOrder::NATIVE,
        ..header
    };
    // SAFETY: `read_elements` gave the whole data.
    unsafe { Raw::from_parts(header, memory) }
}

/// Writes one array as `np.save` does; `data` lies in the header's order.
///
/// # Errors
/// The data has not the size that the header says, or writing failed.
pub fn write(writer: &mut impl Write, header: &Header, data: &[u8]) -> Result<()> {
    let expected = header.data_len()?;
    if data.len() != expected {
        return refuse(format!(
            "an array with shape {} of {} has {expected} bytes, got {}",
            shape_text(&header.shape),
            header.dtype,
            data.len()
        ));
    }
    write_header(writer, header)?;
    writer.write_all(data)?;
    Ok(())
}

/// Counts what is read through it.
struct Counted<'a, R> {
    reader: &'a mut R,
    count: u64,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let got = self.reader.read(out)?;
        self.count += got as u64;
        Ok(got)
    }
}

/// Elements of native byte order, in the order of the file; `T` has the dtype's size.
fn read_elements<T: bytemuck::Pod>(
    reader: &mut impl Read,
    header: &Header,
    available: Option<u64>,
) -> Result<Vec<T>> {
    const STEP: usize = 1 << 20;
    let no_memory = |_| {
        Error::memory(format!(
            "unable to allocate memory for an array with shape {} and data type {}",
            shape_text(&header.shape),
            header.dtype
        ))
    };
    let mut elements: Vec<T> = Vec::new();
    if let Some(available) = available {
        let len = check_available(header, available)? / size_of::<T>();
        // Zeroed by the system, which costs nothing until the pages are read into.
        elements = bytemuck::allocation::try_zeroed_vec(len).map_err(no_memory)?;
        fill(reader, header, &mut elements, 0)?;
    } else {
        let len = header.data_len()? / size_of::<T>();
        while elements.len() < len {
            let done = elements.len();
            let step = (len - done).min(done.max(STEP / size_of::<T>()));
            elements
                .try_reserve_exact(step)
                .map_err(|_| no_memory(()))?;
            elements.resize(done + step, T::zeroed());
            fill(reader, header, &mut elements, done)?;
        }
    }
    to_native(header, bytemuck::cast_slice_mut(&mut elements));
    Ok(elements)
}

/// Reads elements from `done` on.
fn fill<T: bytemuck::Pod>(
    reader: &mut impl Read,
    header: &Header,
    elements: &mut [T],
    done: usize,
) -> Result<()> {
    let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut elements[done..]);
    let got = read_up_to(reader, bytes)?;
    if got < bytes.len() {
        return Err(too_short(header, done * size_of::<T>() + got));
    }
    Ok(())
}

/// Turns the data of a file into this machine's: swaps bytes where they are in the other order, and
/// makes every nonzero `bool` one.
pub fn to_native(header: &Header, data: &mut [u8]) {
    if header.dtype == DType::Bool {
        data.iter_mut()
            .for_each(|byte| *byte = u8::from(*byte != 0));
    } else if header.byte_order != ByteOrder::NATIVE {
        swap_bytes(header.dtype, data);
    }
}

/// True when the data can be used as it lies in the file: native order, and no `bool` to normalise.
pub fn is_native(header: &Header) -> bool {
    header.dtype != DType::Bool && header.byte_order == ByteOrder::NATIVE
}

/// Reverses the bytes of each number, of both parts of a complex one.
pub fn swap_bytes(dtype: DType, data: &mut [u8]) {
    match dtype.real().itemsize() {
        2 => data
            .as_chunks_mut::<2>()
            .0
            .iter_mut()
            .for_each(|b| b.reverse()),
        4 => data
            .as_chunks_mut::<4>()
            .0
            .iter_mut()
            .for_each(|b| b.reverse()),
        8 => data
            .as_chunks_mut::<8>()
            .0
            .iter_mut()
            .for_each(|b| b.reverse()),
        _ => {}
    }
}
