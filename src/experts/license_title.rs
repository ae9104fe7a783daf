//! The professions that are licensed: a controlled list, so that a requirement and a licence speak of the same thing.

use crate::words;

words!(
    /// What a licence entitles its holder to practise.
    LicenseTitle {
        Actuary = "actuary",
        Architect = "architect",
        Audiologist = "audiologist",
        Bar = "bar",
        Cfa = "cfa",
        Chiropractor = "chiropractor",
        Counselor = "counselor",
        Cpa = "cpa",
        Dental = "dental",
        Dietitian = "dietitian",
        EnrolledAgent = "enrolled_agent",
        FinancialAdviser = "financial_adviser",
        Geologist = "geologist",
        LandSurveyor = "land_surveyor",
        MedicalLaboratory = "medical_laboratory",
        Medical = "medical",
        Midwifery = "midwifery",
        Notary = "notary",
        NursePractitioner = "nurse_practitioner",
        Nursing = "nursing",
        OccupationalTherapist = "occupational_therapist",
        Optometrist = "optometrist",
        Paramedic = "paramedic",
        PatentAttorney = "patent_attorney",
        Pe = "pe",
        Pharmacy = "pharmacy",
        PhysicalTherapist = "physical_therapist",
        PhysicianAssistant = "physician_assistant",
        Pilot = "pilot",
        Psychologist = "psychologist",
        Radiographer = "radiographer",
        RealEstate = "real_estate",
        SocialWorker = "social_worker",
        SpeechPathologist = "speech_pathologist",
        SwornTranslator = "sworn_translator",
        Teacher = "teacher",
        Veterinary = "veterinary",
    }
);
