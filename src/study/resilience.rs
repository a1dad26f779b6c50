//! Fallbacks and components: what should answer when the model can't, what each component's failing costs, and who has to act.

use crate::{
    autopsy::{
        Dossier, Investigation, Verdict,
        account::Place,
        catalogue::{Stage, checks},
    },
    model::folds::thin,
    remedy::fallbacks::{self, Fallbacks},
    stats::{moments, testing::paired},
    summary::{self, Kind, MISSING},
    text::number,
};

use super::{
    table::{Cell, Column, Format, StudyTable},
    topic::{Study, Topic},
    two_periods::TwoPeriods,
};

/// Rows that are answered again.
const MOST_ROWS: usize = 2000;
const FEWEST_ROWS: usize = 100;

pub(super) fn study(investigation: &Investigation) -> Study {
    let mut study = Study::new(Topic::Resilience);
    let measured = fallbacks::fallbacks(investigation);
    match &measured {
        Ok(measured) => {
            study.says.extend(of_fallbacks(measured));
            study.tables.push(fallback_table(measured));
        }
        Err(why) => study.limits.push(format!("No fallback could be measured: {why}.")),
    }
    study.tables.push(components(investigation));
    if let Some((said, table)) = sources(investigation) {
        study.says.push(said);
        study.tables.push(table);
    }
    study.tables.push(actions(investigation, measured.as_ref().ok()));
    study.limits.push("An owner is a person; the program leaves the cell to be filled in.".to_owned());
    study
}

fn of_fallbacks(measured: &Fallbacks) -> Vec<String> {
    let mut said = Vec::new();
    let Some(best) = measured.all.first() else { return said };
    let half = 1.96 * best.against.error;
    said.push(format!(
        "Of the fallbacks {} loses least, {} a row; the deployed model {} since the onset ({} by {} ± {}){}.",
        best.name,
        number::metric(best.loss),
        number::metric(measured.deployed),
        if best.against.difference > 0.0 { "better" } else { "worse" },
        number::metric(best.against.difference.abs()),
        number::metric(half),
        if best.against.difference + half < 0.0 { ", so until the repair it does less harm" } else { "" }
    ));
    let of_rows = measured.all.iter().filter_map(|one| Some((one.name, one.substituted?)));
    if let (Some((value, rows)), Some((name, (theirs, deployed)))) =
        (measured.substitute, of_rows.min_by(|a, b| a.1.0.total_cmp(&b.1.0)))
    {
        said.push(format!(
            "On the {} rows that got the substitute answer {}, {name} loses {} in place of {}.",
            number::whole(rows as u64),
            number::value(value),
            number::metric(theirs),
            number::metric(deployed)
        ));
    }
    said
}

fn fallback_table(measured: &Fallbacks) -> StudyTable {
    let mut table = StudyTable::new(
        "fallbacks",
        "Fallbacks on rows since the onset that they had not seen",
        &[
            ("fallback", "what answers", Format::Text),
            ("loss", "mean loss", Format::Metric),
            ("against", "above the deployed model (95 %)", Format::Signed),
        ],
    );
    // Without rows that got a substitute answer the column would be empty.
    let over = measured.all.first().and_then(|one| one.substituted).map(|(_, deployed)| deployed);
    if over.is_some() {
        table.columns.push(Column::new("substituted", "on rows with the substitute answer", Format::Metric));
    }
    let mut push = |mut row: Vec<Cell>, substituted: Option<f64>| {
        if over.is_some() {
            row.push(substituted.into());
        }
        table.push(row);
    };
    for one in &measured.all {
        let half = 1.96 * one.against.error;
        let against = one.against.difference;
        push(
            vec![one.name.into(), one.loss.into(), Cell::Interval(against, (against - half, against + half))],
            one.substituted.map(|(loss, _)| loss),
        );
    }
    push(vec!["the deployed model".into(), measured.deployed.into(), Cell::Missing], over);
    table
}

/// The stage at which a line of the account arose; none for the world.
const fn stage_of(place: Place) -> Option<Stage> {
    match place {
        Place::Service => Some(Stage::Serving),
        Place::Model | Place::Answers => Some(Stage::Training),
        Place::Input(_) | Place::InputsAndAnswers => Some(Stage::Features),
        Place::Relation | Place::Constant | Place::Population | Place::Outside | Place::Unexplained => None,
    }
}

/// The stages with what is wrong there and how much of the loss arose there.
fn components(investigation: &Investigation) -> StudyTable {
    let mut table = StudyTable::new(
        "components",
        "Components: what was found, and how much of the loss arose there",
        &[
            ("component", "component", Format::Text),
            ("alarms", "alarms", Format::Count),
            ("loss", "loss a row", Format::Signed),
            ("share", "of the loss", Format::Share),
            ("worst", "what was found", Format::Text),
        ],
    );
    let account = investigation.account.as_ref().ok();
    let part = |stage: Option<Stage>| {
        let lines =
            account.map(|account| account.lines.iter().filter(move |line| stage_of(line.place) == stage));
        lines.map(|lines| {
            lines.fold((0.0, None), |(amount, share): (f64, Option<f64>), line| {
                let own = line.share.map(|(share, _)| share);
                (amount + line.amount.value, own.map_or(share, |own| Some(share.unwrap_or(0.0) + own)))
            })
        })
    };
    for stage in Stage::ALL.map(Some).into_iter().chain([None]) {
        let alarms: Vec<&crate::autopsy::Finding> = investigation
            .findings
            .iter()
            .filter(|f| stage.is_some() && f.id.check.stage == stage && f.verdict == Verdict::Alarm)
            .collect();
        let (amount, share) = part(stage)
            // A part below 0 or above the whole is noise of the others.
            .map_or((Cell::Missing, Cell::Missing), |(amount, share)| {
                (amount.into(), share.map(|share| share.clamp(0.0, 1.0)).into())
            });
        let worst = match (alarms.first(), stage) {
            (Some(first), _) => first.sentence().to_owned(),
            (None, Some(_)) => "nothing".to_owned(),
            (None, None) => "outside of all components: other requests, or another relation".to_owned(),
        };
        table.push(vec![
            stage.map_or("the world", Stage::name).into(),
            alarms.len().into(),
            amount,
            share,
            worst.into(),
        ]);
    }
    table
}

/// What it would cost if a source delivered nothing but the usual value of training: the rows before the onset, answered again.
fn sources(investigation: &Investigation) -> Option<(String, StudyTable)> {
    let dossier = &investigation.dossier;
    let model = investigation.rescorer.as_ref()?;
    let periods = TwoPeriods::of(dossier, &investigation.framing);
    let rows = thin(&periods.then.judged(), MOST_ROWS);
    if rows.len() < FEWEST_ROWS {
        return None;
    }
    let healthy = periods.then.table.take(&rows);
    let (losses, _) = model.judge(dossier, &healthy, None)?;
    let mut names: Vec<(String, Vec<usize>)> = Vec::new();
    for (index, feature) in dossier.plan.features.iter().enumerate() {
        if feature.kind == Kind::Embedding {
            continue;
        }
        let name = feature.source.clone().unwrap_or_else(|| feature.name.clone());
        match names.iter_mut().find(|(known, _)| *known == name) {
            Some((_, features)) => features.push(index),
            None => names.push((name, vec![index])),
        }
    }
    let mut lines: Vec<(String, usize, f64, f64)> = names
        .into_iter()
        .filter_map(|(name, features)| {
            let mut broken = healthy.clone();
            for &feature in &features {
                broken.features[feature] = usual(dossier, feature, healthy.rows);
            }
            let (now, _) = model.judge(dossier, &broken, None)?;
            let rise = paired(&losses, &now).ok()?;
            Some((name, features.len(), rise.difference, rise.error))
        })
        .collect();
    lines.sort_by(|a, b| b.2.total_cmp(&a.2).then(a.0.cmp(&b.0)));
    let mut table = StudyTable::new(
        "sources",
        "What it costs when a source delivers only the usual value of training",
        &[
            ("source", "source", Format::Text),
            ("inputs", "inputs", Format::Count),
            ("costs", "added loss a row (95 %)", Format::Signed),
        ],
    );
    for (name, inputs, rise, error) in &lines {
        table.push(vec![
            name.as_str().into(),
            (*inputs).into(),
            Cell::Interval(*rise, (rise - 1.96 * error, rise + 1.96 * error)),
        ]);
    }
    let (name, _, rise, _) = lines.first()?;
    Some((
        format!("The source whose failing costs most is {name}: {} of loss a row.", number::metric(*rise)),
        table,
    ))
}

/// A column that holds the median of training, or its most frequent level, in every row.
fn usual(dossier: &Dossier, feature: usize, rows: usize) -> summary::Column {
    match dossier.training.sample.features.get(feature) {
        Some(summary::Column::Numeric { values, .. }) => {
            let known: Vec<f64> = values.iter().copied().filter(|x| x.is_finite()).collect();
            let value = moments::median(&known).unwrap_or(f64::NAN);
            summary::Column::Numeric {
                values: vec![value; rows],
                unreadable: Vec::new(),
                examples: Vec::new(),
            }
        }
        Some(summary::Column::Categorical(codes)) => {
            let mut counts = std::collections::BTreeMap::new();
            for &code in codes.iter().filter(|code| **code != MISSING) {
                *counts.entry(code).or_insert(0_usize) += 1;
            }
            let most = counts.into_iter().max_by_key(|&(code, rows)| (rows, std::cmp::Reverse(code)));
            summary::Column::Categorical(vec![most.map_or(MISSING, |(code, _)| code); rows])
        }
        _ => summary::Column::Absent,
    }
}

/// What somebody has to do for each component, with a line for the owner.
fn actions(investigation: &Investigation, measured: Option<&Fallbacks>) -> StudyTable {
    let mut table = StudyTable::new(
        "actions",
        "Action items, each with a line for its owner",
        &[
            ("component", "component", Format::Text),
            ("action", "action", Format::Text),
            ("owner", "owner", Format::Text),
            ("due", "due", Format::Text),
        ],
    );
    let mut push = |component: &str, action: String| {
        table.push(vec![component.into(), action.into(), "____".into(), "____".into()]);
    };
    let alarmed = |stage: Stage| {
        investigation.findings.iter().any(|f| f.id.check.stage == Some(stage) && f.verdict == Verdict::Alarm)
    };
    if let Some(top) = investigation.diagnosis.top() {
        push("incident", top.cause.mitigation().trim_end_matches('.').to_owned());
        push("incident", top.cause.prevention().to_owned());
    }
    for (stage, action) in [
        (
            Stage::Ingestion,
            "Refuse rows that break monitors/constraints.schema.json before they reach the model",
        ),
        (Stage::Features, "Compare served with recomputed values of a sample of rows each day"),
        (Stage::Training, "Score the golden set before each deploy, and refuse a model that lost on it"),
        (
            Stage::Serving,
            "Log what answered (model, cache or fallback) with each row, and alert on its share",
        ),
        (Stage::Monitoring, "Install the rules of monitors/alerts.yml"),
    ] {
        if alarmed(stage) || stage == Stage::Monitoring {
            push(stage.name(), action.to_owned());
        }
    }
    let stands_in = investigation.findings_of(&checks::SERVING_ANSWERS).any(|f| f.verdict == Verdict::Alarm);
    if let (Some(best), true) = (measured.and_then(|m| m.all.first()), stands_in) {
        push(Stage::Serving.name(), format!("Fall back on {} in place of the present substitute", best.name));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{app::fixture, autopsy::account::Account};

    #[test]
    fn components_add_up_to_the_account_and_actions_wait_for_an_owner() {
        let mut investigation = fixture::investigation();
        investigation.account = Ok(Account::with_shares(&[
            (Place::Service, 0.2),
            (Place::Input(0), 0.5),
            (Place::Relation, 0.3),
        ]));
        let study = study(&investigation);
        let table = |id: &str| study.tables.iter().find(|table| table.id == id).expect("the table");
        let number = |cell: &Cell| if let Cell::Number(x) = cell { *x } else { 0.0 };
        let total: f64 = table("components").rows.iter().map(|row| number(&row[2])).sum();
        let account = investigation.account.as_ref().expect("the made-up account");
        let lines: f64 = account.lines.iter().map(|line| line.amount.value).sum();
        assert!((number(&table("components").rows[3][2]) - 0.2).abs() < 1e-12, "the service's part");
        assert!((total - lines).abs() < 1e-12, "{total} and {lines}");
        assert!(table("actions").rows.iter().all(|row| row[2] == Cell::from("____")));
        assert!(table("fallbacks").rows.len() >= 4);
    }

    #[test]
    fn the_usual_value_is_the_median_or_the_most_frequent_level() {
        let mut investigation = fixture::investigation();
        let mut dossier = (*investigation.dossier).clone();
        dossier.training.sample.features[1] = summary::Column::Categorical(vec![2, 0, 2, MISSING]);
        investigation.dossier = std::sync::Arc::new(dossier);
        assert_eq!(usual(&investigation.dossier, 1, 2), summary::Column::Categorical(vec![2, 2]));
    }
}
