# Patients.
rule-name-characters = Letters, spaces, dots, apostrophes and hyphens only.
rule-sex-word = Choose female, male or other.
rule-yes-or-no = Choose yes or no.
rule-record-number = Up to 40 letters, digits and common signs.
rule-no-such-date = That date does not exist. Write day, month and year.
rule-date-in-future = The date is in the future.
rule-date-too-old = The date is too long ago.
rule-reason-length = Explain why, in 5 to 400 characters.
fault-possible-duplicate = Perhaps already registered. Look at { $n -> 
    [one] the similar record
   *[other] the { $n } similar records
 } and decide. Nothing was saved.
fault-curp-taken = That CURP belongs to { $n -> 
    [one] another record
   *[other] { $n } other records
 }. Open it, or check the CURP. Nothing was saved.
duplicate-same-curp = The same CURP
duplicate-same-nss-name-birth = The same NSS, name and birth date
duplicate-same-name-birth = The same name and birth date
duplicate-perhaps-twins = The same NSS and birth date, another name: perhaps twins
sex-female = Female
sex-male = Male
sex-other = Other
