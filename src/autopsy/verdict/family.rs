//! Signals of whole families of faults: how sure the most telling member is, whichever it is.
//!
//! A fault that nobody listed still belongs to a family: a value is gone, a map of few parameters was applied, serving
//! computes something else, a source is broken, answers are not the model's. Each family's signal is the largest of its
//! members, each brought to 0 (silent) to 1 (as clear as it gets). The members' own curves stay: they carry the
//! difference between clear and very clear.

use crate::autopsy::Signal;

/// A member: the signal's key, the value at which it says nothing, and the one at which it is sure.
pub(super) type Member = (&'static str, f64, f64);

/// Families by the key of their signal. A member whose sure value is below its silent one is sure when small.
const FAMILIES: [(&str, &[Member]); 8] = [
    (
        "family.value_gone",
        &[
            ("pipeline.null_jump", 0.02, 0.3),
            ("pipeline.absent", 0.0, 0.69),
            ("pipeline.constant", 0.0, 0.69),
            ("pipeline.mode_jump", 0.15, 0.7),
            ("stale.ratio", 0.75, 0.3),
        ],
    ),
    (
        "family.mapped",
        &[
            ("map.named", 0.3, 0.08),
            ("map.free", 0.3, 0.08),
            ("map.lattice", 0.1, 0.8),
            ("map.part", 0.3, 0.08),
            ("lattice.back", 0.3, 0.9),
            ("recode.gain", 0.3, 1.5),
        ],
    ),
    (
        "family.computed_differently",
        &[
            ("parity.share", 0.008, 0.1),
            ("map.standardised", 0.25, 0.06),
            ("clock.off", 0.0, 1.0),
            ("pipeline.spelling", 0.02, 0.3),
        ],
    ),
    (
        "family.source_broken",
        &[
            ("pipeline.unreadable", 0.005, 0.1),
            ("pipeline.sentinel", 0.01, 0.1),
            ("pipeline.same_rows", 0.3, 0.9),
            ("pipeline.swap", 0.5, 0.95),
            ("pipeline.duplicates", 0.002, 0.02),
            ("map.shared_factor", 1.0, 3.0),
            ("dependence.lost_across_sources", 0.1, 0.6),
        ],
    ),
    (
        "family.joint_broken",
        &[("dependence.lost_unmoved", 0.1, 0.6), ("dependence.lost_across_sources", 0.1, 0.6)],
    ),
    (
        "family.answers_not_the_models",
        &[
            ("serving.latency_link", 0.1, 0.35),
            ("serving.strange_link", 0.1, 0.35),
            ("serving.strange_load", 0.15, 0.4),
            ("serving.loss_in_odd", 0.2, 0.7),
            ("serving.spike_loss", 0.2, 0.7),
            ("serving.answer_spike", 0.03, 0.15),
            ("surrogate.far", 0.02, 0.15),
            ("replay.part", 0.01, 0.1),
        ],
    ),
    (
        "family.model_changed",
        &[("golden.z", 2.5, 6.0), ("replay.switched", 0.3, 0.9), ("surrogate.far", 0.02, 0.15)],
    ),
    ("family.population_moved", &[("kappa.median", 0.4, 0.9), ("kappa.strongest", 0.4, 0.9)]),
];

/// The families' signals for a case's signals.
pub(super) fn families(signals: &[Signal]) -> Vec<Signal> {
    let mut found: Vec<Signal> =
        FAMILIES.iter().filter_map(|(key, members)| family(key, members, signals)).collect();
    let altered =
        ["family.value_gone", "family.mapped", "family.computed_differently", "family.source_broken"];
    let strongest = found
        .iter()
        .filter(|s| altered.contains(&s.key))
        .max_by(|a, b| a.value.total_cmp(&b.value))
        .map(|s| Signal { key: "family.any_altered", ..s.clone() });
    found.extend(strongest);
    found
}

/// The members of a family, the most specific first; none for a key that is no family's.
pub(super) fn members(key: &str) -> &'static [Member] {
    FAMILIES.iter().find(|(family, _)| *family == key).map_or(&[], |(_, members)| members)
}

/// How sure a member is, 0 (silent) to 1, and its signal; none where it could not be measured.
pub(super) fn strength<'a>((key, silent, sure): &Member, signals: &'a [Signal]) -> Option<(f64, &'a Signal)> {
    let signal = signals.iter().find(|signal| signal.key == *key)?;
    Some((((signal.value - silent) / (sure - silent)).clamp(0.0, 1.0), signal))
}

fn family(key: &'static str, members: &[Member], signals: &[Signal]) -> Option<Signal> {
    members.iter().filter_map(|member| strength(member, signals)).max_by(|a, b| a.0.total_cmp(&b.0)).map(
        |(value, signal)| {
            let features = if value > 0.0 { signal.features.clone() } else { Vec::new() };
            Signal { key, value, features, ..signal.clone() }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signal(key: &'static str, value: f64) -> Signal {
        Signal { key, value, features: vec![2], onset: None, finding: "f".into() }
    }

    #[test]
    fn the_most_telling_member_speaks_for_its_family() {
        let found = families(&[signal("pipeline.null_jump", 0.01), signal("stale.ratio", 0.3)]);
        let gone = found.iter().find(|s| s.key == "family.value_gone").unwrap();
        assert!((gone.value - 1.0).abs() < 1e-12, "a stale feature is a value that is gone: {gone:?}");
        let any = found.iter().find(|s| s.key == "family.any_altered").unwrap();
        assert_eq!(any.value, gone.value);
    }

    #[test]
    fn families_without_a_member_are_absent_and_silent_ones_blame_nobody() {
        let found = families(&[signal("map.named", 0.9)]);
        assert!(found.iter().all(|s| s.key != "family.value_gone"));
        let mapped = found.iter().find(|s| s.key == "family.mapped").unwrap();
        assert_eq!(mapped.value, 0.0);
        assert!(mapped.features.is_empty());
    }
}
