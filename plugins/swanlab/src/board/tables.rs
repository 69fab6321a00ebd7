//! The tables of the local dashboard: which experiments there are, and which chart shows which metric.
//! Rows are added where they are not there yet, so that a call may be repeated.

use crate::model::Experiment;
use formats::time;
use loadwright_plugin::exporter::{Statement, Value};

/// The dashboard's file in its folder.
pub(crate) const FILE: &str = "runs.swanlab";

/// Of the dashboard's own rows.
const VERSION: &str = "0.1.0";

const SCHEMA: &str = include_str!("schema.sql");

const PROJECT: &str =
    "INSERT INTO project(id, name, sum, charts, pinned_opened, hidden_opened, more, version,
        create_time, update_time)
    SELECT 1, ?1, 0, 1, 1, 0, '', ?2, ?3, ?3
    WHERE NOT EXISTS (SELECT 1 FROM project WHERE id = 1)";

const EXPERIMENT: &str =
    "INSERT INTO experiment(id, project_id, run_id, name, description, sort, status, show,
        light, dark, pinned_opened, hidden_opened, more, version, create_time, update_time)
    SELECT (SELECT COALESCE(MAX(id), 0) + 1 FROM experiment), 1, ?1, ?2, ?3,
        (SELECT COALESCE(MAX(sort), 0) + 1 FROM experiment), 0, 1, ?4, ?4, 1, 0, '', ?5, ?6, ?6
    WHERE NOT EXISTS (SELECT 1 FROM experiment WHERE run_id = ?1)";

const RUNNING: &str = "UPDATE experiment SET status = 0, finish_time = NULL WHERE run_id = ?1";

const COUNT: &str = "UPDATE project SET sum = (SELECT COUNT(*) FROM experiment), update_time = ?1";

const NAMESPACE: &str =
    "INSERT INTO namespace(id, experiment_id, name, sort, opened, create_time, update_time)
    SELECT (SELECT COALESCE(MAX(id), 0) + 1 FROM namespace), experiment.id, ?2,
        (SELECT COUNT(*) FROM namespace WHERE experiment_id = experiment.id), 1, ?3, ?3
    FROM experiment WHERE run_id = ?1
        AND NOT EXISTS (SELECT 1 FROM namespace WHERE experiment_id = experiment.id AND name = ?2)";

const PROJECT_NAMESPACE: &str =
    "INSERT INTO namespace(id, project_id, name, sort, opened, create_time, update_time)
    SELECT (SELECT COALESCE(MAX(id), 0) + 1 FROM namespace), 1, ?1,
        (SELECT COUNT(*) FROM namespace WHERE project_id = 1), 1, ?2, ?2
    WHERE NOT EXISTS (SELECT 1 FROM namespace WHERE project_id = 1 AND name = ?1)";

const TAG: &str = "INSERT INTO tag(id, experiment_id, name, folder, type, description, system, sort,
        create_time, update_time)
    SELECT (SELECT COALESCE(MAX(id), 0) + 1 FROM tag), experiment.id, ?2, CAST(?3 AS INTEGER), 'line', '',
        0, ?3, ?4, ?4
    FROM experiment WHERE run_id = ?1
        AND NOT EXISTS (SELECT 1 FROM tag WHERE experiment_id = experiment.id AND tag.name = ?2)";

const CHART: &str = "INSERT INTO chart(id, experiment_id, name, system, type, reference, status, create_time,
        update_time)
    SELECT (SELECT COALESCE(MAX(id), 0) + 1 FROM chart), experiment.id, ?2, 1, 'line', 'step', 0, ?3, ?3
    FROM experiment WHERE run_id = ?1
        AND NOT EXISTS (SELECT 1 FROM chart WHERE experiment_id = experiment.id AND chart.name = ?2)";

const PROJECT_CHART: &str =
    "INSERT INTO chart(id, project_id, name, system, type, reference, status,
        create_time, update_time)
    SELECT (SELECT COALESCE(MAX(id), 0) + 1 FROM chart), 1, ?1, 0, 'line', 'step', 0, ?2, ?2
    WHERE NOT EXISTS (SELECT 1 FROM chart WHERE project_id = 1 AND name = ?1)";

/// A chart of the experiment or the project in the namespace of the same.
const DISPLAY: &str = "INSERT INTO display(id, chart_id, namespace_id, sort, more, create_time, update_time)
    SELECT (SELECT COALESCE(MAX(id), 0) + 1 FROM display), chart.id, namespace.id,
        (SELECT COUNT(*) FROM display WHERE namespace_id = namespace.id), '', ?4, ?4
    FROM chart JOIN namespace ON namespace.experiment_id IS chart.experiment_id
        AND namespace.project_id IS chart.project_id AND namespace.name = ?3
    WHERE chart.name = ?2
        AND (chart.experiment_id = (SELECT id FROM experiment WHERE run_id = ?1) OR ?1 = '' AND chart.project_id = 1)
        AND NOT EXISTS (SELECT 1 FROM display WHERE chart_id = chart.id)";

/// The metric of the experiment as a line of its own chart or of the project's.
const SOURCE: &str = "INSERT INTO source(id, tag_id, chart_id, sort, error, more, create_time, update_time)
    SELECT (SELECT COALESCE(MAX(id), 0) + 1 FROM source), tag.id, chart.id,
        (SELECT COUNT(*) FROM source WHERE chart_id = chart.id), '', ?3, ?4, ?4
    FROM tag JOIN experiment ON experiment.id = tag.experiment_id AND run_id = ?1
        JOIN chart ON chart.name = tag.name
            AND (?3 IS NULL AND chart.project_id = 1 OR ?3 = '' AND chart.experiment_id = experiment.id)
    WHERE tag.name = ?2
        AND NOT EXISTS (SELECT 1 FROM source WHERE tag_id = tag.id AND chart_id = chart.id)";

const FINISH: &str =
    "UPDATE experiment SET status = ?2, finish_time = ?3, update_time = ?3 WHERE run_id = ?1";

/// The project, made where there is none.
pub(crate) fn project(name: &str, now: f64) -> Vec<Statement> {
    let now = time::offset(now);
    let tables = SCHEMA.split(";\n").filter(|it| !it.trim().is_empty());
    let mut statements: Vec<_> = tables.map(|table| statement(table, &[])).collect();
    statements.push(statement(PROJECT, &[name, VERSION, &now]));
    statements
}

/// An experiment that runs, in the folder `folder`.
pub(crate) fn experiment(folder: &str, it: &Experiment, now: f64) -> Vec<Statement> {
    let started = time::offset(it.started);
    let now = time::offset(now);
    vec![
        statement(EXPERIMENT, &[folder, &it.name, &it.description, &it.color, VERSION, &started]),
        statement(RUNNING, &[folder]),
        statement(COUNT, &[&now]),
    ]
}

/// A metric of an experiment. Its folder is its position: one page of the dashboard looks for it by
/// the one, another by the other.
pub(crate) fn metric(folder: &str, key: &str, position: usize, now: f64) -> Vec<Statement> {
    let now = time::offset(now);
    let mut tag = statement(TAG, &[folder, key]);
    tag.parameters.extend([Value::Integer(position as f64), Value::Text(now.clone())]);
    let source = |more: Value| {
        let mut source = statement(SOURCE, &[folder, key]);
        source.parameters.extend([more, Value::Text(now.clone())]);
        source
    };
    let section = key.split_once('/').map_or("default", |(section, _)| section);
    vec![
        tag,
        statement(NAMESPACE, &[folder, section, &now]),
        statement(CHART, &[folder, key, &now]),
        statement(DISPLAY, &[folder, key, section, &now]),
        source(Value::Text(String::new())),
        statement(PROJECT_NAMESPACE, &[section, &now]),
        statement(PROJECT_CHART, &[key, &now]),
        statement(DISPLAY, &["", key, section, &now]),
        source(Value::Null),
    ]
}

/// The end of an experiment: 1 finished, -1 crashed.
pub(crate) fn finish(folder: &str, finished: bool, now: f64) -> Vec<Statement> {
    let mut end = statement(FINISH, &[folder]);
    let status = Value::Integer(if finished { 1.0 } else { -1.0 });
    end.parameters.extend([status, Value::Text(time::offset(now))]);
    vec![end]
}

fn statement(sql: &str, texts: &[&str]) -> Statement {
    let parameters = texts.iter().map(|text| Value::Text((*text).into())).collect();
    Statement { sql: sql.into(), parameters }
}
