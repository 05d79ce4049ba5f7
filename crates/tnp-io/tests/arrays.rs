//! Arrays of every dtype and layout through files and back, and against files of NumPy.

extern crate tnp_cpu;

use tnp_array::{Array, DType};
use tnp_io::{load, save};

/// A (3, 4) array of a dtype with distinct bytes (of truth values: alternating).
fn sample(dtype: DType) -> Array {
    let count = 12 * dtype.itemsize();
    let bytes: Vec<u8> = match dtype {
        DType::Bool => (0..count).map(|i| (i % 2) as u8).collect(),
        _ => (0..count).map(|i| i as u8 % 97).collect(),
    };
    Array::from_bytes(&bytes, &[3, 4], dtype).unwrap()
}

fn transposed(x: &Array) -> Array {
    let mut tensor = x.tensor().unwrap().clone();
    tensor.layout = tensor.layout.reverse_axes();
    Array::from_tensor(tensor)
}

fn view(x: &Array, change: impl Fn(&tnp_shape::Layout) -> tnp_shape::Layout) -> Array {
    let mut tensor = x.tensor().unwrap().clone();
    tensor.layout = change(&tensor.layout);
    Array::from_tensor(tensor)
}

fn same(a: &Array, b: &Array) {
    assert_eq!((a.shape(), a.dtype()), (b.shape(), b.dtype()));
    assert_eq!(a.to_bytes().unwrap(), b.to_bytes().unwrap());
}

#[test]
fn every_dtype_and_layout_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    for dtype in DType::ALL {
        let x = sample(dtype);
        let one = view(&x, |l| {
            l.flip(&[0]).unwrap().broadcast_to(&[2, 3, 4]).unwrap()
        });
        let empty = Array::from_bytes(&[], &[0, 3], dtype).unwrap();
        let zero_d =
            Array::from_bytes(&x.to_bytes().unwrap()[..dtype.itemsize()], &[], dtype).unwrap();
        for x in [
            &x,
            &transposed(&x),
            &view(&x, |l| l.flip(&[0, 1]).unwrap()),
            &one,
            &empty,
            &zero_d,
        ] {
            save(&path, x).unwrap();
            same(&load(&path).unwrap(), x);
            #[cfg(feature = "mmap")]
            {
                // SAFETY: the next `save` replaces the file by another and leaves this one as it is.
                same(&unsafe { tnp_io::load_mmap(&path) }.unwrap(), x);
            }
        }
    }
}

#[test]
fn fortran_order_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    for dtype in [DType::Int8, DType::Float64] {
        let x = transposed(&sample(dtype));
        save(&path, &x).unwrap();
        let back = load(&path).unwrap();
        assert_eq!(back.strides().unwrap(), x.strides().unwrap());
        assert!(
            std::fs::read(&path)
                .unwrap()
                .windows(23)
                .any(|w| w == b"'fortran_order': True, ")
        );
    }
}

#[test]
fn files_of_numpy_become_arrays_and_the_same_files_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    for line in include_str!("data/npy_goldens.txt").lines() {
        let (front, hex) = line.rsplit_once(' ').unwrap();
        let pairs = hex.as_bytes().chunks(2);
        let byte = |pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        let golden: Vec<u8> = pairs.map(byte).collect();
        std::fs::write(&path, &golden).unwrap();
        let x = load(&path).unwrap();
        assert!(front.starts_with(x.dtype().name()), "{front}");
        save(&path, &x).unwrap();
        if !front.contains(" > ") {
            assert_eq!(std::fs::read(&path).unwrap(), golden, "{front}");
        }
    }
}

#[test]
fn errors_name_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("no/x.npy");
    for error in [load(&path).unwrap_err(), save(&path, 1.0).unwrap_err()] {
        assert!(
            error.to_string().contains("no/x.npy': No such file"),
            "{error}"
        );
        assert_eq!(error.kind(), tnp_array::ErrorKind::Io);
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[cfg(feature = "npz")]
#[test]
fn archives_hold_many_arrays() {
    use tnp_io::{load_npz, savez, savez_compressed};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("all");
    let arrays: Vec<(&str, Array)> = DType::ALL
        .map(|d| (d.name(), transposed(&sample(d))))
        .to_vec();
    for compressed in [false, true] {
        let members = arrays.iter().map(|(name, x)| (*name, x));
        match compressed {
            false => savez(&path, members).unwrap(),
            true => savez_compressed(&path, members).unwrap(),
        }
        let mut file = load_npz(folder.path().join("all.npz")).unwrap();
        let all = file.read_all().unwrap();
        assert_eq!(all.len(), 15);
        for ((name, x), (expected_name, expected)) in all.iter().zip(&arrays) {
            assert_eq!(name, expected_name);
            same(x, expected);
        }
        assert!(
            file.get("absent")
                .unwrap_err()
                .to_string()
                .contains("it has bool, int8")
        );
        let mut limited = load_npz(folder.path().join("all.npz"))
            .unwrap()
            .with_limit(100);
        let refused = limited.get("complex128").unwrap_err().to_string();
        assert_eq!(
            refused,
            "load_npz: member 'complex128' holds 192 bytes, more than the limit of 100"
        );
    }
    let twice = savez(&path, [("x", 1), ("x", 2)]).unwrap_err().to_string();
    assert_eq!(twice, "savez: two arrays are named 'x'");
}

#[cfg(all(feature = "mmap", target_os = "linux"))]
#[test]
fn a_mapped_array_reads_what_it_uses() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("big.npy");
    let header = tnp_io::npy::Header::new(DType::Float64, &[1 << 20, 1 << 13], false);
    let file = std::fs::File::create(&path).unwrap();
    std::io::Write::write_all(&mut (&file), &header.to_bytes()).unwrap();
    file.set_len(header.to_bytes().len() as u64 + (8 << 33))
        .unwrap();
    // SAFETY: nobody else knows the file.
    let x = unsafe { tnp_io::load_mmap(&path) }.unwrap();
    // The last row of 64 GiB.
    let row = view(&x, |l| {
        let end = tnp_shape::Layout::from_parts(
            [1 << 13].into_iter().collect(),
            [1].into_iter().collect(),
            ((1 << 20) - 1) << 13,
        );
        assert_eq!(l.size(), 1 << 33);
        end
    });
    assert_eq!(row.to_vec::<f64>().unwrap(), vec![0.0; 1 << 13]);
}
