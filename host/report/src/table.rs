//! Tables of text: a key-value grid, and a table of columns that is split where it is too wide.

/// A column: its header and a cell a row.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) header: String,
    pub(crate) cells: Vec<String>,
}

impl Column {
    pub(crate) fn new(header: &str, cells: impl Iterator<Item = String>) -> Self {
        Self { header: header.into(), cells: cells.collect() }
    }

    fn width(&self) -> usize {
        let cells = self.cells.iter().map(|cell| wide(cell)).max().unwrap_or(0);
        wide(&self.header).max(cells)
    }
}

/// A two-column grid: keys to the left, values aligned by their decimal point.
pub(crate) fn key_value(rows: &[(&str, String)]) -> String {
    let decimals = |text: &str| text.find('.').map_or(0, |at| text.len() - at);
    let most = rows.iter().map(|(_, value)| decimals(value)).max().unwrap_or(0);
    let aligned: Vec<String> = rows
        .iter()
        .map(|(_, value)| format!("{value}{}", " ".repeat(most - decimals(value))))
        .collect();
    // A header has room for two more, so that short values do not crowd.
    let keys = rows.iter().map(|(key, _)| wide(key)).max().unwrap_or(0).max("Key".len() + 2);
    let values = aligned.iter().map(|value| wide(value)).max().unwrap_or(0).max("Value".len() + 2);
    let rule = |fill: &str| format!("+{}+{}+\n", fill.repeat(keys + 2), fill.repeat(values + 2));
    let mut text = rule("-");
    text += &format!("| {:keys$} | {:>values$} |\n", "Key", "Value");
    text += &rule("=");
    for ((key, _), value) in rows.iter().zip(&aligned) {
        text += &format!("| {key:keys$} | {value:>values$} |\n");
        text += &rule("-");
    }
    text
}

/// Tables of centred cells within `width`, each beginning with the column `key`: one where all
/// columns fit, else at least one for each group.
pub(crate) fn split(key: &Column, groups: &[Vec<Column>], width: usize) -> Vec<Vec<String>> {
    let all: Vec<&Column> = groups.iter().flatten().collect();
    if table_width(key, &all) <= width {
        return vec![table(key, &all)];
    }
    let mut tables = Vec::new();
    for group in groups {
        let mut part: Vec<&Column> = Vec::new();
        for column in group {
            part.push(column);
            if table_width(key, &part) > width && part.len() > 1 {
                part.pop();
                tables.push(table(key, &part));
                part = vec![column];
            }
        }
        tables.push(table(key, &part));
    }
    tables
}

fn table_width(key: &Column, columns: &[&Column]) -> usize {
    columns.iter().map(|column| column.width() + 3).sum::<usize>() + key.width() + 4
}

/// The lines of one table: rule, header, rule, a line a row, rule.
fn table(key: &Column, columns: &[&Column]) -> Vec<String> {
    let columns: Vec<&Column> = std::iter::once(key).chain(columns.iter().copied()).collect();
    let rule = columns.iter().map(|column| "-".repeat(column.width() + 2));
    let rule = format!("+{}+", rule.collect::<Vec<_>>().join("+"));
    let line = |cell: &dyn Fn(&Column) -> String| {
        let cells = columns.iter().map(|column| centred(&cell(column), column.width()));
        format!("|{}|", cells.collect::<Vec<_>>().join("|"))
    };
    let mut lines = vec![rule.clone(), line(&|column| column.header.clone()), rule.clone()];
    for row in 0..key.cells.len() {
        lines.push(line(&|column| column.cells[row].clone()));
    }
    lines.push(rule);
    lines
}

/// Lines that stand above and below the rows of a table that [`split`] made.
pub(crate) const HEADER_LINES: usize = 3;

/// Where the space is odd, the larger half is to the right.
fn centred(text: &str, width: usize) -> String {
    let space = width - wide(text);
    format!(" {}{text}{} ", " ".repeat(space / 2), " ".repeat(space - space / 2))
}

fn wide(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests;
