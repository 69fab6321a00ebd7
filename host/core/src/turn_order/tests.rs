//! Against a naive order: a turn may start once all that it follows, looked up anew, have ended.

use super::*;
use crate::conversation::Prompt;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn turns(after: &[Vec<u32>]) -> Vec<Turn> {
    let turn =
        |after: &Vec<u32>| Turn { after: after.clone(), ..Turn::new(Prompt::Text(String::new())) };
    after.iter().map(turn).collect()
}

fn order(after: &[Vec<u32>]) -> TurnOrder {
    TurnOrder::new(&turns(after)).expect("every turn follows earlier ones")
}

/// What turn `turn` follows directly, as the contract words it.
fn direct(after: &[Vec<u32>], turn: usize) -> BTreeSet<u32> {
    match &after[turn][..] {
        [] if turn == 0 => BTreeSet::new(),
        [] => BTreeSet::from([turn as u32 - 1]),
        after => after.iter().copied().collect(),
    }
}

/// All that it follows: what can be reached by steps backwards, until nothing new is found.
fn reached(after: &[Vec<u32>], turn: usize) -> BTreeSet<u32> {
    let mut found = direct(after, turn);
    loop {
        let more: BTreeSet<u32> =
            found.iter().flat_map(|&earlier| direct(after, earlier as usize)).collect();
        let before = found.len();
        found.extend(more);
        if found.len() == before {
            return found;
        }
    }
}

/// A random graph: each turn names any earlier ones, some twice.
fn graphs() -> impl Strategy<Value = Vec<Vec<u32>>> {
    let turn = |turn: u32| match turn {
        0 => Just(Vec::new()).boxed(),
        _ => proptest::collection::vec(0..turn, 0..4).boxed(),
    };
    (1_u32..14).prop_flat_map(move |count| (0..count).map(turn).collect::<Vec<_>>())
}

proptest! {
    #[test]
    fn turns_start_once_all_that_they_follow_have_ended(
        after in graphs(),
        choices in proptest::collection::vec(any::<prop::sample::Index>(), 14),
    ) {
        let mut order = order(&after);
        let (mut ended, mut in_flight) = (BTreeSet::new(), BTreeSet::from([0_u32]));
        let mut started = in_flight.clone();
        for choice in choices.iter().take(after.len()) {
            // Any of those in flight ends next.
            let turn = *in_flight.iter().nth(choice.index(in_flight.len())).unwrap();
            in_flight.remove(&turn);
            ended.insert(turn);
            let may_start: BTreeSet<u32> = (0..after.len())
                .filter(|&next| direct(&after, next).is_subset(&ended))
                .map(|next| next as u32)
                .filter(|next| !started.contains(next))
                .collect();
            let next = order.end(turn);
            prop_assert!(next.is_sorted());
            prop_assert_eq!(next.iter().copied().collect::<BTreeSet<_>>(), may_start);
            started.extend(&next);
            in_flight.extend(&next);
        }
        prop_assert_eq!(ended.len(), after.len(), "every turn runs once none fails");
    }

    #[test]
    fn ancestors_are_all_that_a_turn_follows(after in graphs()) {
        let order = order(&after);
        for turn in 0..after.len() {
            let ancestors = order.ancestors(turn as u32);
            prop_assert!(ancestors.is_sorted());
            let naive: Vec<u32> = reached(&after, turn).into_iter().collect();
            prop_assert_eq!(ancestors, naive);
            let followed = (0..after.len()).any(|next| direct(&after, next).contains(&(turn as u32)));
            prop_assert_eq!(order.is_followed(turn as u32), followed);
        }
    }
}

#[test]
fn without_after_turns_follow_one_another() {
    let mut order = order(&[vec![], vec![], vec![]]);
    assert_eq!((order.end(0), order.end(1), order.end(2)), (vec![1], vec![2], vec![]));
    assert_eq!(order.ancestors(2), [0, 1]);
}

#[test]
fn a_turn_cannot_follow_itself_or_a_later_one() {
    for (after, turn, bad) in
        [(vec![vec![0]], 0, 0), (vec![vec![], vec![1]], 1, 1), (vec![vec![], vec![0, 7]], 1, 7)]
    {
        let error = TurnOrder::new(&turns(&after)).unwrap_err();
        assert_eq!(error, BadOrder { turn, after: bad });
        assert_eq!(
            error.to_string(),
            format!("turn {turn} follows turn {bad}, which is not before it")
        );
    }
}
