//! What a number means and how it is computed: one table, for `?` on whatever the cursor is on.
//!
//! `docs/method.md` says the same at length; the docstrings of `src/stats` hold the formulas.

use crate::autopsy::Step;

use super::{Model, screen};

/// The meaning of a measure or of a pane's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explanation {
    /// What it explains: names of measures, or `Step/Pane`.
    pub of: &'static [&'static str],
    /// What it means.
    pub means: &'static str,
    /// How it is computed.
    pub how: &'static str,
    /// Where the formula comes from; empty for plain counts.
    pub source: &'static str,
}

const fn entry(
    of: &'static [&'static str],
    means: &'static str,
    how: &'static str,
    source: &'static str,
) -> Explanation {
    Explanation { of, means, how, source }
}

/// Every explanation.
#[rustfmt::skip]
pub const EXPLANATIONS: &[Explanation] = &[
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
    entry(&["ECE"], "How far the scores are from the shares that come true: at 0.10 a score of 0.7 means about 0.6 or 0.8.", "Rows in ten bins of equal count by score; the mean distance of score and share, weighted by rows.", "Naeini et al. 2015"),
    entry(&["MAE"], "Mean size of the error, in the units of the target.", "Mean of |answer − truth|.", ""),
    entry(&["RMSE"], "Size of the error with large ones weighing more, in the units of the target.", "Square root of the mean squared error.", ""),
    entry(&["R²"], "Share of the target's variance that the model explains; below 0 it does worse than the mean.", "1 − squared errors over squared distances from the mean.", ""),
    entry(&["MAPE"], "Mean size of the error as a share of the truth; rows whose truth is 0 are left out.", "Mean of |answer − truth| / |truth|.", ""),
    entry(&["bias"], "Mean error with its sign: above 0 the model answers too high.", "Mean of answer − truth.", ""),

    // Distances of inputs and answers.
    entry(&["PSI", "largest PSI", "PSI of the answers", "PSI of the labels"], "How far a distribution moved from training: below 0.1 little, from 0.25 on a lot (a rule of thumb; the test against noise decides too).", "Σ (p − q) ln(p/q) over the deciles of training, ½ added to each bin's count, less what that many rows show by chance.", "Yurdakul 2018; Yurdakul and Naranjo 2020"),
    entry(&["KS"], "Largest distance between the two distribution functions: 0 the same, 1 no overlap.", "Over the fine bins of training.", "Kolmogorov 1933; Smirnov 1948"),
    entry(&["W₁"], "How far the values would have to be carried to become training's, in training's standard deviations.", "Wasserstein-1 distance of the binned distributions over the standard deviation.", "Vallender 1974"),
    entry(&["JS"], "Distance of two distributions from 0 (the same) to 1 (nothing in common), for numbers and categories alike.", "Square root of the Jensen-Shannon divergence to base 2.", "Lin 1991; Endres and Schindelin 2003"),
    entry(&["Cramér's V"], "How strongly a category depends on the period: 0 not at all, 1 wholly.", "From χ² of levels by period, corrected for bias.", "Bergsma 2013"),
    entry(&["q value"], "The false discoveries that flagging this and all that is stronger would bring: at 0.01, one in a hundred.", "Benjamini-Hochberg over the p-values of all features.", "Benjamini and Hochberg 1995"),
    entry(&["inputs that moved"], "How many features differ from training beyond the threshold and beyond noise.", "PSI over the threshold, with false discoveries held to 1 % over all features.", "Benjamini and Hochberg 1995"),
    entry(&["features in step"], "How many features rose and fell together: one source, or one cause.", "Spearman's correlation of their PSI by window with that of the feature that moved most.", "Spearman 1904"),
    entry(&["share of values that training never held", "largest share of values that training never held", "share of one new value out of range"], "Rows whose value lies out of training's range, or is a level that training never held; one such value that is frequent is a sentinel.", "Counted over all rows, exact.", ""),
    entry(&["relative shift of the answers", "total variation of the answers", "mean confidence |2p − 1|"], "Whether the model answers otherwise than it did: its mean, its mix of classes, how sure it is. Needs no labels.", "Against the answers in the reference rows, relative to them.", ""),

    entry(&["share of the rows whose part belongs to another row"], "Rows in which a source, or a feature, does not fit the rest of the row, though each of its values is usual: a join that crossed rows.", "How much the pairs of values that go together lost, over what they lose when that part is taken from another row.", "Fano 1961"),

    // Delivery.
    entry(&["share of missing values", "largest share of missing values", "share of rows without the column"], "Rows that hold no value; a column that is gone misses all.", "Counted over all rows; the difference of two shares by Newcombe's interval.", "Newcombe 1998"),
    entry(&["share of unreadable values", "stored type", "columns that arrive with their type", "share of fractions"], "Whether the values arrive in the type that training had.", "Stored types compared; texts that are no number, and fractions in a whole-number column, are counted.", ""),
    entry(&["share of repeated rows"], "Rows delivered more than once.", "By the row's id, else by its content within one window.", ""),
    entry(&["share of respelt levels", "share of the most frequent value", "largest rise of one value's share", "rise of one exact answer's share", "share of the most frequent answer"], "One value, level or answer that takes over: a default, a constant, a cache, another spelling.", "Its share since the onset less the share before.", ""),
    entry(&["share of a risen value's rows that came from one side"], "Whether values are cut off at a bound (1) or replaced by a default, which takes rows from both of its sides (less).", "The larger loss of share below or above the value over what the value gained.", "docs/method.md 3"),
    entry(&["largest share of rows whose level is gone"], "Whether codes in use are no longer sent: merged, cut short or replaced; a population hardly ever does that.", "Levels that keep less than a tenth of their share, by their share before.", ""),
    entry(&["largest fall of distinct numbers (natural logarithm)", "largest rise of distinct numbers (natural logarithm)"], "Whether numbers are coarser than before, or recomputed into more different ones; 0.69 is a factor of two.", "Distinct numbers on as many rows of either side.", ""),
    entry(&["PSI without the value that took over"], "Whether a value that took over was filled in anywhere (0) or others were mapped onto it, or moved besides (more).", "PSI with the bin that gained most left out on both sides.", "docs/method.md 3"),
    entry(&["windows with a gap or burst"], "Windows with far fewer or more rows than usual.", "Against the median window; odd when many standard deviations off and by a factor.", ""),
    entry(&["share of rows with the other column's value", "fit of the other column's values"], "Whether two columns were exchanged.", "How well each column's values fit the other one's training distribution.", ""),
    entry(&["Jaccard index of the faulty rows"], "Whether faults of one source sit in the same rows.", "Rows that both faults hold over rows that either holds.", "Jaccard 1901"),
    entry(&["hypergeometric p-value"], "Chance that so many of one source's features would be faulty by luck.", "Drawing that many features from all, without replacement.", "Fisher 1935"),
    entry(&["hours from the nearest event to the onset", "hours off the timestamp"], "How close in time: an event just before the onset is a suspect, not a proof; a clock that is off joins the wrong rows.", "Differences of timestamps.", ""),
    entry(&["p95 of the answer time in ms", "share of overloaded windows"], "Whether the serving system was slow or full.", "The 95 % quantile of latency, and windows over the utilization threshold.", ""),
    entry(&["share of answers far from what the surrogate says", "share of logged answers that the artefact does not give", "R² of the loss by hour of the day, adjusted"], "Whether the service answered what the model says: other answers point at caches, fallbacks or preprocessing.", "The artefact (else a surrogate of it) answers the logged rows again.", ""),

    // Integrity.
    entry(&["kappa, the share of its move that related features follow"], "About 1 where the population moved, about 0 where the feature alone was altered.", "Its move as the other features predict it, over its move, over the variance that they explain.", "own construction; docs/method.md 3"),
    entry(&["distance left after undoing the map"], "What is left of a feature's move once a unit, scale or code change is undone: near 0, the map explains it.", "KS distance to the reference after the inverse map, over the distance before.", "own construction; docs/method.md 3"),
    entry(&["largest part of the rows that left training's values", "share of the rows back on training's values"], "Whether numbers still stand where training's stand (cents, years, hundredths): what was multiplied, shifted or blurred on its way does not, however little it moved.", "Within 3 % of the gap between two training values; one factor or offset that takes them back is what was done.", "docs/method.md 3"),
    entry(&["share of the score's variance that inputs which moved make up"], "Whether what moved matters to the model: near 0 a change is true and harmless.", "Variances of the features' parts of the score, by the surrogate.", "docs/method.md 3"),
    entry(&["gain of the repair in loss a row"], "How much loss a row is gone when the suspected fault is undone, and which share of the loss since the onset that is.", "The served rows are repaired and answered again by the artefact, else a surrogate; paired. The share's interval is Fieller's.", "Budhathoki et al. 2021; Fieller 1954"),
    entry(&["rate of change between an entity's visits, after over before"], "Whether a feature went stale: it changes less from visit to visit than it did.", "Share of successive visits of one entity with another value, after over before.", ""),
    entry(&["share of rows that differ from the training pipeline", "features that differ from the training pipeline"], "Whether serving computes what training computed.", "Served values against the offline snapshot's, row by row, joined by id.", ""),
    entry(&["dependence on the other features, after over before"], "Whether a feature still belongs to its row: joined from the wrong rows it depends on nothing.", "Correlation of the feature with what the others predict, after over before.", ""),

    // Relation and support.
    entry(&["rise in loss of the reference learner", "paired loss in standard errors"], "Whether a learner of the training labels fails as well: then the world changed; if only the deployed model does, it is the model.", "Rise in loss of that learner, out of fold, beside the deployed model's.", "docs/method.md 3"),
    entry(&["loss saved by the challenger"], "Whether a model refitted on recent rows answers them better.", "Cross-validated on the rows after the onset, loss against the deployed model's on the same rows, paired.", ""),
    entry(&["distance of the AUC from ½"], "Whether costly or strange answers come at another latency or load than the others: 0 not at all, ½ always.", "ROC AUC of the latency (or load) between the two groups of answers, less ½.", "DeLong et al. 1988"),
    entry(&["part of the rise in loss from the relation", "share of the rise in loss", "share of the rise in loss on rows outside"], "The rise in loss split into: other inputs, another relation, rows that the earlier period hardly holds.", "Doubly robust: reweighting and a model of the loss, each correcting the other.", "Singh et al. 2024"),
    entry(&["twice the log-likelihood per row"], "How much better the outcome is explained when the relation may differ from the model's.", "Likelihood ratio of nested corrections of the score, out of fold.", ""),
    entry(&["mean residual"], "Truth less score: what the model misses in this part of the rows, with its sign.", "Mean over the segment, before and after the onset.", ""),
    entry(&["share of the outcome", "shift of the outcomes' shares told from the answers"], "Whether the mix of outcomes changed, from labels or from the answers alone.", "Shares with intervals; without labels by black-box shift estimation.", "Lipton et al. 2018; Saerens et al. 2002"),
    entry(&["exponent of the outcome's shift among rows with the same answer"], "Whether the outcome's frequency moved because the inputs did (0), by itself (1), or because the relation changed (beyond).", "The λ under which P(y | answer) · (P(y) after over before)^λ of the rows before fits those after best.", "Schölkopf et al. 2012; Efron and Tibshirani 1996"),
    entry(&["variance of the days' outcomes over chance"], "Whether the mix of outcomes comes and goes: 1 is chance, far more is days of another mix.", "Mean square between the days over mean square within, the hour of the day taken out.", "Fisher 1925; McCullagh and Nelder 1989"),
    entry(&["share of the added loss beyond the rows' share"], "Whether one part of the rows carries the loss.", "Its share of the added loss less its share of the rows; found on one half of the rows, tested on the other.", "Sagadeeva and Boehm 2021"),
    entry(&["share of rows outside of training", "rows with unseen levels", "mean cosine to the nearest training vector"], "Rows of a kind that training never held: the model guesses there.", "Unseen levels, values out of range, rare pairs, and the distance to the nearest training row against training's own.", ""),
    entry(&["share of labelled rows"], "How many labels have come; the metric is judged on those alone.", "Labelled rows over rows, by age of the row.", ""),

    // The panes.
    entry(&["Triage/Checks"], "One line a question; the sign is the worst of its subjects: ✓ nothing beyond noise, ▲ look, ● found, · could not be asked. Enter opens the step that shows it.", "Every check gives a value, an interval where there is one, and the threshold it was held against.", "docs/method.md 3"),
    entry(&["Triage/Leading hypotheses", "Diagnosis/Root causes", "probability"], "The belief in each cause, all together 1. Below 50 %, or less than 15 points before the runner-up, nothing is decided.", "Each signal weighs for or against each cause in log-odds; the sums are turned into shares (softmax).", "Good 1950; Spiegelhalter and Knill-Jones 1984"),
    entry(&["Triage/Golden set"], "Trusted rows, scored at launch and now: if the model holds here, it is not the model.", "Paired on the same rows: exact McNemar, paired DeLong, paired bootstrap.", "McNemar 1947; DeLong et al. 1988"),
    entry(&["Triage/Metric"], "The metric window by window against the baseline, with the onset and events. Windows with few labels are faint.", "From exact counts of each window; 95 % intervals.", "docs/method.md 1"),
    entry(&["Triage/Vitals"], "The case's pulse on one time axis. Noise looks flat: each line is scaled to nine standard deviations before the onset.", "Counted window by window.", ""),
    entry(&["onset", "onset interval"], "When the change began. The interval holds the true instant in 95 of 100 cases; by hand it is a point.", "A learner tells early rows from late ones; a scan finds where its log-odds shift most; the interval by the likelihood ratio.", "Hansen 2000; docs/method.md 1"),
    entry(&["Pipeline/Columns"], "Each column as training and production hold it: type, nulls, range.", "Counted over all rows.", ""),
    entry(&["Pipeline/By source"], "How many columns of each upstream system are faulty: one system, one cause.", "Flagged columns of the source; the chance of so many by luck is hypergeometric.", "Fisher 1935"),
    entry(&["Pipeline/Delivery and service"], "Rows, duplicates, latency, load and fallbacks before and since the onset.", "Counts and quantiles of each period.", ""),
    entry(&["Pipeline/Over time"], "One quantity window by window; m changes which.", "Counted window by window.", ""),
    entry(&["Pipeline/Events"], "Deploys and changes by their distance to the onset. Close is a suspect, not a proof.", "Differences of timestamps.", ""),
    entry(&["Drift/PSI"], "PSI of every feature (line) in every window (column) against training; m changes the measure, + − the width. Windows with too few rows stay open.", "As for the whole period; cells are flagged with false discoveries held to 1 % over all of them.", "Yurdakul and Naranjo 2020; Benjamini and Hochberg 1995"),
    entry(&["Drift/Cell"], "What one window of one feature holds, bin by bin, against training.", "Rows of the window over the bins of training.", ""),
    entry(&["Drift/Same onset"], "Which features move with the loss: near 1 they rise and fall together.", "Spearman's correlation of the PSI with the course of the loss over the windows.", "Spearman 1904"),
    entry(&["Drift/By source"], "How many features of each upstream system moved.", "PSI over the threshold and beyond noise.", ""),
    entry(&["Feature/Distribution"], "Training under the chosen period of production, as shares of all rows. With t a repair is shown in place of the served rows.", "Bins of equal width on the chosen axis; rows beyond the ends are counted there.", ""),
    entry(&["Feature/Quantiles"], "Quantile against quantile: on the dotted line nothing changed; a straight line beside it is a change of unit or scale.", "The same quantiles of both sides, with a fitted line; v shows distribution functions and boxes.", "Wilk and Gnanadesikan 1968"),
    entry(&["Feature/Over time"], "Median with the 5 to 95 % band, PSI, nulls and distinct values window by window.", "Medians and bands over the sampled rows, shares from exact counts.", ""),
    entry(&["Feature/Summary"], "The feature's statistics in training, before and after; the change is after over before, or in standard deviations where the values lie around zero.", "Extremes, shares and moments over all rows, quantiles over the sample.", ""),
    entry(&["Feature/Checks"], "What every check says of this feature alone, worst first.", "See the step that each of them names.", "docs/method.md 3"),
    entry(&["Concept/Segments"], "Mean residual (or loss; m) by part of the rows: where the relation changed, one part stands out.", "Before against after, Benjamini-Hochberg over the segments.", "Benjamini and Hochberg 1995"),
    entry(&["Concept/Challenger"], "The deployed model beside one refitted on recent rows: if that wins, the relation is learnable and has changed, or inputs are altered.", "Cross-validated on rows after the onset, paired. `:challenger logistic 14d` refits one on that long after the onset and judges it on the rows after that as well.", ""),
    entry(&["Concept/Calibration"], "Whether a score still means its share: points on the diagonal do.", "Ten bins of equal count by score, with intervals; ECE is their mean distance.", "Zadrozny and Elkan 2002"),
    entry(&["Concept/Which drift is it?"], "Four questions that tell a moved population from a changed relation, each with its number.", "Domain classifier, residual split, outcome shares, challenger.", "Singh et al. 2024; Lipton et al. 2018"),
    entry(&["Support/Outside training"], "Rows of a kind that training never held, by reason.", "Unseen levels, values out of range, rare pairs, distance to the nearest training row.", ""),
    entry(&["Support/Over time"], "The share of such rows window by window.", "Over the sampled rows.", ""),
    entry(&["Support/Inside and outside"], "How well the model does on rows like training's, and on the others, before and after.", "The metric on each part with its interval.", ""),
    entry(&["Support/Never seen"], "Levels that training never held, by their share.", "Counted over all rows.", ""),
    entry(&["Support/Strangest rows"], "The rows farthest from training, with the reason.", "Distance to the nearest training row against training's own distances.", ""),
    entry(&["Diagnosis/Evidence", "weight"], "What speaks for and against the cause. A weight of +1 makes it about 2.7 times as likely against the others, −1 the reverse. Enter opens the proof.", "Weights in log-odds (nats), fitted on incidents with known causes; nothing else enters the sum.", "Good 1950"),
    entry(&["Diagnosis/Why not the others"], "What separates the leading cause from the next ones, and what would settle it.", "The signals whose weights differ most between the two.", ""),
    entry(&["Diagnosis/What to do"], "What the cause asks for, and how to see that it worked.", "By cause, with this case's features and events.", ""),
    entry(&["Remedy/Remedies"], "What could be done, by what it wins back on rows that it has not seen; the bar is the 90 % interval, the line is doing nothing.", "Rolling origin: fitted on earlier labelled rows, judged on later ones, paired with the deployed model. What each cause asks for comes from the table of causes.", "docs/method.md 5"),
    entry(&["Remedy/Why, and how measured"], "Why this remedy fits the cause, on which rows it was played, and what its gain was.", "The mean of the paired differences, with Student's interval over blocks of time.", "docs/method.md 5"),
    entry(&["Remedy/Retraining"], "Ways to retrain, by what they would have won over the deployed model.", "Every strategy on every fold of the rolling origin; the best is chosen on other folds than it is judged on.", "docs/method.md 5"),
    entry(&["Remedy/Labels needed"], "How the gain of a retrain grows with the labelled rows since the onset, and when enough will be there.", "The same learner on ever more rows, judged on the same later ones; the date follows from the present rate of labels.", "docs/method.md 5"),
    entry(&["Remedy/Scores and threshold"], "What moving the threshold or re-calibrating the scores would win without touching the model.", "Fitted on earlier labelled rows since the onset, judged on later ones; costs from [costs], else F1.", "Platt 1999; Zadrozny and Elkan 2002"),
    entry(&["Remedy/Candidate"], "A candidate beside the deployed model on the same rows, or in an arm of its own.", "Paired tests, segments with false-discovery control, and a confidence sequence that may be looked at every day.", "Howard et al. 2021"),
    entry(&["Remedy/Rows for the golden set"], "Rows that the golden set should take in, so that it holds what users ask today; where the label is still to come, people have to give it.", "New regions, gaps, wrong and uncertain answers since the onset take turns; `coroner report --golden N` writes them.", ""),
    entry(&["Remedy/Review by people"], "Which share of the least certain answers people would have to review to get back to the baseline.", "Answers sorted by confidence; reviewers are taken to be right.", ""),
    entry(&["Remedy/Monitors"], "Alerts that would have told of this incident, when, and how often they would ring for nothing.", "Thresholds fitted on the windows before the onset; false alarms with their 95 % upper end.", "Hanley and Lippman-Hand 1983"),
    entry(&["Report/Preview"], "The report as w would write it now.", "From the findings and the journal; no number is only here.", ""),
    entry(&["Report/Pins"], "What you pinned; it stands in the report with your notes.", "", ""),
    entry(&["Report/What is missing"], "What a reader will ask for that nobody has written yet.", "", ""),
];

/// The explanation of a measure by its name, or of a pane as `Step/Pane`.
#[must_use]
pub fn explanation(of: &str) -> Option<&'static Explanation> {
    EXPLANATIONS.iter().find(|entry| entry.of.contains(&of))
}

/// The name under which a pane is explained.
#[must_use]
pub fn pane_key(step: Step, pane: &str) -> String {
    format!("{}/{pane}", step.name())
}

/// What explains what the cursor is on: the measure of the finding first, then the pane.
#[must_use]
pub fn at_cursor(model: &Model) -> Vec<(String, &'static Explanation)> {
    let mut found = Vec::new();
    let selected = screen::selection(model);
    let investigation = model.investigation.as_ref();
    let finding = investigation
        .zip(selected.as_ref())
        .and_then(|(investigation, on)| investigation.findings.iter().find(|finding| finding.id == on.id));
    if let Some(finding) = finding
        && let Some(entry) = explanation(finding.measure)
    {
        found.push((finding.measure.to_owned(), entry));
    }
    let pane = screen::panes(model.screen).get(model.pane()).copied().unwrap_or_default();
    found.extend(explanation(&pane_key(model.screen, pane)).map(|entry| (pane.to_owned(), entry)));
    found
}

impl Explanation {
    /// The whole explanation in sentences.
    #[must_use]
    pub fn says(&self) -> String {
        let mut says = self.means.to_owned();
        if !self.how.is_empty() {
            says = format!("{says} How: {}", self.how);
        }
        if !self.source.is_empty() {
            says = format!("{says} ({})", self.source);
        }
        says
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;
    use crate::{app::screen::panes, stats::metric::Metric};

    fn literals(folder: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                literals(&path, found);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                for part in text.split("measure: \"").skip(1) {
                    let name = part.split('"').next().unwrap_or_default();
                    if !name.is_empty() {
                        found.push(name.to_owned());
                    }
                }
            }
        }
    }

    #[test]
    fn every_measure_that_a_finding_names_is_explained() {
        let mut names = Vec::new();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/autopsy");
        literals(&source, &mut names);
        assert!(names.len() > 40);
        let missing: Vec<&String> = names.iter().filter(|name| explanation(name).is_none()).collect();
        assert!(missing.is_empty(), "{missing:#?}");
    }

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
    fn no_name_is_explained_twice_and_sentences_end() {
        let mut names: Vec<&str> = EXPLANATIONS.iter().flat_map(|entry| entry.of).copied().collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
        for entry in EXPLANATIONS {
            assert!(entry.means.ends_with('.'), "{:?}", entry.of);
            assert!(entry.how.is_empty() || entry.how.ends_with('.'), "{:?}", entry.of);
        }
    }
}
