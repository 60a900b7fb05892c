//! The Merkle log over all custody, result and identity events: entries, checkpoints, proofs, verification.
