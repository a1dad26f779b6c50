//! The synthetic customers of a lender, and the model that scores them.

use coroner::{
    engine::export::{Cells, Written},
    stats::{
        linear::{Logistic, Matrix, logistic},
        random::unit,
    },
};
use rand_chacha::ChaCha8Rng;

/// Numbers of a customer, in the order of [`NUMBERS`].
pub(crate) const NUMBERS: [&str; 7] =
    ["income", "age", "utilization", "avg_monthly_transactions", "visits_30d", "inquiries", "tenure_months"];

/// Indices of the numbers that the incidents change.
pub(crate) const TRANSACTIONS: usize = 3;
pub(crate) const VISITS: usize = 4;

const REGIONS: [&str; 5] = ["north", "south", "east", "west", "islands"];
const CHANNELS: [&str; 3] = ["branch", "web", "partner"];

/// Numbers and categories that are unrelated to the outcome, as most columns of a real model.
const IDLE_NUMBERS: [&str; 7] = [
    "loan_amount",
    "loan_term_months",
    "open_accounts",
    "delinquencies_24m",
    "months_at_address",
    "page_views",
    "app_hour",
];
const PURPOSES: [&str; 5] = ["car", "home", "debt", "education", "other"];
const DEVICES: [&str; 3] = ["desktop", "phone", "tablet"];
const HOUSING: [&str; 3] = ["rent", "mortgage", "own"];

/// The effect of each number on the log-odds of a default, per standard deviation; the last ones hardly
/// matter.
const EFFECTS: [f64; 7] = [-0.9, -0.4, 1.6, -1.9, -1.35, 0.8, -0.2];

/// The true values of one customer.
#[derive(Debug, Clone)]
pub(crate) struct Customer {
    pub numbers: [f64; 7],
    pub region: usize,
    pub channel: usize,
    pub idle_numbers: [f64; 7],
    pub purpose: usize,
    pub device: usize,
    pub housing: usize,
    pub defaulted: bool,
}

impl Customer {
    /// The customer comes from a campaign and wants a car.
    pub(crate) fn wants_a_car(&mut self) {
        self.purpose = 0;
    }

    /// The customer comes by phone.
    pub(crate) fn comes_by_phone(&mut self) {
        self.device = 1;
    }
}

/// A standard normal draw (Box and Muller 1958).
pub(crate) fn normal(rng: &mut ChaCha8Rng) -> f64 {
    (-2.0 * unit(rng).max(1e-300).ln()).sqrt() * (std::f64::consts::TAU * unit(rng)).cos()
}

fn rounded(x: f64, places: i32) -> f64 {
    let scale = 10_f64.powi(places);
    (x * scale).round() / scale
}

/// Draws one customer.
pub(crate) fn customer(rng: &mut ChaCha8Rng) -> Customer {
    let wealth = normal(rng);
    let income = (7.9 + 0.5 * wealth).exp();
    let age = (44.0 + 13.0 * normal(rng)).clamp(18.0, 85.0).round();
    let utilization = 1.0 / (1.0 + (-(-0.6 - 0.4 * wealth + 0.9 * normal(rng))).exp());
    let activity = 0.5 * wealth + 0.87 * normal(rng);
    let transactions = (6.2 + 0.7 * activity).exp();
    let visits = ((1.9 + 0.75 * (0.45 * activity + 0.9 * normal(rng))).exp()).round().min(120.0);
    let inquiries = (2.2 * unit(rng).powi(3) * (1.6 - 0.3 * wealth).max(0.2) * 2.0).floor();
    let tenure = (unit(rng).powf(1.4) * 180.0).floor();
    let region = (unit(rng) * unit(rng) * 5.0) as usize;
    let channel = (unit(rng).powf(1.3) * 3.0) as usize;
    let numbers = [
        rounded(income, 0),
        age,
        rounded(utilization, 3),
        rounded(transactions, 0),
        visits,
        inquiries,
        tenure,
    ];
    let mut odds = -1.4 + [0.0, 0.2, -0.2, 0.1, 0.6][region] + [-0.3, 0.0, 0.5][channel];
    for (effect, x) in EFFECTS.iter().zip(scaled(&numbers)) {
        odds += effect * x;
    }
    let defaulted = unit(rng) < 1.0 / (1.0 + (-1.35 * odds).exp());
    let idle_numbers = [
        rounded((9.1 + 0.35 * wealth + 0.4 * normal(rng)).exp() / 500.0, 0) * 500.0,
        12.0 * (1.0 + (unit(rng) * 5.0).floor()),
        (1.0 + 7.0 * unit(rng).powf(1.6)).floor(),
        (5.0 * unit(rng).powi(6)).floor(),
        (120.0 * unit(rng).powf(1.3)).floor(),
        (2.3 + 0.6 * normal(rng)).exp().ceil().min(80.0),
        (14.0 + 3.8 * normal(rng)).clamp(0.0, 23.0).round(),
    ];
    Customer {
        numbers,
        region,
        channel,
        idle_numbers,
        purpose: (unit(rng).powf(1.2) * 5.0) as usize,
        device: (unit(rng).powf(1.1) * 3.0) as usize,
        housing: (unit(rng) * 3.0) as usize,
        defaulted,
    }
}

/// The numbers as model inputs: logarithms of amounts and counts, with a standard deviation of about 1.
fn scaled(n: &[f64; 7]) -> [f64; 7] {
    [
        (n[0].max(1.0).ln() - 7.9) / 0.5,
        (n[1] - 44.0) / 13.0,
        (n[2] - 0.36) / 0.18,
        (n[3].max(1.0).ln() - 6.2) / 0.7,
        (n[4].max(0.0).ln_1p() - 2.0) / 0.68,
        (n[5] - 1.0) / 1.3,
        (n[6] - 75.0) / 55.0,
    ]
}

/// A fitted scorer.
#[derive(Debug, Clone)]
pub(crate) struct Scorer(Logistic);

fn design(customers: &[Customer]) -> Matrix {
    let mut values = Vec::new();
    for c in customers {
        values.extend(scaled(&c.numbers));
        values.extend((1..REGIONS.len()).map(|r| f64::from(u8::from(c.region == r))));
        values.extend((1..CHANNELS.len()).map(|r| f64::from(u8::from(c.channel == r))));
    }
    Matrix::from_rows(customers.len(), values.len() / customers.len().max(1), values)
        .expect("rows of one width")
}

impl Scorer {
    /// Fits the scorer on customers and their labels.
    pub(crate) fn fit(customers: &[Customer], labels: &[bool]) -> Self {
        let y: Vec<f64> = labels.iter().map(|&d| f64::from(u8::from(d))).collect();
        Self(logistic(&design(customers), &y, 1.0, None, None).expect("both outcomes occur"))
    }

    /// The probability of a default for customers as served, with six decimals as in a service's log.
    pub(crate) fn score(&self, served: &[Customer]) -> Vec<f64> {
        self.0.predict(&design(served)).into_iter().map(|p| rounded(p, 6)).collect()
    }
}

/// The predicted classes for scores.
pub(crate) fn answers(scores: &[f64]) -> Vec<bool> {
    scores.iter().map(|&s| s >= 0.5).collect()
}

/// The columns of customers.
pub(crate) fn columns(customers: &[Customer]) -> Vec<Written> {
    let numbers = |names: &[&'static str; 7], of: &dyn Fn(&Customer) -> [f64; 7]| -> Vec<Written> {
        let column = |(at, name): (usize, &&'static str)| {
            Written::new(name, Cells::Numbers(customers.iter().map(|c| of(c)[at]).collect()))
        };
        names.iter().enumerate().map(column).collect()
    };
    let mut columns = numbers(&NUMBERS, &|c| c.numbers);
    columns.extend(numbers(&IDLE_NUMBERS, &|c| c.idle_numbers));
    let text = |of: &dyn Fn(&Customer) -> &'static str| {
        Cells::Texts(customers.iter().map(|c| Some(of(c).to_owned())).collect())
    };
    columns.push(Written::new("region", text(&|c| REGIONS[c.region])));
    columns.push(Written::new("channel", text(&|c| CHANNELS[c.channel])));
    columns.push(Written::new("purpose", text(&|c| PURPOSES[c.purpose])));
    columns.push(Written::new("device", text(&|c| DEVICES[c.device])));
    columns.push(Written::new("housing", text(&|c| HOUSING[c.housing])));
    columns
}
