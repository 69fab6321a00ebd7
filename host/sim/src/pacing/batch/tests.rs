//! The batching model in virtual time.

use super::*;

const MS: u64 = 1_000_000;

/// No noise; a step costs 10 ms and 1 ms a sequence, a prompt token 0.1 ms.
fn model() -> BatchModel {
    BatchModel {
        max_batch: 4,
        prefill_token: 0.1 * MS as f64,
        prefill_chunk: 100,
        step_base: 10.0 * MS as f64,
        step_sequence: MS as f64,
        noise: 0.0,
    }
}

fn sequence(id: u64, prompt: u32, output: u32) -> Sequence {
    Sequence { id, prompt, output, width: 1 }
}

/// Everything emitted until the batch is idle.
fn run(batch: &mut Batch) -> Vec<Emitted> {
    let mut all = Vec::new();
    while let Some(end) = batch.step_end() {
        batch.advance(end, &mut |emitted| all.push(emitted));
    }
    all
}

#[test]
fn one_sequence_is_prefilled_and_then_decoded_token_by_token() {
    let mut batch = Batch::new(model(), 0);
    batch.arrive(5 * MS, sequence(1, 50, 3));
    let at: Vec<u64> = run(&mut batch).iter().map(|emitted| emitted.at).collect();
    // 10 ms and 50 prompt tokens; then 10 ms and one sequence a token.
    assert_eq!(at, [20 * MS, 31 * MS, 42 * MS]);
    assert_eq!(batch.step_end(), None);
}

#[test]
fn a_long_prompt_takes_several_steps_while_others_decode() {
    let mut batch = Batch::new(model(), 0);
    batch.arrive(0, sequence(1, 0, 4));
    batch.arrive(0, sequence(2, 250, 1));
    let all = run(&mut batch);
    let of = |id| all.iter().filter(move |emitted| emitted.id == id).map(|emitted| emitted.at);
    // The first step holds sequence 1 alone: 11 ms. Then 100, 100 and 50 prompt tokens beside it.
    assert_eq!(of(1).collect::<Vec<_>>(), [11 * MS, 32 * MS, 53 * MS, 69 * MS]);
    assert_eq!(of(2).collect::<Vec<_>>(), [69 * MS]);
    assert!(all.iter().filter(|emitted| emitted.last).count() == 2);
}

#[test]
fn a_full_batch_admits_the_next_sequence_when_one_has_ended() {
    let mut batch = Batch::new(model(), 0);
    for id in 0..5 {
        batch.arrive(0, sequence(id, 0, 2));
    }
    assert_eq!(batch.queue.len(), 4);
    let all = run(&mut batch);
    let first = |id| all.iter().find(|emitted| emitted.id == id).unwrap().at;
    // Sequence 0 alone for 11 ms, then 0 to 3 together for 14 ms, then 1 to 4.
    assert_eq!((first(0), first(1), first(3)), (11 * MS, 25 * MS, 25 * MS));
    assert_eq!(first(4), 39 * MS);
}

#[test]
fn cancelling_frees_places_and_wide_requests_take_several() {
    let mut batch = Batch::new(model(), 0);
    batch.arrive(0, Sequence { width: 3, ..sequence(1, 0, 100) });
    batch.arrive(0, Sequence { width: 2, ..sequence(2, 0, 1) });
    batch.advance(13 * MS, &mut |emitted: Emitted| assert_eq!(emitted.id, 1));
    assert_eq!(batch.queue.len(), 1);
    batch.cancel(1);
    let all = run(&mut batch);
    assert_eq!(all, [Emitted { id: 2, at: 26 * MS + 12 * MS, last: true }]);
}

/// Tokens a second when `workers` sequences of 50 tokens are always in the batch or its queue.
fn throughput(workers: u64) -> f64 {
    let mut batch = Batch::new(BatchModel { max_batch: 32, ..model() }, 0);
    (0..workers).for_each(|id| batch.arrive(0, sequence(id, 0, 50)));
    let (mut tokens, mut now) = (0, 0);
    while tokens < 50_000 {
        now = batch.step_end().unwrap();
        let mut ended = Vec::new();
        batch.advance(now, &mut |emitted: Emitted| {
            tokens += 1;
            ended.extend(emitted.last.then_some(emitted.id));
        });
        ended.into_iter().for_each(|id| batch.arrive(now, sequence(id, 0, 50)));
    }
    f64::from(tokens) / (now as f64 / 1e9)
}

#[test]
fn throughput_grows_with_concurrency_until_the_batch_is_full() {
    for workers in [1, 4, 16, 32] {
        // By hand: that many tokens every 10 ms + 1 ms each.
        let planned = workers as f64 / (0.010 + 0.001 * workers as f64);
        let measured = throughput(workers);
        assert!((measured / planned - 1.0).abs() < 0.03, "{workers}: {measured}, {planned}");
    }
    let knee = throughput(32);
    assert!((throughput(64) / knee - 1.0).abs() < 0.03);
    assert!((throughput(200) / knee - 1.0).abs() < 0.03);
}

#[test]
fn noise_is_seeded_and_has_the_configured_median() {
    let noisy = BatchModel { noise: 0.3, ..model() };
    let gaps = |seed| {
        let mut batch = Batch::new(noisy, seed);
        batch.arrive(0, sequence(1, 0, 2001));
        let at: Vec<u64> = run(&mut batch).iter().map(|emitted| emitted.at).collect();
        at.windows(2).map(|pair| pair[1] - pair[0]).collect::<Vec<_>>()
    };
    assert_eq!(gaps(1), gaps(1));
    assert_ne!(gaps(1), gaps(2));
    let mut sorted = gaps(1);
    sorted.sort_unstable();
    let median = sorted[1000] as f64 / (11 * MS) as f64;
    assert!((median - 1.0).abs() < 0.05, "{median}");
    // The 84.13 % quantile of a lognormal is e^sigma times its median.
    let upper = sorted[1683] as f64 / (11 * MS) as f64;
    assert!((upper / 0.3_f64.exp() - 1.0).abs() < 0.06, "{upper}");
}
