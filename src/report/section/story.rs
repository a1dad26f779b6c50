//! Detection and timeline.

use crate::{
    autopsy::{Investigation, OnsetKind},
    remedy::monitor::AlertReplay,
    report::{
        analyst::Analyst,
        data::{AlertPart, Detection, Moment, OnsetPart},
    },
    summary::Micros,
    text::{number, time},
    wording,
};

/// Kinds of events that mark when somebody noticed.
const NOTICED: [&str; 5] = ["alert", "incident", "page", "ticket", "report"];

/// Returns when the incident began, when it could have been detected, and when it was.
pub(super) fn detection(
    investigation: &Investigation,
    analyst: &Analyst,
    alerts: &[AlertReplay],
) -> Detection {
    let onset = investigation.framing.onset;
    let began = onset.map(|onset| onset.at);
    let delay =
        |first: Option<Micros>| first.zip(began).map(|(first, began)| time::duration((first - began).max(0)));
    let first = alerts
        .iter()
        .filter_map(|alert| alert.first.map(|at| (at, alert)))
        .min_by_key(|(at, _)| *at)
        .filter(|_| onset.is_some())
        .map(|(at, alert)| {
            format!(
                "{}, {} after the onset, by “{}”",
                time::moment(at),
                delay(Some(at)).unwrap_or_default(),
                alert.message
            )
        });
    Detection {
        onset: onset.map(|onset| OnsetPart {
            at: time::rfc3339(onset.at),
            interval: (time::rfc3339(onset.interval.0), time::rfc3339(onset.interval.1)),
            kind: onset.kind,
            message: onset.kind.phrase(),
            complete: (onset.kind == OnsetKind::Gradual).then(|| time::rfc3339(onset.complete)),
            ended: onset.ended.map(time::rfc3339),
            over: onset.ended.map(wording::onset::over),
            by_hand: investigation.framing.choice.onset.is_some(),
        }),
        first,
        alerts: alerts
            .iter()
            .map(|alert| AlertPart {
                rule: alert.message.clone(),
                first: alert.first.filter(|_| onset.is_some()).map(time::rfc3339),
                delay: delay(alert.first),
                early: alert.false_alarms,
                quiet: alert.reference_windows,
            })
            .collect(),
        noticed: noticed(investigation, analyst),
    }
}

fn noticed(investigation: &Investigation, analyst: &Analyst) -> Option<String> {
    let began = investigation.framing.onset?.at;
    let event = investigation
        .dossier
        .events
        .iter()
        .find(|event| event.at >= began && NOTICED.contains(&event.kind.to_lowercase().as_str()));
    let (at, what) = match event {
        Some(event) => (event.at, event.title.clone()),
        None => analyst.marks.first().map(|(at, _)| (*at, "the analyst's first decision".to_owned()))?,
    };
    let delay = time::duration((at - began).max(0));
    Some(format!("{}, {delay} after the onset: {what}", time::moment(at)))
}

/// Returns the events in chronological order.
pub(super) fn timeline(
    investigation: &Investigation,
    analyst: &Analyst,
    alerts: &[AlertReplay],
) -> Vec<Moment> {
    let dossier = &investigation.dossier;
    let mut moments: Vec<(Micros, u8, &'static str, String)> = Vec::new();
    let rows = number::whole(dossier.production.rows);
    if let Some((from, to)) = dossier.period() {
        moments.push((from, 0, "log", "the production log begins".to_owned()));
        moments.push((to, 9, "log", format!("the production log ends after {rows} rows")));
    }
    for event in &dossier.events {
        moments.push((event.at, 1, "event", format!("{}: {}", event.kind, event.title)));
    }
    if let Some(onset) = investigation.framing.onset {
        let (from, to) = onset.interval;
        let interval = if to > from {
            format!(" (95 % interval {} to {})", time::moment(from), time::moment(to))
        } else {
            String::new()
        };
        let message = match onset.kind {
            _ if investigation.framing.choice.onset.is_some() => {
                "the comparison begins here: the analyst set the onset by hand".to_owned()
            }
            OnsetKind::FromStart => "the fault is there from the first row on".to_owned(),
            OnsetKind::Sudden | OnsetKind::Gradual => {
                format!("the fault begins {}{interval}", onset.kind.phrase())
            }
        };
        moments.push((onset.at, 2, "onset", message));
        if onset.kind == OnsetKind::Gradual {
            moments.push((onset.complete, 2, "onset", "the fault has reached its full strength".to_owned()));
        }
        if let Some(ended) = onset.ended {
            moments.push((
                ended,
                2,
                "end",
                "the fault is over: rows from here on do as well as before it".to_owned(),
            ));
        }
        for alert in alerts {
            if let Some(at) = alert.first {
                moments.push((at, 3, "alert", format!("would have fired: {}", alert.message)));
            }
        }
    }
    if let Some(until) = investigation.labels.mature_until {
        moments.push((until, 4, "labels", "for later rows, few labels have arrived yet".to_owned()));
    }
    for (at, message) in &analyst.marks {
        moments.push((*at, 5, "analyst", message.clone()));
    }
    moments.sort_by(|a, b| (a.0, a.1, &a.3).cmp(&(b.0, b.1, &b.3)));
    moments
        .into_iter()
        .map(|(at, _, kind, message)| Moment { at: time::rfc3339(at), kind, message })
        .collect()
}
