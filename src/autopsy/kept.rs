//! A whole investigation as bytes, for a second look at the case.
//!
//! What was read, the [`Dossier`], is kept on its own: several investigations may rest on it. The models that answer rows again are
//! shared between parts, so each is written once, and its other places only say that they hold it.

use std::sync::Arc;

use super::{Dossier, Investigation, Stage, exam::rescorer::Rescorer, exam::yardstick::Yardstick};
use crate::cached::{Cached, Damaged, Reader, Writer};

impl Investigation {
    /// Writes what the exams found; only a whole investigation should be kept.
    pub fn write(&self, to: &mut Writer<'_>) {
        let Self {
            dossier,
            framing,
            performance,
            business,
            golden,
            labels,
            pipeline,
            serving,
            drift,
            integrity,
            concept,
            support,
            surrogate,
            rescorer,
            launch,
            yardstick,
            account,
            findings,
            signals,
            diagnosis,
            remainder,
            done: _,
            is_remainder: _,
        } = self;
        match dossier.learnt_out_of_fold() {
            Some(learnt) => {
                true.write(to);
                learnt.write(to);
            }
            None => false.write(to),
        }
        framing.write(to);
        performance.write(to);
        business.write(to);
        golden.write(to);
        labels.write(to);
        pipeline.write(to);
        serving.write(to);
        drift.write(to);
        integrity.write(to);
        concept.write(to);
        support.write(to);
        surrogate.write(to);
        rescorer.as_ref().map(|rescorer| matches!(rescorer, Rescorer::Artifact(_))).write(to);
        launch.write(to);
        yardstick.is_ok().write(to);
        match yardstick {
            Ok(yardstick) => yardstick.write(to),
            Err(why) => why.write(to),
        }
        account.write(to);
        findings.write(to);
        signals.write(to);
        diagnosis.write(to);
        remainder.write(to);
    }

    /// Reads what [`Investigation::write`] wrote of a whole investigation.
    ///
    /// * `dossier`: what that investigation rested on.
    ///
    /// # Errors
    ///
    /// When the bytes hold no investigation of this dossier.
    pub fn read(from: &mut Reader<'_>, dossier: Arc<Dossier>) -> Result<Self, Damaged> {
        if bool::read(from)? {
            dossier.relearn_out_of_fold(Cached::read(from)?);
        }
        let artifact = dossier.artifact.as_ref().ok().map(Arc::clone);
        let mut read = Self {
            framing: Cached::read(from)?,
            performance: Cached::read(from)?,
            business: Cached::read(from)?,
            golden: Cached::read(from)?,
            labels: Cached::read(from)?,
            pipeline: Cached::read(from)?,
            serving: Cached::read(from)?,
            drift: Cached::read(from)?,
            integrity: Cached::read(from)?,
            concept: Cached::read(from)?,
            support: Cached::read(from)?,
            surrogate: Cached::read(from)?,
            ..Self::begin(dossier)
        };
        read.rescorer = match Option::<bool>::read(from)? {
            None => None,
            Some(true) => Some(Rescorer::Artifact(artifact.clone().ok_or(Damaged)?)),
            Some(false) => Some(Rescorer::Surrogate(read.surrogate.clone().ok_or(Damaged)?)),
        };
        read.launch = Cached::read(from)?;
        read.yardstick = if bool::read(from)? {
            Ok(Yardstick::read(from, artifact.as_ref(), read.launch.as_ref())?)
        } else {
            Err(Cached::read(from)?)
        };
        read.account = Cached::read(from)?;
        read.findings = Cached::read(from)?;
        read.signals = Cached::read(from)?;
        read.diagnosis = Cached::read(from)?;
        read.remainder = Cached::read(from)?;
        read.done = Stage::ALL.len();
        Ok(read)
    }
}
