//! Sixty incidents drawn at random, each walked through every screen: signs, Readings, lists and the diagnosis must agree.

use std::fmt::Write as _;

use coroner::{
    app::{Msg, update},
    autopsy::Step,
};
use rand::{RngExt as _, SeedableRng as _, seq::IndexedRandom as _};
use rand_chacha::ChaCha8Rng;

use super::{
    commands::Folder,
    story::{
        accuses_the_same_everywhere, examined, go, has_its_whole_reading, has_the_signs_of_its_findings,
        names_the_world_where_it_may,
    },
};

const INCIDENTS: u64 = 60;

const TRAINING: usize = 500;
const PRODUCTION: usize = 900;

/// Numbers of an input, and names of another one.
const NUMBERS: usize = 3;
const LEVELS: [&str; 3] = ["north", "south", "west"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Task {
    Binary,
    Multiclass,
    Regression,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Nothing,
    Scaled,
    Shifted,
    Missing,
    Sentinel,
    Frozen,
    Swapped,
    Recoded,
    Population,
    Relation,
    Labels,
    Answers,
    Duplicates,
}

const FAULTS: [Fault; 13] = [
    Fault::Nothing,
    Fault::Scaled,
    Fault::Shifted,
    Fault::Missing,
    Fault::Sentinel,
    Fault::Frozen,
    Fault::Swapped,
    Fault::Recoded,
    Fault::Population,
    Fault::Relation,
    Fault::Labels,
    Fault::Answers,
    Fault::Duplicates,
];

/// An incident: a rule that the model knows, and what happened to it from a row on.
#[derive(Debug)]
struct Incident {
    task: Task,
    fault: Fault,
    /// The first row that it happened to.
    from: usize,
    /// The weights of the numbers, and of the first level.
    weights: [f64; NUMBERS + 1],
    /// How much: a factor, a distance, a share.
    size: f64,
    has_clock: bool,
    has_labels: bool,
}

impl Incident {
    fn drawn(seed: u64) -> (Self, ChaCha8Rng) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let incident = Self {
            task: *[Task::Binary, Task::Multiclass, Task::Regression].choose(&mut rng).expect("a task"),
            // Each fault comes about as often as any other one.
            fault: FAULTS[seed as usize % FAULTS.len()],
            from: rng.random_range(PRODUCTION / 4..PRODUCTION * 3 / 4),
            weights: std::array::from_fn(|_| rng.random_range(-2.0..2.0)),
            size: rng.random_range(1.0..20.0),
            has_clock: rng.random_bool(0.85),
            has_labels: rng.random_bool(0.85),
        };
        (incident, rng)
    }

    /// What the inputs come to by the rule.
    fn rule(&self, numbers: &[f64; NUMBERS], level: usize, weights: &[f64; NUMBERS + 1]) -> f64 {
        let sum: f64 = numbers.iter().zip(weights).map(|(x, weight)| x * weight).sum();
        sum + if level == 0 { weights[NUMBERS] } else { 0.0 }
    }

    /// The answer to such a sum, and its score.
    fn answer(&self, sum: f64) -> (String, Option<f64>) {
        match self.task {
            Task::Binary => {
                let score = 1.0 / (1.0 + (-sum).exp());
                (u8::from(score >= 0.5).to_string(), Some(score))
            }
            Task::Multiclass => {
                (["low", "mid", "high"][usize::from(sum > -0.7) + usize::from(sum > 0.7)].to_owned(), None)
            }
            Task::Regression => (format!("{:.3}", 10.0 + 3.0 * sum), None),
        }
    }

    fn contract(&self) -> String {
        let task = match self.task {
            Task::Binary => "binary",
            Task::Multiclass => "multiclass",
            Task::Regression => "regression",
        };
        let mut text = format!(
            "[model]\nname = \"drawn\"\ntask = \"{task}\"\n\n[snapshots]\ntraining = \"training.csv\"\n\
             production = \"production.csv\"\n\n[columns]\nprediction = \"answer\"\n"
        );
        if self.has_clock {
            text.push_str("timestamp = \"ts\"\n");
        }
        text.push_str(if self.has_labels { "label = \"truth\"\n" } else { "ignore = [\"truth\"]\n" });
        if self.task == Task::Binary {
            text.push_str("score = \"score\"\n");
        }
        text.push_str("\n[sources]\nleft = [\"x0\", \"region\"]\nright = [\"x1\", \"x2\"]\n");
        text
    }

    /// The rows of a snapshot.
    fn rows(&self, rng: &mut ChaCha8Rng, of_production: bool) -> String {
        let clock = if of_production && self.has_clock { "ts," } else { "" };
        let scored = if self.task == Task::Binary { ",score" } else { "" };
        let mut text = format!("{clock}x0,x1,x2,region,answer{scored},truth\n");
        let rows = if of_production { PRODUCTION } else { TRAINING };
        let mut last = String::new();
        for at in 0..rows {
            let hit = of_production && at >= self.from;
            let happens = |fault: Fault| hit && self.fault == fault;
            if happens(Fault::Duplicates) && at % 2 == 1 {
                text.push_str(&last);
                continue;
            }
            let mut numbers: [f64; NUMBERS] = std::array::from_fn(|_| rng.random_range(-1.5..1.5));
            let mut level = rng.random_range(0..LEVELS.len());
            if happens(Fault::Population) {
                numbers[0] = rng.random_range(0.5..3.0);
                level = 2;
            }
            let turned = self.weights.map(|weight| -weight);
            let truth_of = if happens(Fault::Relation) { &turned } else { &self.weights };
            let noise = rng.random_range(-1.0..1.0);
            let truth_sum = self.rule(&numbers, level, truth_of) + noise;
            let mut truth = self.answer(truth_sum).0;
            if happens(Fault::Labels) && at % 3 == 0 {
                truth = self.answer(-2.0).0;
            }
            let mut served = numbers.map(|x| format!("{x:.4}"));
            let mut as_read = numbers;
            match self.fault {
                Fault::Scaled if hit => as_read[0] *= self.size,
                Fault::Shifted if hit => as_read[0] += self.size,
                Fault::Sentinel if hit && at % 2 == 0 => as_read[0] = -999.0,
                Fault::Frozen if hit => as_read[0] = 0.25,
                Fault::Swapped if hit => as_read.swap(0, 1),
                Fault::Recoded if hit => level = (level + 1) % LEVELS.len(),
                _ => {}
            }
            if as_read != numbers {
                served = as_read.map(|x| format!("{x:.4}"));
            }
            if happens(Fault::Missing) && at % 2 == 0 {
                served[0].clear();
                as_read[0] = 0.0;
            }
            let mut sum = self.rule(&as_read, level, &self.weights);
            if happens(Fault::Answers) {
                sum += rng.random_range(-4.0..4.0);
            }
            let (answer, score) = self.answer(sum);
            let minutes = at * 14_400 / PRODUCTION;
            let stamp =
                format!("2026-03-{:02}T{:02}:{:02}:00,", 1 + minutes / 1440, minutes / 60 % 24, minutes % 60);
            let stamp = if clock.is_empty() { String::new() } else { stamp };
            let score = score.map_or_else(String::new, |score| format!(",{score:.4}"));
            last.clear();
            let _ = writeln!(
                last,
                "{stamp}{},{},{},{},{answer}{score},{truth}",
                served[0], served[1], served[2], LEVELS[level]
            );
            text.push_str(&last);
        }
        text
    }
}

#[test]
fn sixty_random_incidents_are_told_the_same_on_every_screen() {
    let mut found = 0;
    for seed in 0..INCIDENTS {
        let (incident, mut rng) = Incident::drawn(seed);
        let folder = Folder::empty();
        folder.write("coroner.toml", incident.contract());
        folder.write("training.csv", incident.rows(&mut rng, false));
        folder.write("production.csv", incident.rows(&mut rng, true));
        let mut model = examined(&folder.path("coroner.toml"), (120, 36));
        let place = format!("incident {seed}, {incident:?}");
        has_the_signs_of_its_findings(&model, &place);
        accuses_the_same_everywhere(&mut model, &place);
        names_the_world_where_it_may(&mut model, &place);
        for size in [(80, 24), (200, 50)] {
            let _ = update(&mut model, Msg::Resize(size.0, size.1));
            for step in Step::ALL {
                go(&mut model, step);
                has_its_whole_reading(&model, &format!("{place} {size:?} {}", step.name()));
            }
        }
        let known = model.investigation.as_ref().expect("it is examined");
        let top = known.diagnosis.top().expect("a cause");
        found += usize::from(top.standing == coroner::autopsy::Standing::Found);
    }
    // A walk over cases in which nothing is ever found would show nothing.
    assert!(found >= 20, "a cause is found in {found} of {INCIDENTS}");
}
