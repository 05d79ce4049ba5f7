//! `load`, `save` and their kin: files as arrays.

use std::borrow::Cow;
use std::path::Path;

#[cfg(feature = "npz")]
use tnp_array::Error;
use tnp_array::{Array, Operand, Result, current_device};
use tnp_backend::{INLINE_BYTES, Tensor};

use crate::file;
use crate::npy::{Header, Raw};

/// Reads an array from an `.npy` file, to the current device.
///
/// Shape, dtype and order of the axes in memory are the file's; bytes in the other order are swapped. `<V2` is bfloat16, as
/// `ml_dtypes` stores it.
///
/// # Errors
/// When the file cannot be read, is no `.npy` file or shorter than it says (before memory is taken), or holds
/// objects, strings or records; the message says what to save instead.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::array;
/// use tnp_io::{load, save};
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("x");
/// save(&path, array([[1i64, 2], [3, 4]], ())?)?;
/// let x = load(path.with_extension("npy"))?;
/// assert_eq!(x.shape(), [2, 2]);
/// assert_eq!(x.to_vec::<i64>()?, [1, 2, 3, 4]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.load.html>
pub fn load(path: impl AsRef<Path>) -> Result<Array> {
    from_raw(file::read_npy(path.as_ref())?)
}

/// Writes an array to an `.npy` file, byte for byte as NumPy does; `.npy` is appended unless the path ends so.
///
/// The file appears when it is complete: a reader sees the old one or the new one. Fortran order is kept.
///
/// # Errors
/// When the file cannot be written (nothing is left behind), or the array has no value yet (inside a trace).
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.save.html>
pub fn save<'a>(path: impl AsRef<Path>, x: impl Into<Operand<'a>>) -> Result<()> {
    let x = x.into().into_array().map_err(|error| error.in_op("save"))?;
    let (header, tensor) = prepare(&x).map_err(|error| error.in_op("save"))?;
    file::write_npy(path.as_ref(), &header, &bytes(&tensor)?)
}

/// Maps an `.npy` file into memory, as `np.load(path, mmap_mode="r")`: only what is used is read.
///
/// Where the data cannot be used as it lies (big-endian, `bool`, misaligned, or a current device other than the CPU) it is
/// read whole.
///
/// # Safety
/// The file must not be changed or truncated while the array or anything that shares its buffer lives.
///
/// # Errors
/// As [`load`].
#[cfg(feature = "mmap")]
pub unsafe fn load_mmap(path: impl AsRef<Path>) -> Result<Array> {
    // SAFETY: the caller's promise is handed on.
    from_raw(unsafe { crate::mmap::map(path.as_ref()) }?)
}

/// An open `.npz` file, as `np.load` returns it: arrays are read when asked for.
#[cfg(feature = "npz")]
pub struct NpzFile(crate::npz::ArchiveFile);

#[cfg(feature = "npz")]
impl NpzFile {
    /// Names of the arrays, in the file's order.
    pub fn names(&self) -> Vec<String> {
        self.0.names()
    }

    /// Refuses arrays of more than `bytes` of data, however well they are compressed.
    #[must_use]
    pub fn with_limit(self, bytes: u64) -> NpzFile {
        NpzFile(self.0.with_limit(bytes))
    }

    /// Reads one array by its name, to the current device.
    ///
    /// # Errors
    /// When there is no array of that name (the message lists them), or it is damaged or beyond the limit.
    pub fn get(&mut self, name: &str) -> Result<Array> {
        let raw = (self.0.read(name)).map_err(|error| error.in_op("load_npz"))?;
        from_raw(raw)
    }

    /// Reads all arrays, in the file's order.
    ///
    /// # Errors
    /// As [`NpzFile::get`].
    pub fn read_all(&mut self) -> Result<Vec<(String, Array)>> {
        let names = self.names().into_iter();
        names
            .map(|name| self.get(&name).map(|x| (name, x)))
            .collect()
    }
}

/// Opens an `.npz` file.
///
/// # Errors
/// When it cannot be read or is no archive, or its members overlap or claim sizes that cannot be.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::array;
/// use tnp_io::{load_npz, savez};
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("x.npz");
/// savez(&path, [("x", array([1.0, 2.0], ())?), ("y", array(3, ())?)])?;
/// let mut file = load_npz(&path)?;
/// assert_eq!(file.names(), ["x", "y"]);
/// assert_eq!(file.get("y")?.item::<i64>()?, 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.load.html>
#[cfg(feature = "npz")]
pub fn load_npz(path: impl AsRef<Path>) -> Result<NpzFile> {
    Ok(NpzFile(crate::npz::Archive::open(path)?))
}

/// Writes arrays with their names to an uncompressed `.npz` file; `.npz` is appended unless the path ends so.
///
/// # Errors
/// As [`save`], and when two arrays have the same name.
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.savez.html>
#[cfg(feature = "npz")]
pub fn savez<'a, N: Into<String>, X: Into<Operand<'a>>>(
    path: impl AsRef<Path>,
    arrays: impl IntoIterator<Item = (N, X)>,
) -> Result<()> {
    let members = arrays.into_iter().map(|(name, x)| (name.into(), x.into()));
    write_archive("savez", path.as_ref(), false, members.collect())
}

/// Writes arrays with their names to a compressed `.npz` file; `.npz` is appended unless the path ends so.
///
/// # Errors
/// As [`savez`].
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.savez_compressed.html>
#[cfg(feature = "npz")]
pub fn savez_compressed<'a, N: Into<String>, X: Into<Operand<'a>>>(
    path: impl AsRef<Path>,
    arrays: impl IntoIterator<Item = (N, X)>,
) -> Result<()> {
    let members = arrays.into_iter().map(|(name, x)| (name.into(), x.into()));
    write_archive("savez_compressed", path.as_ref(), true, members.collect())
}

#[cfg(feature = "npz")]
fn write_archive(
    op: &str,
    path: &Path,
    compressed: bool,
    members: Vec<(String, Operand<'_>)>,
) -> Result<()> {
    let mut prepared: Vec<(String, Header, Tensor)> = Vec::with_capacity(members.len());
    for (name, x) in members {
        if prepared.iter().any(|(other, ..)| *other == name) {
            return Err(Error::value(format!("{op}: two arrays are named '{name}'")));
        }
        let x = x.into_array().map_err(|error| error.in_op(op))?;
        let (header, tensor) = prepare(&x).map_err(|error| error.in_op(op))?;
        prepared.push((name, header, tensor));
    }
    let path = file::with_suffix(path, "npz");
    let members = prepared
        .iter()
        .map(|(name, header, tensor)| Ok((name.clone(), header.clone(), bytes(tensor)?)));
    crate::npz::write(&path, compressed, members).map_err(|error| file::named(op, &path, error))
}

/// Header and elements of an array in the order in which they are written.
fn prepare(x: &Array) -> Result<(Header, Tensor)> {
    let tensor = x.tensor()?;
    tensor.buffer.check()?;
    let fortran = tensor.layout.is_f_contiguous() && !tensor.layout.is_contiguous();
    let header = Header::new(tensor.dtype, tensor.shape(), fortran);
    let mut tensor = tensor.clone();
    if fortran {
        tensor.layout = tensor.layout.reverse_axes();
    }
    Ok((header, tnp_backend::compact(&tensor)?))
}

/// Bytes of a contiguous tensor, borrowed where the host can read them.
fn bytes(tensor: &Tensor) -> Result<Cow<'_, [u8]>> {
    let (start, len) = (
        tensor.layout.offset() * tensor.dtype.itemsize(),
        tensor.ty().bytes(),
    );
    match tensor.host_ptr() {
        // SAFETY: a contiguous tensor's elements lie in its buffer from the offset on, initialised
        // and without padding, and stay as they are while the buffer is shared.
        Some(ptr) => Ok(Cow::Borrowed(unsafe {
            std::slice::from_raw_parts(ptr.add(start), len)
        })),
        None => Ok(Cow::Owned(Array::from_tensor(tensor.clone()).to_bytes()?)),
    }
}

fn from_raw(raw: Raw) -> Result<Array> {
    let device = current_device()?;
    if device.backend().is_host() && raw.bytes().len() > INLINE_BYTES {
        return Ok(Array::from_tensor(raw.into_tensor(device)));
    }
    let Header {
        dtype,
        fortran_order,
        ref shape,
        ..
    } = *raw.header();
    if !fortran_order {
        return Array::from_bytes(raw.bytes(), shape, dtype);
    }
    let reversed: Vec<usize> = shape.iter().rev().copied().collect();
    let mut tensor = Array::from_bytes(raw.bytes(), &reversed, dtype)?.into_tensor()?;
    tensor.layout = tensor.layout.reverse_axes();
    Ok(Array::from_tensor(tensor))
}
