//! Samplers by their names, and what comes before them.

use super::Options;

fn ratio(options: Options, sampler: &str, share: &str) -> Result<Option<f64>, String> {
    let variable = |name: &str| match name {
        "OTEL_TRACES_SAMPLER" => Some(sampler.to_owned()),
        "OTEL_TRACES_SAMPLER_ARG" => Some(share.to_owned()),
        _ => None,
    };
    options.sampled_by(&variable).map(|options| options.sampling_ratio)
}

#[test]
fn samplers_are_those_of_the_specification() {
    let cases = [
        ("", "0.25", None),
        ("always_on", "0.25", Some(1.0)),
        ("always_off", "0.25", Some(0.0)),
        ("traceidratio", "0.25", Some(0.25)),
        ("traceidratio", "", Some(1.0)),
        ("parentbased_always_on", "0.25", Some(1.0)),
        ("parentbased_always_off", "", Some(0.0)),
        ("parentbased_traceidratio", "0.5", Some(0.5)),
    ];
    for (sampler, share, expected) in cases {
        assert_eq!(ratio(Options::default(), sampler, share), Ok(expected), "{sampler} {share}");
    }
    let own = Options { sampling_ratio: Some(0.125), ..Options::default() };
    assert_eq!(ratio(own, "always_off", ""), Ok(Some(0.125)), "an option comes first");
    let rate = Options { sampling_rate: Some(5.0), ..Options::default() };
    assert_eq!(ratio(rate, "always_off", ""), Ok(None), "an option comes first");
}

#[test]
fn others_are_refused_by_their_variables_names() {
    for (sampler, share, name) in [
        ("jaeger_remote", "", "OTEL_TRACES_SAMPLER: `jaeger_remote`"),
        ("parentbased_", "", "OTEL_TRACES_SAMPLER: "),
        ("traceidratio", "2", "OTEL_TRACES_SAMPLER_ARG: `2`"),
        ("traceidratio", "nan", "OTEL_TRACES_SAMPLER_ARG: `nan`"),
        ("traceidratio", "x", "OTEL_TRACES_SAMPLER_ARG: `x`"),
    ] {
        let error = ratio(Options::default(), sampler, share).unwrap_err();
        assert!(error.starts_with(name), "{error}");
    }
}
