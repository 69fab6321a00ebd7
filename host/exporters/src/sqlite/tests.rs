//! Statements that work, and those that are refused.

use super::execute;
use crate::artifacts::{Artifacts, Quota};
use crate::deadline::Deadline;
use loadwright_core::export::http::{Statement, Table, Value};
use loadwright_core::ports::Fault;
use std::fs;
use std::time::Duration;
use tempfile::TempDir;

struct Files {
    folder: TempDir,
    artifacts: Artifacts,
    deadline: Deadline,
}

impl Files {
    fn new(bytes: u64) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let deadline = Deadline::new();
        let quota = Quota { bytes, files: 10 };
        let own = folder.path().join("own");
        let artifacts = Artifacts::new(own, None, quota, deadline.clone());
        Self { folder, artifacts, deadline }
    }

    fn run(&mut self, statements: &[Statement]) -> Result<Vec<Table>, Fault> {
        execute(&mut self.artifacts, &self.deadline, "x.db", statements)
    }

    fn sql(&mut self, sql: &str) -> Result<Vec<Table>, Fault> {
        self.run(&[statement(sql, vec![])])
    }

    /// What the file holds, read without the code under test.
    fn count(&self, table: &str) -> i64 {
        let file = rusqlite::Connection::open(self.folder.path().join("own/x.db")).expect("a file");
        let sql = format!("SELECT count(*) FROM {table}");
        file.query_row(&sql, [], |row| row.get(0)).expect("a count")
    }
}

fn files() -> Files {
    Files::new(64 << 20)
}

fn statement(sql: &str, parameters: Vec<Value>) -> Statement {
    Statement { sql: sql.into(), parameters }
}

#[test]
fn values_of_all_kinds_come_back_as_they_were() {
    let mut files = files();
    let values = vec![
        Value::Null,
        Value::Number(0.1),
        Value::Integer(-9_007_199_254_740_992.0),
        Value::Text("text ü".into()),
        Value::Blob(vec![0, 255]),
    ];
    let tables = files.run(&[
        statement("CREATE TABLE t(a, b REAL, c INTEGER, d TEXT, e BLOB)", vec![]),
        statement("INSERT INTO t VALUES (?, ?, ?, ?, ?)", values.clone()),
        statement("SELECT *, typeof(c) FROM t", vec![]),
    ]);
    let row = [values, vec![Value::Text("integer".into())]].concat();
    assert_eq!(tables, Ok(vec![vec![], vec![], vec![row]]));
    assert_eq!(files.count("t"), 1);
    for number in [0.5, f64::NAN, f64::INFINITY, 1e300] {
        let select = statement("SELECT ?", vec![Value::Integer(number)]);
        assert!(files.run(&[select]).is_err(), "{number}");
    }
}

#[test]
fn a_call_is_one_transaction() {
    let mut files = files();
    files.sql("CREATE TABLE t(a)").expect("a table");
    let insert = statement("INSERT INTO t VALUES (1)", vec![]);
    let fault = files.run(&[insert.clone(), statement("INSERT INTO none VALUES (1)", vec![])]);
    let fault = fault.expect_err("a fault").to_string();
    assert!(fault.contains("SQLite file `x.db`, statement 2: no such table"), "{fault}");
    assert_eq!(files.count("t"), 0);
    files.run(&[insert.clone(), insert]).expect("both");
    assert_eq!(files.count("t"), 2);
}

#[test]
fn what_reaches_other_files_or_the_transaction_is_refused() {
    let mut files = files();
    files.sql("CREATE TABLE t(a)").expect("a table");
    let other = files.folder.path().join("other.db");
    let other = other.display();
    let refused = [
        &format!("ATTACH '{other}' AS o"),
        &format!("ATTACH DATABASE 'file:{other}?mode=rwc' AS o"),
        "DETACH main",
        "PRAGMA journal_mode=WAL",
        "PRAGMA writable_schema=1",
        "PRAGMA page_size",
        "SELECT * FROM pragma_database_list",
        &format!("VACUUM INTO '{other}'"),
        "VACUUM",
        "SELECT load_extension('x')",
        "SELECT LOAD_EXTENSION('x', 'y')",
        "CREATE VIRTUAL TABLE v USING fts5(a)",
        "CREATE VIRTUAL TABLE v USING csv(filename='/etc/passwd')",
        "SELECT readfile('/etc/passwd')",
        "SELECT writefile('x', 'x')",
        "SELECT edit('x')",
        "SELECT fts3_tokenizer('x')",
        "BEGIN",
        "COMMIT",
        "ROLLBACK",
        "SAVEPOINT s",
        "END",
        "INSERT INTO sqlite_master VALUES (1,1,1,1,1)",
        "SELECT 1; SELECT 2",
        "",
        ";",
        "nonsense",
        "\0",
    ];
    for sql in refused {
        let insert = statement("INSERT INTO t VALUES (1)", vec![]);
        assert!(files.run(&[insert, statement(sql, vec![])]).is_err(), "{sql}");
        assert_eq!(files.count("t"), 0, "{sql}");
    }
    let names: Vec<_> = fs::read_dir(files.folder.path()).expect("a folder").flatten().collect();
    assert_eq!(names.len(), 1, "{names:?}");
}

const FOREVER: &str =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";

#[test]
fn a_statement_without_end_is_ended_by_the_deadline() {
    let mut files = files();
    files.deadline.set(Duration::from_secs(1));
    let fault = files.sql(FOREVER).expect_err("a fault").to_string();
    assert!(fault.contains("statement 1: interrupted"), "{fault}");
    assert!(files.sql("SELECT 1").is_err(), "nothing is begun any more");
    files.deadline.clear();
    files.sql("SELECT 1").expect("the next call works");
}

#[test]
fn a_statement_without_end_is_ended_by_the_time_limit() {
    let connection = rusqlite::Connection::open_in_memory().expect("a file");
    super::limit_time(&connection, Deadline::new(), Duration::from_millis(10));
    let error = connection.query_row(FOREVER, [], |_| Ok(())).expect_err("an error");
    assert_eq!(error.to_string(), "interrupted");
}

#[test]
fn files_results_and_calls_are_bounded() {
    let mut files = Files::new(1 << 20);
    files.sql("CREATE TABLE t(a)").expect("a table");
    let fill = "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 4000) \
                SELECT randomblob(1000) FROM n";
    let fault = files.sql(fill).expect_err("a fault").to_string();
    assert!(fault.contains("full"), "{fault}");
    assert_eq!(files.count("t"), 0);
    let rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100001) SELECT i FROM n";
    assert!(files.sql(rows).expect_err("a fault").to_string().contains("100000 rows"));
    let bytes = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 20) \
                 SELECT zeroblob(1000000) FROM n";
    assert!(files.sql(bytes).expect_err("a fault").to_string().contains("bytes"));
    assert!(files.sql("SELECT zeroblob(1000000000)").is_err());
    assert!(files.sql(&format!("SELECT '{}'", "x".repeat(2 << 20))).is_err());
    assert!(files.run(&vec![statement("SELECT 1", vec![]); 10_001]).is_err());
    assert!(files.run(&[statement("SELECT ?", vec![])]).is_err(), "a parameter is missing");
    assert!(
        files.run(&[statement("SELECT 1", vec![Value::Null])]).is_err(),
        "there is one too many"
    );
}

#[test]
fn what_is_written_counts_as_artifacts() {
    let mut files = Files::new(100 << 10);
    let before = files.artifacts.left().expect("counted");
    files.sql("CREATE TABLE t(a)").expect("a table");
    let size = fs::metadata(files.folder.path().join("own/x.db")).expect("a file").len();
    assert_eq!(files.artifacts.left().expect("counted"), before - size);
    assert!(files.artifacts.put("y", &vec![0; before as usize]).is_err());
}

#[test]
fn what_is_no_database_is_refused_and_stays() {
    let mut files = files();
    files.artifacts.put("x.db", &[b'x'; 4096]).expect("put");
    let fault = files.sql("SELECT 1").expect_err("a fault").to_string();
    assert!(fault.contains("SQLite file `x.db` cannot be used"), "{fault}");
    assert_eq!(files.artifacts.read("x.db", 0, 5000), Ok(vec![b'x'; 4096]));
    let path = files.folder.path().join("own/link.db");
    std::os::unix::fs::symlink("x.db", path).expect("a link");
    let linked = execute(&mut files.artifacts, &files.deadline, "link.db", &[]);
    assert!(linked.is_err());
}
