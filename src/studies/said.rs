//! What a request says of the child and of who asks, checked. Pure.

use super::answers::Answers;
use super::check::Checker;
use super::clinical::{Asked, Phase};
use super::correction::Particulars;
use super::input::RequestStudy;
use super::model::StudyKind;
use super::told::{Therapy, Told};

impl RequestStudy {
    pub(super) fn said(&self, c: &mut Checker<'_>, kind: Option<StudyKind>) -> Option<Particulars> {
        let diagnosis = c.text("diagnosis", &self.diagnosis, 200, true);
        let answers = self.answers(c, kind);
        let needs_reference = kind == Some(StudyKind::Mrd) && !c.context.has_diagnosis;
        let diagnostic_reference =
            c.text("diagnostic_reference", &self.diagnostic_reference, 200, needs_reference);
        let requester = c.text("requester", &self.requester, 120, true);
        let requester_licence = c.licence("requester_licence", &self.requester_licence);
        let phone = c.phone("critical_phone", &self.critical_phone);
        Some(Particulars {
            diagnosis: diagnosis?,
            answers,
            diagnostic_reference,
            requester: requester?,
            requester_licence,
            critical_phone: phone?,
        })
    }

    fn answers(&self, c: &mut Checker<'_>, kind: Option<StudyKind>) -> Answers {
        let mut asked = Asked { kind, phase: None, lineage: None };
        asked.lineage = c.word("lineage", &self.lineage, true);
        asked.phase = self.phase(c, asked);
        let told = self.therapies(c, asked);
        let answers = Answers {
            lineage: asked.lineage,
            phase: asked.phase,
            relapse: c.whole("relapse", &self.relapse, 1..=9),
            relapse_sites: c.words("relapse_sites", &self.relapse_sites),
            last_chemotherapy: c.some_day("last_chemotherapy", &self.last_chemotherapy),
            genetics: c.words("genetics", &self.genetics),
            genetics_text: c.text("genetics_text", &self.genetics_text, 200, false),
            gcsf: c.answer("gcsf", &self.gcsf),
            steroids: c.answer("steroids", &self.steroids),
            down: c.some_answer("down", &self.down, asked.phenotype()),
            wbc: c.decimal(("wbc", &self.wbc), 2000, asked.phenotype()),
            blood_blasts: c.decimal(("blood_blasts", &self.blood_blasts), 100, asked.phenotype()),
            platelets: c.decimal(("platelets", &self.platelets), 5000, false),
            counts_date: c.some_day("counts_date", &self.counts_date),
            cns: c.some_answer("cns", &self.cns, false),
            mediastinum: c.some_answer("mediastinum", &self.mediastinum, false),
            differential: c.text("differential", &self.differential, 200, false),
            smears: c.whole("smears", &self.smears, 0..=20),
            ..told
        };
        at_diagnosis(c, &answers);
        answers
    }

    /// Where the treatment stands: nobody measures what is left of a leukaemia that nobody has treated.
    fn phase(&self, c: &mut Checker<'_>, asked: Asked) -> Option<Phase> {
        let phase = c.word("phase", &self.phase, asked.phenotype())?;
        if phase == Phase::Diagnosis && !asked.phenotype() {
            c.blame("phase", "phase-of-mrd");
        }
        Some(phase)
    }

    /// The therapies alone.
    fn therapies(&self, c: &mut Checker<'_>, asked: Asked) -> Answers {
        let mut of =
            |therapy, field, value, date| c.told((field, value, date), asked.therapy(therapy));
        let s = self;
        Answers {
            anti_cd19: of(Therapy::AntiCd19, "anti_cd19", &s.anti_cd19, &s.anti_cd19_date),
            anti_cd22: of(Therapy::AntiCd22, "anti_cd22", &s.anti_cd22, &s.anti_cd22_date),
            anti_cd20: of(Therapy::AntiCd20, "anti_cd20", &s.anti_cd20, &s.anti_cd20_date),
            car_t: of(Therapy::CarT, "car_t", &s.car_t, &s.car_t_date),
            anti_cd38: of(Therapy::AntiCd38, "anti_cd38", &s.anti_cd38, &s.anti_cd38_date),
            anti_cd33: of(Therapy::AntiCd33, "anti_cd33", &s.anti_cd33, &s.anti_cd33_date),
            transplant: c
                .told(("transplant", &s.transplant, &s.transplant_date), asked.treatment()),
            ..Answers::default()
        }
    }
}

/// At first diagnosis nothing was given and nothing came back: one of the two is wrong, and only the person
/// knows which.
fn at_diagnosis(c: &mut Checker<'_>, a: &Answers) {
    if !a.phase.is_some_and(Phase::is_untreated) {
        return;
    }
    let given = |told: Option<Told>| matches!(told, Some(Told::Yes(_)));
    let treated = Therapy::ALL.iter().any(|t| given(a.said(*t))) || given(a.transplant);
    if treated || a.last_chemotherapy.is_some() {
        c.blame("phase", "phase-untreated");
    }
    if a.relapse.is_some() || !a.relapse_sites.is_empty() {
        c.blame("phase", "phase-relapse");
    }
}
