//! `.npz`: zip archives of `.npy` members, read one by one and never further than they truly reach.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, Write};
use std::path::Path;

use tnp_backend::{Error, Result};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use crate::file;
use crate::npy::{self, Header, Raw};

/// DEFLATE never expands further than this; a member that claims to is lying.
const MAX_EXPANSION: u64 = 1032;

/// An open archive, as `np.load("a.npz")` returns it.
pub struct Archive<R> {
    zip: ZipArchive<R>,
    limit: u64,
}

/// A file opened by [`Archive::open`].
pub type ArchiveFile = Archive<BufReader<File>>;

impl ArchiveFile {
    /// Opens a file.
    ///
    /// # Errors
    /// As [`Archive::new`]; the file cannot be read.
    pub fn open(path: impl AsRef<Path>) -> Result<ArchiveFile> {
        let path = path.as_ref();
        let name = |error| file::named("load", path, error);
        let (file, _) = file::open(path).map_err(name)?;
        Archive::new(BufReader::new(file)).map_err(name)
    }
}

impl<R: Read + Seek> Archive<R> {
    /// Reads the directory of an archive; no member is touched yet.
    ///
    /// # Errors
    /// The bytes are no zip archive, or members share their bytes or claim sizes that cannot be.
    pub fn new(mut reader: R) -> Result<Archive<R>> {
        let length = reader.seek(std::io::SeekFrom::End(0))?;
        let mut zip = ZipArchive::new(reader).map_err(|error| match error {
            zip::result::ZipError::InvalidArchive(_) => {
                Error::value(format!("not an .npz archive, or cut short ({error})"))
            }
            other => of_zip(other),
        })?;
        let mut packed = 0_u64;
        for index in 0..zip.len() {
            let member = zip.by_index_raw(index).map_err(of_zip)?;
            packed = packed.saturating_add(member.compressed_size());
            let most = match member.compression() {
                CompressionMethod::Stored => member.compressed_size(),
                _ => member.compressed_size().saturating_mul(MAX_EXPANSION),
            };
            if member.size() > most {
                return Err(Error::value(format!(
                    "member '{}' claims {} bytes, more than its {} compressed ones can hold",
                    member.name(),
                    member.size(),
                    member.compressed_size()
                )));
            }
        }
        if packed > length {
            return Err(Error::value(format!(
                "members claim {packed} bytes of an archive of {length}: they overlap"
            )));
        }
        Ok(Archive {
            zip,
            limit: u64::MAX,
        })
    }

    /// Refuses members that hold more than `bytes` of data, however well they are compressed.
    #[must_use]
    pub fn with_limit(self, bytes: u64) -> Archive<R> {
        Archive {
            limit: bytes,
            ..self
        }
    }

    /// Names of the arrays, in the archive's order, without `.npy`.
    pub fn names(&self) -> Vec<String> {
        let strip = |name: &str| name.strip_suffix(".npy").unwrap_or(name).to_owned();
        self.zip.file_names().map(strip).collect()
    }

    /// Reads one array by its name, with or without `.npy`.
    ///
    /// # Errors
    /// There is no such member, it is no `.npy` file, damaged, or beyond the limit.
    pub fn read(&mut self, name: &str) -> Result<Raw> {
        let with_suffix = format!("{name}.npy");
        let index = self
            .zip
            .index_for_name(&with_suffix)
            .or_else(|| self.zip.index_for_name(name));
        let Some(index) = index else {
            return Err(Error::index(format!(
                "{name} is not a file in the archive; it has {}",
                self.names().join(", ")
            )));
        };
        let limit = self.limit;
        let mut member = self.zip.by_index(index).map_err(of_zip)?;
        let claimed = member.size();
        let within = |error: Error| {
            Error::new(
                error.kind(),
                format!("member '{name}': {}", error.message()),
            )
        };
        let header = npy::read_header(&mut member).map_err(within)?;
        let data = npy::check_available(&header, claimed).map_err(within)? as u64;
        if data > limit {
            return Err(Error::value(format!(
                "member '{name}' holds {data} bytes, more than the limit of {limit}"
            )));
        }
        // What the directory says is no proof: memory is taken as bytes arrive.
        let raw = npy::read_data(&mut member, header, None).map_err(within)?;
        // Reading on to the end makes the archive compare its checksum.
        member
            .read(&mut [0])
            .map_err(|error| within(error.into()))?;
        Ok(raw)
    }
}

fn of_zip(error: zip::result::ZipError) -> Error {
    match error {
        zip::result::ZipError::Io(error) => error.into(),
        other => Error::value(other.to_string()),
    }
}

/// Writes an `.npz` member by member; the file appears when all are in.
///
/// `members` gives each array's name, header and data in the header's order.
///
/// # Errors
/// Two members share a name, sizes do not fit, or writing failed; nothing is left behind then.
pub fn write<'a>(
    path: &Path,
    compressed: bool,
    members: impl IntoIterator<Item = Result<(String, Header, std::borrow::Cow<'a, [u8]>)>>,
) -> Result<()> {
    let method = if compressed {
        CompressionMethod::Deflated
    } else {
        CompressionMethod::Stored
    };
    // NumPy too writes 64-bit sizes always, since a member's size is only known afterwards.
    let options = SimpleFileOptions::default()
        .compression_method(method)
        .large_file(true);
    file::write_atomic(path, |file: &mut BufWriter<File>| {
        let mut zip = ZipWriter::new(file);
        for member in members {
            let (name, header, data) = member?;
            zip.start_file(format!("{name}.npy"), options)
                .map_err(of_zip)?;
            npy::write(&mut zip, &header, &data)?;
        }
        zip.finish().map_err(of_zip)?.flush()?;
        Ok(())
    })
}
