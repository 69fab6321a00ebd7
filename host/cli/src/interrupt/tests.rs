use super::Interrupt;
use loadwright_engine::Stop;
use std::sync::Arc;
use std::time::Duration;

#[test]
fn a_sleeper_wakes_to_find_the_wish_passed_on() {
    for _ in 0..100 {
        let (interrupt, stop) = (Arc::new(Interrupt::default()), Stop::new());
        let (shared, seen) = (Arc::clone(&interrupt), stop.clone());
        let sleeper = std::thread::spawn(move || {
            shared.sleep(Duration::from_secs(3600));
            seen.draining()
        });
        interrupt.raise(&stop);
        assert!(sleeper.join().expect("it wakes"));
        assert!(interrupt.requested() && !stop.aborting());
        interrupt.raise(&stop);
        assert!(stop.aborting());
    }
}
