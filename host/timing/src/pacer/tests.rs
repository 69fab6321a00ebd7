use super::*;

#[test]
fn never_early_and_immediate_for_the_past() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let pacer = Pacer::new().unwrap();
        pacer.until(0).await.unwrap();
        for span in [1, 1_000, 300_000, 2_000_000] {
            let deadline = clock::now() + span;
            pacer.until(deadline).await.unwrap();
            assert!(clock::now() >= deadline);
        }
    });
}
