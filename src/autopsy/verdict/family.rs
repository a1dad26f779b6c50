//! Signals of whole families of faults: the value of the most conclusive member.
//!
//! A fault that is in no list still belongs to a family: a value is gone, a map of few parameters was applied, serving
//! computes something else, a source is broken, answers are not the model's. Each family's signal is the largest of its
//! members, each brought to 0 (silent) to 1 (as clear as it gets). The members' own curves stay: they carry the
//! difference between clear and very clear.

use crate::autopsy::{
    Signal,
    catalogue::{FAMILIES, FamilySpec, Member, signals as declared},
};

/// The families' signals for a case's signals.
pub(super) fn families(signals: &[Signal]) -> Vec<Signal> {
    let strongest_first: Vec<(&FamilySpec, Signal)> =
        FAMILIES.iter().filter_map(|spec| Some((spec, family(spec, signals)?))).collect();
    let strongest = strongest_first
        .iter()
        .filter(|(spec, _)| spec.altered)
        .max_by(|a, b| a.1.value.total_cmp(&b.1.value))
        .map(|(_, signal)| Signal { key: &declared::FAMILY_ANY_ALTERED, ..signal.clone() });
    strongest_first.iter().map(|(_, signal)| signal.clone()).chain(strongest).collect()
}

/// How conclusive a member is, 0 (uninformative) to 1, and its signal; none if it could not be measured.
pub(super) fn strength<'a>(member: &Member, signals: &'a [Signal]) -> Option<(f64, &'a Signal)> {
    let signal = signals.iter().find(|signal| signal.key == member.signal)?;
    let sure = (signal.value - member.silent) / (member.sure - member.silent);
    Some((sure.clamp(0.0, 1.0), signal))
}

fn family(spec: &FamilySpec, signals: &[Signal]) -> Option<Signal> {
    let strongest_first = spec.members.iter().filter_map(|member| strength(member, signals));
    strongest_first.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(value, signal)| {
        let features = if value > 0.0 { signal.features.clone() } else { Vec::new() };
        Signal { key: spec.signal, value, features, ..signal.clone() }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autopsy::catalogue::{SignalSpec, checks};

    fn signal(key: &'static SignalSpec, value: f64) -> Signal {
        Signal { key, value, features: vec![2], onset: None, finding: (&checks::PIPELINE_NULLS).into() }
    }

    #[test]
    fn the_most_telling_member_speaks_for_its_family() {
        let found =
            families(&[signal(&declared::PIPELINE_NULL_JUMP, 0.01), signal(&declared::STALE_RATIO, 0.3)]);
        let gone = found.iter().find(|s| s.key == &declared::FAMILY_VALUE_GONE).unwrap();
        assert!((gone.value - 1.0).abs() < 1e-12, "a stale feature is a value that is gone: {gone:?}");
        let any = found.iter().find(|s| s.key == &declared::FAMILY_ANY_ALTERED).unwrap();
        assert_eq!(any.value, gone.value);
    }

    #[test]
    fn families_without_a_member_are_absent_and_silent_ones_blame_nobody() {
        let found = families(&[signal(&declared::MAP_NAMED, 0.9)]);
        assert!(found.iter().all(|s| s.key != &declared::FAMILY_VALUE_GONE));
        let mapped = found.iter().find(|s| s.key == &declared::FAMILY_MAPPED).unwrap();
        assert_eq!(mapped.value, 0.0);
        assert!(mapped.features.is_empty());
    }
}
