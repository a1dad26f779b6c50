//! The service's health: answer times, CPU, memory, fallback answers, and whether the wrong answers come late.

use crate::autopsy::{Dossier, exam::pipeline::Serving};

/// The service's health by shown window.
///
/// * `map`: the shown window of each counted one.
/// * `windows`: how many windows are shown.
#[must_use]
pub fn course(dossier: &Dossier, map: &[usize], windows: usize) -> Serving {
    let mut merged = vec![crate::summary::ServingCounts::default(); windows];
    for (window, &to) in dossier.production.windows.iter().zip(map) {
        merged[to].latency.merge(&window.serving.latency);
        merged[to].cpu.merge(&window.serving.cpu);
        merged[to].memory.merge(&window.serving.memory);
    }
    Serving {
        latency: merged
            .iter()
            .map(|m| {
                Some((
                    m.latency.quantile(0.5)?,
                    m.latency.quantile(0.95)?,
                    m.latency.quantile(0.99)?,
                ))
            })
            .collect(),
        cpu: merged.iter().map(|m| m.cpu.mean()).collect(),
        memory: merged.iter().map(|m| m.memory.mean()).collect(),
    }
}
