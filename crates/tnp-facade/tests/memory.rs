//! Memory by the pool's own statistics: what allocates, what is reused, what is kept, and what a limit does.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};

use tnp::{Array, MemoryStats, memory, ones, s};

/// Counts the bytes of everything on the heap.
struct Counting;

static HEAP: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is handed to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        HEAP.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise is handed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        HEAP.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise is handed on.
        unsafe { System.dealloc(ptr, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The statistics are the process's: one test at a time. One helper at most, so that it is soon known what threads keep for themselves.
fn alone() -> MutexGuard<'static, ()> {
    static LOCK: Mutex<()> = Mutex::new(());
    tnp_cpu::set_num_threads(2);
    LOCK.lock().unwrap_or_else(|failed| failed.into_inner())
}

fn stats() -> MemoryStats {
    memory::stats("cpu:0").expect("there is a CPU")
}

/// Blocks that `body` takes from the pool.
fn blocks<T>(body: impl FnOnce() -> tnp::Result<T>) -> u64 {
    let before = stats().allocations;
    let result = body().expect("the operation works");
    let taken = stats().allocations - before;
    drop(result);
    taken
}

/// Bytes that `body` needs at its worst beyond what is live before.
fn peak(body: impl FnOnce() -> tnp::Result<Array>) -> usize {
    memory::reset_peak("cpu:0").expect("there is a CPU");
    let before = stats().live;
    let result = body().expect("the operation works");
    let peak = stats().peak - before;
    drop(result);
    peak
}

const MIB: usize = 1 << 20;

fn mebibytes(count: usize) -> Array {
    ones(count * MIB / 4, tnp::Float32).expect("memory")
}

#[test]
fn views_allocate_nothing() {
    let _alone = alone();
    let x = mebibytes(1).reshape([64, 64, 64]).unwrap();
    let long = x.ravel(()).unwrap();
    let views: [(&str, fn(&Array, &Array) -> tnp::Result<Array>); 24] = [
        ("reshape", |x, _| x.reshape([64, -1])),
        ("ravel", |x, _| x.ravel(())),
        ("flatten", |x, _| tnp::flatten(x, ())),
        ("t", |x, _| x.t()),
        ("transpose", |x, _| x.transpose([1, 2, 0])),
        ("swapaxes", |x, _| x.swapaxes(0, 2)),
        ("moveaxis", |x, _| tnp::moveaxis(x, 0, 2)),
        ("matrix_transpose", |x, _| tnp::matrix_transpose(x)),
        ("an index", |x, _| x.get(s![3])),
        ("a slice", |x, _| x.get(s![1..9, ..;2, 5..])),
        ("a step back", |x, _| x.get(s![..;-3])),
        ("newaxis", |x, _| x.get(s![newaxis, ..., newaxis])),
        ("expand_dims", |x, _| tnp::expand_dims(x, [0, 2])),
        ("squeeze", |x, _| tnp::squeeze(x.get(s![newaxis])?, ())),
        ("broadcast_to", |x, _| tnp::broadcast_to(x, [9, 64, 64, 64])),
        ("flip", |x, _| tnp::flip(x, ())),
        ("fliplr", |x, _| tnp::fliplr(x)),
        ("flipud", |x, _| tnp::flipud(x)),
        ("rot90", |x, _| tnp::rot90(x, 1, [0, 1])),
        ("diagonal", |x, _| x.diagonal(())),
        ("split", |x, _| Ok(tnp::split(x, 4, 1)?.remove(2))),
        ("atleast_2d", |_, long| tnp::atleast_2d(long)),
        ("sliding_window_view", |_, long| {
            tnp::sliding_window_view(long, 5, ())
        }),
        ("clone", |x, _| Ok(x.clone())),
    ];
    for (name, view) in views {
        assert_eq!(blocks(|| view(&x, &long)), 0, "{name}");
    }
    // A copy waits until one of the two is written to.
    assert_eq!(blocks(|| tnp::copy(&x)), 0);
    // The measure does count what allocates.
    assert_eq!(blocks(|| Ok(&x + 1)), 1);
    assert_eq!(blocks(|| x.transpose([1, 2, 0])?.reshape([64, -1])), 1);
}

#[test]
fn temporaries_are_written_over() {
    let _alone = alone();
    let inputs = || [mebibytes(4), mebibytes(4), mebibytes(4)];
    let [a, b, c] = inputs();
    assert_eq!(peak(|| Ok(&a * &b + &c)), 4 * MIB);
    assert_eq!(peak(|| tnp::exp(&a * &b + &c)), 4 * MIB);
    assert_eq!(peak(|| tnp::exp(-(&a * &b) + 1)), 4 * MIB);
    // The method leaves what it is called on alone, be it the only holder.
    let [d, e, f] = inputs();
    assert_eq!(peak(|| (d * &e + &f).exp()), 4 * MIB);
    // So does everything when somebody else holds the buffer.
    let shared = a.clone();
    assert_eq!(peak(|| tnp::exp(a * &b)), 4 * MIB);
    assert_eq!(shared.get(s![0]).unwrap().item::<f32>().unwrap(), 1.0);
    // Assignment in place needs nothing.
    let mut x = mebibytes(4);
    assert_eq!(
        peak(|| {
            x += &b;
            x.assign(s![..;2], 0)?;
            Ok(x)
        }),
        0
    );
}

#[test]
fn an_array_costs_less_than_200_bytes() {
    let _alone = alone();
    const COUNT: usize = 1000;
    let each = |make: &dyn Fn() -> Array| {
        memory::empty_cache("cpu:0").unwrap();
        let before = HEAP.load(Ordering::Relaxed);
        let mut arrays = Vec::with_capacity(COUNT);
        arrays.resize_with(COUNT, make);
        let bytes = HEAP.load(Ordering::Relaxed) - before;
        assert_eq!(arrays.len(), COUNT);
        bytes / COUNT
    };
    // 128 bytes of elements, the handle in the vector, and whatever it keeps on the heap.
    let owner = each(&|| ones(16, tnp::Float64).unwrap());
    assert!((128..128 + 200).contains(&owner), "{owner} bytes");
    let x = ones([16, 16], tnp::Float64).unwrap();
    let view = each(&|| x.t().unwrap());
    assert!(view < 200, "{view} bytes");
    let scalar = each(&|| x.get(s![0, 0]).unwrap());
    assert!(scalar < 200, "{scalar} bytes");
}

#[test]
fn the_limit_is_an_error_and_passes() {
    let _alone = alone();
    let x = mebibytes(2);
    memory::empty_cache("cpu:0").unwrap();
    memory::set_limit("cpu:0", Some(stats().live + 8 * MIB)).unwrap();
    assert_eq!(stats().limit, Some(stats().live + 8 * MIB));
    let refused = ones(16 * MIB / 4, tnp::Float32);
    let fits = ones(4 * MIB / 4, tnp::Float32);
    let too_much_at_once = tnp::exp(tnp::broadcast_to(&x, [9, MIB / 2]).unwrap());
    memory::set_limit("cpu:0", None).unwrap();
    let message = refused.unwrap_err().to_string();
    assert!(
        message.contains("16777216 bytes") && message.contains("limit"),
        "{message}"
    );
    assert_eq!(fits.unwrap().size(), MIB);
    assert!(too_much_at_once.is_err());
    assert_eq!(ones(16 * MIB / 4, tnp::Float32).unwrap().size(), 4 * MIB);
}

#[test]
fn empty_cache_gives_back_what_is_idle() {
    let _alone = alone();
    drop(mebibytes(8));
    drop(ones(10, ()).unwrap());
    assert!(stats().idle >= 8 * MIB);
    let live = stats().live;
    memory::empty_cache("cpu:0").unwrap();
    assert_eq!((stats().idle, stats().live), (0, live));
    // Memory that was kept serves again, and counts as such.
    drop(mebibytes(8));
    let reuses = stats().reuses;
    drop(mebibytes(8));
    assert!(stats().reuses > reuses);
}

/// At most half of the peak lies idle, or 64 MiB, or the one block freed last.
#[test]
fn no_more_than_its_share_lies_idle() {
    let _alone = alone();
    memory::empty_cache("cpu:0").unwrap();
    memory::reset_peak("cpu:0").unwrap();
    let mut arrays: Vec<Array> = (0..25).map(|_| mebibytes(8)).collect();
    while let Some(array) = arrays.pop() {
        drop(array);
        let MemoryStats { idle, peak, .. } = stats();
        assert!(idle <= (peak / 2).max(64 * MIB), "{idle} of {peak}");
    }
    assert!(stats().idle > 64 * MIB, "the share is used");
    memory::empty_cache("cpu:0").unwrap();
    memory::reset_peak("cpu:0").unwrap();
    drop(mebibytes(80));
    assert_eq!(stats().idle, 80 * MIB, "the block freed last is kept");
    drop(mebibytes(24));
    assert!(stats().idle <= 64 * MIB, "and goes when another follows");
    memory::empty_cache("cpu:0").unwrap();
}

/// A mapped file of a gibibyte of which little is used: little is read.
#[cfg(target_os = "linux")]
#[test]
fn a_mapped_file_is_read_where_it_is_used() {
    use std::io::Write;

    let _alone = alone();
    // Pages of this process in memory, those of mapped files included.
    let resident = || -> usize {
        let text = std::fs::read_to_string("/proc/self/statm").unwrap();
        let pages: usize = text.split(' ').nth(1).unwrap().parse().unwrap();
        pages * 4096
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.npy");
    let header = "{'descr': '<f8', 'fortran_order': False, 'shape': (134217728,), }";
    let mut file = std::fs::File::create(&path).unwrap();
    file.write_all(b"\x93NUMPY\x01\x00\x76\x00").unwrap();
    file.write_all(format!("{header:<117}\n").as_bytes())
        .unwrap();
    // A hole: it reads as zeros and takes no room on the disk.
    file.set_len(128 + (1 << 30)).unwrap();
    drop(file);

    let (before, live) = (resident(), stats().live);
    // SAFETY: nobody else knows the file.
    let x = unsafe { tnp::load_mmap(&path) }.unwrap();
    assert_eq!((x.shape(), x.dtype()), (&[1 << 27][..], tnp::Float64));
    assert_eq!(stats().live, live, "nothing is allocated");
    assert_eq!(x.get(s![100_000_000]).unwrap().item::<f64>().unwrap(), 0.0);
    let part = x.get(s![50_000_000..50_100_000]).unwrap();
    assert_eq!(part.sum(()).unwrap().item::<f64>().unwrap(), 0.0);
    drop(part);
    let grown = resident().saturating_sub(before);
    assert!(grown < 16 * MIB, "{grown} bytes are resident");
    assert!(stats().live <= live + MIB);
}

#[test]
fn a_thousand_calls_of_a_function_grow_nothing() {
    let _one = alone();
    let layer = tnp::function(|(x, w, b): &(Array, Array, Array)| {
        let h = tnp::tanh(&tnp::matmul(x, w)? + b)?;
        let score = (&h * &h).sum(1)?;
        Ok((h, score))
    });
    let given = (
        ones([64, 32], ()).unwrap(),
        ones([32, 48], ()).unwrap(),
        ones([48], ()).unwrap(),
    );
    // Large calls first, many of them: every thread of the team gets work and makes its scratch memory.
    let large = (
        ones([64 * 64, 32], ()).unwrap(),
        given.1.clone(),
        given.2.clone(),
    );
    for _ in 0..200 {
        drop(layer.call(&large).unwrap());
        drop(layer.call(&given).unwrap());
    }
    drop(large);
    memory::empty_cache("cpu:0").unwrap();
    for _ in 0..100 {
        drop(layer.call(&given).unwrap());
    }
    let before = stats();
    // Everything else on the heap: caches of graphs and executables, tables, queues.
    let thousand = || {
        let heap = HEAP.load(Ordering::Relaxed);
        for _ in 0..1000 {
            drop(layer.call(&given).unwrap());
        }
        HEAP.load(Ordering::Relaxed).saturating_sub(heap)
    };
    assert_eq!([thousand(), thousand()], [0, 0]);
    let after = stats();
    assert_eq!(layer.trace_count(), 2);
    assert_eq!((after.live, after.idle), (before.live, before.idle));
    let blocks = after.allocations - before.allocations;
    assert_eq!(blocks, after.reuses - before.reuses);
    // Functions made anew each time leave nothing either, once dead executables are swept out.
    let once = || {
        let f = tnp::function(|x: &Array| Ok(x * 2.0 + 1.0));
        drop(f.call(&given.0).unwrap());
    };
    for _ in 0..300 {
        once();
    }
    let heap = HEAP.load(Ordering::Relaxed);
    for _ in 0..1000 {
        once();
    }
    let grown = HEAP.load(Ordering::Relaxed).saturating_sub(heap);
    assert!(grown < 1 << 20, "{grown}");
}
