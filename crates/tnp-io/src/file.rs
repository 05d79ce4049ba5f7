//! Files that appear whole: written beside their place, then renamed into it.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use tnp_backend::{Error, Result};

use crate::npy::{self, Header, Raw};

/// `path`, with `.extension` appended unless it ends so, as NumPy's `save` and `savez` do.
pub fn with_suffix(path: &Path, extension: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    let suffix = format!(".{extension}");
    if !name.as_encoded_bytes().ends_with(suffix.as_bytes()) {
        name.push(suffix);
    }
    PathBuf::from(name)
}

/// Puts operation and path before an error's message.
pub(crate) fn named(op: &str, path: &Path, error: Error) -> Error {
    Error::new(
        error.kind(),
        format!("{op}: '{}': {}", path.display(), error.message()),
    )
}

/// Opens a file for reading, with its length.
pub(crate) fn open(path: &Path) -> Result<(File, u64)> {
    let file = File::open(path)?;
    let meta = file.metadata()?;
    if meta.is_dir() {
        return Err(Error::io("is a directory"));
    }
    Ok((file, meta.len()))
}

/// Reads the first array of an `.npy` file.
///
/// # Errors
/// As [`npy::read`], with the path in front.
pub fn read_npy(path: &Path) -> Result<Raw> {
    let read = || {
        let (mut file, length) = open(path)?;
        npy::read(&mut file, Some(length))
    };
    read().map_err(|error| named("load", path, error))
}

/// Writes an `.npy` file as `np.save` does; `data` lies in the header's order, and `.npy` is appended to
/// a path that does not end so.
///
/// # Errors
/// As [`npy::write`] and [`write_atomic`], with the path in front.
pub fn write_npy(path: &Path, header: &Header, data: &[u8]) -> Result<()> {
    let path = with_suffix(path, "npy");
    write_atomic(&path, |file| npy::write(file, header, data))
        .map_err(|error| named("save", &path, error))
}

/// Writes a file through `fill`; it takes its name when everything is on disk, and on an error nothing is left.
///
/// An existing file keeps its permissions; a symbolic link stays, and what it points to is replaced.
///
/// # Errors
/// What `fill` returns, or what the system says.
pub fn write_atomic(
    path: &Path,
    fill: impl FnOnce(&mut BufWriter<File>) -> Result<()>,
) -> Result<()> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let (file, mut temporary) = Temporary::create(&target)?;
    let mut writer = BufWriter::with_capacity(1 << 16, file);
    fill(&mut writer)?;
    writer.flush()?;
    let file = writer.get_ref();
    if let Ok(old) = fs::metadata(&target) {
        file.set_permissions(old.permissions())?;
    }
    file.sync_all()?;
    drop(writer);
    fs::rename(&temporary.path, &target)?;
    temporary.renamed = true;
    // The new name too survives a crash; not every file system can say so.
    #[cfg(unix)]
    if let Ok(folder) = File::open(folder_of(&target)) {
        let _ = folder.sync_all();
    }
    Ok(())
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// A file that is removed unless it was renamed.
struct Temporary {
    path: PathBuf,
    renamed: bool,
}

impl Temporary {
    /// A new file in the folder of `target`: renaming does not work across file systems.
    fn create(target: &Path) -> Result<(File, Temporary)> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let name = target
            .file_name()
            .ok_or_else(|| Error::io("the path has no file name"))?;
        loop {
            let mut hidden = OsString::from(".");
            hidden.push(name);
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            hidden.push(format!(".{}-{count}.tmp", std::process::id()));
            let path = folder_of(target).join(hidden);
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => {
                    let renamed = false;
                    return Ok((file, Temporary { path, renamed }));
                }
                // Left by a process of the same number that was killed.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.renamed {
            let _ = fs::remove_file(&self.path);
        }
    }
}
