//! Measures telegram-sender beside its peers.

mod allocator;
mod cases;
mod runtime;
mod subject;
mod subjects;
mod work;
mod workloads;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let n: u64 = args[2].parse().unwrap();
    for case in cases::all() {
        if !case.id().contains(&args[1]) {
            continue;
        }
        let a = allocator::counting(|| {
            (case.run)(n);
            allocator::asked().allocations
        });
        let b = allocator::counting(|| {
            (case.run)(2 * n);
            allocator::asked().allocations
        });
        let mut t: Vec<_> = (0..5).map(|_| (case.run)(n).elapsed.as_nanos() as f64 / n as f64).collect();
        t.sort_by(f64::total_cmp);
        println!("{:70} {:8.1} ns {:6.2}", case.id(), t[2], (b - a) as f64 / n as f64);
    }
}
