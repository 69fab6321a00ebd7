use super::*;
use loadwright_timing::clock;

#[test]
fn a_runtime_without_timers_is_woken_on_time() {
    let timers = Timers::start().unwrap();
    // This runtime would panic if it had to drive a timer itself.
    let runtime = Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let mut timer = Box::pin(timers.timer());
        let span = Duration::from_millis(20);
        let scheduled = clock::now() + 20_000_000;
        timer.as_mut().reset(clock::instant(scheduled).into());
        timer.await;
        assert!(clock::now() >= scheduled);
        let mut interval = timers.interval(span);
        let begun = clock::now();
        for _ in 0..3 {
            interval.tick().await;
        }
        assert!(clock::now() - begun >= 50_000_000, "three periods, less the timer's resolution");
    });
}
