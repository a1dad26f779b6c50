use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::autopsy::{Presence, Weights, verdict::is_observation};

#[test]
fn no_id_no_key_and_no_measure_is_declared_twice() {
    let once = |names: Vec<&'static str>| {
        let distinct: BTreeSet<&str> = names.iter().copied().collect();
        assert_eq!(distinct.len(), names.len(), "{names:?}");
    };
    once(every_check().map(|check| check.id).collect());
    once(every_check().map(|check| check.name).collect());
    once(every_signal().map(|signal| signal.key).collect());
    once(measures::EVERY.iter().map(|measure| measure.name).collect());
}

#[test]
fn every_signal_weighs_or_is_a_member_of_a_family_or_a_witness_and_every_weight_is_declared() {
    let argued = Presence::shipped().causes.values().flat_map(|pleading| &pleading.arguments);
    let weighed: BTreeSet<&str> = Weights::shipped()
        .signals
        .keys()
        .map(String::as_str)
        .chain(argued.map(|argument| argument.signal.as_str()))
        .collect();
    let declared: BTreeSet<&str> = every_signal().map(|signal| signal.key).collect();
    let unknown: Vec<_> = weighed.difference(&declared).collect();
    assert!(unknown.is_empty(), "weights of signals that no exam gives: {unknown:?}");
    let serves = |signal: &SignalSpec| {
        weighed.contains(signal.key)
            || signal.families().next().is_some()
            || signal.witness_of().next().is_some()
            || is_observation(signal)
    };
    let idle: Vec<_> = every_signal().filter(|signal| !serves(signal)).collect();
    assert!(idle.is_empty(), "signals that weigh nothing anywhere: {idle:?}");
}

#[test]
fn every_signal_speaks_to_some_cause_and_to_none_in_both_directions() {
    for signal in every_signal() {
        assert!(!signal.raises.is_empty() || !signal.lowers.is_empty(), "{signal:?}");
        assert!(signal.raises.iter().all(|cause| !signal.lowers.contains(cause)), "{signal:?}");
    }
}

#[test]
fn a_member_of_a_family_speaks_for_a_cause_that_its_family_speaks_for() {
    for family in &FAMILIES {
        for member in family.members {
            // A member that is sure when small speaks for a cause by what lowers it.
            let for_it =
                if member.sure > member.silent { member.signal.raises } else { member.signal.lowers };
            let shared = for_it.iter().any(|cause| family.signal.raises.contains(cause));
            assert!(shared, "{:?} of {:?}", member.signal, family.signal);
        }
    }
}

#[test]
fn sentences_end_and_ids_are_words() {
    for measure in measures::EVERY {
        assert!(measure.means.ends_with('.') && measure.how.ends_with('.'), "{}", measure.name);
    }
    let ids = every_check().map(|check| check.id).chain(every_signal().map(|signal| signal.key));
    for id in ids {
        assert_eq!(id.split('.').count(), 2, "{id}");
        assert!(id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "._".contains(c)), "{id}");
    }
}

#[test]
fn signals_of_one_group_begin_alike() {
    let mut prefixes: BTreeMap<Group, &str> = BTreeMap::new();
    for signal in every_signal() {
        let prefix = signal.prefix();
        assert_eq!(*prefixes.entry(signal.group).or_insert(prefix), prefix, "{signal:?}");
    }
}

#[test]
fn a_subject_with_a_colon_confuses_nothing() {
    let id = checks::DRIFT_PSI.of("a:b");
    assert_eq!(id.to_string(), "drift.psi:a:b");
    assert_eq!(FindingId::parse("drift.psi:a:b"), Some(id.clone()));
    assert!(id.is("drift.psi:a:b") && !id.is("drift.psi:a") && !id.is("drift.psi"));
    assert_ne!(FindingId::parse("drift.psi:a"), Some(id));
    assert_eq!(FindingId::parse("drift.psi"), Some(FindingId::from(&checks::DRIFT_PSI)));
    assert_eq!(FindingId::parse("drift"), None);
    assert!(!checks::DRIFT_ANSWERS.of("x").is("drift.answers_mean:x"));
}
