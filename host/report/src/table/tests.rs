//! Layout of tables.

use super::*;

fn columns(headers: &[&str]) -> Vec<Column> {
    headers.iter().map(|header| Column::new(header, ["1".to_string()].into_iter())).collect()
}

#[test]
fn values_stand_with_their_points_below_each_other() {
    let rows = [("a", "1.25".to_string()), ("b", "10".into()), ("c", "-".into())];
    let text = "\
+-------+---------+
| Key   |   Value |
+=======+=========+
| a     |    1.25 |
+-------+---------+
| b     |   10    |
+-------+---------+
| c     |    -    |
+-------+---------+
";
    assert_eq!(key_value(&rows), text);
}

#[test]
fn a_table_that_fits_stays_whole() {
    let key = &columns(&["key"])[0];
    let groups = [columns(&["aa", "bb"]), columns(&["cc"])];
    // 4 + 3 for the key, 5 for each other column.
    assert_eq!(split(key, &groups, 22).len(), 1);
    assert_eq!(split(key, &groups, 21).len(), 2);
}

#[test]
fn a_group_that_is_too_wide_is_split_further() {
    let key = &columns(&["key"])[0];
    let tables = split(key, &[columns(&["aa", "bb", "cc"])], 17);
    let headers: Vec<&str> = tables.iter().map(|lines| lines[1].as_str()).collect();
    assert_eq!(headers, ["| key | aa | bb |", "| key | cc |"]);
    assert!(tables.iter().flatten().all(|line| line.len() <= 17));
}

#[test]
fn a_column_wider_than_the_width_is_shown_alone() {
    let key = &columns(&["key"])[0];
    assert_eq!(split(key, &[columns(&["a very wide column", "b"])], 10).len(), 2);
}
