//! Immunophenotype and MRD results: arithmetic, validation, versions.
