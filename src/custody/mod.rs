//! Who holds each container: events, state machine, projection, hand-overs.
