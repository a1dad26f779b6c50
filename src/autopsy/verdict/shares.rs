//! Which cause a part of the loss belongs to: the lines of the account, divided among the causes that may have produced them.
//!
//! A line is divided in proportion to `affinity · odds`: how often a cause produces loss at that place (fitted on incidents of
//! two known faults, `assets/presence.json`), and the odds that the cause is there. An altered input goes mainly to the causes
//! that name it, and to none but these, model and service where a found fault of inputs does. A line that covers inputs and
//! answers is divided by input first, as far as the account knows what each of them cost.
//!
//! The shares are of the loss as it is once all causes are there: an input that is altered only on the last half of the rows costs
//! twice its line. The shares of all causes add up to 1 at most.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    autopsy::{
        Cause,
        account::{Account, Measured, Place, Undoing},
    },
    cached::cached,
    stats::interval::Z_95,
};

use super::presence::Presence;

/// The key of an affinity to an altered input that the cause names.
const NAMED: &str = "named";

/// The key of an affinity to an altered input that the cause does not name.
const UNNAMED: &str = "unnamed";

/// What lines leave for other causes is enlarged as if it were at least this part of the loss: less is noise.
const SMALLEST_REST: f64 = 0.05;

/// A larger probability counts as this one: a line is not divided by how far beyond doubt each of two causes is.
const SUREST: f64 = 0.8;

/// A step's lines are scaled to its part of the headline loss by this much at most: small lines are noise.
const MOST_SCALED: f64 = 3.0;

/// An input that is altered on a smaller part of the rows counts as altered on so many.
const SHORTEST: f64 = 0.25;

/// A cause's share of the loss.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LossShare {
    /// The share, 0 to 1.
    pub value: f64,
    /// Its 95 % interval, from the errors of the account's lines; the division of the lines among causes is taken as known.
    pub interval: (f64, f64),
}

cached!(struct LossShare { value, interval });

/// What the division rests on.
pub(super) struct Division<'a> {
    /// The account, with shares.
    pub(super) account: &'a Account,
    /// The affinities.
    pub(super) presence: &'a Presence,
    /// The probability that each cause is there.
    pub(super) present: &'a BTreeMap<Cause, f64>,
    /// The features that each cause names.
    pub(super) named: &'a BTreeMap<Cause, Vec<usize>>,
}

/// A part of the loss that arose at one place, as it is once all causes are there.
struct Portion {
    place: Place,
    /// The altered input, where the place has one.
    feature: Option<usize>,
    /// Share of the loss, at least 0, and its standard error.
    share: f64,
    error: f64,
}

/// The lines of an account, those of inputs as large as they are once the inputs are altered.
fn portions(account: &Account) -> Vec<Portion> {
    let mut portions = Vec::new();
    let present = |feature: usize| {
        let start =
            account.inputs.iter().find(|input| input.feature == feature).map_or(0.0, |input| input.start);
        (1.0 - start).max(SHORTEST)
    };
    for line in &account.lines {
        let Some((share, _)) = line.share else { continue };
        let scale = by_headline(account, line.place);
        let (share, error) = (share * scale, line.amount.error / account.total.value * scale);
        let mut add = |feature: Option<usize>, part: f64| {
            let scale = part / feature.map_or(1.0, present);
            portions.push(Portion {
                place: line.place,
                feature,
                share: share.max(0.0) * scale,
                error: error * scale,
            });
        };
        match line.place {
            Place::Input(feature) => add(Some(feature), 1.0),
            Place::InputsAndAnswers if !account.inputs.is_empty() => {
                account.inputs.iter().for_each(|input| add(Some(input.feature), input.part));
            }
            _ => add(None, 1.0),
        }
    }
    portions
}

/// By how much the lines of a step are scaled so that together they have the step's part of the headline metric's loss.
fn by_headline(account: &Account, place: Place) -> f64 {
    let Some(headline) = account.headline else { return 1.0 };
    let step = |place: Place| match place {
        Place::Service | Place::Model | Place::Answers => 0,
        Place::Input(_) | Place::InputsAndAnswers => 1,
        _ => 2,
    };
    let own: f64 = account
        .lines
        .iter()
        .filter(|line| step(line.place) == step(place))
        .filter_map(|line| line.share)
        .map(|(share, _)| share.max(0.0))
        .sum();
    let (answers, inputs) = (headline.answers.max(0.0), headline.inputs.max(0.0));
    let part = [answers, inputs, (1.0 - answers - inputs).max(0.0)][step(place)];
    if own > 0.0 { (part / own).clamp(1.0 / MOST_SCALED, MOST_SCALED) } else { 1.0 }
}

/// Each cause's share of the loss: of found causes that can be undone, what undoing them wins back; of the others their part of the
/// lines.
///
/// * `found`: causes that are taken to be there.
/// * `out`: causes whose evidence another found cause explains; they get nothing.
pub(super) fn shares(
    division: &Division<'_>,
    found: &[Cause],
    out: &BTreeSet<Cause>,
) -> BTreeMap<Cause, LossShare> {
    let by_lines = by_lines(division, found, out);
    let Some(undoing) = &division.account.undoing else { return by_lines };
    match found {
        [] => by_lines,
        [only] => of_one(division, undoing, *only, by_lines),
        _ => by_undoing(division, undoing, found, &by_lines).unwrap_or(by_lines),
    }
}

/// The shares where one cause is found: its part of the lines, unless undoing it wins back more or less than that beyond noise.
/// Then that is its share, and the others divide what is left as the lines say.
fn of_one(
    division: &Division<'_>,
    undoing: &Undoing,
    only: Cause,
    mut shares: BTreeMap<Cause, LossShare>,
) -> BTreeMap<Cause, LossShare> {
    let by_lines = shares.get(&only).map_or(0.0, |share| share.value);
    let measured =
        by_undoing(division, undoing, &[only], &shares).and_then(|shares| shares.get(&only).copied());
    let Some(own) = measured else { return shares };
    if own.interval.0 <= by_lines && by_lines <= own.interval.1 {
        return shares;
    }
    let scale = (1.0 - own.value) / (1.0 - by_lines).max(SMALLEST_REST);
    for (_, share) in shares.iter_mut().filter(|(cause, _)| **cause != only) {
        let larger = |x: f64| (x * scale).clamp(0.0, 1.0 - own.value);
        *share = LossShare {
            value: larger(share.value),
            interval: (larger(share.interval.0), larger(share.interval.1)),
        };
    }
    shares.insert(only, own);
    shares
}

/// The shares of several found causes by what undoing each of them wins back; none where none of them can be undone, or not each of
/// those of inputs and answers.
///
/// What is left without them belongs to the found causes that nothing undoes: another population, relation or outcome.
fn by_undoing(
    division: &Division<'_>,
    undoing: &Undoing,
    found: &[Cause],
    by_lines: &BTreeMap<Cause, LossShare>,
) -> Option<BTreeMap<Cause, LossShare>> {
    let (mut taken, mut undone, mut others): (usize, Vec<(Cause, usize)>, Vec<Cause>) =
        (0, Vec::new(), Vec::new());
    let names = |cause: Cause| division.named.get(&cause).map_or(&[][..], Vec::as_slice);
    // An input that two causes name belongs to the one that names fewer.
    let mut narrow_first = found.to_vec();
    narrow_first.sort_by_key(|&cause| names(cause).len());
    for cause in narrow_first {
        let set = if cause.is_of_answers() {
            undoing.answers()
        } else if cause.is_of_inputs() {
            names(cause).iter().fold(0, |set, &feature| set | undoing.input(feature))
        } else {
            0
        };
        let own = set & !taken;
        taken |= own;
        if own == 0 { others.push(cause) } else { undone.push((cause, own)) }
    }
    // Beside a fault of inputs or answers that nothing undoes, undoing another one tells nothing about what that one cost.
    if undone.is_empty() || !others.iter().all(|cause| cause.is_of_world()) {
        return None;
    }
    let sets: Vec<usize> = undone.iter().map(|(_, set)| *set).collect();
    // Where only one cause is found, what its repair leaves may have another one.
    let (parts, rest) = undoing.parts(&sets, others.is_empty() && undone.len() > 1);
    let share = |part: Measured, by: f64| {
        let (value, half) = (by * part.value, by * Z_95 * part.error);
        LossShare {
            value: value.clamp(0.0, 1.0),
            interval: ((value - half).max(0.0), (value + half).min(1.0)),
        }
    };
    let line = |cause: &Cause| by_lines.get(cause).map_or(0.0, |share| share.value).max(f64::MIN_POSITIVE);
    let whole: f64 = others.iter().map(line).sum();
    let measured = undone.iter().zip(parts).map(|((cause, _), part)| (*cause, share(part, 1.0)));
    Some(measured.chain(others.iter().map(|cause| (*cause, share(rest, line(cause) / whole)))).collect())
}

/// Each cause's part of the account's lines.
///
/// * `found`, `out`: as for [`shares`].
pub(super) fn by_lines(
    division: &Division<'_>,
    found: &[Cause],
    out: &BTreeSet<Cause>,
) -> BTreeMap<Cause, LossShare> {
    let mut shares: BTreeMap<Cause, (f64, f64)> = BTreeMap::new();
    let portions = portions(division.account);
    for portion in &portions {
        for (cause, part) in parts(division, portion, found, out) {
            let sum = shares.entry(cause).or_default();
            sum.0 += portion.share * part;
            sum.1 += (portion.error * part).powi(2);
        }
    }
    // A line below 0 corrects what other lines overstate.
    let whole: f64 = portions.iter().map(|portion| portion.share).sum::<f64>().max(1.0);
    let scaled = shares.into_iter().map(|(cause, (share, variance))| {
        let (value, half) = (share / whole, Z_95 * variance.sqrt() / whole);
        (cause, LossShare { value, interval: ((value - half).max(0.0), (value + half).min(1.0)) })
    });
    scaled.collect()
}

/// Which part of a portion each cause has produced; the parts add up to 1.
fn parts(
    division: &Division<'_>,
    portion: &Portion,
    found: &[Cause],
    out: &BTreeSet<Cause>,
) -> Vec<(Cause, f64)> {
    let names = |cause: Cause, feature: usize| {
        division.named.get(&cause).is_some_and(|features| features.contains(&feature))
    };
    let affinity = |cause: Cause, place: &str| division.presence.affinity(cause, place);
    let repaired = |feature: &usize| division.account.inputs.iter().any(|input| input.feature == *feature);
    let is_repaired =
        |cause: Cause| division.named.get(&cause).is_some_and(|features| features.iter().all(repaired));
    let has_unrepaired = found.iter().any(|&cause| cause.is_of_inputs() && !is_repaired(cause));
    let weigh = |cause: Cause| {
        let here = match (portion.place, portion.feature) {
            // A found fault of inputs that names it has altered it. Beside it changed answers may have taken a part of the
            // line, since nothing may distinguish them from altered inputs.
            (_, Some(feature))
                if !names(cause, feature)
                    && !cause.is_of_answers()
                    && found.iter().any(|&c| c.is_of_inputs() && names(c, feature)) =>
            {
                return 0.0;
            }
            (Place::Input(_), Some(feature)) => {
                affinity(cause, if names(cause, feature) { NAMED } else { UNNAMED })
            }
            // What is left on repaired rows is not of a fault of which every input was repaired.
            (Place::Outside | Place::Unexplained, _)
                if cause.is_of_inputs() && is_repaired(cause) && has_unrepaired =>
            {
                0.0
            }
            // Altered inputs that nothing repairs look like another population or relation, so without a found one of these the
            // lines are theirs.
            (Place::Relation | Place::Constant | Place::Population, _)
                if cause.is_of_world()
                    && has_unrepaired
                    && !found.iter().any(|cause| cause.is_of_world()) =>
            {
                0.0
            }
            // Inputs that nothing repairs: what they hide can't be given to the relation.
            (Place::Unexplained, _) if cause.is_of_relation() => 0.0,
            (place, Some(feature)) if cause.is_of_inputs() && !names(cause, feature) => {
                affinity(cause, place.id()) * affinity(cause, UNNAMED)
                    / affinity(cause, NAMED).max(f64::MIN_POSITIVE)
            }
            (place, _) => affinity(cause, place.id()),
        };
        let present = division.present.get(&cause).copied().unwrap_or(0.0);
        let p = if found.contains(&cause) { SUREST } else { present.clamp(0.0, SUREST) };
        here * p / (1.0 - p)
    };
    let weights: Vec<(Cause, f64)> = Cause::ALL
        .into_iter()
        .filter(|cause| *cause != Cause::None && !out.contains(cause))
        .map(|cause| (cause, weigh(cause)))
        .collect();
    let whole: f64 = weights.iter().map(|(_, weight)| weight).sum();
    if whole <= 0.0 {
        return Vec::new();
    }
    weights.into_iter().map(|(cause, weight)| (cause, weight / whole)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autopsy::account::AlteredInput;

    fn divided(
        account: &Account,
        found: &[Cause],
        out: &[Cause],
        named: &BTreeMap<Cause, Vec<usize>>,
    ) -> BTreeMap<Cause, LossShare> {
        let division = Division { account, presence: Presence::shipped(), present: &BTreeMap::new(), named };
        shares(&division, found, &out.iter().copied().collect())
    }

    #[test]
    fn lines_go_to_the_causes_that_act_there() {
        let account = Account::with_shares(&[(Place::Model, 0.6), (Place::Input(3), 0.4)]);
        let named = BTreeMap::from([(Cause::FeatureUnavailable, vec![3])]);
        let shares = divided(&account, &[Cause::ModelRegression, Cause::FeatureUnavailable], &[], &named);
        assert!((shares[&Cause::ModelRegression].value - 0.6).abs() < 0.15, "{shares:?}");
        assert!((shares[&Cause::FeatureUnavailable].value - 0.4).abs() < 0.15, "{shares:?}");
        let sum: f64 = shares.values().map(|share| share.value).sum();
        assert!((sum - 1.0).abs() < 1e-9);
    }

    #[test]
    fn what_can_be_undone_has_what_that_wins_back_and_the_world_has_the_rest() {
        let lines = [(Place::Input(3), 0.9), (Place::Relation, 0.1)];
        let mut account = Account::with_shares(&lines);
        account.undoing = Some(Undoing::of(&[3], false, &[1.0, 0.4]));
        let named = BTreeMap::from([(Cause::FeatureRecalibration, vec![3])]);
        let both = divided(&account, &[Cause::FeatureRecalibration, Cause::ConceptDrift], &[], &named);
        assert!((both[&Cause::FeatureRecalibration].value - 0.6).abs() < 1e-9, "{both:?}");
        assert!((both[&Cause::ConceptDrift].value - 0.4).abs() < 1e-9, "{both:?}");
        let one = divided(&account, &[Cause::FeatureRecalibration], &[], &named);
        assert!((one[&Cause::FeatureRecalibration].value - 0.6).abs() < 1e-9, "{one:?}");
        let sum: f64 = one.values().map(|share| share.value).sum();
        assert!(sum < 1.0 + 1e-9, "{one:?}");
    }

    #[test]
    fn two_faults_that_can_be_undone_share_what_both_win_back() {
        let lines = [(Place::Model, 0.5), (Place::Input(3), 0.5)];
        let mut account = Account::with_shares(&lines);
        account.undoing = Some(Undoing::of(&[3], true, &[1.0, 0.2, 0.6, 0.0]));
        let named =
            BTreeMap::from([(Cause::UpstreamPipeline, vec![3]), (Cause::FeatureUnavailable, vec![3, 4])]);
        let shares = divided(&account, &[Cause::ModelRegression, Cause::UpstreamPipeline], &[], &named);
        assert!((shares[&Cause::UpstreamPipeline].value - 0.7).abs() < 1e-9, "{shares:?}");
        assert!((shares[&Cause::ModelRegression].value - 0.3).abs() < 1e-9, "{shares:?}");
    }

    #[test]
    fn an_input_goes_to_the_cause_that_names_it() {
        let account = Account::with_shares(&[(Place::Input(1), 0.7), (Place::Input(2), 0.3)]);
        let found = [Cause::FeatureUnavailable, Cause::FeatureRecalibration];
        let named =
            BTreeMap::from([(Cause::FeatureUnavailable, vec![2]), (Cause::FeatureRecalibration, vec![1])]);
        let shares = divided(&account, &found, &[], &named);
        assert!(shares[&Cause::FeatureRecalibration].value > 0.6, "{shares:?}");
        assert!(shares[&Cause::FeatureUnavailable].value < 0.4, "{shares:?}");
    }

    #[test]
    fn what_is_left_on_repaired_rows_is_of_the_fault_that_nothing_repairs() {
        let lines = [(Place::Input(1), 0.5), (Place::Outside, 0.3), (Place::Population, 0.2)];
        let mut account = Account::with_shares(&lines);
        account.inputs.push(AlteredInput { feature: 1, part: 1.0, start: 0.0, began: None });
        let named =
            BTreeMap::from([(Cause::UpstreamPipeline, vec![1]), (Cause::FeatureRecalibration, vec![2])]);
        let found = [Cause::UpstreamPipeline, Cause::FeatureRecalibration];
        let shares = divided(&account, &found, &[], &named);
        let share = |cause: Cause| shares.get(&cause).map_or(0.0, |share| share.value);
        assert!(share(Cause::FeatureRecalibration) > 0.3, "{shares:?}");
        assert!(share(Cause::UpstreamPipeline) < 0.7, "{shares:?}");
        assert!(share(Cause::DataDrift) == 0.0, "{shares:?}");
    }

    #[test]
    fn what_another_cause_explains_gets_nothing() {
        let account = Account::with_shares(&[(Place::Population, 1.0)]);
        let shares = divided(&account, &[Cause::LabelShift], &[Cause::DataDrift], &BTreeMap::new());
        assert!(shares.get(&Cause::DataDrift).is_none_or(|share| share.value == 0.0));
        assert!((shares[&Cause::LabelShift].value - 1.0).abs() < 1e-9, "{shares:?}");
    }
}
