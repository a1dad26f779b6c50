//! When to retrain: how the model ages, the cadence of least cost, what a retrained one forgets, and which alert asks for it.

use crate::{
    autopsy::Investigation,
    remedy::{
        Remedy,
        ageing::{self, Ageing},
        fitted, refused_because,
    },
    text::number,
};

use super::{
    table::{Cell, Format, StudyTable},
    topic::{Study, Topic},
};

/// Cadences that are priced, in days.
const CADENCES: [f64; 6] = [1.0, 3.0, 7.0, 14.0, 28.0, 84.0];

pub(super) fn study(investigation: &Investigation) -> Result<Study, String> {
    let ageing = ageing::ageing(investigation)?;
    let mut study = Study::new(Topic::Retraining);
    study.says.extend(said(investigation, &ageing));
    study.tables.push(by_age(&ageing));
    study.tables.extend(cadences(investigation, &ageing));
    if !ageing.forgets.is_empty() {
        study.tables.push(forgotten(&ageing));
    }
    study.tables.extend(triggers(investigation));
    study.limits.push(
        "Learners of this program age here, fitted on three tenths of the judged rows each; the deployed model may age faster or slower."
            .to_owned(),
    );
    study.limits.push(
        "Learners whose data overlap err together: the error of the added loss a day leaves out one block of time after the other; the intervals by age take the blocks as independent, and so are too narrow."
            .to_owned(),
    );
    if ageing.until_onset {
        let of_onset = "across a sudden onset old data are worse at once";
        let of_inputs = "models that learn broken inputs do not show how the model ages";
        let because = if ageing.refused.is_some() { of_inputs } else { of_onset };
        study.limits.push(format!("The ageing is that of the rows before the onset: {because}."));
    }
    let oldest = ageing.ages.last().map_or(0.0, |age| age.days);
    study.limits.push(format!(
        "Ages of up to {} days were seen; a longer cadence is an extrapolation along a line.",
        number::value(oldest)
    ));
    Ok(study)
}

/// That the diagnosis refuses a retrain, and why; nothing where it does not.
pub(super) fn not_the_repair(investigation: &Investigation) -> Option<String> {
    let why = refused_because(&investigation.diagnosis, Remedy::Retrain)?;
    Some(format!("A retrain is not the repair of this incident. {why}"))
}

fn said(investigation: &Investigation, ageing: &Ageing) -> Vec<String> {
    let costs = &investigation.dossier.costs;
    let currency = costs.currency.as_deref().unwrap_or_default();
    let money = |amount: f64| format!("{} {currency}", number::value(amount)).trim_end().to_owned();
    let (slope, error) = ageing.a_day;
    let ages = slope - 1.96 * error > 0.0;
    let mut said = vec![if ages {
        format!(
            "Each day that the training data is older adds {} ± {} to the mean loss.",
            number::value(slope),
            number::value(1.96 * error)
        )
    } else {
        "On this log no ageing beyond noise is seen: models with older training data do as well.".to_owned()
    }];
    said.push(match (&ageing.refused, ageing.now) {
        (Some(why), _) => {
            format!("A retrain is not the repair of this incident, so no saving is priced. {why}")
        }
        (None, Some((now, error))) if now > 1.96 * error => format!(
            "A model that learnt from the newest rows would save {} ± {} of loss a row now{}.",
            number::metric(now),
            number::metric(1.96 * error),
            match ageing.cost_now {
                Some(cost) if cost > 0.0 =>
                    format!(": waiting costs {} a day", money(cost * ageing.rows_a_day)),
                _ => String::new(),
            }
        ),
        (None, _) => "A model that learnt from the newest rows would do no better than the deployed one now."
            .to_owned(),
    });
    match (costs.retrain, ageing.cost_a_day) {
        (None, _) => said.push(
            "With [costs] error and retrain the cadence of least cost would be told, too.".to_owned(),
        ),
        (Some(_), None) => {
            said.push("With [costs] error, what ageing costs would be told, and the cadence of least cost.".to_owned());
        }
        (Some(retrain), Some(_)) => match ageing.cadence(retrain) {
            Some(cadence) => said.push(format!(
                "Retraining every {} days costs least (95 %: {} to {}): {} a day.",
                number::value(cadence.days),
                number::value(cadence.interval.0),
                number::value(cadence.interval.1),
                money(cadence.cost)
            )),
            None => said.push(
                "What ageing costs is not beyond noise, so no cadence costs least: retrain when an alert asks for it."
                    .to_owned(),
            ),
        },
    }
    let forgets = ageing.forgets.iter().filter(|f| f.set != "the last rows since the onset");
    if let Some(worst) =
        forgets.filter(|f| f.change.0 > 1.96 * f.change.1).max_by(|a, b| a.change.0.total_cmp(&b.change.0))
    {
        said.push(format!(
            "Retrained on {}, a model forgets {} ± {} of loss a row on {}.",
            worst.learnt,
            number::metric(worst.change.0),
            number::metric(1.96 * worst.change.1),
            worst.set
        ));
    } else if !ageing.forgets.is_empty() {
        said.push("A retrained model forgets nothing beyond noise on rows of the past.".to_owned());
    }
    said
}

fn by_age(ageing: &Ageing) -> StudyTable {
    let mut table = StudyTable::new(
        "ages",
        "Loss by age of the training data, above that of the youngest",
        &[
            ("days", "age in days", Format::Value),
            ("excess", "added loss a row", Format::Signed),
            ("cost", "added cost a row", Format::Value),
            ("blocks", "blocks of time", Format::Count),
        ],
    );
    for age in &ageing.ages {
        table.push(vec![
            age.days.into(),
            age.error.map_or(Cell::from(age.excess), |error| {
                Cell::Interval(age.excess, (age.excess - 1.96 * error, age.excess + 1.96 * error))
            }),
            age.cost.into(),
            age.blocks.into(),
        ]);
    }
    table
}

/// What each cadence costs a day; none without costs.
fn cadences(investigation: &Investigation, ageing: &Ageing) -> Option<StudyTable> {
    let retrain = investigation.dossier.costs.retrain?;
    let (slope, _) = ageing.cost_a_day.filter(|(slope, _)| *slope > 0.0)?;
    let of_a_day = slope * ageing.rows_a_day;
    let best = ageing.cadence(retrain).map(|cadence| cadence.days);
    let mut days: Vec<f64> = CADENCES.into_iter().chain(best).collect();
    days.sort_unstable_by(f64::total_cmp);
    let mut table = StudyTable::new(
        "cadences",
        "What a cadence costs a day: ageing and retrains",
        &[
            ("days", "every … days", Format::Value),
            ("ageing", "ageing", Format::Value),
            ("retrains", "retrains", Format::Value),
            ("cost", "both", Format::Value),
        ],
    );
    for days in days {
        table.push(vec![
            days.into(),
            (of_a_day * days / 2.0).into(),
            (retrain / days).into(),
            ageing::a_day(retrain, of_a_day, days).into(),
        ]);
    }
    Some(table)
}

fn forgotten(ageing: &Ageing) -> StudyTable {
    let mut table = StudyTable::new(
        "forgets",
        "A retrained model on rows of the past: above 0 it forgets",
        &[
            ("learnt", "retrained on", Format::Text),
            ("set", "judged on", Format::Text),
            ("rows", "rows", Format::Count),
            ("deployed", "deployed model", Format::Metric),
            ("retrained", "retrained", Format::Metric),
            ("change", "change of the loss", Format::Signed),
        ],
    );
    for one in &ageing.forgets {
        let (change, half) = (one.change.0, 1.96 * one.change.1);
        table.push(vec![
            one.learnt.into(),
            one.set.into(),
            one.rows.into(),
            one.deployed.into(),
            one.retrained.into(),
            Cell::Interval(change, (change - half, change + half)),
        ]);
    }
    table
}

/// What each fitted rule asks for when it fires.
fn triggers(investigation: &Investigation) -> Option<StudyTable> {
    let features = investigation.diagnosis.top().map(|top| top.features.clone()).unwrap_or_default();
    let monitors = fitted::monitors(investigation, &features);
    let mut table = StudyTable::new(
        "triggers",
        "What each fitted rule asks for",
        &[("rule", "rule", Format::Text), ("response", "asks for", Format::Text)],
    );
    for monitor in &monitors {
        table.push(vec![monitor.message(investigation).into(), monitor.response.word().into()]);
    }
    (!monitors.is_empty()).then_some(table)
}
