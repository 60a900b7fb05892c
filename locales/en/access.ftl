# Accounts, sessions and roles.
role-collector = Nurse or technician of the centre
role-oncologist = Oncology
role-courier = Courier
role-reception = Laboratory reception
role-bench = Laboratory bench
role-analyst = Analysis
role-validator = Validation
role-lab-head = Head of laboratory
role-coordinator = Coordination
role-quality = Quality
role-auditor = Audit
role-admin = Administration
fault-wrong-credentials = The user name or the password is not right.
fault-account-locked = The account is locked after failed attempts. Wait { $minutes } { $minutes ->
    [one] minute
   *[other] minutes
 } and try again, or ask administration to reset it.
fault-signed-out = Your session has ended. Sign in; what was not saved is still on the previous screen.
fault-not-allowed = Your role does not allow this.
fault-wrong-password = The password is not right. Nothing was signed.
fault-unknown-person = There is no such account.
fault-change-password-first = First change the password that administration gave you.
rule-role-required = Choose at least one role.
rule-admin-reads-nothing-clinical = Who administers users can't hold a role that reads clinical data.
rule-role-needs-site = The role "{ $role }" needs a site of its kind (centre or laboratory).
rule-password-length = The password must have 10 to 128 characters. A phrase of several words is easy to remember.
rule-password-holds-login = The password must not contain the user name.
rule-wrong-password = The password is not right.
rule-login-form = The user name has 3 to 40 characters: lower-case letters without accents, digits, dot or hyphen.
rule-login-taken = That user name exists already. Choose another.
rule-person-name = Write the name as it must appear on signatures, 1 to 120 characters.
rule-unknown-site = There is no site with the code { $code }.
