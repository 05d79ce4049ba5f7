//! Threads: the team that runs the outer loops of kernels, and `parallel_for`, the one way to use it.
//!
//! A loop is published as a job on its caller's stack. The caller works through it and helpers of the team join in, claiming
//! chunks from an atomic cursor. Nobody who waits runs other people's work (unlike a work-stealing `install`), so kernels may be
//! called under any lock, scope or thread-local state; a helper that has just worked spins for a moment, because
//! handing work to a spinning thread costs a tenth of a microsecond and waking a sleeping one ten.

use std::any::Any;
use std::cell::Cell;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// How long an idle helper, or a caller whose helpers are not done, spins before it sleeps.
const SPIN: Duration = Duration::from_micros(40);
/// Chunks per thread: enough to even out threads that are slowed down by others, few enough to keep the runs long.
const CHUNKS_PER_THREAD: usize = 4;

/// The number of threads kernels may use; zero until first asked for.
static NUM_THREADS: AtomicUsize = AtomicUsize::new(0);
/// Counts published jobs, so that spinning helpers notice without the lock.
static PUBLISHED: AtomicUsize = AtomicUsize::new(0);
static TEAM: Mutex<Team> = Mutex::new(Team {
    jobs: Vec::new(),
    helpers: 0,
    spinning: 0,
    sleeping: 0,
});
/// Sleeping helpers wait here for jobs.
static WORK: Condvar = Condvar::new();
/// Callers wait here for the last helpers to leave their job.
static DONE: Condvar = Condvar::new();

struct Team {
    /// Jobs that may still have unclaimed chunks.
    jobs: Vec<JobRef>,
    /// Threads ever started; they are never joined.
    helpers: usize,
    spinning: usize,
    sleeping: usize,
}

/// A parallel loop; lives on the stack of the thread that called [`parallel_for`].
struct Job<'a> {
    body: &'a (dyn Fn(Range<usize>) + Sync),
    len: usize,
    chunk: usize,
    /// Start of the next unclaimed chunk.
    cursor: AtomicUsize,
    /// How many more helpers may join; changed under the team's lock.
    places: AtomicUsize,
    /// Helpers at work on this job; changed under the team's lock, read without it by the spinning caller.
    active: AtomicUsize,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

#[derive(Clone, Copy, PartialEq)]
struct JobRef(NonNull<Job<'static>>);

// SAFETY: a `Job` is shared by reference among threads: its body is `Sync` and all else atomics or under a lock.
unsafe impl Send for JobRef {}

thread_local! {
    /// Set while a nested loop must not be split: see [`sequentially`].
    static SEQUENTIAL: Cell<bool> = const { Cell::new(false) };
}

/// The number of threads a kernel may use: `TNP_NUM_THREADS` if it is set, else what the machine offers to this process.
///
/// # Examples
/// ```
/// assert!(tnp_cpu::num_threads() >= 1);
/// ```
pub fn num_threads() -> usize {
    match NUM_THREADS.load(Ordering::Relaxed) {
        0 => {
            let count = default_threads();
            NUM_THREADS.store(count, Ordering::Relaxed);
            count
        }
        count => count,
    }
}

/// Sets the number of threads a kernel may use from now on, the calling one included; zero restores the default.
///
/// # Examples
/// ```
/// tnp_cpu::set_num_threads(1);
/// assert_eq!(tnp_cpu::num_threads(), 1);
/// tnp_cpu::set_num_threads(0);
/// ```
pub fn set_num_threads(count: usize) {
    let count = if count == 0 { default_threads() } else { count };
    NUM_THREADS.store(count, Ordering::Relaxed);
}

fn default_threads() -> usize {
    std::env::var("TNP_NUM_THREADS")
        .ok()
        .and_then(|text| text.trim().parse().ok())
        .filter(|&count| count > 0)
        .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, |count| count.get()))
}

/// Runs `body` over `0..len` in chunks, on this thread and, where it pays, on helpers.
///
/// Every index is covered exactly once; chunks start at multiples of `grain`, the smallest amount of work worth a hand-over
/// (about 10 µs). The loop is one call `body(0..len)` when `len <= grain`, with one thread, and on a worker of
/// somebody's rayon pool, where all cores are taken already. A panic in `body` reaches the caller once all helpers have left.
pub(crate) fn parallel_for(len: usize, grain: usize, body: impl Fn(Range<usize>) + Sync) {
    if len == 0 {
        return;
    }
    let grain = grain.max(1);
    if len <= grain {
        return body(0..len);
    }
    let threads = num_threads().min(len.div_ceil(grain));
    if threads == 1 || SEQUENTIAL.get() || rayon::current_thread_index().is_some() {
        return body(0..len);
    }
    split(len, grain, threads, &body);
}

/// Runs `f` with every `parallel_for` in it on this thread alone.
#[allow(
    dead_code,
    reason = "for kernels that split an outer loop by other means"
)]
pub(crate) fn sequentially<R>(f: impl FnOnce() -> R) -> R {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            SEQUENTIAL.set(self.0);
        }
    }
    let _restore = Restore(SEQUENTIAL.replace(true));
    f()
}

#[inline(never)]
fn split(len: usize, grain: usize, threads: usize, body: &(dyn Fn(Range<usize>) + Sync)) {
    let grains = len.div_ceil(grain);
    let job = Job {
        body,
        len,
        chunk: grains
            .div_ceil(threads * CHUNKS_PER_THREAD)
            .saturating_mul(grain),
        cursor: AtomicUsize::new(0),
        places: AtomicUsize::new(threads - 1),
        active: AtomicUsize::new(0),
        panic: Mutex::new(None),
    };
    // SAFETY: only the lifetime changes. The job leaves the queue and all helpers leave the job before this function returns
    // (nothing in between unwinds: chunks run under `catch_unwind`).
    let reference = JobRef(unsafe {
        std::mem::transmute::<NonNull<Job<'_>>, NonNull<Job<'static>>>(NonNull::from(&job))
    });
    publish(reference, threads - 1);
    job.work();
    withdraw(reference, &job);
    let panic = job.panic.into_inner().unwrap_or_else(|e| e.into_inner());
    if let Some(payload) = panic {
        resume_unwind(payload);
    }
}

impl Job<'_> {
    /// Claims and runs chunks until none is left.
    fn work(&self) {
        loop {
            let start = self.cursor.fetch_add(self.chunk, Ordering::Relaxed);
            if start >= self.len {
                return;
            }
            let end = start.saturating_add(self.chunk).min(self.len);
            if let Err(payload) = catch_unwind(AssertUnwindSafe(|| (self.body)(start..end))) {
                self.cursor.store(self.len, Ordering::Relaxed);
                let mut slot = self.panic.lock().unwrap_or_else(|e| e.into_inner());
                slot.get_or_insert(payload);
                return;
            }
        }
    }
}

fn team() -> MutexGuard<'static, Team> {
    TEAM.lock().unwrap_or_else(|e| e.into_inner())
}

fn publish(job: JobRef, wanted: usize) {
    let mut team = team();
    team.jobs.push(job);
    PUBLISHED.fetch_add(1, Ordering::Release);
    while team.helpers < wanted {
        let spawned = std::thread::Builder::new()
            .name(format!("tnp-{}", team.helpers))
            .spawn(help);
        // Without a thread the caller does the work alone.
        if spawned.is_err() {
            break;
        }
        team.helpers += 1;
    }
    let wake = wanted.saturating_sub(team.spinning).min(team.sleeping);
    drop(team);
    for _ in 0..wake {
        WORK.notify_one();
    }
}

/// Takes the job off the queue and waits until its helpers have left.
fn withdraw(reference: JobRef, job: &Job<'_>) {
    team().jobs.retain(|other| *other != reference);
    if spin_until(|| job.active.load(Ordering::Acquire) == 0) {
        return;
    }
    let mut team = team();
    while job.active.load(Ordering::Acquire) != 0 {
        team = DONE.wait(team).unwrap_or_else(|e| e.into_inner());
    }
}

/// Spins for a moment; true when `ready` came true.
fn spin_until(ready: impl Fn() -> bool) -> bool {
    if ready() {
        return true;
    }
    let start = Instant::now();
    loop {
        for _ in 0..32 {
            if ready() {
                return true;
            }
            std::hint::spin_loop();
        }
        if start.elapsed() > SPIN {
            return false;
        }
    }
}

/// The life of a helper.
fn help() {
    let mut team = team();
    loop {
        // The newest job first: it may be one that an older job's chunk waits for.
        let found = team.jobs.iter().rev().copied().find(|job| {
            // SAFETY: jobs in the queue are alive.
            let job = unsafe { job.0.as_ref() };
            job.places.load(Ordering::Relaxed) > 0 && job.cursor.load(Ordering::Relaxed) < job.len
        });
        if let Some(reference) = found {
            // SAFETY: alive while queued, and from the next line on while `active` is not zero.
            let job = unsafe { reference.0.as_ref() };
            job.active.fetch_add(1, Ordering::Relaxed);
            job.places.fetch_sub(1, Ordering::Relaxed);
            drop(team);
            job.work();
            team = self::team();
            // The caller may free the job from here on.
            if job.active.fetch_sub(1, Ordering::Release) == 1 {
                DONE.notify_all();
            }
            continue;
        }
        let seen = PUBLISHED.load(Ordering::Relaxed);
        team.spinning += 1;
        drop(team);
        let fresh = || PUBLISHED.load(Ordering::Relaxed) != seen;
        spin_until(fresh);
        team = self::team();
        team.spinning -= 1;
        if !fresh() {
            team.sleeping += 1;
            team = WORK.wait(team).unwrap_or_else(|e| e.into_inner());
            team.sleeping -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rayon::prelude::*;
    use std::sync::atomic::AtomicU32;

    fn check(len: usize, grain: usize) {
        let hits: Vec<AtomicU32> = (0..len).map(|_| AtomicU32::new(0)).collect();
        parallel_for(len, grain, |range| {
            assert_eq!(range.start % grain.max(1), 0);
            for i in range {
                hits[i].fetch_add(1, Ordering::Relaxed);
            }
        });
        assert!(hits.iter().all(|hit| hit.load(Ordering::Relaxed) == 1));
    }

    /// `split` itself, so that several threads take part whatever the machine has.
    fn on_threads(threads: usize, len: usize, body: impl Fn(Range<usize>) + Sync) {
        split(len, 1, threads, &body);
    }

    #[test]
    fn every_index_once() {
        for len in [0, 1, 2, 7, 1000, 100_000] {
            for grain in [0, 1, 3, 64, 1 << 20] {
                check(len, grain);
            }
        }
    }

    #[test]
    fn several_threads_take_part() {
        // Each chunk waits for another thread to arrive: a single thread would time out.
        let arrived = Mutex::new(std::collections::HashSet::new());
        on_threads(3, 12, |_| {
            arrived.lock().unwrap().insert(std::thread::current().id());
            let start = Instant::now();
            while arrived.lock().unwrap().len() < 2 && start.elapsed() < Duration::from_secs(10) {
                std::thread::yield_now();
            }
        });
        assert!(arrived.lock().unwrap().len() >= 2);
    }

    #[test]
    fn sleeping_helpers_wake() {
        for _ in 0..5 {
            std::thread::sleep(Duration::from_millis(2));
            let sum = AtomicUsize::new(0);
            on_threads(4, 100, |range| {
                sum.fetch_add(range.sum::<usize>(), Ordering::Relaxed);
            });
            assert_eq!(sum.into_inner(), 4950);
        }
    }

    #[test]
    fn nested_and_concurrent() {
        let total = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    on_threads(3, 20, |outer| {
                        for _ in outer {
                            on_threads(3, 50, |inner| {
                                total.fetch_add(inner.len(), Ordering::Relaxed);
                            });
                        }
                    });
                });
            }
        });
        assert_eq!(total.into_inner(), 4 * 20 * 50);
    }

    #[test]
    fn panics_reach_the_caller_and_the_team_survives() {
        for bad in [0, 17, 99] {
            let caught = catch_unwind(|| {
                on_threads(4, 100, |range| {
                    if range.contains(&bad) {
                        panic!("chunk of {bad}");
                    }
                });
            });
            let payload = caught.expect_err("the panic must arrive");
            assert_eq!(
                payload.downcast_ref::<String>().map(String::as_str),
                Some(format!("chunk of {bad}").as_str())
            );
        }
        check(10_000, 10);
    }

    #[test]
    fn sequential_on_a_rayon_worker() {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(3)
            .build()
            .unwrap();
        pool.install(|| {
            (0..200).into_par_iter().for_each(|_| {
                let here = std::thread::current().id();
                let calls = AtomicUsize::new(0);
                parallel_for(1000, 1, |range| {
                    assert_eq!(std::thread::current().id(), here);
                    assert_eq!(range, 0..1000);
                    calls.fetch_add(1, Ordering::Relaxed);
                });
                assert_eq!(calls.into_inner(), 1);
            });
        });
    }

    #[test]
    fn sequentially_is_scoped() {
        let here = std::thread::current().id();
        sequentially(|| {
            parallel_for(1000, 1, |range| {
                assert_eq!(range, 0..1000);
                assert_eq!(std::thread::current().id(), here);
            });
        });
        assert!(!SEQUENTIAL.get());
    }
}
