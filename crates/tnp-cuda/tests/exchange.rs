//! Memory shared with other libraries on a CUDA device, in the order of their streams; and a device that is lost. It takes a device, a GPU
//! or one in software (`cargo xtask software-cuda`).

use std::process::{Command, ExitCode};
use std::ptr::NonNull;

use cudarc::driver::result::{event, free_sync, malloc_sync, memcpy_dtoh_async, stream};
use cudarc::driver::sys;
use libtest_mimic::{Arguments, Failed, Trial};
use tnp_array::{Array, ErrorKind, Result, add, arange, array, full, multiply, take, with_device};
use tnp_backend::{Device, transfer_stats};
use tnp_dtype::DType;
use tnp_io::dlpack::{
    DLDataType, DLDevice, DLManagedTensorVersioned, DLTensor, Export, Owned, from_dlpack, import,
    place, stream as wanted_stream, to_dlpack, to_dlpack_on,
};

extern crate tnp_cpu as _;
extern crate tnp_cuda as _;

const SIZE: usize = 1 << 16;

fn cuda() -> Result<Device> {
    "cuda:0".parse()
}

/// 0, 1, 2 … and some work, which is not awaited.
fn worked(times: f32) -> Result<Array> {
    let x = arange(SIZE as i64)?.astype(DType::Float32)?.to(cuda()?)?;
    let mut y = multiply(&x, times)?;
    for _ in 0..8 {
        y = add(&y, &x)?;
    }
    Ok(y)
}

/// What `worked` gives at a place.
fn wanted(times: f32, at: usize) -> f32 {
    at as f32 * (times + 8.0)
}

/// A stream of another library.
fn reader() -> sys::CUstream {
    stream::create(stream::StreamKind::NonBlocking).expect("a stream")
}

fn number(stream: sys::CUstream) -> Option<i64> {
    Some(stream.expose_provenance() as i64)
}

fn exported(x: &Array, stream: Option<i64>) -> Result<Owned<DLManagedTensorVersioned>> {
    // SAFETY: the tests' streams are alive.
    unsafe { to_dlpack_on(x, Export::default(), stream) }
}

/// A stream's copy of what lies at an address.
fn read(address: sys::CUdeviceptr, stream: sys::CUstream) -> Vec<f32> {
    let mut values = vec![0f32; SIZE];
    // SAFETY: so many numbers lie there, and the vector lives until the stream is done.
    unsafe {
        memcpy_dtoh_async(&mut values, address, stream).expect("a copy");
        stream::synchronize(stream).expect("it is done");
    }
    values
}

fn address(tensor: &Owned<DLManagedTensorVersioned>) -> Result<sys::CUdeviceptr> {
    Ok(tensor.tensor()?.data.addr() as sys::CUdeviceptr)
}

fn a_reader_sees_what_was_computed_before() -> Result<()> {
    let stream = reader();
    for times in [1.0, 2.0, 3.0] {
        let y = worked(times)?;
        assert_eq!(place(&y)?, (2, 0));
        let tensor = exported(&y, number(stream))?;
        let values = read(address(&tensor)?, stream);
        assert!((0..SIZE).all(|at| values[at] == wanted(times, at)));
    }
    Ok(())
}

fn the_default_streams_wait_too() -> Result<()> {
    for (stream, handle) in [(None, 1), (Some(1), 1), (Some(2), 2)] {
        let y = worked(4.0)?;
        let tensor = exported(&y, stream)?;
        let handle = std::ptr::without_provenance_mut(handle);
        let values = read(address(&tensor)?, handle);
        assert!(
            (0..SIZE).all(|at| values[at] == wanted(4.0, at)),
            "{stream:?}"
        );
    }
    Ok(())
}

fn memory_is_not_used_again_before_its_reader_is_done() -> Result<()> {
    let stream = reader();
    let bytes = SIZE * 4;
    for round in 0..8 {
        let times = round as f32;
        let y = worked(times)?;
        let tensor = exported(&y, number(stream))?;
        // SAFETY: memory of as many bytes; the driver keeps the order of the stream.
        let copy = unsafe {
            let copy = malloc_sync(bytes).expect("memory");
            let from = address(&tensor)?;
            let status = sys::cuMemcpyDtoDAsync_v2(copy, from, bytes, stream);
            status.result().expect("a copy");
            copy
        };
        drop((tensor, y));
        // What comes next takes the memory that was given back, and is done before the reader is asked.
        let junk: Result<Vec<Array>> = (0..4)
            .map(|_| with_device(cuda()?, || full([SIZE], -1.0, DType::Float32))?)
            .collect();
        assert_eq!(junk?[3].sum(())?.item::<f32>()?, -(SIZE as f32));
        let values = read(copy, stream);
        assert!(
            (0..SIZE).all(|at| values[at] == wanted(times, at)),
            "round {round}"
        );
        // SAFETY: nobody uses it any more.
        unsafe { free_sync(copy) }.expect("it was ours");
    }
    Ok(())
}

/// Memory of another library on the device.
struct Theirs {
    address: sys::CUdeviceptr,
    shape: [i64; 1],
}

impl Theirs {
    fn tensor(&mut self) -> DLTensor {
        DLTensor {
            data: std::ptr::with_exposed_provenance_mut(self.address as usize),
            device: DLDevice {
                device_type: 2,
                device_id: 0,
            },
            ndim: 1,
            dtype: DLDataType {
                code: 2,
                bits: 32,
                lanes: 1,
            },
            shape: self.shape.as_mut_ptr(),
            strides: std::ptr::null_mut(),
            byte_offset: 0,
        }
    }
}

fn memory_of_others_comes_after_their_work() -> Result<()> {
    let owner = reader();
    let ours = wanted_stream((2, 0))?.expect("a stream of CUDA");
    assert!(ours > 2, "{ours}");
    let ours: sys::CUstream = std::ptr::with_exposed_provenance_mut(ours as usize);
    for times in [5.0, 6.0] {
        let y = worked(times)?;
        let tensor = exported(&y, number(owner))?;
        let bytes = SIZE * 4;
        // SAFETY: memory of as many bytes; what the owner's stream does comes before what ours is given, as the protocol asks.
        let mut theirs = unsafe {
            let copy = malloc_sync(bytes).expect("memory");
            let status = sys::cuMemcpyDtoDAsync_v2(copy, address(&tensor)?, bytes, owner);
            status.result().expect("a copy");
            let done =
                event::create(sys::CUevent_flags::CU_EVENT_DISABLE_TIMING).expect("an event");
            event::record(done, owner).expect("recorded");
            let flags = sys::CUevent_wait_flags::CU_EVENT_WAIT_DEFAULT;
            stream::wait_event(ours, done, flags).expect("waits");
            event::destroy(done).expect("destroyed");
            Theirs {
                address: copy,
                shape: [SIZE as i64],
            }
        };
        let before = transfer_stats();
        // SAFETY: the tensor is as it says.
        let x = unsafe { import(&theirs.tensor(), Box::new(()), None)? };
        let after = transfer_stats();
        assert_eq!(
            (after.copies - before.copies, after.bytes - before.bytes),
            (1, bytes as u64)
        );
        // Its owner does with it what he likes as soon as the import has returned.
        // SAFETY: nobody reads it any more.
        unsafe {
            let zeros = vec![0f32; SIZE];
            cudarc::driver::result::memcpy_htod_async(theirs.address, &zeros, owner)
                .expect("zeros");
            stream::synchronize(owner).expect("done");
            free_sync(theirs.address).expect("it was ours");
        }
        assert_eq!(x.device()?, cuda()?);
        let values = x.to_vec::<f32>()?;
        assert!((0..SIZE).all(|at| values[at] == wanted(times, at)));
    }
    Ok(())
}

fn arrays_come_back() -> Result<()> {
    let x = worked(1.0)?;
    for view in [
        x.get(tnp_array::s![..;-3])?,
        x.reshape([256, 256])?.t()?,
        x.get(tnp_array::s![7])?,
    ] {
        let tensor = exported(&view, wanted_stream((2, 0))?)?;
        // SAFETY: a tensor of ours.
        let back = unsafe { from_dlpack(tensor, None)? };
        assert_eq!((back.shape(), back.device()?), (view.shape(), cuda()?));
        assert_eq!(back.to_bytes()?, view.to_bytes()?);
    }
    let to_cpu = Export {
        device: Some((1, 0)),
        ..Export::default()
    };
    let tensor = to_dlpack::<DLManagedTensorVersioned>(&x, to_cpu)?;
    // SAFETY: as above.
    let here = unsafe { from_dlpack(tensor, None)? };
    assert_eq!(
        (here.device()?.to_string(), here.to_bytes()?),
        ("cpu:0".to_owned(), x.to_bytes()?)
    );
    let error = exported(&x, Some(0)).err().expect("0 is no stream");
    assert_eq!(error.kind(), ErrorKind::Value, "{error}");
    Ok(())
}

fn an_index_out_of_bounds_is_found_before_lending() -> Result<()> {
    let x = array([1.0f32, 2.0], ())?.to(cuda()?)?;
    let wrong = take(&x, array([7], ())?.to(cuda()?)?, ())?;
    let error = exported(&wrong, None).err().expect("index 7 of 2");
    assert_eq!(error.kind(), ErrorKind::Index, "{error}");
    // The device works on.
    assert_eq!(x.sum(())?.item::<f32>()?, 3.0);
    Ok(())
}

fn an_owner_is_kept_no_longer_than_the_copy() -> Result<()> {
    let x = worked(2.0)?;
    let raw: NonNull<DLManagedTensorVersioned> = exported(&x, None)?.into_raw();
    // SAFETY: taken apart above.
    let tensor = unsafe { Owned::from_raw(raw) };
    let live = cuda()?.backend().memory_stats(0).live;
    // SAFETY: a tensor of ours.
    let back = unsafe { from_dlpack(tensor, None)? };
    drop(x);
    assert_eq!(cuda()?.backend().memory_stats(0).live, live);
    drop(back);
    assert!(cuda()?.backend().memory_stats(0).live < live);
    Ok(())
}

/// Run in a process whose device is lost at some launch or allocation: an error, not a hang and not a panic.
fn child_with_a_lost_device() -> Result<()> {
    let mut outcome = Ok(0.0);
    for _ in 0..64 {
        outcome = worked(1.0).and_then(|y| y.sum(())?.item::<f32>());
        if outcome.is_err() {
            break;
        }
    }
    let error = outcome.expect_err("the device is lost");
    assert!(
        matches!(error.kind(), ErrorKind::Device | ErrorKind::Memory),
        "{error}"
    );
    // The CPU works on.
    assert_eq!(arange(4)?.sum(())?.item::<i64>()?, 6);
    println!("told: {error}");
    Ok(())
}

fn a_lost_device_is_an_error() -> Result<()> {
    for lost in ["launch 3", "launch 20", "allocation 1"] {
        let here = std::env::current_exe().expect("this program");
        let mut child = Command::new(here);
        child.args([
            "--exact",
            "child_with_a_lost_device",
            "--ignored",
            "--nocapture",
        ]);
        let output = child
            .env("TNP_SOFTWARE_FAIL", lost)
            .output()
            .expect("it ran");
        let text = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success() && text.contains("1 passed"),
            "{lost}: {text}{errors}"
        );
    }
    Ok(())
}

fn main() -> ExitCode {
    // Copies are counted for all threads together.
    let arguments = Arguments {
        test_threads: Some(1),
        ..Arguments::from_args()
    };
    let missing = match cuda() {
        Ok(_) => None,
        Err(error) => {
            let without = std::env::var("TNP_WITHOUT").unwrap_or_default();
            assert!(without.split(',').any(|name| name == "cuda"), "{error}");
            Some("no cuda:0 here")
        }
    };
    let in_software = std::env::var_os("TNP_SOFTWARE_CUDA").is_some();
    type Test = (&'static str, fn() -> Result<()>, bool);
    let tests: [Test; 9] = [
        (
            "a_reader_sees_what_was_computed_before",
            a_reader_sees_what_was_computed_before,
            true,
        ),
        (
            "the_default_streams_wait_too",
            the_default_streams_wait_too,
            true,
        ),
        (
            "memory_is_not_used_again_before_its_reader_is_done",
            memory_is_not_used_again_before_its_reader_is_done,
            true,
        ),
        (
            "memory_of_others_comes_after_their_work",
            memory_of_others_comes_after_their_work,
            true,
        ),
        ("arrays_come_back", arrays_come_back, true),
        (
            "an_index_out_of_bounds_is_found_before_lending",
            an_index_out_of_bounds_is_found_before_lending,
            true,
        ),
        (
            "an_owner_is_kept_no_longer_than_the_copy",
            an_owner_is_kept_no_longer_than_the_copy,
            true,
        ),
        (
            "a_lost_device_is_an_error",
            a_lost_device_is_an_error,
            in_software,
        ),
        // Only in a process of its own, by the test above.
        ("child_with_a_lost_device", child_with_a_lost_device, false),
    ];
    let trials = tests.map(|(name, test, runs)| {
        let run = move || test().map_err(|error| Failed::from(error.to_string()));
        let name = match missing {
            Some(why) => format!("{name} ({why})"),
            None => name.to_owned(),
        };
        Trial::test(name, run).with_ignored_flag(missing.is_some() || !runs)
    });
    libtest_mimic::run(&arguments, trials.into()).exit_code()
}
