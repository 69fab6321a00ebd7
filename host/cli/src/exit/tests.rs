use super::Exit;

#[test]
fn codes_are_those_of_the_page() {
    let page = include_str!("../../../../docs/EXIT-CODES.md");
    let rows = page.lines().filter_map(|line| {
        let mut cells = line.trim_matches('|').split('|').map(str::trim);
        Some((cells.next()?.parse::<u8>().ok()?, cells.next()?.to_owned()))
    });
    let named = |exit: Exit| match exit {
        Exit::Measured => "measured",
        Exit::NothingMeasured => "nothing measured",
        Exit::Usage => "usage",
        Exit::Plugin => "plugin",
        Exit::Output => "output",
        Exit::ConditionMet => "condition met",
        Exit::Export => "export",
        Exit::Interrupted => "interrupted",
    };
    let table: Vec<(u8, String)> =
        Exit::ALL.iter().map(|exit| (exit.code(), named(*exit).to_owned())).collect();
    assert_eq!(rows.collect::<Vec<_>>(), table);
}
