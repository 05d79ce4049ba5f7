//! Files that appear whole, archives and maps.

use std::borrow::Cow;
use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;

use tnp_backend::Error;
use tnp_dtype::DType;
use tnp_io::file::{read_npy, with_suffix, write_atomic, write_npy};
use tnp_io::npy::{self, Header};

fn names_in(folder: &Path) -> Vec<String> {
    let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name();
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|e| name(e).into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn files_appear_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npy");
    let failed = write_atomic(&path, |file| {
        file.write_all(b"half").unwrap();
        Err(Error::value("no"))
    });
    assert_eq!(failed.unwrap_err().to_string(), "no");
    assert!(names_in(folder.path()).is_empty());

    write_atomic(&path, |file| Ok(file.write_all(b"old")?)).unwrap();
    write_atomic(&path, |file| {
        file.write_all(b"half").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"old");
        Err(Error::value("no"))
    })
    .unwrap_err();
    assert_eq!(fs::read(&path).unwrap(), b"old");
    write_atomic(&path, |file| Ok(file.write_all(b"new")?)).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new");
    assert_eq!(names_in(folder.path()), ["a.npy"]);

    let nowhere = folder.path().join("missing/a.npy");
    assert!(write_atomic(&nowhere, |_| Ok(())).is_err());
    assert!(write_atomic(folder.path(), |_| Ok(())).is_err());
    assert_eq!(names_in(folder.path()), ["a.npy"]);
    assert_eq!(
        names_in(folder.path().parent().unwrap())
            .iter()
            .filter(|n| n.ends_with(".tmp"))
            .count(),
        0
    );
}

#[cfg(unix)]
#[test]
fn links_and_permissions_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = tempfile::tempdir().unwrap();
    let (path, link) = (folder.path().join("a"), folder.path().join("b"));
    fs::write(&path, "old").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    symlink("a", &link).unwrap();
    write_atomic(&link, |file| Ok(file.write_all(b"new")?)).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new");
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o640
    );
}

#[test]
fn suffixes_are_added_once() {
    let add = |path: &str| with_suffix(Path::new(path), "npy").display().to_string();
    assert_eq!(
        [add("a"), add("a.npy"), add("a.b")],
        ["a.npy", "a.npy", "a.b.npy"]
    );
}

#[test]
fn npy_files_are_read_and_written_by_path() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    let header = Header::new(DType::UInt8, &[2, 2], true);
    write_npy(&path, &header, &[1, 2, 3, 4]).unwrap();
    assert_eq!(names_in(folder.path()), ["a.npy"]);
    let path = folder.path().join("a.npy");
    let raw = read_npy(&path).unwrap();
    assert_eq!((raw.header(), raw.bytes()), (&header, &[1, 2, 3, 4][..]));

    write_npy(&path, &header, &[1, 2, 3]).unwrap_err();
    assert_eq!(read_npy(&path).unwrap().bytes(), [1, 2, 3, 4]);
    let message = |path: &Path| read_npy(path).err().unwrap().to_string();
    let folder_itself = message(folder.path());
    assert!(folder_itself.starts_with("load: '") && folder_itself.ends_with("': is a directory"));
    assert!(message(&folder.path().join("b")).contains("b': No such file or directory"));
}

#[cfg(feature = "mmap")]
#[test]
fn maps_read_what_files_hold() {
    use tnp_io::npy::ByteOrder;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npy");
    let data: Vec<u8> = (0..48).collect();
    for dtype in [
        DType::Float64,
        DType::Float32,
        DType::Complex128,
        DType::Int8,
    ] {
        for byte_order in [ByteOrder::Little, ByteOrder::Big] {
            let shape = vec![3, 48 / 3 / dtype.itemsize()];
            let header = Header {
                dtype,
                byte_order,
                fortran_order: true,
                shape,
            };
            let mut bytes = Vec::new();
            npy::write(&mut bytes, &header, &data).unwrap();
            fs::write(&path, &bytes).unwrap();
            let read = npy::read(&mut &bytes[..], None).unwrap();
            // SAFETY: nobody else knows the file, which is rewritten after the map is gone.
            let mapped = unsafe { tnp_io::mmap::map(&path) }.unwrap();
            assert_eq!(mapped.bytes(), read.bytes());
            assert_eq!(mapped.header(), read.header());
        }
    }
    // Misaligned data, as writers before 2017 left it, and truth values are copied.
    let text = "{'descr': '<i4', 'fortran_order': False, 'shape': (2,)}";
    let mut odd = b"\x93NUMPY\x01\x00".to_vec();
    odd.extend((text.len() as u16).to_le_bytes());
    odd.extend(text.as_bytes());
    assert_ne!(odd.len() % 4, 0);
    odd.extend([1, 0, 0, 0, 2, 0, 0, 0]);
    fs::write(&path, &odd).unwrap();
    // SAFETY: as above.
    let mapped = unsafe { tnp_io::mmap::map(&path) }.unwrap();
    let values: Vec<i32> = bytemuck::pod_collect_to_vec(mapped.bytes());
    assert_eq!(values, [1_i32, 2].map(i32::to_le));

    // Refused as when read.
    fs::write(&path, &odd[..odd.len() - 1]).unwrap();
    // SAFETY: as above.
    let short = unsafe { tnp_io::mmap::map(&path) }.err().unwrap();
    assert!(short.to_string().contains("could only read 1 elements"));
    fs::write(&path, b"").unwrap();
    // SAFETY: as above.
    let empty = unsafe { tnp_io::mmap::map(&path) }.err().unwrap();
    assert!(empty.to_string().contains("expected 8 bytes got 0"));
}

#[cfg(all(feature = "mmap", target_os = "linux"))]
#[test]
fn maps_touch_only_what_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("big.npy");
    // A sparse file of 64 GiB: reading it all would take memory that is not there.
    let header = Header::new(DType::Float64, &[1 << 33], false);
    let file = fs::File::create(&path).unwrap();
    (&file).write_all(&header.to_bytes()).unwrap();
    let length = header.to_bytes().len() as u64 + (8_u64 << 33);
    file.set_len(length).unwrap();
    // SAFETY: nobody else knows the file.
    let mapped = unsafe { tnp_io::mmap::map(&path) }.unwrap();
    assert_eq!(mapped.bytes().len(), 8 << 33);
    assert_eq!(mapped.bytes()[(8 << 33) - 1], 0);
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let resident = status.lines().find(|l| l.starts_with("VmRSS")).unwrap();
    let kib: u64 = resident.split_whitespace().nth(1).unwrap().parse().unwrap();
    assert!(kib < 1 << 20, "{resident}");
}

#[cfg(feature = "npz")]
mod npz {
    use super::*;
    use tnp_io::npz::{Archive, write};
    use zip::write::SimpleFileOptions;
    use zip::{CompressionMethod, ZipWriter};

    fn member(name: &str, dtype: DType, data: Vec<u8>) -> (String, Header, Cow<'static, [u8]>) {
        let header = Header::new(dtype, &[data.len() / dtype.itemsize()], false);
        (name.to_owned(), header, Cow::Owned(data))
    }

    #[test]
    fn archives_give_back_what_went_in() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npz");
        for compressed in [false, true] {
            let members = [
                member("x", DType::Int16, (0..200).collect()),
                member("dir/y", DType::Bool, vec![1, 0, 1]),
                member("empty", DType::Float64, vec![]),
            ];
            write(&path, compressed, members.clone().map(Ok)).unwrap();
            let mut archive = Archive::open(&path).unwrap();
            assert_eq!(archive.names(), ["x", "dir/y", "empty"]);
            for (name, header, data) in members.iter().rev() {
                let raw = archive.read(name).unwrap();
                assert_eq!(raw.header(), header);
                assert_eq!(raw.bytes(), &data[..]);
            }
            assert_eq!(archive.read("x.npy").unwrap().bytes().len(), 200);
            let missing = archive.read("z").err().unwrap();
            assert_eq!(
                missing.to_string(),
                "z is not a file in the archive; it has x, dir/y, empty"
            );
        }
        let twice = [
            member("x", DType::Int8, vec![1]),
            member("x", DType::Int8, vec![2]),
        ];
        assert!(write(&path, false, twice.map(Ok)).is_err());
        let failing = [
            Ok(member("x", DType::Int8, vec![1])),
            Err(Error::value("no")),
        ];
        assert!(write(&path, false, failing).is_err());
        // The good file of before is still there, and nothing else.
        assert_eq!(Archive::open(&path).unwrap().names().len(), 3);
        assert_eq!(names_in(folder.path()), ["a.npz"]);
        let absent = Archive::open(folder.path().join("b.npz"))
            .err()
            .unwrap()
            .to_string();
        assert!(
            absent.starts_with("load: '") && absent.contains("b.npz': No such file"),
            "{absent}"
        );
    }

    /// An archive of one member with these bytes.
    fn archive(bytes: &[u8], method: CompressionMethod) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default().compression_method(method);
        zip.start_file("a.npy", options).unwrap();
        zip.write_all(bytes).unwrap();
        zip.finish().unwrap().into_inner()
    }

    fn read(bytes: Vec<u8>) -> String {
        let archive = Archive::new(Cursor::new(bytes));
        archive
            .and_then(|mut a| a.read("a"))
            .err()
            .unwrap()
            .to_string()
    }

    #[test]
    fn hostile_archives_are_refused() {
        let header = Header::new(DType::Float64, &[1 << 50], false).to_bytes();
        for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
            // The array says more than the member.
            let message = read(archive(&header, method));
            assert!(
                message.starts_with("member 'a': Failed to read all data for array"),
                "{message}"
            );

            // The member, in the archive's directory, says more than its bytes can be.
            let mut bytes = archive(&header, method);
            let entry = bytes.windows(4).rposition(|w| w == b"PK\x01\x02").unwrap();
            bytes[entry + 24..entry + 28].copy_from_slice(&0xf000_0000_u32.to_le_bytes());
            let message = read(bytes);
            assert!(
                message.contains("claims 4026531840 bytes, more than its"),
                "{message}"
            );
        }

        // Within what compression can do, but false: found out when the bytes end.
        let header = Header::new(DType::Float64, &[1000], false).to_bytes();
        let mut bytes = archive(&header, CompressionMethod::Deflated);
        let entry = bytes.windows(4).rposition(|w| w == b"PK\x01\x02").unwrap();
        bytes[entry + 24..entry + 28].copy_from_slice(&9000_u32.to_le_bytes());
        let message = read(bytes);
        assert!(message.starts_with("member 'a': "), "{message}");

        // Damaged data does not match its checksum.
        let mut good = Vec::new();
        npy::write(
            &mut good,
            &Header::new(DType::UInt8, &[64], false),
            &[7; 64],
        )
        .unwrap();
        let mut bytes = archive(&good, CompressionMethod::Stored);
        let at = bytes.windows(64).position(|w| w == [7; 64]).unwrap();
        bytes[at + 5] = 8;
        assert!(read(bytes).contains("checksum"));

        // A bomb: honest about its size, and small; the limit is the reader's.
        let mut zeros = Vec::new();
        npy::write(
            &mut zeros,
            &Header::new(DType::UInt8, &[1 << 22], false),
            &vec![0; 1 << 22],
        )
        .unwrap();
        let bomb = archive(&zeros, CompressionMethod::Deflated);
        assert!(bomb.len() < 1 << 14);
        let mut opened = Archive::new(Cursor::new(bomb)).unwrap().with_limit(1 << 20);
        let message = opened.read("a").err().unwrap().to_string();
        assert_eq!(
            message,
            "member 'a' holds 4194304 bytes, more than the limit of 1048576"
        );

        assert!(read(b"no archive".to_vec()).contains("archive"));
        assert!(read(Vec::new()).contains("archive"));
        assert!(
            read(archive(b"text", CompressionMethod::Stored)).contains("EOF: reading magic string")
        );
    }

    /// Two entries of the directory that share one member's bytes.
    #[test]
    fn overlapping_members_are_refused() {
        let mut data = Vec::new();
        npy::write(
            &mut data,
            &Header::new(DType::UInt8, &[4096], false),
            &[7; 4096],
        )
        .unwrap();
        let mut bytes = archive(&data, CompressionMethod::Stored);
        let directory = bytes.windows(4).rposition(|w| w == b"PK\x01\x02").unwrap();
        let end = bytes.windows(4).rposition(|w| w == b"PK\x05\x06").unwrap();
        let mut second = bytes[directory..end].to_vec();
        let name = second.windows(5).position(|w| w == b"a.npy").unwrap();
        second[name] = b'b';
        let size = (end - directory + second.len()) as u32;
        bytes.splice(end..end, second.iter().copied());
        let end = end + second.len();
        bytes[end + 8..end + 10].copy_from_slice(&2_u16.to_le_bytes());
        bytes[end + 10..end + 12].copy_from_slice(&2_u16.to_le_bytes());
        bytes[end + 12..end + 16].copy_from_slice(&size.to_le_bytes());
        let message = read(bytes);
        assert!(message.contains("they overlap"), "{message}");
    }
}
