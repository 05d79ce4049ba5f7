//! DLPack both ways: memory of the host, and memory of a device that the host cannot read in place.

extern crate tnp_cpu;

use std::ffi::c_void;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering};

use tnp_array::{Array, ErrorKind, Result, arange, array, take, with_device};
use tnp_backend::transfer_stats;
use tnp_dtype::DType;
use tnp_io::dlpack::{
    CPU, DLDataType, DLDevice, DLManagedTensor, DLManagedTensorVersioned, DLTensor, Export,
    Managed, Owned, from_dlpack, import, place, stream, to_dlpack, to_dlpack_on,
};
use tnp_testing::deferred;

/// The copies that a call counts, one test at a time.
fn copies<T>(call: impl FnOnce() -> T) -> (u64, u64, T) {
    let before = transfer_stats();
    let value = call();
    let after = transfer_stats();
    (
        after.copies - before.copies,
        after.bytes - before.bytes,
        value,
    )
}

static TURN: std::sync::Mutex<()> = std::sync::Mutex::new(());

fn turn() -> std::sync::MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(|e| e.into_inner())
}

fn matrix() -> Result<Array> {
    arange(24)?.astype(DType::Float32)?.reshape([4, 6])
}

fn views(x: &Array) -> Result<Vec<Array>> {
    Ok(vec![
        x.clone(),
        x.t()?,
        x.get(tnp_array::s![1.., ..;2])?,
        x.get(tnp_array::s![..;-1, 2])?,
        x.get(tnp_array::s![..0])?,
        x.get(tnp_array::s![2, 3])?,
        tnp_array::broadcast_to(x.get(tnp_array::s![0])?, [3, 6])?,
    ])
}

/// What a tensor's parts say: address, shape, strides.
fn parts(tensor: &DLTensor) -> (usize, Vec<i64>, Vec<i64>) {
    let ndim = tensor.ndim as usize;
    let numbers = |start: *mut i64| match ndim {
        0 => Vec::new(),
        // SAFETY: the protocol gives `ndim` numbers.
        _ => unsafe { std::slice::from_raw_parts(start, ndim) }.to_vec(),
    };
    (
        tensor.data.addr(),
        numbers(tensor.shape),
        numbers(tensor.strides),
    )
}

fn there_and_back<M: Managed + 'static>(x: &Array, options: Export) -> Result<Array> {
    let tensor = to_dlpack::<M>(x, options)?;
    // SAFETY: a tensor of ours, which nobody writes to.
    unsafe { from_dlpack(tensor, None) }
}

#[test]
fn arrays_come_back_with_values_dtypes_and_places() -> Result<()> {
    let _turn = turn();
    for device in [tnp_backend::Device::new("cpu", 0)?, deferred::device()?] {
        for x in views(&matrix()?.to(device)?)? {
            let same = there_and_back::<DLManagedTensorVersioned>(&x, Export::default())?;
            assert_eq!(same.device()?, device);
            assert_eq!((same.shape(), same.dtype()), (x.shape(), x.dtype()));
            assert_eq!(same.to_bytes()?, x.to_bytes()?);
            let legacy = there_and_back::<DLManagedTensor>(&x, Export::default())?;
            assert_eq!(
                (legacy.device()?, legacy.to_bytes()?),
                (device, x.to_bytes()?)
            );
        }
        for dtype in DType::ALL {
            let x = arange(7)?.astype(dtype)?.to(device)?;
            let same = there_and_back::<DLManagedTensorVersioned>(&x, Export::default())?;
            assert_eq!((same.dtype(), same.device()?), (dtype, device));
            assert_eq!(same.to_bytes()?, x.to_bytes()?, "{dtype}");
        }
    }
    Ok(())
}

#[test]
fn memory_is_lent_where_it_lies() -> Result<()> {
    let _turn = turn();
    let device = deferred::device()?;
    for (x, wanted) in [
        (matrix()?, (CPU, 0)),
        (matrix()?.to(device)?, deferred::PLACE),
    ] {
        assert_eq!(place(&x)?, wanted);
        let (count, _, whole) =
            copies(|| to_dlpack::<DLManagedTensorVersioned>(&x, Export::default()));
        assert_eq!(count, 0, "nothing is copied");
        let whole = whole?;
        let start = parts(whole.tensor()?).0;
        let view = x.get(tnp_array::s![..;-1, 2])?;
        let part = to_dlpack::<DLManagedTensorVersioned>(&view, Export::default())?;
        let tensor = *part.tensor()?;
        assert_eq!(parts(&tensor), (start + 20 * 4, vec![4], vec![-6]));
        assert_eq!(
            tensor.device,
            DLDevice {
                device_type: wanted.0,
                device_id: wanted.1
            }
        );
        assert_eq!((tensor.dtype.code, tensor.dtype.bits), (2, 32));
        // The tensor keeps the memory when the array has gone.
        drop((x, view, whole));
        let (address, ..) = parts(&tensor);
        // SAFETY: both devices' memory is the host's, and `part` keeps it.
        let value = unsafe { *std::ptr::with_exposed_provenance::<f32>(address) };
        assert_eq!(value, 20.0);
    }
    Ok(())
}

#[test]
fn flags_say_read_only_or_copied() -> Result<()> {
    let _turn = turn();
    let x = matrix()?;
    for (copy, flags) in [(None, 1), (Some(false), 1), (Some(true), 2)] {
        let options = Export {
            copy,
            ..Export::default()
        };
        let raw = to_dlpack::<DLManagedTensorVersioned>(&x, options)?.into_raw();
        // SAFETY: alive until it is owned again and dropped.
        let said = unsafe { raw.as_ref() }.flags;
        // SAFETY: taken apart above.
        drop(unsafe { Owned::from_raw(raw) });
        assert_eq!(said, flags, "{copy:?}");
    }
    let error = to_dlpack::<DLManagedTensor>(
        &x,
        Export {
            copy: Some(false),
            ..Export::default()
        },
    );
    let error = error.err().expect("it cannot say that it is read-only");
    assert!(error.message().contains("max_version"), "{error}");
    Ok(())
}

#[test]
fn copies_are_counted() -> Result<()> {
    let _turn = turn();
    let (here, there) = (matrix()?, matrix()?.to(deferred::device()?)?);
    let copy = Export {
        copy: Some(true),
        ..Export::default()
    };
    for x in [&here, &there] {
        let (count, bytes, tensor) = copies(|| to_dlpack::<DLManagedTensorVersioned>(x, copy));
        assert_eq!((count, bytes), (1, 96));
        drop(tensor?);
        let (count, bytes, tensor) = copies(|| to_dlpack::<DLManagedTensor>(x, Export::default()));
        assert_eq!((count, bytes), (1, 96));
        drop(tensor?);
    }
    let tensor = to_dlpack::<DLManagedTensorVersioned>(&here, Export::default())?;
    // SAFETY: a tensor of ours.
    let (count, _, borrowed) = copies(|| unsafe { from_dlpack(tensor, None) });
    assert_eq!(count, 0, "the host's memory is borrowed");
    drop(borrowed?);
    let tensor = to_dlpack::<DLManagedTensorVersioned>(&there, Export::default())?;
    // SAFETY: as above.
    let (count, bytes, adopted) = copies(|| unsafe { from_dlpack(tensor, None) });
    assert_eq!((count, bytes), (1, 96), "a device's is copied within it");
    drop(adopted?);
    let tensor = to_dlpack::<DLManagedTensorVersioned>(&there, Export::default())?;
    // SAFETY: as above.
    let refused = unsafe { from_dlpack(tensor, Some(false)) }.expect_err("it needs a copy");
    assert!(refused.message().contains("copy=False"), "{refused}");
    Ok(())
}

#[test]
fn an_array_is_moved_where_it_is_wanted() -> Result<()> {
    let _turn = turn();
    let (here, there) = (matrix()?, matrix()?.to(deferred::device()?)?);
    for (x, wanted) in [(&there, (CPU, 0)), (&here, deferred::PLACE)] {
        let options = Export {
            device: Some(wanted),
            ..Export::default()
        };
        let (count, bytes, moved) =
            copies(|| there_and_back::<DLManagedTensorVersioned>(x, options));
        let moved = moved?;
        assert_eq!(place(&moved)?, wanted);
        // On the way back a device's memory is copied once more.
        let back = u64::from(wanted.0 != CPU);
        assert_eq!((count, bytes), (1 + back, 96 * (1 + back)));
        assert_eq!(moved.to_bytes()?, here.to_bytes()?);
        let never = Export {
            copy: Some(false),
            ..options
        };
        let error = to_dlpack::<DLManagedTensorVersioned>(x, never).err();
        let error = error.expect("it takes a copy");
        assert!(error.message().contains("without a copy"), "{error}");
    }
    let nowhere = Export {
        device: Some((10, 3)),
        ..Export::default()
    };
    let error = to_dlpack::<DLManagedTensorVersioned>(&here, nowhere).err();
    let error = error.expect("there is no such device");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.message().contains("(10, 3)"), "{error}");
    Ok(())
}

#[test]
fn streams_are_the_device_s() -> Result<()> {
    let _turn = turn();
    let there = matrix()?.to(deferred::device()?)?;
    assert_eq!(stream((CPU, 0))?, None);
    assert_eq!(stream(deferred::PLACE)?, Some(7));
    for (x, number, works) in [
        (&there, Some(7), true),
        (&there, Some(-1), true),
        (&there, None, true),
        (&there, Some(3), false),
        (&matrix()?, Some(7), false),
        (&matrix()?, Some(-1), true),
    ] {
        // SAFETY: the device refuses numbers that are none of its streams.
        let tensor =
            unsafe { to_dlpack_on::<DLManagedTensorVersioned>(x, Export::default(), number) };
        assert_eq!(tensor.is_ok(), works, "{number:?}");
    }
    Ok(())
}

/// Memory of another library on the deferred device, which counts how often it is freed.
struct Theirs {
    content: Vec<u8>,
    shape: Vec<i64>,
    strides: Vec<i64>,
    freed: &'static AtomicUsize,
}

unsafe extern "C" fn free_theirs(this: *mut DLManagedTensorVersioned) {
    // SAFETY: the boxes of `tensor_of`, freed once.
    let theirs = unsafe {
        let managed = Box::from_raw(this);
        Box::from_raw(managed.manager_ctx.cast::<Theirs>())
    };
    theirs.freed.fetch_add(1, Ordering::Relaxed);
}

fn tensor_of(
    (kind, number): (i32, i32),
    (code, bits): (u8, u8),
    first: usize,
    mut theirs: Theirs,
) -> DLManagedTensorVersioned {
    let described = DLTensor {
        data: theirs.content.as_mut_ptr().cast(),
        device: DLDevice {
            device_type: kind,
            device_id: number,
        },
        ndim: theirs.shape.len() as i32,
        dtype: DLDataType {
            code,
            bits,
            lanes: 1,
        },
        shape: theirs.shape.as_mut_ptr(),
        strides: match theirs.strides.is_empty() {
            true => std::ptr::null_mut(),
            false => theirs.strides.as_mut_ptr(),
        },
        byte_offset: first as u64,
    };
    DLManagedTensorVersioned {
        major: 1,
        minor: 1,
        manager_ctx: Box::into_raw(Box::new(theirs)).cast::<c_void>(),
        deleter: Some(free_theirs),
        flags: 0,
        dl_tensor: described,
    }
}

fn owned(tensor: DLManagedTensorVersioned) -> Owned<DLManagedTensorVersioned> {
    // SAFETY: a box of our own.
    unsafe { Owned::from_raw(NonNull::from(Box::leak(Box::new(tensor)))) }
}

#[test]
fn memory_of_others_on_a_device_is_taken_over() -> Result<()> {
    let _turn = turn();
    static FREED: AtomicUsize = AtomicUsize::new(0);
    let device = deferred::device()?;
    let numbers = |numbers: &[i32]| -> Vec<u8> {
        numbers
            .iter()
            .flat_map(|number| number.to_ne_bytes())
            .collect()
    };
    let many: Vec<i32> = (0..1000).collect();
    let cases: [(Vec<u8>, (u8, u8), usize, Vec<i64>, Vec<i64>, Vec<i32>, u64); 6] = [
        // Content, code and bits, first byte, shape, strides, values, bytes copied.
        (
            numbers(&[1, 2, 3, 4]),
            (0, 32),
            0,
            vec![2, 2],
            vec![],
            vec![1, 2, 3, 4],
            16,
        ),
        (
            numbers(&[1, 2, 3, 4]),
            (0, 32),
            0,
            vec![2, 2],
            vec![1, 2],
            vec![1, 3, 2, 4],
            16,
        ),
        (
            numbers(&[1, 2, 3, 4]),
            (0, 32),
            12,
            vec![3],
            vec![-1],
            vec![4, 3, 2],
            12,
        ),
        (
            numbers(&[1, 2, 3, 4]),
            (0, 32),
            4,
            vec![3, 2],
            vec![0, 1],
            vec![2, 3, 2, 3, 2, 3],
            8,
        ),
        (
            numbers(&many),
            (0, 32),
            0,
            vec![2],
            vec![999],
            vec![0, 999],
            4000,
        ),
        (
            vec![0, 1, 2, 255],
            (6, 8),
            0,
            vec![4],
            vec![1],
            vec![0, 1, 1, 1],
            4,
        ),
    ];
    let all = cases.len();
    for (content, kind, first, shape, strides, wanted, bytes) in cases {
        let theirs = Theirs {
            content,
            shape: shape.clone(),
            strides,
            freed: &FREED,
        };
        let tensor = owned(tensor_of(deferred::PLACE, kind, first, theirs));
        // SAFETY: the tensor is as it says.
        let (count, copied, x) = copies(|| unsafe { from_dlpack(tensor, None) });
        let x = x?;
        assert_eq!((count, copied), (1, bytes));
        assert_eq!(x.device()?, device);
        let sizes: Vec<i64> = x.shape().iter().map(|&size| size as i64).collect();
        assert_eq!(sizes, shape);
        if kind.0 == 6 {
            assert_eq!(x.dtype(), DType::Bool);
            assert_eq!(x.to_bytes()?, [0, 1, 1, 1]);
        }
        assert_eq!(x.astype(DType::Int32)?.to_vec::<i32>()?, wanted);
        if bytes == 4000 {
            // Two elements do not keep a thousand.
            assert_eq!(x.tensor()?.buffer.bytes(), 8);
        }
    }
    assert_eq!(FREED.load(Ordering::Relaxed), all);
    Ok(())
}

#[test]
fn a_scope_says_where_an_import_goes() -> Result<()> {
    let _turn = turn();
    let there = matrix()?.to(deferred::device()?)?;
    let tensor = to_dlpack::<DLManagedTensorVersioned>(&matrix()?, Export::default())?;
    // SAFETY: a tensor of ours.
    let x = with_device(deferred::device()?, || unsafe { from_dlpack(tensor, None) })??;
    assert_eq!(x.device()?, there.device()?);
    assert_eq!(x.to_bytes()?, there.to_bytes()?);
    Ok(())
}

fn negative_size(tensor: &mut DLManagedTensorVersioned) {
    // SAFETY: the shape has one size.
    unsafe { *tensor.dl_tensor.shape = -4 };
}

#[test]
fn what_cannot_be_taken_over_is_an_error_and_freed() -> Result<()> {
    let _turn = turn();
    static FREED: AtomicUsize = AtomicUsize::new(0);
    type Change = fn(&mut DLManagedTensorVersioned);
    let cases: [(Change, (i32, i32), &str); 7] = [
        (|_| (), (2, 0), "the feature `cuda`"),
        (|_| (), (10, 1), "(10, 1)"),
        (|tensor| tensor.major = 2, deferred::PLACE, "version 2.1"),
        (
            |tensor| tensor.dl_tensor.dtype.lanes = 4,
            deferred::PLACE,
            "4 lanes",
        ),
        (
            |tensor| tensor.dl_tensor.ndim = -1,
            deferred::PLACE,
            "negative number of axes",
        ),
        (
            |tensor| negative_size(tensor),
            deferred::PLACE,
            "negative size",
        ),
        (
            |tensor| tensor.dl_tensor.shape = std::ptr::null_mut(),
            (CPU, 0),
            "the shape is missing",
        ),
    ];
    let all = cases.len();
    for (change, place, message) in cases {
        let theirs = Theirs {
            content: vec![0; 16],
            shape: vec![4],
            strides: vec![1],
            freed: &FREED,
        };
        let mut tensor = tensor_of(place, (0, 32), 0, theirs);
        change(&mut tensor);
        // SAFETY: what it says is refused before its memory is read.
        let error = unsafe { from_dlpack(owned(tensor), None) };
        let error = error.expect_err("it cannot be taken over");
        assert!(error.message().contains(message), "{error}");
    }
    assert_eq!(FREED.load(Ordering::Relaxed), all);
    let error = stream((2, 0)).expect_err("there is no CUDA here");
    assert!(error.message().contains("cuda"), "{error}");
    Ok(())
}

#[test]
fn an_operation_that_failed_is_not_lent() -> Result<()> {
    let _turn = turn();
    let x = array([1.0, 2.0], ())?.to(deferred::device()?)?;
    let index = array([7], ())?.to(deferred::device()?)?;
    let wrong = take(&x, &index, ())?;
    let error = to_dlpack::<DLManagedTensorVersioned>(&wrong, Export::default()).err();
    let error = error.expect("nothing fills it");
    assert_eq!(error.kind(), ErrorKind::Index, "{error}");
    Ok(())
}

#[test]
fn an_import_keeps_its_owner() -> Result<()> {
    let _turn = turn();
    static FREED: AtomicUsize = AtomicUsize::new(0);
    let theirs = Theirs {
        content: vec![1; 16],
        shape: vec![16],
        strides: vec![],
        freed: &FREED,
    };
    let tensor = owned(tensor_of((CPU, 0), (0, 8), 0, theirs));
    let described = *tensor.tensor()?;
    // SAFETY: the tensor is as it says.
    let x = unsafe { import(&described, Box::new(tensor), None)? };
    let part = x.get(tnp_array::s![3..])?;
    drop(x);
    assert_eq!(FREED.load(Ordering::Relaxed), 0);
    assert_eq!(part.sum(())?.item::<i64>()?, 13);
    drop(part);
    assert_eq!(FREED.load(Ordering::Relaxed), 1);
    Ok(())
}
