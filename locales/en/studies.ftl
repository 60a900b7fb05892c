# Requests.
rule-study-kind = Choose immunophenotype or MRD.
rule-protocol-or-reason = Choose protocol and time point, or explain why it is outside one.
rule-protocol-xor-reason = Choose a protocol or a reason, not both.
rule-protocol-not-approved = That protocol is not approved by the network.
rule-timepoint-of-protocol = Choose a time point of that protocol.
rule-decimal-or-unknown = Write a number from 0 to { $max } with a decimal point, or "unknown".
rule-phone = Write a phone number with at least 8 digits.
rule-too-many = At most { $limit }.
fault-no-laboratory = No laboratory is set up. Tell administration.
study-immunophenotype = Immunophenotype
study-mrd = Minimal residual disease
study-state-requested = Requested
study-state-collected = Collected
study-state-in-laboratory = In laboratory
study-state-to-validate = To validate
study-state-released = Released
study-state-cancelled = Cancelled
