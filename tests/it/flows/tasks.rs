//! What a lab does with its tasks: posting gold and batches, importing, exporting what is new, changing instructions,
//! answering questions, finding things again.

mod asking;
mod finding;
mod instructions;
mod posting;
mod results;
mod streams;

use reqwest::Method;
use serde_json::Value;

use crate::harness::{Reply, Someone, World, uuid};

impl Someone {
    /// Imports these lines.
    async fn import(&self, project: &str, lines: &[Value]) -> Reply {
        let file: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let headers = [("content-type", "application/x-ndjson")];
        self.send(Method::POST, &format!("/v1/projects/{project}/tasks/import"), &headers, file.into_bytes()).await
    }

    /// A project's results: the lines, and the one that ends them.
    async fn results(&self, project: &str, query: &str) -> (Vec<Value>, Value) {
        let text = self.get(&format!("/v1/projects/{project}/results{query}")).await.expect(200).text();
        let mut lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let end = lines.pop().unwrap();
        assert_eq!((&end["_end"], end["count"].as_u64()), (&Value::Bool(true), Some(lines.len() as u64)));
        (lines, end)
    }
}

impl World {
    /// Runs a statement as the schema's owner.
    fn alter(&self, sql: &str) {
        use diesel::connection::SimpleConnection;
        self.db.owner().batch_execute(sql).unwrap_or_else(|error| panic!("{error}: {sql}"));
    }
}

/// The external ids of lines or tasks, sorted.
fn names(lines: &[Value]) -> Vec<&str> {
    let mut names: Vec<&str> = lines.iter().map(|line| line["external_id"].as_str().unwrap()).collect();
    names.sort_unstable();
    names
}
