//! The benchmark rows under criterion, for following one row from change to change: `cargo bench -p tnp-benches -- "np.exp(x)"`.

use std::hint::black_box;
use std::time::Duration;

use criterion::Criterion;

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    for row in tnp_benches::rows() {
        criterion.bench_function(&row.name, |bencher| {
            let mut arrays = row.arrays().expect("memory for the inputs");
            let mut program = row.program();
            bencher.iter(|| program(black_box(&mut arrays)).expect("the row runs"));
        });
    }
    criterion.final_summary();
}
