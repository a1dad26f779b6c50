//! Logged events near the onset.

use crate::{
    autopsy::{
        Finding, Observations, Verdict,
        catalogue::{SignalSpec, checks, measures, signals},
        exam::context::ExamContext,
    },
    case::Event,
};

const HOUR: f64 = 3_600e6;

/// An event at most this many hours before the onset (or an hour after it, as the estimate has an error) may
/// be its cause.
const EARLIER: f64 = 6.0;
const LATER: f64 = 1.0;

/// The maximum half-width of the onset's interval, in hours.
const MOST_REACH: f64 = 12.0;

/// The subject of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    Model,
    Data,
    Serving,
    World,
}

impl About {
    const ALL: [Self; 4] = [Self::Model, Self::Data, Self::Serving, Self::World];

    const fn signal(self) -> &'static SignalSpec {
        match self {
            Self::Model => &signals::EVENTS_MODEL,
            Self::Data => &signals::EVENTS_DATA,
            Self::Serving => &signals::EVENTS_SERVING,
            Self::World => &signals::EVENTS_WORLD,
        }
    }

    /// The title is more specific than the kind: a feature store is deployed, too.
    fn of(event: &Event) -> Self {
        let title = event.title.to_lowercase();
        let message = |words: &[&str]| words.iter().any(|word| title.contains(word));
        if message(&[
            "feature store",
            "feature-store",
            "schema",
            "etl",
            "upstream",
            "unit",
            "column",
            "dag",
            "join",
        ]) {
            return Self::Data;
        }
        match event.kind.as_str() {
            "deploy" | "model" | "release" | "rollout" => {
                if message(&["model", "retrain", "train", "weights", "champion", "artefact", "artifact"]) {
                    Self::Model
                } else {
                    Self::Serving
                }
            }
            "pipeline" | "schema" | "data" | "etl" | "source" => Self::Data,
            "serving" | "infra" | "config" | "incident" | "ops" => Self::Serving,
            _ => Self::World,
        }
    }
}

pub(super) fn examine(context: &ExamContext<'_>) -> Observations {
    let &ExamContext { dossier, framing, .. } = context;
    let mut observations = Observations::default();
    let id = &checks::PIPELINE_EVENTS;
    let because = if dossier.events.is_empty() {
        Some("no events are recorded")
    } else if framing.split().is_none() {
        Some("there is no onset inside the log to match them with")
    } else {
        None
    };
    if let Some(because) = because {
        observations.findings.push(Finding::not_applicable(id, "Events can't be matched", because));
        return observations;
    }
    let (Some(onset), Some((first, last))) = (framing.onset, dossier.period()) else {
        return observations;
    };
    // With an onset known to a week only, some event would always match, so its interval is limited to half a
    // day.
    let reach = (MOST_REACH * HOUR) as i64;
    let (first_at, last_at) =
        (onset.interval.0.max(onset.at - reach), onset.interval.1.min(onset.at + reach));
    // Hours from the event to that interval; negative when the event came after all of it.
    let lead = |event: &Event| {
        if event.at <= first_at {
            (first_at - event.at) as f64 / HOUR
        } else if event.at <= last_at {
            0.0
        } else {
            (last_at - event.at) as f64 / HOUR
        }
    };
    let near = |event: &&Event| (-LATER..=EARLIER).contains(&lead(event));
    let nearest = dossier.events.iter().filter(near).min_by(|a, b| lead(a).abs().total_cmp(&lead(b).abs()));
    let (verdict, message) = match nearest {
        Some(event) => {
            let hours = (onset.at - event.at) as f64 / HOUR;
            let when = if hours >= 0.0 { "before" } else { "after" };
            let gap = if hours.abs() < 1.0 {
                format!("{:.0} min", 60.0 * hours.abs())
            } else {
                format!("{:.1} h", hours.abs())
            };
            (Verdict::Watch, format!("{} \"{}\" came {gap} {when} the onset.", event.kind, event.title))
        }
        None => (Verdict::Clear, format!("No event was recorded in the {EARLIER:.0} h before the onset.")),
    };
    observations.findings.push(Finding {
        measure: measures::EVENT_DISTANCE.name,
        value: nearest.map(|event| (onset.at - event.at) as f64 / HOUR),
        threshold: Some(EARLIER),
        ..Finding::new(id, verdict, message)
    });
    let span = ((last - first) as f64 / HOUR).max(1.0);
    for about in About::ALL {
        let own: Vec<&Event> = dossier.events.iter().filter(|e| About::of(e) == about).collect();
        let value = match own.iter().copied().filter(near).map(|e| lead(e).abs()).min_by(f64::total_cmp) {
            // Expected number of such events this near by chance; the resolution is one hour.
            Some(gap) => -(own.len() as f64 * (gap.max(1.0) + LATER) / span).min(1.0).ln(),
            None => 0.0,
        };
        observations.signal(about.signal(), value, &[], id);
    }
    observations
}
