//! The four incidents: the faults of the lender's model, and the files of each case.

use coroner::{
    engine::export::{Cells, Written},
    stats::random::{rng, shuffle, unit},
    summary::Micros,
};
use rand_chacha::ChaCha8Rng;

use crate::population::{Customer, Scorer, TRANSACTIONS, VISITS, answers, columns, customer, normal};

const TRAINING: usize = 4_000;
const GOLDEN: usize = 1_500;
const PRODUCTION: usize = 14_000;
const DAYS: i64 = 42;
const DAY: Micros = 86_400_000_000;
/// 2026-03-02, a Monday, midnight UTC.
const START: Micros = 1_772_409_600_000_000;

/// An incident as files.
pub(crate) struct Incident {
    pub name: &'static str,
    pub contract: String,
    pub events: String,
    /// File name and columns.
    pub snapshots: Vec<(&'static str, Vec<Written>)>,
    /// Before and after the fault.
    pub accuracy: (f64, f64),
}

/// All of them.
pub(crate) fn all() -> Vec<Incident> {
    vec![transaction_window(), normalised_counts(), bad_retrain(), false_alarm()]
}

/// The parts that all incidents share.
struct Launch {
    rng: ChaCha8Rng,
    training: Vec<Customer>,
    golden: Vec<Customer>,
    production: Vec<Customer>,
    time: Vec<Micros>,
    scorer: Scorer,
}

impl Launch {
    fn new(seed: u64) -> Self {
        let mut rng = rng(seed);
        let mut draw = |n: usize| (0..n).map(|_| customer(&mut rng)).collect::<Vec<_>>();
        let (training, golden, mut production) = (draw(TRAINING), draw(GOLDEN), draw(PRODUCTION));
        let labels: Vec<bool> = training.iter().map(|c| c.defaulted).collect();
        let scorer = Scorer::fit(&training, &labels);
        let time = arrivals(&mut rng);
        live(&mut production, &time, &mut rng);
        Self { rng, training, golden, production, time, scorer }
    }

    /// The first production row at or after an instant.
    fn row_at(&self, at: Micros) -> usize {
        self.time.partition_point(|&t| t < at)
    }

    /// The files, from the served inputs and the scores.
    ///
    /// * `mature`: labels of later rows have not arrived.
    fn files(&self, served: &[Customer], scores: &[f64], deployed: &Scorer, mature: Micros) -> Snapshots {
        let mut training = columns(&self.training);
        training.extend(answered(&self.scorer.score(&self.training), ["prediction", "score"]));
        training.push(labels(&self.training, |_| true));
        let mut golden = columns(&self.golden);
        golden.extend(answered(&self.scorer.score(&self.golden), ["launch_prediction", "launch_score"]));
        golden.extend(answered(&deployed.score(&self.golden), ["prediction", "score"]));
        golden.push(labels(&self.golden, |_| true));
        let mut production = vec![
            Written::new("id", Cells::Whole((0..PRODUCTION as i64).map(|i| Some(700_001 + 3 * i)).collect())),
            Written::new("ts", Cells::Instants(self.time.clone())),
        ];
        production.extend(columns(served));
        production.extend(answered(scores, ["prediction", "score"]));
        production.push(labels(&self.production, |row| self.time[row] < mature));
        vec![("training.parquet", training), ("golden.parquet", golden), ("production.parquet", production)]
    }

    fn accuracy(&self, scores: &[f64], rows: std::ops::Range<usize>) -> f64 {
        let answers_given = answers(scores);
        let n = rows.len() as f64;
        rows.filter(|&r| answers_given[r] == self.production[r].defaulted).count() as f64 / n
    }
}

type Snapshots = Vec<(&'static str, Vec<Written>)>;

/// Arrival times: more by day than by night, fewer at weekends.
fn arrivals(rng: &mut ChaCha8Rng) -> Vec<Micros> {
    let mut time = Vec::with_capacity(PRODUCTION);
    while time.len() < PRODUCTION {
        let at = (unit(rng) * (DAYS * DAY) as f64) as Micros / 1_000_000 * 1_000_000;
        let hour = (at % DAY) as f64 / DAY as f64 * 24.0;
        let weekend = at / DAY % 7 >= 5;
        let busy =
            (0.25 + (-0.5 * ((hour - 14.0) / 4.5).powi(2)).exp()) / 1.25 * if weekend { 0.7 } else { 1.0 };
        if unit(rng) < busy {
            time.push(START + at);
        }
    }
    time.sort_unstable();
    time
}

/// Harmless changes, common in any six weeks: a campaign of four days, and a growing share of customers on
/// the phone.
fn live(customers: &mut [Customer], time: &[Micros], rng: &mut ChaCha8Rng) {
    for (customer, &at) in customers.iter_mut().zip(time) {
        let day = (at - START) as f64 / DAY as f64;
        if (27.0..31.0).contains(&day) && unit(rng) < 0.3 {
            customer.wants_a_car();
        }
        if unit(rng) < 0.25 * day / DAYS as f64 {
            customer.comes_by_phone();
        }
    }
}

fn answered(scores: &[f64], names: [&str; 2]) -> [Written; 2] {
    let answers_given = answers(scores).into_iter().map(|a| Some(i64::from(a))).collect();
    [
        Written::new(names[0], Cells::Whole(answers_given)),
        Written::new(names[1], Cells::Numbers(scores.to_vec())),
    ]
}

fn labels(customers: &[Customer], known: impl Fn(usize) -> bool) -> Written {
    let label = |(row, c): (usize, &Customer)| known(row).then(|| i64::from(c.defaulted));
    Written::new("label", Cells::Whole(customers.iter().enumerate().map(label).collect()))
}

fn contract(version: &str, offline: bool) -> String {
    let offline = if offline { "offline = \"offline.parquet\"\n" } else { "" };
    format!(
        "[model]\nname = \"credit-default\"\nversion = \"{version}\"\ntask = \"binary\"\npositive = \"1\"\n\n\
         [snapshots]\ntraining = \"training.parquet\"\nproduction = \"production.parquet\"\n\
         golden = \"golden.parquet\"\n{offline}events = \"events.csv\"\n\n\
         [columns]\ntimestamp = \"ts\"\nlabel = \"label\"\nprediction = \"prediction\"\nscore = \"score\"\nid = \"id\"\n\n\
         [sources]\n\
         bureau = [\"utilization\", \"inquiries\", \"open_accounts\", \"delinquencies_24m\"]\n\
         ledger = [\"avg_monthly_transactions\", \"income\"]\n\
         clickstream = [\"visits_30d\", \"page_views\", \"app_hour\", \"device\"]\n\
         crm = [\"age\", \"tenure_months\", \"region\", \"channel\", \"housing\", \"months_at_address\"]\n\
         application = [\"loan_amount\", \"loan_term_months\", \"purpose\"]\n"
    )
}

fn events(lines: &[(i64, &str, &str, &str)]) -> String {
    let mut text = String::from("timestamp,kind,title\n");
    for (day, clock, kind, title) in lines {
        // Days of March 2026; the log ends on 12 April.
        let (month, date) = if day + 2 > 31 { (4, day + 2 - 31) } else { (3, day + 2) };
        text.push_str(&format!("2026-{month:02}-{date:02}T{clock}:00Z,{kind},{title}\n"));
    }
    text
}

/// Serving averages a customer's transactions over one week instead of three months.
fn transaction_window() -> Incident {
    let mut launch = Launch::new(11);
    let from = launch.row_at(START + 20 * DAY + 9 * DAY / 24 + DAY / 100);
    let mut served = launch.production.clone();
    for c in &mut served[from..] {
        let week = 0.27 * (0.45 * normal(&mut launch.rng)).exp();
        c.numbers[TRANSACTIONS] = (c.numbers[TRANSACTIONS] * week).round();
    }
    let scores = launch.scorer.score(&served);
    let mut snapshots = launch.files(&served, &scores, &launch.scorer, START + DAYS * DAY);
    let kept: Vec<usize> = (0..PRODUCTION).filter(|_| unit(&mut launch.rng) < 0.6).collect();
    let mut offline =
        vec![Written::new("id", Cells::Whole(kept.iter().map(|&r| Some(700_001 + 3 * r as i64)).collect()))];
    offline.extend(columns(&kept.iter().map(|&r| launch.production[r].clone()).collect::<Vec<_>>()));
    snapshots.push(("offline.parquet", offline));
    Incident {
        name: "transaction-window",
        contract: contract("2026-02", true),
        events: events(&[
            (6, "11:20", "business", "spring newsletter sent"),
            (13, "08:05", "infra", "database minor version upgrade"),
            (20, "09:02", "serving", "feature service 4.2: streaming aggregates"),
            (33, "15:40", "config", "log level of the scoring service set to info"),
        ]),
        accuracy: (launch.accuracy(&scores, 0..from), launch.accuracy(&scores, from..PRODUCTION)),
        snapshots,
    }
}

/// A count of visits arrives as a share of the largest count.
fn normalised_counts() -> Incident {
    let launch = Launch::new(23);
    let from = launch.row_at(START + 17 * DAY + 2 * DAY / 24);
    let mut served = launch.production.clone();
    for c in &mut served[from..] {
        c.numbers[VISITS] = (c.numbers[VISITS] / 120.0 * 1e5).round() / 1e5;
    }
    let scores = launch.scorer.score(&served);
    Incident {
        name: "normalised-counts",
        contract: contract("2026-01", false),
        events: events(&[
            (4, "10:00", "deploy", "explanations endpoint v2 behind a flag"),
            (17, "01:41", "pipeline", "clickstream export 3.0: values on one scale"),
            (29, "13:15", "business", "partner channel opened in two regions"),
        ]),
        accuracy: (launch.accuracy(&scores, 0..from), launch.accuracy(&scores, from..PRODUCTION)),
        snapshots: launch.files(&served, &scores, &launch.scorer, START + 37 * DAY),
    }
}

/// A retrain on labels that had not matured: most defaults still counted as repaid.
fn bad_retrain() -> Incident {
    let mut launch = Launch::new(37);
    let from = launch.row_at(START + 24 * DAY + 14 * DAY / 24);
    let labels: Vec<bool> =
        launch.training.iter().map(|c| c.defaulted && unit(&mut launch.rng) < 0.4).collect();
    let retrained = Scorer::fit(&launch.training, &labels);
    let mut scores = launch.scorer.score(&launch.production[..from]);
    scores.extend(retrained.score(&launch.production[from..]));
    Incident {
        name: "bad-retrain",
        contract: contract("2026-03", false),
        events: events(&[
            (9, "09:30", "pipeline", "orchestrator upgraded to 2.9"),
            (24, "13:55", "deploy", "scheduled monthly retrain promoted"),
            (36, "17:10", "config", "dashboards moved to the new workspace"),
        ]),
        accuracy: (launch.accuracy(&scores, 0..from), launch.accuracy(&scores, from..PRODUCTION)),
        snapshots: launch.files(&launch.production, &scores, &retrained, START + DAYS * DAY),
    }
}

/// No fault: of forty random orders of the same customers, the one whose last four days look worst.
fn false_alarm() -> Incident {
    let mut launch = Launch::new(41);
    let tail = launch.row_at(START + 38 * DAY);
    let mut worst = (f64::INFINITY, launch.production.clone());
    for _ in 0..40 {
        shuffle(&mut launch.production, &mut launch.rng);
        let accuracy = launch.accuracy(&launch.scorer.score(&launch.production), tail..PRODUCTION);
        if accuracy < worst.0 {
            worst = (accuracy, launch.production.clone());
        }
    }
    launch.production = worst.1;
    let scores = launch.scorer.score(&launch.production);
    Incident {
        name: "false-alarm",
        contract: contract("2026-02", false),
        events: events(&[
            (12, "11:00", "infra", "node pool drained and replaced"),
            (38, "08:20", "business", "call centre opened on public holidays"),
        ]),
        accuracy: (launch.accuracy(&scores, 0..tail), launch.accuracy(&scores, tail..PRODUCTION)),
        snapshots: launch.files(&launch.production, &scores, &launch.scorer, START + DAYS * DAY),
    }
}
