//! The words of a phenotype, and what people write for them. Pure.

crate::words! {
    /// How strongly a population shows a marker. "Not done" is never "negative".
    pub enum Expression {
        /// It was looked for, and is not there.
        Neg = "NEG",
        /// It is there, and weakly.
        Weak = "WEAK",
        /// Positive, of no stated strength.
        Pos = "POS",
        /// Between weak and strong.
        Moderate = "MODERATE",
        /// It is there, and strongly.
        Strong = "STRONG",
        /// It is there, from cell to cell of different strength.
        Het = "HET",
        /// Not looked for: neither there nor negative.
        Nd = "ND",
    }
}

crate::words! {
    /// How much light a population scatters.
    pub enum Scatter {
        /// Low: little light is scattered.
        Low = "LOW",
        /// Intermediate: between low and high.
        Intermediate = "INTERMEDIATE",
        /// High: much light is scattered.
        High = "HIGH",
    }
}

crate::words! {
    /// Which light chains a population of B cells has.
    pub enum LightChains {
        /// Restricted to kappa.
        Kappa = "KAPPA",
        /// Restricted to lambda.
        Lambda = "LAMBDA",
        /// Both: no clone by this.
        Polytypic = "POLYTYPIC",
        /// Neither kappa nor lambda.
        Absent = "ABSENT",
    }
}

crate::words! {
    /// By which rule a marker is called positive (`synapse` 1516085912; EGIL; AIEOP-BFM 2016).
    pub enum Positivity {
        /// From 20 % on the membrane, from 10 % inside the cell.
        Egil = "EGIL",
        /// From 20 % everywhere.
        Twenty = "TWENTY",
        /// From 10 % everywhere.
        Ten = "TEN",
        /// By intensity against cells of the same sample; no percentage decides.
        Controls = "CONTROLS",
    }
}

/// What laboratories write for a strength, without accents. "+/-" and "++" mean something else in
/// each of them, and a dash may be "negative" or "not done": they are asked about, never read.
const WRITTEN: &[(&str, Expression)] = &[
    ("neg", Expression::Neg),
    ("negative", Expression::Neg),
    ("negativo", Expression::Neg),
    ("dim", Expression::Weak),
    ("weak", Expression::Weak),
    ("low", Expression::Weak),
    ("debil", Expression::Weak),
    ("positivo debil", Expression::Weak),
    ("pos", Expression::Pos),
    ("positive", Expression::Pos),
    ("positivo", Expression::Pos),
    ("mod", Expression::Moderate),
    ("moderate", Expression::Moderate),
    ("moderado", Expression::Moderate),
    ("intermediate", Expression::Moderate),
    ("intermedio", Expression::Moderate),
    ("bright", Expression::Strong),
    ("strong", Expression::Strong),
    ("high", Expression::Strong),
    ("fuerte", Expression::Strong),
    ("intenso", Expression::Strong),
    ("positivo fuerte", Expression::Strong),
    ("het", Expression::Het),
    ("heterogeneous", Expression::Het),
    ("heterogeneo", Expression::Het),
    ("partial", Expression::Het),
    ("parcial", Expression::Het),
    ("variable", Expression::Het),
    ("nd", Expression::Nd),
    ("not done", Expression::Nd),
    ("no determinado", Expression::Nd),
];

impl Expression {
    /// What was meant by what was written: `dim` is weak. None where it may mean several things.
    pub fn written(text: &str) -> Option<Self> {
        let plain = text.trim().to_lowercase().replace('é', "e");
        let known = WRITTEN.iter().find(|(word, _)| *word == plain).map(|(_, e)| *e);
        known.or_else(|| text.trim().parse().ok())
    }
    /// Whether the cells have it, however strongly.
    pub fn is_positive(self) -> bool {
        !matches!(self, Self::Neg | Self::Nd)
    }
}

impl Positivity {
    /// The percentage from which a marker is called positive, parts per million; none where none decides.
    pub fn cutoff_ppm(self, inside: bool) -> Option<u64> {
        match (self, inside) {
            (Self::Egil, false) | (Self::Twenty, _) => Some(200_000),
            (Self::Egil, true) | (Self::Ten, _) => Some(100_000),
            (Self::Controls, _) => None,
        }
    }
}
