//! Cross-validation: each incident is evaluated with weights that were not fitted on it, its table, or its
//! fault.

use std::collections::{BTreeMap, BTreeSet};

use coroner::autopsy::{Cause, Weights};

use crate::{
    boost::{fit, softmax},
    collect::Incident,
};

/// Prints the figures for three kinds of folds.
pub(crate) fn judge(incidents: &[Incident]) {
    let folds: BTreeMap<usize, &str> =
        incidents.iter().enumerate().map(|(i, _)| (i, ["0", "1", "2", "3", "4"][i * 7 % 5])).collect();
    let random: Vec<&str> = (0..incidents.len()).map(|i| folds[&i]).collect();
    let table: Vec<&str> = incidents.iter().map(|i| i.base.as_str()).collect();
    let fault: Vec<&str> = incidents.iter().map(|i| i.fault.as_str()).collect();
    for (name, groups) in
        [("random folds", random), ("one table left out", table), ("one fault left out", fault)]
    {
        let verdicts = left_out(incidents, &groups);
        println!("\n== {name}");
        figures(incidents, &verdicts);
        if name != "random folds" {
            confusion(incidents, &verdicts, name == "one fault left out");
        }
    }
    println!("\n== the shipped weights, on the same incidents");
    shipped(incidents);
}

/// The accuracy of the first cause of the shipped weights, and the precision and recall of its features.
/// Meaningful only for incidents on which the shipped weights were not fitted.
fn shipped(incidents: &[Incident]) {
    let hits = incidents.iter().filter(|incident| right(incident, incident.diagnosed.0)).count();
    println!("top-1 {:.3}", hits as f64 / incidents.len() as f64);
    let (mut asked, mut precision, mut recall) = (0.0, 0.0, 0.0);
    for incident in incidents.iter().filter(|incident| !incident.features.is_empty()) {
        let wanted = &incident.features;
        let named: Vec<&String> = incident.diagnosed.1.iter().take(wanted.len()).collect();
        let found = named.iter().filter(|name| wanted.contains(name)).count() as f64;
        asked += 1.0;
        precision += found / named.len().max(1) as f64;
        recall += found / wanted.len() as f64;
    }
    println!(
        "features of {asked} incidents: precision {:.3}, recall {:.3}",
        precision / asked,
        recall / asked
    );
}

/// Probabilities of all causes for each incident, from weights fitted without its group.
fn left_out(incidents: &[Incident], groups: &[&str]) -> Vec<Vec<f64>> {
    let mut verdicts = vec![Vec::new(); incidents.len()];
    for group in groups.iter().copied().collect::<BTreeSet<&str>>() {
        let kept: Vec<&Incident> =
            incidents.iter().zip(groups).filter(|(_, g)| **g != group).map(|(i, _)| i).collect();
        let weights = fit(&kept, 7);
        for (at, incident) in incidents.iter().enumerate().filter(|(i, _)| groups[*i] == group) {
            verdicts[at] = decide(&weights, incident);
        }
    }
    verdicts
}

fn decide(weights: &Weights, incident: &Incident) -> Vec<f64> {
    let score: Vec<f64> = Cause::ALL
        .into_iter()
        .map(|cause| {
            let weigh = |(key, &value): (&String, &f64)| {
                weights.signals.get(key).map_or(0.0, |c| c.weight(cause, value))
            };
            weights.prior.get(&cause).copied().unwrap_or(0.0)
                + incident.signals.iter().map(weigh).sum::<f64>()
        })
        .collect();
    softmax(&score)
}

fn ranked(p: &[f64]) -> Vec<Cause> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[b].total_cmp(&p[a]));
    order.into_iter().map(|i| Cause::ALL[i]).collect()
}

fn right(incident: &Incident, cause: Cause) -> bool {
    cause == incident.cause || incident.also_acceptable.contains(&cause)
}

fn figures(incidents: &[Incident], verdicts: &[Vec<f64>]) {
    let n = incidents.len() as f64;
    let (mut top1, mut top2, mut loss, mut blamed, mut quiet) = (0.0, 0.0, 0.0, 0, 0);
    let mut bins = vec![(0.0, 0.0, 0.0); 10];
    for (incident, p) in incidents.iter().zip(verdicts) {
        let order = ranked(p);
        let hit = right(incident, order[0]);
        top1 += f64::from(u8::from(hit));
        top2 += f64::from(u8::from(hit || right(incident, order[1])));
        let place = Cause::ALL.iter().position(|&c| c == incident.cause).unwrap_or(0);
        loss -= p[place].max(1e-6).ln();
        if incident.cause == Cause::None {
            quiet += 1;
            blamed += usize::from(order[0] != Cause::None);
        }
        let most = p.iter().copied().fold(0.0, f64::max);
        let bin = &mut bins[((most * 10.0) as usize).min(9)];
        *bin = (bin.0 + 1.0, bin.1 + most, bin.2 + f64::from(u8::from(hit)));
    }
    let gap: f64 = bins.iter().map(|(_, diagnosed, was)| (diagnosed - was).abs()).sum::<f64>() / n;
    println!(
        "{} incidents: top-1 {:.3}, top-2 {:.3}, log loss {:.3}, calibration gap {gap:.3}, blamed {blamed} of {quiet} none",
        incidents.len(),
        top1 / n,
        top2 / n,
        loss / n
    );
}

fn confusion(incidents: &[Incident], verdicts: &[Vec<f64>], by_fault: bool) {
    let mut wrong: BTreeMap<(String, &str), (usize, Vec<&str>)> = BTreeMap::new();
    let mut all: BTreeMap<String, usize> = BTreeMap::new();
    for (incident, p) in incidents.iter().zip(verdicts) {
        let key = if by_fault {
            format!("{} {}", incident.cause.id(), incident.fault)
        } else {
            incident.cause.id().to_owned()
        };
        *all.entry(key.clone()).or_default() += 1;
        let diagnosed = ranked(p)[0];
        if !right(incident, diagnosed) {
            let entry = wrong.entry((key, diagnosed.id())).or_default();
            entry.0 += 1;
            entry.1.push(&incident.id);
        }
    }
    for ((truth, diagnosed), (count, ids)) in wrong {
        let shown: Vec<&str> = ids.iter().take(3).map(|id| id.rsplit("inc/").next().unwrap_or(id)).collect();
        println!("  {truth} ({}) called {diagnosed}: {count}  {}", all[&truth], shown.join(" "));
    }
}
