//! Pure value types with check characters: CURP, NSS, CLUES, container code.
