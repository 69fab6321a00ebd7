//! Names, suffixes and whole files, on a real file system.

use super::*;

#[test]
fn names_have_no_character_that_a_file_system_refuses() {
    for (name, expected) in [
        ("Qwen2.5-0.5B", "Qwen2.5-0.5B"),
        ("a<b>c:d\"e|f?g*h\\i/j\0k\nl", "a_b_c_d_e_f_g_h_i_j_k_l"),
        (".hidden", ".hidden"),
        ("..", "__"),
        (".", "_"),
        ("", "_"),
    ] {
        assert_eq!(file_name(name), expected);
        let outputs = tempfile::tempdir().unwrap();
        let run = create_run(outputs.path(), None, name).unwrap();
        assert_eq!(run, outputs.path().join(expected));
        assert_eq!(create_point(&run, name).unwrap(), run.join(expected));
    }
}

#[test]
fn a_run_that_is_there_is_left_alone() {
    let outputs = tempfile::tempdir().unwrap();
    let first = create_run(outputs.path(), None, "m").unwrap();
    fs::write(first.join("kept"), "x").unwrap();
    assert_eq!(first, outputs.path().join("m"));
    assert_eq!(create_run(outputs.path(), None, "m").unwrap(), outputs.path().join("m_2"));
    assert_eq!(create_run(outputs.path(), None, "m").unwrap(), outputs.path().join("m_3"));
    assert_eq!(fs::read(first.join("kept")).unwrap(), b"x");
}

#[test]
fn a_dated_run_is_below_its_date() {
    let outputs = tempfile::tempdir().unwrap();
    let run = create_run(outputs.path(), Some(&dated(1_790_000_000_000_000_000)), "m").unwrap();
    let date = run.parent().unwrap().file_name().unwrap().to_str().unwrap();
    assert_eq!(run, outputs.path().join(date).join("m"));
    // By the system's own idea of local time.
    let expected = std::process::Command::new("date")
        .args(["-d", "@1790000000", "+%Y%m%d_%H%M%S"])
        .output()
        .unwrap();
    assert_eq!(date, String::from_utf8(expected.stdout).unwrap().trim_end());
}

#[test]
fn a_point_is_made_once() {
    let run = tempfile::tempdir().unwrap();
    let first = create_point(run.path(), "parallel_1_number_2").unwrap();
    assert!(first.is_dir());
    assert_eq!(create_point(run.path(), "parallel_1_number_2").unwrap(), first);
}

#[test]
fn a_file_is_whole_or_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("summary.json");
    write_whole(&path, b"one").unwrap();
    write_whole(&path, b"two").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"two");
    // A folder in its way: the rename fails after the bytes were written.
    let taken = folder.path().join("taken");
    fs::create_dir_all(taken.join("inner")).unwrap();
    let error = write_whole(&taken, b"three").unwrap_err().to_string();
    assert!(error.contains("taken`: ") && error.contains("--outputs-dir"), "{error}");
    let mut left: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["summary.json", "taken"]);
}

#[test]
fn a_folder_that_cannot_be_made_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let error = create_run(&file, None, "m").unwrap_err().to_string();
    assert!(error.starts_with("cannot write `"), "{error}");
    assert!(error.ends_with("choose another folder with --outputs-dir"), "{error}");
}
