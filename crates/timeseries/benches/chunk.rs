//! How fast chunks are packed and unpacked, in samples a second. How small they are is a test of `chunk`.

mod mix;

use andon_timeseries::{Chunk, Sample};
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use mix::{SORTS, Times};

/// 32 series of each sort.
const SERIES: u64 = 32;

fn main() {
    divan::main();
}

fn mixed(times: Times, len: usize) -> Vec<Vec<Sample>> {
    SORTS.iter().flat_map(|(_, sort)| (0..SERIES).map(move |n| mix::series(*sort, times, n, len))).collect()
}

const LENGTHS: [usize; 2] = [250, 1000];

#[divan::bench(args = LENGTHS)]
fn seal(bencher: Bencher<'_, '_>, len: usize) {
    let all = mixed(Times::Exact, len);
    bencher.counter(ItemsCount::new(all.len() * len)).bench(|| {
        for samples in &all {
            black_box(Chunk::seal(samples));
        }
    });
}

fn read(bencher: Bencher<'_, '_>, times: Times, len: usize) {
    let all: Vec<Chunk> = mixed(times, len).iter().map(|samples| Chunk::seal(samples)).collect();
    let (mut samples, mut histograms) = (Vec::new(), Vec::new());
    bencher.counter(ItemsCount::new(all.len() * len)).bench_local(|| {
        for chunk in &all {
            samples.clear();
            chunk.read(&mut samples, &mut histograms).unwrap();
            black_box(&samples);
        }
    });
}

#[divan::bench(args = LENGTHS)]
fn read_exact_times(bencher: Bencher<'_, '_>, len: usize) {
    read(bencher, Times::Exact, len);
}

#[divan::bench(args = LENGTHS)]
fn read_jittered_times(bencher: Bencher<'_, '_>, len: usize) {
    read(bencher, Times::Jittered, len);
}
