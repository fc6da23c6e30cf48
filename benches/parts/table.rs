//! The one table: what was measured, next to the floor and to the aim.

/// What is to be reached.
#[derive(Clone, Copy, Debug)]
pub enum Aim {
    /// This much of the floor's figure, at least.
    OfTheFloor(f64),
    /// This many times the floor's figure, at most.
    TimesTheFloor(f64),
    /// So many, at least.
    AtLeast(f64),
    /// So many, at most.
    AtMost(f64),
}

/// One line.
#[derive(Clone, Debug)]
pub struct Line {
    /// What was measured.
    pub what: String,
    /// The figure.
    pub figure: f64,
    /// In what.
    pub unit: &'static str,
    /// The floor's figure or, where the cost of growth is measured, that of the smaller house.
    pub beside: Option<f64>,
    /// What is to be reached.
    pub aim: Option<Aim>,
}

impl Line {
    /// A figure by itself.
    pub fn new(what: impl Into<String>, figure: f64, unit: &'static str) -> Self {
        Self { what: what.into(), figure, unit, beside: None, aim: None }
    }

    /// Next to another figure.
    pub fn beside(self, figure: f64) -> Self {
        Self { beside: Some(figure), ..self }
    }

    /// With an aim.
    pub fn aim(self, aim: Aim) -> Self {
        Self { aim: Some(aim), ..self }
    }

    fn ratio(&self) -> Option<f64> {
        self.beside.map(|beside| self.figure / beside)
    }

    /// 1 or more where the aim is reached.
    fn of_the_aim(&self) -> Option<f64> {
        Some(match self.aim? {
            Aim::OfTheFloor(part) => self.ratio()? / part,
            Aim::TimesTheFloor(times) => times / self.ratio()?,
            Aim::AtLeast(least) => self.figure / least,
            Aim::AtMost(most) => most / self.figure,
        })
    }

    fn aim_in_words(&self) -> String {
        match self.aim {
            None => String::new(),
            Some(Aim::OfTheFloor(part)) => format!("{part} of it"),
            Some(Aim::TimesTheFloor(times)) => format!("{times} times it"),
            Some(Aim::AtLeast(least)) => format!("≥ {}", short(least)),
            Some(Aim::AtMost(most)) => format!("≤ {}", short(most)),
        }
    }

    /// The line as it stands in the table.
    pub fn print(&self) {
        let ratio = |ratio: Option<f64>| ratio.map_or(String::new(), |ratio| format!("{ratio:.2}"));
        println!(
            "{:<56}{:>12} {:<12}{:>12}{:>8}{:>14}{:>9}",
            self.what,
            short(self.figure),
            self.unit,
            self.beside.map_or(String::new(), short),
            ratio(self.ratio()),
            self.aim_in_words(),
            ratio(self.of_the_aim()),
        );
    }
}

/// The table's head.
pub fn head() {
    println!(
        "{:<56}{:>12} {:<12}{:>12}{:>8}{:>14}{:>9}",
        "what", "measured", "", "floor/base", "ratio", "to reach", "reached"
    );
}

/// A number as a person reads it: few digits, thousands parted.
fn short(number: f64) -> String {
    if number < 100.0 {
        return format!("{number:.2}");
    }
    let digits = format!("{number:.0}");
    let mut parted = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            parted.push(',');
        }
        parted.push(digit);
    }
    parted
}
