//! Monitors to install: Prometheus rules with a test that replays the log, the metrics they watch, and
//! constraints for the pipeline.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use crate::{
    autopsy::{Dossier, Investigation},
    case::Bounds,
    remedy::{
        fitted::{self, Monitor, Response, Watched},
        series::{Series, Watch, relative_loss},
    },
    summary::{Bins, Grid, Kind, Width, profile::RARE},
    text::{self, number, sanitize, time},
};

/// Returns the files to install, by path relative to the report's folder; none if no monitor could be fitted.
pub(super) fn files(investigation: &Investigation, monitors: &[Monitor]) -> Vec<(String, String)> {
    let mut files =
        vec![("monitors/constraints.schema.json".to_owned(), constraints(&investigation.dossier))];
    if let Some(text) = thresholds(investigation) {
        files.push(("monitors/thresholds.toml".to_owned(), text));
    }
    if !monitors.is_empty() {
        files.push(("monitors/alerts.yml".to_owned(), rules(investigation, monitors)));
        if let Some(test) = rules_test(investigation, monitors) {
            files.push(("monitors/alerts.test.yml".to_owned(), test));
        }
    }
    files
}

/// Returns the `PromQL` selector of the series that a monitor watches.
fn series(investigation: &Investigation, watched: Watched) -> String {
    let dossier = &investigation.dossier;
    let model = label(&dossier.title);
    let of = |feature: usize| label(dossier.feature_name(feature));
    match watched {
        Watched::Performance => format!(
            "coroner_window_loss_ratio{{model={model},metric=\"{}\"}}",
            investigation.performance.headline.id()
        ),
        Watched::Answers => format!("coroner_window_answers_psi{{model={model}}}"),
        Watched::Psi { feature } => {
            format!("coroner_window_psi{{model={model},feature={}}}", of(feature))
        }
        Watched::Inputs => format!("max(coroner_window_psi{{model={model}}})"),
        Watched::Missing { feature } => {
            format!("coroner_window_missing_ratio{{model={model},feature={}}}", of(feature))
        }
        Watched::Business { metric } => {
            let name =
                investigation.business.get(metric).map_or("", |business| business.metric.name.as_str());
            format!("coroner_window_business_loss_ratio{{model={model},metric={}}}", label(name))
        }
        Watched::Utilization => format!("coroner_window_utilization_ratio{{model={model}}}"),
        Watched::Latency => format!("coroner_window_latency_p95_ms{{model={model}}}"),
        Watched::Volume => format!("coroner_window_missing_rows_ratio{{model={model}}}"),
        Watched::Unseen => format!("coroner_window_unseen_ratio{{model={model}}}"),
        Watched::Outside => format!("coroner_window_outside_ratio{{model={model}}}"),
        Watched::LabelDelay => format!("coroner_window_label_delay_days{{model={model}}}"),
        Watched::UnknownTerms { column } => {
            let name = dossier.breakdown.text.get(column).map_or("", String::as_str);
            format!("coroner_window_unknown_terms_ratio{{model={model},column={}}}", label(name))
        }
    }
}

/// Quotes a label's value for the text format and `PromQL`.
fn label(text: &str) -> String {
    let text = sanitize::terminal(text).replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{text}\"")
}

/// Quotes a text as a literal YAML string, in single quotes.
fn yaml(text: &str) -> String {
    // Annotations are templates; a name must not start one.
    let text = sanitize::terminal(text).replace("{{", "{ {").replace('\'', "''");
    format!("'{text}'")
}

/// Quotes YAML syntax, but keeps the braces of `PromQL`.
fn yaml_code(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

const fn alert_name(watched: Watched) -> &'static str {
    match watched {
        Watched::Performance => "ModelPerformanceDrop",
        Watched::Answers => "ModelAnswersShifted",
        Watched::Psi { .. } | Watched::Inputs => "ModelInputDrift",
        Watched::Missing { .. } => "ModelInputMissing",
        Watched::Business { .. } => "ModelBusinessMetricDrop",
        Watched::Utilization => "ModelHostOverloaded",
        Watched::Latency => "ModelAnswersSlow",
        Watched::Volume => "ModelRequestsMissing",
        Watched::Unseen => "ModelLevelsUnseen",
        Watched::Outside => "ModelInputsOutside",
        Watched::LabelDelay => "ModelLabelsLate",
        Watched::UnknownTerms { .. } => "ModelTermsUnknown",
    }
}

/// Returns the summary of an alert. It contains no template, so a test can expect it literally.
fn summary(investigation: &Investigation, monitor: &Monitor) -> String {
    format!("{}: {}", investigation.dossier.title, monitor.message(investigation))
}

/// Returns Prometheus alerting rules.
fn rules(investigation: &Investigation, monitors: &[Monitor]) -> String {
    let mut out = String::from(
        "# Alert rules fitted on one incident. The metrics come from `coroner check CASE --format prometheus`, run once a\n\
         # window, for instance into the textfile collector of node_exporter.\n\
         groups:\n  - name: coroner\n    rules:\n",
    );
    for monitor in monitors {
        let expression = format!("{} > {}", series(investigation, monitor.watched), monitor.threshold);
        // Writing to a `String` can't fail.
        let _ = write!(
            out,
            "      # {}\n      - alert: {}\n        expr: {}\n        labels:\n          severity: {}\n          response: {}\n        \
             annotations:\n          summary: {}\n",
            record(monitor),
            alert_name(monitor.watched),
            yaml_code(&expression),
            severity(monitor),
            monitor.response.word(),
            yaml(&summary(investigation, monitor)),
        );
    }
    out
}

/// How urgent an alert is: what can wait for a retrain or a look need not wake anybody.
const fn severity(monitor: &Monitor) -> &'static str {
    match monitor.response {
        Response::Page => "page",
        Response::Review | Response::Retrain => "ticket",
    }
}

/// Describes when a monitor would have fired, and its rate of false alarms.
pub(super) fn record(monitor: &Monitor) -> String {
    let first = monitor.first.map_or_else(|| "never".to_owned(), |at| format!("at {} UTC", time::minute(at)));
    let (seen, upper) = monitor.a_month;
    let month = format!(
        "expected false alarms per month: {} (95 %: at most {})",
        number::value(seen),
        number::value((upper * 10.0).ceil() / 10.0)
    );
    format!(
        "would have fired {first}; fired in {} of {} quiet windows; {month}",
        monitor.false_alarms, monitor.reference_windows
    )
}

/// Formats a duration as Prometheus does (days, hours).
fn prometheus_duration(windows: usize, width: Width) -> String {
    let hours = width.micros() / 3_600_000_000 * windows as i64;
    format!("{hours}h")
}

/// Returns a test of the rules for `promtool test rules`: silent before the onset, firing after it.
fn rules_test(investigation: &Investigation, monitors: &[Monitor]) -> Option<String> {
    let grid = investigation.drift.grid.or(investigation.performance.grid)?;
    let mut out = format!(
        "# Replays the log of the incident against the rules: promtool test rules alerts.test.yml\n\
         rule_files:\n  - alerts.yml\nevaluation_interval: {width}\ntests:\n  - interval: {width}\n    input_series:\n",
        width = prometheus_duration(1, grid.width)
    );
    for monitor in monitors {
        let values: Vec<String> = monitor
            .values
            .iter()
            .map(|value| value.filter(|x| x.is_finite()).map_or("_".to_owned(), |x| format!("{x:?}")))
            .collect();
        // A window is known at its end: the first sample comes one width after the start.
        let _ = write!(
            out,
            "      - series: {}\n        values: '_ {}'\n",
            yaml_code(&series(investigation, monitor.watched)),
            values.join(" ")
        );
    }
    out.push_str("    alert_rule_test:\n");
    let at = |window: usize| prometheus_duration(window + 1, grid.width);
    let fires = |monitor: &Monitor, window: usize| {
        monitor.values[window].is_some_and(|value| value > monitor.threshold)
    };
    for name in distinct(monitors) {
        let named: Vec<&Monitor> = monitors.iter().filter(|m| alert_name(m.watched) == name).collect();
        for window in moments(investigation, grid, &named) {
            let firing: Vec<&&Monitor> = named.iter().filter(|m| fires(m, window)).collect();
            let _ = write!(out, "      - eval_time: {}\n        alertname: {name}\n", at(window));
            if firing.is_empty() {
                out.push_str("        exp_alerts: []\n");
                continue;
            }
            out.push_str("        exp_alerts:\n");
            for monitor in firing {
                expected(&mut out, investigation, monitor);
            }
        }
    }
    Some(out)
}

/// Returns the windows at which the rules are evaluated: every one before the onset, and the one in which the
/// first rule fires.
fn moments(investigation: &Investigation, grid: Grid, monitors: &[&Monitor]) -> Vec<usize> {
    let split = investigation.framing.split().and_then(|at| grid.window(at));
    let first =
        monitors.iter().filter_map(|monitor| monitor.first).min().and_then(|end| grid.window(end - 1));
    let mut moments: Vec<usize> = (0..split.unwrap_or(0)).chain(first).collect();
    moments.dedup();
    moments
}

/// Returns thresholds for `coroner.toml` that stay silent before the onset and fire on the incident; `None`
/// if no threshold separates the two.
fn thresholds(investigation: &Investigation) -> Option<String> {
    let fitted = fitted::thresholds(investigation);
    if fitted.is_empty() {
        return None;
    }
    let mut out = String::from(
        "# Thresholds fitted on one incident, for coroner.toml: above everything in the quiet part of its log, below the\n\
         # incident. `coroner check` reads them.\n[thresholds]\n",
    );
    for (key, monitor) in fitted {
        // Writing to a `String` can't fail.
        let _ = writeln!(out, "{key} = {:?}  # {}", monitor.threshold, record(&monitor));
        if monitor.watched == Watched::Inputs
            && monitor.threshold < investigation.dossier.thresholds.psi_watch
        {
            let _ = writeln!(out, "psi_watch = {:?}  # below the alarm", monitor.threshold / 2.0);
        }
    }
    Some(out)
}

fn distinct(monitors: &[Monitor]) -> Vec<&'static str> {
    let mut names: Vec<&'static str> = monitors.iter().map(|m| alert_name(m.watched)).collect();
    names.dedup();
    names.sort_unstable();
    names.dedup();
    names
}

fn expected(out: &mut String, investigation: &Investigation, monitor: &Monitor) {
    let dossier = &investigation.dossier;
    let mut labels = vec![
        ("severity", severity(monitor).to_owned()),
        ("response", monitor.response.word().to_owned()),
        ("model", dossier.title.clone()),
    ];
    match monitor.watched {
        Watched::Performance => labels.push(("metric", investigation.performance.headline.id().to_owned())),
        Watched::Psi { feature } | Watched::Missing { feature } => {
            labels.push(("feature", dossier.feature_name(feature).to_owned()));
        }
        Watched::Business { metric } => {
            labels.extend(investigation.business.get(metric).map(|b| ("metric", b.metric.name.clone())));
        }
        Watched::UnknownTerms { column } => {
            labels.extend(dossier.breakdown.text.get(column).map(|name| ("column", name.clone())));
        }
        Watched::Answers
        | Watched::Inputs
        | Watched::Utilization
        | Watched::Latency
        | Watched::Volume
        | Watched::Unseen
        | Watched::Outside
        | Watched::LabelDelay => {}
    }
    out.push_str("          - exp_labels:\n");
    for (key, value) in labels {
        let value = sanitize::terminal(&value).replace('\'', "''");
        let _ = writeln!(out, "              {key}: '{value}'");
    }
    let _ = write!(
        out,
        "            exp_annotations:\n              summary: {}\n",
        yaml(&summary(investigation, monitor))
    );
}

/// Returns constraints on a row of the served inputs as a JSON schema (draft 2020-12): types, nulls, ranges
/// and known categories, as in training.
fn constraints(dossier: &Dossier) -> String {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for (index, feature) in dossier.plan.features.iter().enumerate() {
        let name = sanitize::terminal(&feature.name).into_owned();
        let counts = dossier.training.features.get(index);
        let moments = counts.map(|counts| counts.moments_of(|_| true)).filter(|m| m.n > 0);
        let missing =
            counts.and_then(|counts| counts.sum(|_| true).last().copied()).is_some_and(|missing| missing > 0);
        let types = |one: &str| {
            if missing { json!([one, "null"]) } else { json!(one) }
        };
        let property = match (feature.kind, &feature.bins) {
            (Kind::Numeric, _) => {
                let mut property = Map::new();
                property.insert("type".to_owned(), types(if feature.integer { "integer" } else { "number" }));
                if let Some(moments) = moments.filter(|m| m.min.is_finite() && m.max.is_finite()) {
                    property.insert("minimum".to_owned(), plain_number(moments.min));
                    property.insert("maximum".to_owned(), plain_number(moments.max));
                }
                Value::Object(property)
            }
            (Kind::Categorical, Bins::Categorical(_)) if feature.known_levels <= 100 => {
                let known = &feature.levels[..feature.known_levels.min(feature.levels.len())];
                if known.iter().any(|level| level == RARE) {
                    json!({ "type": types("string") })
                } else {
                    let stored_as = counts.map_or("", |counts| counts.stored_as.as_str());
                    let mut levels: Vec<Value> =
                        known.iter().map(|level| as_stored(level, stored_as)).collect();
                    if missing {
                        levels.push(Value::Null);
                    }
                    json!({ "enum": levels })
                }
            }
            (Kind::Categorical, _) => json!({ "type": types("string") }),
            (Kind::Embedding, _) => json!({ "type": "array", "items": { "type": "number" } }),
        };
        let property = match dossier.bounds.get(&feature.name) {
            Some(bounds) => bounded(property, bounds),
            None => property,
        };
        required.push(json!(name));
        properties.insert(name, property);
    }
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": format!("inputs of {}", sanitize::terminal(&dossier.title)),
        "type": "object",
        "required": required,
        "properties": properties,
    });
    text::json::pretty(&schema)
}

/// Holds a property to what the contract says of the feature, which goes before what training showed.
fn bounded(mut property: Value, bounds: &Bounds) -> Value {
    if let (Some((low, high)), Some(object)) = (bounds.range, property.as_object_mut()) {
        for (key, limit) in [("minimum", low), ("maximum", high)] {
            if limit.is_finite() {
                object.insert(key.to_owned(), plain_number(limit));
            } else {
                object.remove(key);
            }
        }
    }
    if !bounds.levels.is_empty() {
        let mut levels: Vec<Value> = bounds.levels.iter().map(|level| json!(level)).collect();
        if !bounds.required {
            levels.push(Value::Null);
        }
        return json!({ "enum": levels });
    }
    if let (true, Some(object)) = (bounds.required, property.as_object_mut()) {
        if let Some(Value::Array(types)) = object.get("type").cloned() {
            object.extend(types.into_iter().find(|one| one != "null").map(|one| ("type".to_owned(), one)));
        }
        if let Some(Value::Array(levels)) = object.get_mut("enum") {
            levels.retain(|level| !level.is_null());
        }
    }
    property
}

/// Formats a whole number without a decimal point.
fn plain_number(x: f64) -> Value {
    if x.fract() == 0.0 && x.abs() < 9e15 { json!(x as i64) } else { json!(x) }
}

/// Returns a level as a JSON value: for columns that store booleans or numbers, these instead of their texts.
fn as_stored(level: &str, stored_as: &str) -> Value {
    if stored_as.starts_with("Bool") {
        return json!(level == "true");
    }
    let is_number = ["Int", "UInt", "Float", "Decimal"].iter().any(|kind| stored_as.starts_with(kind));
    match level.parse::<f64>() {
        Ok(number) if is_number && number.is_finite() => plain_number(number),
        _ => json!(level),
    }
}

/// The newest value of a series, without labels.
fn newest(series: Option<Series>) -> Vec<(String, f64)> {
    let value = series.and_then(|(_, values)| values.into_iter().rev().flatten().next());
    value.map(|value| (String::new(), value)).into_iter().collect()
}

/// Name, help and lines (labels and value) of a family of metrics.
type MetricFamily = (&'static str, &'static str, Vec<(String, f64)>);

/// Families on business, service, requests and labels: name, help and lines.
fn beyond_the_model(watch: &Watch<'_>) -> Vec<MetricFamily> {
    let business = watch.business.iter().enumerate().filter_map(|(at, business)| {
        let (_, value) = newest(watch.business(at)).into_iter().next()?;
        Some((format!(",metric={}", label(&business.metric.name)), value))
    });
    let texts = watch.dossier.breakdown.text.iter().enumerate();
    let unknown_terms = texts.filter_map(|(at, name)| {
        let (_, value) = newest(watch.unknown_terms(at)).into_iter().next()?;
        Some((format!(",column={}", label(name)), value))
    });
    vec![
        (
            "coroner_window_business_loss_ratio",
            "Loss of a metric of the business against the time before the onset, relative to it, in the last window.",
            business.collect(),
        ),
        (
            "coroner_window_utilization_ratio",
            "CPU or memory in use, whichever is larger, in the last window.",
            newest(watch.utilization()),
        ),
        (
            "coroner_window_latency_p95_ms",
            "The 95 % quantile of the answer time in the last window.",
            newest(watch.latency()),
        ),
        (
            "coroner_window_missing_rows_ratio",
            "By which share fewer rows came than usual at the same hour and weekday in the last whole window.",
            newest(watch.volume()),
        ),
        (
            "coroner_window_unseen_ratio",
            "The largest share of rows with a level that training does not hold in the last window.",
            newest(watch.unseen()),
        ),
        (
            "coroner_window_outside_ratio",
            "Share of rows outside of training in the last window.",
            newest(watch.outside()),
        ),
        (
            "coroner_window_label_delay_days",
            "Median delay of the labels that came in the last window.",
            newest(watch.label_delay()),
        ),
        (
            "coroner_window_unknown_terms_ratio",
            "Mean share of terms in a column of texts that training does not hold, in the last window.",
            unknown_terms.collect(),
        ),
    ]
}

/// Returns the metrics of the last measured window in the Prometheus text format.
#[must_use]
pub fn exposition(watch: &Watch<'_>) -> String {
    let Watch { dossier, performance, drift, .. } = *watch;
    let model = label(&dossier.title);
    let mut out = String::new();
    let mut family = |name: &str, help: &str, lines: Vec<(String, f64)>| {
        if lines.is_empty() {
            return;
        }
        let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} gauge");
        for (labels, value) in lines {
            let _ = writeln!(out, "{name}{{model={model}{labels}}} {value}");
        }
    };
    let courses = performance.courses.iter().filter_map(|course| {
        let last = course.points.iter().rev().find_map(|point| point.estimate)?;
        Some((course.metric, last.value))
    });
    let (mut values, mut losses) = (Vec::new(), Vec::new());
    for (metric, value) in courses {
        let labels = format!(",metric=\"{}\"", metric.id());
        let baseline = performance
            .metrics
            .iter()
            .find(|row| row.metric == metric)
            .and_then(|row| row.baseline)
            .filter(|baseline| baseline.value != 0.0);
        if let Some(baseline) = baseline {
            losses.push((labels.clone(), relative_loss(metric, baseline.value, value)));
        }
        values.push((labels, value));
    }
    family("coroner_window_metric", "Value of a metric in the last window with labels.", values);
    family(
        "coroner_window_loss_ratio",
        "Loss of a metric against its baseline, relative to it, in the last window with labels.",
        losses,
    );
    let last = |series: &[Option<f64>]| series.iter().rev().find_map(|value| *value);
    let by_feature = |of: &dyn Fn(&crate::autopsy::exam::drift::DriftRow) -> Option<f64>| {
        drift
            .features
            .iter()
            .filter_map(|line| {
                let name = label(dossier.feature_name(line.feature));
                Some((format!(",feature={name}"), of(line)?))
            })
            .collect::<Vec<_>>()
    };
    family(
        "coroner_window_psi",
        "Population stability index of an input against training, less its bias, in the last window.",
        by_feature(&|line| last(&line.psi)),
    );
    family(
        "coroner_window_missing_ratio",
        "Share of missing values of an input in the last window.",
        by_feature(&|line| last(&line.missing)),
    );
    family(
        "coroner_window_answers_psi",
        "Population stability index of the answers against training in the last window.",
        last(&drift.answers.psi).map(|psi| (String::new(), psi)).into_iter().collect(),
    );
    for (name, help, lines) in beyond_the_model(watch) {
        family(name, help, lines);
    }
    family(
        "coroner_rows",
        "Rows of the production log.",
        vec![(String::new(), dossier.production.rows as f64)],
    );
    out
}
