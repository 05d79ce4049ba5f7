//! Every kernel that the backend writes becomes CUDA C++, and NVRTC compiles it for two generations of GPUs; every function of NVIDIA's
//! libraries that is called is there. Neither needs a device. `TNP_NVRTC` names NVRTC's library, `TNP_CUDA_INCLUDE` the directories of
//! CUDA's headers; `TNP_CUDA_LIBRARIES` says that the other libraries can be loaded.

mod kernels;
mod nvrtc;

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use kernels::Named;
use libtest_mimic::{Arguments, Completion, Trial};
use nvrtc::Nvrtc;

extern crate tnp_cpu as _;
extern crate tnp_cuda as _;

/// Ampere and Hopper; for the latter CubeCL asks for all that it has.
const ARCHITECTURES: [&str; 2] = ["sm_80", "sm_90a"];

fn counted(kernels: &[Named]) -> String {
    let families: BTreeSet<&str> = kernels.iter().map(|kernel| kernel.family).collect();
    let dtypes: BTreeSet<String> = (kernels.iter())
        .map(|kernel| kernel.dtype.to_string())
        .collect();
    format!(
        "{} kernels of {} families on {} dtypes",
        kernels.len(),
        families.len(),
        dtypes.len()
    )
}

/// The sources, or which of the kernels have none.
fn sources(kernels: &[Named]) -> Vec<String> {
    let mut failures = Vec::new();
    let mut sources = Vec::new();
    for kernel in kernels {
        match kernel.source() {
            Ok(source) => sources.push(source),
            Err(error) => failures.push(format!("{}: {error}", kernel.what)),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    sources
}

fn every_kernel_becomes_cuda() {
    let kernels = kernels::all();
    let sources = sources(&kernels);
    let bytes: usize = sources.iter().map(String::len).sum();
    println!("{}: {bytes} bytes of CUDA C++", counted(&kernels));
    let families: BTreeSet<&str> = kernels.iter().map(|kernel| kernel.family).collect();
    let wanted = [
        "Unary",
        "Binary",
        "Select",
        "Cast",
        "Full",
        "Iota",
        "RandomBits",
        "Concatenate",
        "Pad",
        "DynamicSlice",
        "DynamicUpdateSlice",
        "Gather",
        "Scatter",
        "NonZero",
        "Reduce",
        "ArgReduce",
        "Cumulative",
        "Sort",
        "ArgSort",
        "SearchSorted",
        "DotGeneral",
        "region",
    ];
    let absent: Vec<_> = (wanted.iter())
        .filter(|family| !families.contains(*family))
        .collect();
    assert!(absent.is_empty(), "no kernel of {absent:?}");
    for source in &sources {
        assert!(source.contains("__global__"), "{source}");
    }
}

fn every_kernel_compiles(nvrtc: &Nvrtc) {
    let start = Instant::now();
    let kernels = kernels::all();
    let sources = sources(&kernels);
    let failures: Mutex<Vec<String>> = Mutex::default();
    let done: Mutex<BTreeMap<&str, (usize, usize, f64)>> = Mutex::default();
    let next = AtomicUsize::new(0);
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(kernel) = kernels.get(at / ARCHITECTURES.len()) else {
                return;
            };
            let architecture = ARCHITECTURES[at % ARCHITECTURES.len()];
            let source = &sources[at / ARCHITECTURES.len()];
            let start = Instant::now();
            let compiled = nvrtc.compile(source, architecture);
            let mut done = done.lock().expect("no thread failed");
            let family = done.entry(kernel.family).or_default();
            family.0 += 1;
            family.2 += start.elapsed().as_secs_f64();
            match compiled {
                Ok(compiled) if compiled.machine_code > 0 => family.1 += compiled.machine_code,
                Ok(_) => complain(&failures, kernel, architecture, "no machine code", source),
                Err(error) => complain(&failures, kernel, architecture, &error, source),
            }
        }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    let (major, minor) = nvrtc.version();
    for (family, (count, bytes, seconds)) in &*done.lock().expect("no thread failed") {
        println!("{family:<20} {count:>6} compiled {bytes:>10} bytes {seconds:>7.1} s");
    }
    let failures = failures.into_inner().expect("no thread failed");
    println!(
        "{}, by NVRTC {major}.{minor} for {} in {:.0} s: {} failed",
        counted(&kernels),
        ARCHITECTURES.join(" and "),
        start.elapsed().as_secs_f64(),
        failures.len()
    );
    assert!(
        failures.is_empty(),
        "{} failed; the first of them:\n{}",
        failures.len(),
        failures[..failures.len().min(5)].join("\n")
    );
}

fn complain(
    failures: &Mutex<Vec<String>>,
    kernel: &Named,
    architecture: &str,
    error: &str,
    source: &str,
) {
    let mut failures = failures.lock().expect("no thread failed");
    failures.push(format!(
        "{} ({architecture}): {error}\n{source}",
        kernel.what
    ));
}

/// What NVRTC makes of the kernels, for a GPU of 2020 and later.
fn assembly(nvrtc: &Nvrtc, kernels: &[Named]) -> String {
    let compile = |source: &String| nvrtc.compile(source, "sm_80").expect("it compiles").ptx;
    sources(kernels).iter().map(compile).collect()
}

fn a_product_and_a_sum_are_rounded_twice(nvrtc: &Nvrtc) {
    let ptx = assembly(nvrtc, &kernels::product_and_sum());
    // The product, held by a sum with minus zero; then the sum.
    assert_eq!(ptx.matches("fma.rn.f32").count(), 1, "{ptx}");
    assert_eq!(ptx.matches("add.f32").count(), 1, "{ptx}");
    assert_eq!(ptx.matches("mul.f32").count(), 0, "{ptx}");
}

fn products_of_matrices_are_rounded_once(nvrtc: &Nvrtc) {
    let ptx = assembly(nvrtc, &kernels::matrix_product());
    assert!(ptx.matches("fma.rn.f32").count() >= 4, "{ptx}");
    assert_eq!(ptx.matches("add.f32").count(), 0, "{ptx}");
}

/// Loading a library finds all functions that are called. Where there is no device none of them can be started, which is an error.
fn libraries_have_what_is_called() {
    let devices = tnp_backend::devices();
    let device = devices
        .iter()
        .any(|info| info.device.backend().name() == "cuda");
    for library in tnp_cuda::libraries() {
        let file = library
            .file()
            .unwrap_or_else(|| panic!("{:?}", library.missing()));
        match (library.check(), device) {
            (Ok(()), true) => println!("{} is {file}, and starts", library.name()),
            (Ok(()), false) => panic!("{} needs no device?", library.name()),
            (Err(error), true) => panic!("{error}"),
            (Err(error), false) => {
                println!("{} is {file}; without a device: {error}", library.name());
                assert_eq!(error.kind(), tnp_backend::ErrorKind::Device, "{error}");
            }
        }
    }
}

fn main() -> ExitCode {
    let compiled = |name, test: fn(&Nvrtc)| {
        Trial::ignorable_test(name, move || match Nvrtc::named() {
            Some(nvrtc) => {
                test(&nvrtc);
                Ok(Completion::Completed)
            }
            None => Ok(Completion::ignored_with("TNP_NVRTC names no library")),
        })
    };
    let libraries = || match std::env::var_os("TNP_CUDA_LIBRARIES") {
        Some(_) => {
            libraries_have_what_is_called();
            Ok(Completion::Completed)
        }
        None => Ok(Completion::ignored_with("TNP_CUDA_LIBRARIES is not set")),
    };
    let written = || {
        every_kernel_becomes_cuda();
        Ok(())
    };
    let tests = vec![
        Trial::test("every_kernel_becomes_cuda", written),
        Trial::ignorable_test("libraries_have_what_is_called", libraries),
        compiled("every_kernel_compiles", every_kernel_compiles),
        compiled(
            "a_product_and_a_sum_are_rounded_twice",
            a_product_and_a_sum_are_rounded_twice,
        ),
        compiled(
            "products_of_matrices_are_rounded_once",
            products_of_matrices_are_rounded_once,
        ),
    ];
    libtest_mimic::run(&Arguments::from_args(), tests).exit_code()
}
