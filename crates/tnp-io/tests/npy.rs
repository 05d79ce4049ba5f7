//! Headers and data against whole files that NumPy wrote, and files that want to do harm.

use std::io::Read;

use tnp_dtype::{DType, c64, c128, with_dtype};
use tnp_io::npy::{ByteOrder, Header, read, read_header, swap_bytes, write};

/// A line of `data/npy_goldens.txt`.
struct Golden {
    header: Header,
    bytes: Vec<u8>,
}

fn goldens() -> Vec<Golden> {
    let parse = |line: &str| {
        let parts: Vec<&str> = line.split(' ').collect();
        let [dtype, order, fortran, shape, hex] = parts[..] else {
            panic!("five fields: {line}")
        };
        let dims = shape.split('x').filter(|&dim| dim != "-");
        let bytes = hex
            .as_bytes()
            .chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap());
        Golden {
            header: Header {
                dtype: dtype.parse().unwrap(),
                byte_order: if order == ">" {
                    ByteOrder::Big
                } else {
                    ByteOrder::Little
                },
                fortran_order: fortran == "1",
                shape: dims.map(|dim| dim.parse().unwrap()).collect(),
            },
            bytes: bytes.collect(),
        }
    };
    include_str!("data/npy_goldens.txt")
        .lines()
        .map(parse)
        .collect()
}

/// 1 to 6 as the goldens hold them: complex ones with 6 to 1 as imaginary part.
fn values(dtype: DType, fortran: bool) -> Vec<u8> {
    let order = if fortran {
        [0, 3, 1, 4, 2, 5]
    } else {
        [0, 1, 2, 3, 4, 5]
    };
    let bytes = |k: usize| -> Vec<u8> {
        let (re, im) = (k as f64 + 1.0, 6.0 - k as f64);
        match dtype {
            DType::Bool => vec![1],
            DType::Complex64 => bytemuck::bytes_of(&c64::new(re as f32, im as f32)).to_vec(),
            DType::Complex128 => bytemuck::bytes_of(&c128::new(re, im)).to_vec(),
            DType::Float16 => tnp_dtype::f16::from_f64(re).to_ne_bytes().to_vec(),
            DType::BFloat16 => tnp_dtype::bf16::from_f64(re).to_ne_bytes().to_vec(),
            _ => {
                with_dtype!(dtype, T: real => bytemuck::bytes_of(&(re as T)).to_vec(), else => unreachable!())
            }
        }
    };
    order.into_iter().flat_map(bytes).collect()
}

#[test]
fn files_of_numpy_are_read_and_written_byte_for_byte() {
    let goldens = goldens();
    assert!(goldens.len() > 40);
    for Golden { header, bytes } in goldens {
        let label = format!("{header:?}");
        let mut rest = &bytes[..];
        let mut found = read_header(&mut rest).unwrap();
        if header.dtype.itemsize() == 1 {
            found.byte_order = header.byte_order;
        }
        assert_eq!(found, header, "{label}");
        assert_eq!(rest.len(), header.data_len().unwrap(), "{label}");

        // Known length and unknown give the same.
        for available in [None, Some(bytes.len() as u64)] {
            let raw = read(&mut &bytes[..], available).unwrap();
            let expected = match header.shape[..] {
                [2, 3] => values(header.dtype, header.fortran_order),
                _ => vec![0; header.data_len().unwrap()],
            };
            assert_eq!(raw.bytes(), expected, "{label}");
            assert_eq!(raw.header().shape, header.shape);
        }

        let mut written = Vec::new();
        write(&mut written, &header, rest).unwrap();
        assert_eq!(written, bytes, "{label}");
    }
}

/// A file of version 1.0 with this header text.
fn file(text: &str) -> Vec<u8> {
    file_of(1, text.as_bytes())
}

fn file_of(version: u8, text: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x93NUMPY".to_vec();
    bytes.extend([version, 0]);
    match version {
        1 => bytes.extend((text.len() as u16).to_le_bytes()),
        _ => bytes.extend((text.len() as u32).to_le_bytes()),
    }
    bytes.extend(text);
    bytes
}

fn header_of(descr: &str, shape: &str) -> Vec<u8> {
    file(&format!(
        "{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n"
    ))
}

#[test]
fn all_versions_and_spellings_are_read() {
    let text = b"{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }  \n";
    for version in 1..=3 {
        let header = read_header(&mut &file_of(version, text)[..]).unwrap();
        assert_eq!(header, Header::new(DType::Float64, &[3], false));
    }
    let spelled = [
        (
            "{'shape':(3L,),'fortran_order':True,'descr':u'<i4'}",
            DType::Int32,
            true,
        ),
        (
            " {\"descr\": \"i4\", 'fortran_order': False, 'shape': (1, True, 3)} ",
            DType::Int32,
            false,
        ),
        (
            "{'descr': 'x', 'descr': '|?', 'fortran_order': False, 'shape': ()}",
            DType::Bool,
            false,
        ),
        (
            "{'descr': 'float16', 'fortran_order': False, 'shape': ()}",
            DType::Float16,
            false,
        ),
        (
            "{'descr': 'bfloat16', 'fortran_order': False, 'shape': ()}",
            DType::BFloat16,
            false,
        ),
        (
            "{'descr': '|V2', 'fortran_order': False, 'shape': ()}",
            DType::BFloat16,
            false,
        ),
        (
            "{'descr': '=D', 'fortran_order': False, 'shape': ()}",
            DType::Complex128,
            false,
        ),
        (
            "{'descr': 'L', 'fortran_order': False, 'shape': ()}",
            DType::UInt64,
            false,
        ),
    ];
    for (text, dtype, fortran) in spelled {
        let header = read_header(&mut &file(text)[..]).unwrap();
        assert_eq!(
            (header.dtype, header.fortran_order),
            (dtype, fortran),
            "{text}"
        );
        assert_eq!(header.byte_order, ByteOrder::NATIVE);
    }
    // A second array may follow the first.
    let mut two = header_of("'|u1'", "(2,)");
    two.extend([5, 6]);
    let one = two.clone();
    two.extend(one);
    let mut rest = &two[..];
    for _ in 0..2 {
        let available = Some(rest.len() as u64);
        assert_eq!(read(&mut rest, available).unwrap().bytes(), [5, 6]);
    }
    assert!(rest.is_empty());
}

#[test]
fn bytes_that_are_no_truth_values_become_one() {
    let mut bytes = header_of("'|b1'", "(4,)");
    bytes.extend([0, 1, 2, 255]);
    assert_eq!(read(&mut &bytes[..], None).unwrap().bytes(), [0, 1, 1, 1]);
}

#[test]
fn both_parts_of_a_complex_number_are_swapped() {
    let mut bytes: Vec<u8> = (0..16).collect();
    swap_bytes(DType::Complex64, &mut bytes);
    assert_eq!(
        bytes,
        [3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12]
    );
    swap_bytes(DType::Complex128, &mut bytes);
    assert_eq!(
        bytes,
        [4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11]
    );
}

#[test]
fn refusals_name_the_values() {
    let huge = usize::MAX.to_string();
    let rows: Vec<(Vec<u8>, String)> = vec![
        (vec![], "EOF: reading magic string, expected 8 bytes got 0".into()),
        (b"\x93NUM".to_vec(), "EOF: reading magic string, expected 8 bytes got 4".into()),
        (b"\x89PNG\r\n\x1a\n".to_vec(), "not an .npy file: it begins with '\\x89PNG\\r\\n' instead of '\\x93NUMPY'".into()),
        (file_of(4, b"{}"), "we only support format version (1,0), (2,0), and (3,0), not (4, 0)".into()),
        (file("{}")[..9].to_vec(), "EOF: reading array header length, expected 2 bytes got 1".into()),
        (file("{'descr'")[..14].to_vec(), "EOF: reading array header, expected 8 bytes got 4".into()),
        (
            b"\x93NUMPY\x02\x00\xff\xff\xff\xff".to_vec(),
            "Header info length (4294967295) is large and may not be safe to load securely: at most 10000 bytes are read".into(),
        ),
        (file_of(3, b"{'\xff"), "the header of version 3.0 is not UTF-8".into()),
        (file_of(3, b"{'shape': (3L,)}"), "Cannot parse header: expected ',' or ')' at byte 12, found 'L'".into()),
        (file("[1]"), "Header is not a dictionary: [1]".into()),
        (file("{"), "Cannot parse header: expected a value at byte 1, found the end".into()),
        (file("{'descr': '<f8', 'shape': ()}"), "Header does not contain the correct keys: ['descr', 'shape']".into()),
        (
            file("{'descr': '<f8', 'shape': (), 'fortran_order': True, 'x': 1}"),
            "Header does not contain the correct keys: ['descr', 'fortran_order', 'shape', 'x']".into(),
        ),
        (file("{'descr': '<f8', 'shape': (), 'fortran_order': 1}"), "fortran_order is not a valid bool: 1".into()),
        (header_of("'<f8'", "3"), "shape is not valid: 3".into()),
        (header_of("'<f8'", "[3]"), "shape is not valid: [3]".into()),
        (header_of("'<f8'", "('3',)"), "shape is not valid: ('3',)".into()),
        (header_of("'<f8'", "(3, -1)"), "negative dimensions are not allowed: shape (3, -1)".into()),
        (
            header_of("'|i1'", "(99999999999999999999999,)"),
            "array is too big: shape (99999999999999999999999,) needs more bytes than can be addressed".into(),
        ),
        (
            header_of("'<f8'", "(4294967296, 4294967296)"),
            "array is too big: shape (4294967296, 4294967296) of float64 needs more bytes than can be addressed".into(),
        ),
        (
            header_of("'|i1'", &format!("(0, {huge}, 2)")),
            format!("array is too big: shape (0, {huge}, 2) of int8 needs more bytes than can be addressed"),
        ),
        (
            header_of("'|i1'", &format!("({})", "1, ".repeat(65))),
            "maximum supported dimension for an ndarray is 64, found 65".into(),
        ),
        (header_of("'<f7'", "()"), "descr is not a valid dtype descriptor: '<f7'".into()),
        (header_of("3", "()"), "descr is not a valid dtype descriptor: 3".into()),
        (
            header_of("'|O'", "()"),
            "object dtype '|O' is not supported: it would need pickle, which runs code; save numbers, for example a.astype('float64')".into(),
        ),
        (
            header_of("'<U5'", "()"),
            "string dtype '<U5' is not supported: save numbers, or the codes that np.unique(a, return_inverse=True) gives".into(),
        ),
        (header_of("'<M8[ns]'", "()"), "datetime dtype '<M8[ns]' is not supported: save a.view('int64')".into()),
        (header_of("'<f16'", "()"), "extended-precision dtype '<f16' is not supported: save a.astype('float64')".into()),
        (header_of("'|V7'", "()"), "void dtype '|V7' is not supported: save a view of it, for example a.view('uint8')".into()),
        (header_of("'<V1'", "()"), "8-bit or narrower ml_dtypes dtype '<V1' is not supported: save a.astype('float32')".into()),
        (
            header_of("[('a', '<i4'), ('b', '<f8')]", "()"),
            "structured dtype [('a', '<i4'), ('b', '<f8')] is not supported: save each field as an array of its own, \
             for example np.savez(file, **{name: a[name] for name in a.dtype.names})".into(),
        ),
        (
            header_of("('<i4', (2,))", "()"),
            "sub-array dtype ('<i4', (2,)) is not supported: save the plain array of its elements".into(),
        ),
    ];
    for (bytes, message) in rows {
        let error = read_header(&mut &bytes[..]).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
}

/// Gives zeros for as long as it may, and notes how many were asked for.
struct Endless {
    left: usize,
}

impl Read for Endless {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let count = out.len().min(self.left);
        out[..count].fill(0);
        self.left -= count;
        Ok(count)
    }
}

#[test]
fn sizes_beyond_the_data_are_refused_without_memory_for_them() {
    // A thousandth of an address space: no machine could reserve it, so passing means not trying.
    let bytes = header_of("'<f8'", "(1000000000000000,)");
    let message = "Failed to read all data for array. Expected (1000000000000000,) = 1000000000000000 elements, \
                   could only read 3 elements. (file seems not fully written?)";
    for available in [None, Some(bytes.len() as u64 + 24)] {
        let mut stream = bytes.chain(Endless { left: 24 });
        let Err(error) = read(&mut stream, available) else {
            panic!("read more than there is")
        };
        assert_eq!(error.to_string(), message);
    }
    // Over several steps, and cut in the middle of an element.
    let bytes = header_of("'<c16'", "(1000000000,)");
    let mut stream = bytes.chain(Endless {
        left: (5 << 20) + 7,
    });
    let Err(error) = read(&mut stream, None) else {
        panic!("read more than there is")
    };
    assert!(
        error
            .to_string()
            .contains("could only read 327680 elements")
    );
    // And when all is there, steps join without a seam.
    let header = Header::new(DType::UInt16, &[3_000_001], false);
    let data: Vec<u16> = (0..3_000_001_u32).map(|i| (i % 65_521) as u16).collect();
    let mut file = Vec::new();
    write(&mut file, &header, bytemuck::cast_slice(&data)).unwrap();
    assert_eq!(
        read(&mut &file[..], None).unwrap().bytes(),
        bytemuck::cast_slice::<u16, u8>(&data)
    );
}

#[test]
fn data_of_another_size_than_the_header_says_is_not_written() {
    let header = Header::new(DType::Int32, &[2], false);
    let mut out = Vec::new();
    let error = write(&mut out, &header, &[0; 7]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "an array with shape (2,) of int32 has 8 bytes, got 7"
    );
    assert!(out.is_empty());
}
