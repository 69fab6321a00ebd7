//! The words for what was found in a sweep.

use super::*;

fn found(observation: Observation) -> String {
    let sweep = Sweep { valid: 2, observations: vec![observation], ..Sweep::default() };
    recommendations(&sweep).join("\n")
}

fn peak(place: Place) -> String {
    found(Observation::Peak { point: "p4".into(), place, rival: None })
}

#[test]
fn each_place_of_the_peak_has_its_advice() {
    assert_eq!(
        peak(Place::Highest),
        "The highest load, p4, has the highest throughput: the service may have more to give. Test \
         higher loads."
    );
    let lowest = peak(Place::Lowest { sequential: false });
    assert!(lowest.starts_with("The lowest load, p4, has the highest throughput"), "{lowest}");
    assert!(lowest.ends_with("Test lower loads."), "{lowest}");
    let sequential = peak(Place::Lowest { sequential: true });
    assert!(sequential.ends_with("give --rate to pace it."), "{sequential}");
    let between = peak(Place::Between);
    assert!(between.starts_with("Throughput is highest at p4 and falls above it"), "{between}");
}

#[test]
fn a_close_rival_is_named_with_what_chance_explains() {
    let rival = Some(Rival { point: "p16".into(), behind: 0.05, noise: 0.1414 });
    let text = found(Observation::Peak { point: "p4".into(), place: Place::Between, rival });
    assert!(text.contains(". But p16 is only 5.0 % behind"), "{text}");
    assert!(text.contains("(about 14.1 %)"), "{text}");
}

#[test]
fn saturation_failures_and_queueing_say_how_much() {
    let (from, to) = ("p1".to_owned(), "p4".to_owned());
    let text = found(Observation::Saturation { from, to, gain: -0.2, cost: 4.0 });
    let words =
        "From p1 to p4 throughput changes by -20.0 % while average latency grows by 400.0 %";
    assert!(text.starts_with(words), "{text}");
    let text = found(Observation::LowSuccess { point: "p4".into(), share: 0.9 });
    let words = "At the highest load, p4, only 90.0 % of the requests succeeded";
    assert!(text.starts_with(words), "{text}");
    let (from, to) = ("p1".to_owned(), "p16".to_owned());
    let text = found(Observation::Queueing { from, to, growth: 25.0 });
    assert!(text.starts_with("Average latency grows 25.0 times from p1 to p16"), "{text}");
}

#[test]
fn best_points_are_given_in_the_units_of_the_report() {
    let leader = |value: f64| Some(Leader { point: "p4".into(), value });
    let (requests, output, goodput) = (leader(20.0), leader(640.5), None);
    let best_points = Best { requests, output, goodput, latency: leader(90e6) };
    let sweep = Sweep { valid: 1, best: best_points, ..Sweep::default() };
    assert_eq!(
        best(&sweep),
        [
            "Highest request throughput: p4 with 20 req/s.",
            "Highest output throughput: p4 with 640.5 tok/s.",
            "Lowest average latency: p4 with 90.00 ms.",
        ]
    );
}

#[test]
fn without_valid_points_nothing_is_best() {
    let sweep = Sweep { not_valid: 3, ..Sweep::default() };
    assert_eq!(best(&sweep), ["None: no point is valid."]);
    let lines = recommendations(&sweep);
    assert_eq!(lines[0], "Points that are not valid are left out of this advice: 3.");
    assert_eq!(lines[1], "Two valid points are needed to compare loads.");
}
