//! The anaesthetists of A. P. Dawid and A. M. Skene, "Maximum likelihood estimation of observer error-rates using the EM
//! algorithm", Applied Statistics 28 (1979), table 1: 45 patients, five observers, their first readings.

use std::collections::BTreeMap;

use serde_json::json;

use super::people::People;
use super::projects::Posted;
use super::stage::{Stage, form, shown, text};
use crate::assignments::operations as work;
use crate::kernel::{Error, Result};

const TABLE: &str = include_str!("data/dawid_skene_1979.csv");

/// `(patient, observer)` → the first reading.
fn readings() -> Result<BTreeMap<(String, String), u8>> {
    let mut readings = BTreeMap::new();
    for row in csv::Reader::from_reader(TABLE.as_bytes()).deserialize() {
        let (patient, observer, reading, label): (String, String, u8, u8) = row.map_err(Error::internal)?;
        if reading == 1 {
            readings.insert((patient, observer), label);
        }
    }
    Ok(readings)
}

/// Each of five doctors grades every patient as the observer of that number did.
pub fn read(stage: &Stage, people: &People, projects: &[Posted]) -> Result<()> {
    let readings = readings()?;
    let project = projects.iter().find(|posted| posted.part.key == "anaesthesia");
    let project = project.ok_or_else(|| Error::internal("the demo has no anaesthetists' project"))?;
    let doctors = people.experts_of(project.part.fields);
    for (n, doctor) in doctors.iter().take(5).enumerate() {
        let observer = format!("observer-{}", n + 1);
        let wish = form(json!({"project_id": project.id}))?;
        while let Some(claimed) = stage.act(doctor, |conn, ctx| work::claim(conn, ctx, stage.door(), &wish))? {
            let seen = shown(&claimed)?;
            let patient = text(&seen, "/task/input/patient")?;
            let grade = readings.get(&(patient.clone(), observer.clone()));
            let grade = grade.ok_or_else(|| Error::internal(format!("{observer} did not see {patient}")))?;
            let answer = form(json!({"lease_token": text(&seen, "/lease/token")?, "answer": {"grade": grade},
                "time_spent_seconds": project.part.seconds}))?;
            stage.act(doctor, |conn, ctx| work::submit(conn, ctx, stage.door(), claimed.id, &answer))??;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole() {
        let readings = readings().unwrap();
        assert_eq!(readings.len(), 45 * 5);
        assert!(readings.values().all(|label| (1..=4).contains(label)));
    }
}
