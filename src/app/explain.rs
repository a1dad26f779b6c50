//! What a number means and how it is computed, for `?` on whatever the cursor is on.
//!
//! What findings measure and the distances are explained in the catalogue of checks; metrics and panes here. `docs/method.md` says
//! the same at length; the docstrings of the statistics crate hold the formulas.

use crate::autopsy::{
    Step,
    catalogue::{self, Measure},
};

use super::{Model, numbers::under_cursor, screen};

/// The meaning of a measure or of a pane's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explanation {
    /// What it means.
    pub means: &'static str,
    /// How it is computed.
    pub how: &'static str,
    /// Where the formula comes from; empty for plain counts.
    pub source: &'static str,
}

impl From<&Measure> for Explanation {
    fn from(measure: &Measure) -> Self {
        Self { means: measure.means, how: measure.how, source: measure.source }
    }
}

/// Names of metrics, or `Step/Pane`, and what explains them.
type Entry = (&'static [&'static str], Explanation);

const fn entry(
    of: &'static [&'static str],
    means: &'static str,
    how: &'static str,
    source: &'static str,
) -> Entry {
    (of, Explanation { means, how, source })
}

/// What no check measures: metrics and panes.
#[rustfmt::skip]
const EXPLANATIONS: &[Entry] = &[
    // The metrics of the model.
    entry(&["accuracy"], "Share of labelled rows that the model answers right.", "Right answers over answers; the interval is binomial.", "Agresti and Coull 1998"),
    entry(&["balanced accuracy"], "Accuracy with every class weighing the same, so that a frequent class hides nothing.", "Mean over the classes of the share of their rows that is answered right.", ""),
    entry(&["precision"], "Of the rows that the model calls positive, the share that is (several classes: the mean over them).", "True positives over all answers of the class.", ""),
    entry(&["recall"], "Of the rows that are positive, the share that the model finds (several classes: the mean over them).", "True positives over all rows of the class.", ""),
    entry(&["F1"], "Precision and recall in one number; low when either is.", "Harmonic mean of the two; its error by the delta method.", ""),
    entry(&["ROC AUC"], "Chance that a positive row gets a higher score than a negative one: 0.5 is guessing, 1 is perfect.", "Share of ordered pairs of rows, ties count half; the interval is DeLong's.", "DeLong et al. 1988; Sun and Xu 2014"),
    entry(&["PR AUC"], "How precise the model is over all recalls; tells more than ROC AUC where positives are rare.", "Average precision over the thresholds; the error is binomial in the positives.", "Boyd, Eng and Page 2013"),
    entry(&["log loss"], "How surprised the score is by the truth: 0 is perfect, 0.69 is a coin; certain and wrong answers cost most.", "Mean of −ln(probability given to the true class).", ""),
    entry(&["Brier score"], "Mean squared distance of the score from the truth; 0 is perfect.", "Mean of (score − label)².", "Brier 1950"),
    entry(&["MAE"], "Mean size of the error, in the units of the target.", "Mean of |answer − truth|.", ""),
    entry(&["RMSE"], "Size of the error with large ones weighing more, in the units of the target.", "Square root of the mean squared error.", ""),
    entry(&["R²"], "Share of the target's variance that the model explains; below 0 it does worse than the mean.", "1 − squared errors over squared distances from the mean.", ""),
    entry(&["MAPE"], "Mean size of the error as a share of the truth; rows whose truth is 0 are left out.", "Mean of |answer − truth| / |truth|.", ""),
    entry(&["bias"], "Mean error with its sign: above 0 the model answers too high.", "Mean of answer − truth.", ""),

    // False discoveries.
    entry(&["q value"], "The false discoveries that flagging this and all that is stronger would bring: at 0.01, one in a hundred.", "Benjamini-Hochberg over the p-values of all features.", "Benjamini and Hochberg 1995"),

    // Numbers of the screens that no check names.
    entry(&["PSI of a period"], "How far all rows of a period lie from what they are held against; it is the number of the Reading, of Summary and of the column since. That of one window may be larger or smaller.", "PSI over the counts of all rows of the period, with the bias of chance taken off.", "Yurdakul and Naranjo 2020"),
    entry(&["max"], "The largest PSI of a single window of the line.", "PSI of each window, the largest of them.", ""),
    entry(&["out"], "Share of the values that lie beyond the range of what they are held against, or are levels that it never held.", "Counted over all rows with a value.", ""),
    entry(&["nulls"], "Share of missing values: in training, before the onset, since the onset.", "Counted over all rows.", ""),
    entry(&["ρ with the loss"], "Whether the feature moves when the loss does: near 1 they rise and fall together, near 0 they have nothing to do with each other.", "Spearman's correlation of its PSI with the course of the loss over the windows.", "Spearman 1904"),
    entry(&["shade of a strip"], "How far a window lies from those before the onset: grey is within noise.", "Distance from their median in robust standard deviations, shaded from 3 on.", "Shewhart 1931"),
    entry(&["line through the quantiles"], "The straight line through the pairs of quantiles: the factor and the offset of a change of unit; an R² near 1 says that the change is such a line.", "Least squares between the 2 and the 98 % quantile.", ""),
    entry(&["change of a statistic"], "The statistic since the onset over that before it: ×0.0083 is a 120th. In standard deviations (sd) where values lie around zero, as a factor means nothing there.", "Quotient of the two, or their difference over the standard deviation before.", "Cohen 1988"),
    entry(&["share won back"], "Which part of the loss since the onset a repair or a remedy takes away: at 100 % the model does as well as before.", "Loss without it minus loss with it, on the same rows, over the loss that arose at the onset.", "docs/method.md 5"),
    entry(&["gain of a remedy"], "By how much better the answers are with the remedy than without, in the unit that m chooses; above 0 is better.", "Mean of the paired differences on rows that the remedy has not seen.", "docs/method.md 5"),
    entry(&["part of the loss"], "Which part of the loss since the onset arose there; parts may be below 0 where a place made answers better.", "The line over the whole loss, with Fieller's interval.", "docs/method.md"),
    entry(&["rise in loss"], "By how much more a row of this segment loses since the onset than before.", "Difference of the mean losses of its rows.", ""),
    entry(&["part of the rise"], "Which part of all that was lost lies in this segment: far above its share of the rows, the change is there.", "Its rise times its rows, over the same of all rows.", ""),
    entry(&["loss of rows outside"], "What the answers to these rows cost on average.", "Mean loss of the labelled ones since the onset.", ""),
    entry(&["distance to training"], "How far the row lies from the nearest row of training; at 1 lies training's own edge.", "Distance over the 99.5 % quantile of training's own distances.", ""),

    // The panes.
    entry(&["Triage/Checks"], "One line a question; the sign is the worst of its subjects: ✓ nothing beyond noise, ▲ look, ● found, · could not be asked. Enter opens the step that shows it.", "Every check gives a value, an interval where there is one, and the threshold it was held against.", "docs/method.md 3"),
    entry(&["Triage/Leading causes", "Diagnosis/Root causes", "probability"], "The probability of each cause; all add up to 1. Below 50 %, or less than 15 points before the runner-up, nothing is decided. Of a cause found beside the main one its share of the loss is shown.", "Each signal weighs for or against each cause in log-odds; the sums are turned into shares (softmax).", "Good 1950; Spiegelhalter and Knill-Jones 1984"),
    entry(&["Triage/Golden set"], "Trusted rows, scored at launch and now: if the model holds here, it is not the model.", "Paired on the same rows: exact McNemar, paired DeLong, paired bootstrap.", "McNemar 1947; DeLong et al. 1988"),
    entry(&["Triage/Board"], "The metric window by window against its baseline, and below it, on the same axis, a strip for each thing that may have moved: grey while within noise, brighter the farther out. One line marks the onset through all of them. h l read the values of a window, Enter opens what the cursor is on.", "Answers and inputs by their PSI; the others by their distance from the windows before the onset, in robust standard deviations, from 3 on. Windows with few labels are faint.", "Shewhart 1931; docs/method.md 1"),
    entry(&["onset", "onset interval"], "When the change began. The interval holds the true instant in 95 of 100 cases; by hand it is a point.", "A learner separates early rows from late ones; a scan finds where its log-odds shift most; the interval by the likelihood ratio.", "Hansen 2000; docs/method.md 1"),
    entry(&["Pipeline/Columns"], "Each column as training and production hold it: type, nulls, range.", "Counted over all rows.", ""),
    entry(&["Pipeline/By source"], "How many columns of each upstream system are faulty: one system, one cause.", "Flagged columns of the source; the chance of so many by luck is hypergeometric.", "Fisher 1935"),
    entry(&["Pipeline/Delivery and service"], "Rows, duplicates, latency, load and fallbacks before and since the onset.", "Counts and quantiles of each period.", ""),
    entry(&["Pipeline/Over time"], "One quantity window by window; m changes which.", "Counted window by window.", ""),
    entry(&["Pipeline/Events"], "Deploys and changes by their distance to the onset. Close is a suspect, not a proof.", "Differences of timestamps.", ""),
    entry(&["Drift/PSI"], "PSI of every feature (line) in every window (column) against training; m changes the measure, + − the width. Windows with too few rows stay open. max: the largest cell; out: rows beyond training's range; ρ loss: rank correlation of the line with the course of the loss.", "As for the whole period; cells are flagged with the false discovery rate held to 1 % over all of them.", "Yurdakul and Naranjo 2020; Benjamini and Hochberg 1995"),
    entry(&["Drift/Cell"], "What one window of one feature holds, bin by bin, against training: its PSI and rows. KS (largest distance of the distribution functions), W₁ (mean distance of the quantiles in standard deviations) and JS (divergence in bits) are of all rows behind the onset, q of the KS test among all features.", "Rows of the window over the bins of training.", ""),
    entry(&["Drift/Same onset"], "Which features move with the loss: near 1 they rise and fall together.", "Spearman's correlation of the PSI with the course of the loss over the windows.", "Spearman 1904"),
    entry(&["Drift/By source"], "How many features of each upstream system moved.", "PSI over the threshold and beyond noise.", ""),
    entry(&["Feature/Distribution"], "Training under the chosen period of production, as shares of all rows. With t a repair is shown in place of the served rows.", "Bins of equal width on the chosen axis; rows beyond the ends are counted there.", ""),
    entry(&["Feature/Quantiles"], "Quantile against quantile: on the dotted line nothing changed; a straight line beside it is a change of unit or scale.", "The same quantiles of both sides, with a fitted line; v shows distribution functions and boxes.", "Wilk and Gnanadesikan 1968"),
    entry(&["Feature/Over time"], "Median with the 5 to 95 % band, PSI, nulls and distinct values window by window.", "Medians and bands over the sampled rows, shares from exact counts.", ""),
    entry(&["Feature/Summary"], "The feature's statistics in training, before and after; the change is after over before, or in standard deviations where the values lie around zero.", "Extremes, shares and moments over all rows, quantiles over the sample.", ""),
    entry(&["Feature/Checks"], "What every check says of this feature alone, worst first.", "See the step that each of them names.", "docs/method.md 3"),
    entry(&["Concept/Segments"], "Mean residual (or loss; m) by part of the rows: where the relation changed, one part stands out.", "Before against after, Benjamini-Hochberg over the segments.", "Benjamini and Hochberg 1995"),
    entry(&["Concept/Challenger"], "The deployed model beside one refitted on recent rows: if that wins, the relation is learnable and has changed, or inputs are altered.", "Cross-validated on rows after the onset, paired. `:challenger logistic 14d` refits one on that long after the onset and judges it on the rows after that as well.", ""),
    entry(&["Concept/Importance"], "Whether the inputs weigh in the launch model's answers as they did: their shares of the attributions, before and since.", "Mean absolute Shapley values of the learnt function; the order is compared by its normalised discounted cumulative gain.", "Järvelin and Kekäläinen 2002; Lundberg et al. 2020"),
    entry(&["Concept/Calibration"], "Whether a score still means its share: points on the diagonal do.", "Ten bins of equal count by score, with intervals; ECE is their mean distance.", "Zadrozny and Elkan 2002"),
    entry(&["Concept/Which drift is it?"], "Four questions that separate a moved population from a changed relation, each with its number.", "Domain classifier, residual split, outcome shares, challenger.", "Singh et al. 2024; Lipton et al. 2018"),
    entry(&["Support/Outside training"], "Rows of a kind never seen in training, by reason.", "Unseen levels, values out of range, rare pairs, distance to the nearest training row.", ""),
    entry(&["Support/Over time"], "The share of such rows window by window.", "Over the sampled rows.", ""),
    entry(&["Support/Inside and outside"], "How well the model does on rows like training's, and on the others, before and after.", "The metric on each part with its interval.", ""),
    entry(&["Support/Never seen"], "Levels never seen in training, by their share.", "Counted over all rows.", ""),
    entry(&["Support/Strangest rows"], "The rows farthest from training, with the reason.", "Distance to the nearest training row against training's own distances.", ""),
    entry(&["Diagnosis/Where the loss arose"], "The loss since the onset, taken apart along the way of the data: from the loss before, over what each place adds, to the loss now. Bright is beyond noise and at least 5 % of the loss.", "Rows answered again by the launch model with their inputs mended; means with 95 % intervals, shares by Fieller.", "docs/method.md"),
    entry(&["Diagnosis/Evidence", "weight"], "What speaks for and against the cause. A weight of +1 makes it about 2.7 times as likely against the others, −1 the reverse. Enter opens the proof; s lists it step by step.", "Weights in log-odds (nats), fitted on incidents with known causes; nothing else enters the sum.", "Good 1950"),
    entry(&["Diagnosis/Why not the other"], "What separates the leading cause from the next ones, and what would settle it.", "The signals whose weights differ most between the two.", ""),
    entry(&["Diagnosis/What to do"], "What the cause asks for, and how to see that it worked.", "By cause, with this case's features and events.", ""),
    entry(&["Remedy/Remedies"], "What could be done, by what it wins back on rows that it has not seen; the bar is the 90 % interval, the line is doing nothing.", "Rolling origin: fitted on earlier labelled rows, judged on later ones, paired with the deployed model. What each cause asks for comes from the table of causes.", "docs/method.md 5"),
    entry(&["Remedy/Why, and how measured"], "Why this remedy fits the cause, on which rows it was played, and what its gain was.", "The mean of the paired differences, with Student's interval over blocks of time.", "docs/method.md 5"),
    entry(&["Remedy/Retraining"], "Ways to retrain, by what they would have won over the deployed model.", "Every strategy on every fold of the rolling origin; the best is chosen on other folds than it is judged on.", "docs/method.md 5"),
    entry(&["Remedy/Labels needed"], "How the gain of a retrain grows with the labelled rows since the onset, and when enough will be there.", "The same learner on ever more rows, judged on the same later ones; the date follows from the present rate of labels.", "docs/method.md 5"),
    entry(&["Remedy/Scores and threshold"], "What moving the threshold or re-calibrating the scores would win without touching the model.", "Fitted on earlier labelled rows since the onset, judged on later ones; costs from [costs], else F1.", "Platt 1999; Zadrozny and Elkan 2002"),
    entry(&["Remedy/Candidate"], "A candidate beside the deployed model on the same rows, or in an arm of its own.", "Paired tests, segments with false-discovery control, and a confidence sequence that may be checked every day.", "Howard et al. 2021"),
    entry(&["Remedy/Rows for the golden set"], "Rows that the golden set should take in, so that it holds what users ask today; where the label is still to come, people have to give it.", "New regions, gaps, wrong and uncertain answers since the onset take turns; `coroner report --golden N` writes them.", ""),
    entry(&["Remedy/Review by people"], "Which share of the least certain answers people would have to review to get back to the baseline.", "Answers sorted by confidence; reviewers are taken to be right.", ""),
    entry(&["Remedy/Monitors"], "Alerts that would have caught this incident, when, and how often they would fire for nothing.", "Thresholds fitted on the windows before the onset; false alarms with their 95 % upper end.", "Hanley and Lippman-Hand 1983"),
    entry(&["Report/Preview"], "The report as w would write it now.", "From the findings and the journal; no number is only here.", ""),
    entry(&["Report/Pins"], "What you pinned; it stands in the report with your notes, in this order. J and K move a pin.", "", ""),
    entry(&["Report/Outline"], "The headings of the report; the text follows the cursor.", "", ""),
    entry(&["Report/What is missing"], "What a reader will ask for that nobody has written yet.", "", ""),
];

/// The explanation of a measure by its name, or of a pane as `Step/Pane`.
#[must_use]
pub fn explanation(of: &str) -> Option<Explanation> {
    let own = EXPLANATIONS.iter().find(|(names, _)| names.contains(&of)).map(|(_, explanation)| *explanation);
    own.or_else(|| catalogue::measure(of).map(Explanation::from))
}

/// The explanations whose name or sentences hold a text, in any letters.
#[must_use]
pub fn search(text: &str) -> Vec<(&'static str, Explanation)> {
    let text = text.trim().to_lowercase();
    let holds = |name: &str, explanation: &Explanation| {
        name.to_lowercase().contains(&text) || explanation.means.to_lowercase().contains(&text)
    };
    let own = EXPLANATIONS.iter().map(|(names, explanation)| (names[0], *explanation));
    let measured = catalogue::every_measure().map(|measure| (measure.name, Explanation::from(measure)));
    let all = own.chain(measured).filter(|(name, explanation)| holds(name, explanation));
    let mut found: Vec<(&'static str, Explanation)> = all.collect();
    // A name that begins with the text is what was meant.
    found.sort_by_key(|(name, _)| !name.to_lowercase().starts_with(&text));
    found
}

/// The name under which a pane is explained.
#[must_use]
pub fn pane_key(step: Step, pane: &str) -> String {
    format!("{}/{pane}", step.name())
}

/// What explains what the cursor is on: the measure of the finding first, then each number, then the pane.
#[must_use]
pub fn at_cursor(model: &Model) -> Vec<(String, Explanation)> {
    let mut found = Vec::new();
    let selected = screen::selection(model);
    let investigation = model.investigation.as_ref();
    let finding = investigation
        .zip(selected.as_ref())
        .and_then(|(investigation, on)| investigation.findings.iter().find(|finding| finding.id.is(&on.id)));
    if let Some(finding) = finding.filter(|finding| !finding.measure.is_empty()) {
        let of_check = || finding.id.check.measures.first().map(|measure| Explanation::from(*measure));
        let explained = explanation(finding.measure).or_else(of_check);
        found.extend(explained.map(|explanation| (finding.measure.to_owned(), explanation)));
    }
    // The finding's own measure needs no second explanation.
    let mut named: Vec<&str> = finding.map(|finding| finding.measure).into_iter().collect();
    for (number, name) in under_cursor(model) {
        // Two numbers of one kind are explained once, under the first.
        if !named.contains(&name) {
            named.push(name);
            found.extend(explanation(name).map(|explanation| (number, explanation)));
        }
    }
    let pane = screen::panes(model.screen).get(model.pane()).copied().unwrap_or_default();
    found.extend(explanation(&pane_key(model.screen, pane)).map(|entry| (pane.to_owned(), entry)));
    found
}

impl Explanation {
    /// The whole explanation in sentences.
    #[must_use]
    pub fn message(&self) -> String {
        let mut message = self.means.to_owned();
        if !self.how.is_empty() {
            message = format!("{message} How: {}", self.how);
        }
        if !self.source.is_empty() {
            message = format!("{message} ({})", self.source);
        }
        message
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{app::screen::panes, stats::metric::Metric};

    #[test]
    fn every_metric_and_every_pane_is_explained() {
        use crate::{autopsy::scoring::metrics_of, summary::Task};
        let all: Vec<Metric> = [(Task::Binary, true), (Task::Multiclass, false), (Task::Regression, false)]
            .into_iter()
            .flat_map(|(task, scored)| metrics_of(task, scored))
            .copied()
            .collect();
        for metric in all {
            assert!(explanation(metric.name()).is_some(), "{}", metric.name());
        }
        for step in Step::ALL {
            for pane in panes(step) {
                assert!(explanation(&pane_key(step, pane)).is_some(), "{}/{pane}", step.name());
            }
        }
        for name in ["KS", "W₁", "JS", "Cramér's V", "q value", "onset", "probability", "weight"] {
            assert!(explanation(name).is_some(), "{name}");
        }
    }

    #[test]
    fn each_number_under_the_cursor_is_explained() {
        use crate::app::{Key, Msg, fixture, update};
        for (keys, wanted) in [
            ("3", &["PSI", "max", "KS", "q", "out", "ρ"] as &[&str]),
            ("4", &["×", "PSI", "KS"]),
            ("4 Tab", &["y ="]),
            ("5", &["rise"]),
            ("6", &["loss"]),
            ("7", &["probability"]),
            ("7 Tab", &["+"]),
            ("8", &["gain"]),
        ] {
            let mut model = fixture::model(120, 36);
            for name in keys.split(' ') {
                let _ = update(&mut model, Msg::Key(Key::parse(name).expect("a key")));
            }
            let told = at_cursor(&model);
            for part in wanted {
                assert!(told.iter().any(|(name, _)| name.starts_with(part)), "{keys}: no {part} in {told:?}");
            }
            // None stays without its explanation.
            for (number, name) in under_cursor(&model) {
                assert!(explanation(name).is_some(), "{keys}: {number} by {name}");
            }
        }
    }

    #[test]
    fn no_name_is_explained_twice_and_sentences_end() {
        let measured = catalogue::every_measure().map(|measure| measure.name);
        let mut names: Vec<&str> =
            EXPLANATIONS.iter().flat_map(|(names, _)| *names).copied().chain(measured).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
        for (names, explanation) in EXPLANATIONS {
            assert!(explanation.means.ends_with('.'), "{names:?}");
            assert!(explanation.how.is_empty() || explanation.how.ends_with('.'), "{names:?}");
        }
    }
}
