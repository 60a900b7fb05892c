//! Reference data: specimen types, containers, rejection reasons, stability windows, panels, protocols.
