//! `.npy` files mapped into memory: pages are read when their elements are.

use std::path::Path;
use std::ptr::NonNull;

use tnp_backend::{HostMemory, Result};

use crate::file;
use crate::npy::{self, Raw};

/// Maps a file read-only, as `np.load(path, mmap_mode="r")`; only header and what is used later are read.
///
/// Data that cannot be used as it lies (big-endian, `bool`, or misaligned by a foreign writer) is
/// read and converted instead.
///
/// # Safety
/// The file must not be changed or truncated while anything made from it lives.
///
/// # Errors
/// As [`npy::read`], with the path in front.
pub unsafe fn map(path: &Path) -> Result<Raw> {
    // SAFETY: the caller's promise is handed on.
    unsafe { map_file(path) }.map_err(|error| file::named("load", path, error))
}

/// # Safety
/// As [`map`].
unsafe fn map_file(path: &Path) -> Result<Raw> {
    let (file, length) = file::open(path)?;
    if length == 0 {
        // Nothing can be mapped; the error is that of a file without a header.
        return npy::read(&mut std::io::empty(), Some(0));
    }
    // SAFETY: the caller promises that the file stays as it is.
    let map = unsafe { memmap2::Mmap::map(&file)? };
    let mut rest = &map[..];
    let header = npy::read_header(&mut rest)?;
    npy::check_available(&header, rest.len() as u64)?;
    let align = header.dtype.real().itemsize();
    if !npy::is_native(&header) || rest.as_ptr().addr() % align != 0 {
        let available = Some(rest.len() as u64);
        return npy::read_data(&mut rest, header, available);
    }
    let data = NonNull::from(rest).cast::<u8>();
    // SAFETY: the data lies in the mapping, which moves into the memory's owner without moving its
    // pages; the caller promises that the bytes stay as they are.
    let memory = unsafe { HostMemory::foreign(data, Box::new(map)) };
    // SAFETY: at least that many bytes follow, as `check_available` found.
    unsafe { Raw::from_parts(header, memory) }
}
