# Patients.
rule-name-characters = Letters, spaces, dots, apostrophes, hyphens and slashes only.
rule-sex-word = Choose female, male or other.
rule-yes-or-no = Choose yes or no.
rule-record-number = Up to 40 letters, digits and common signs.
rule-no-such-date = That date does not exist. Write day, month and year.
rule-date-in-future = The date is in the future.
rule-date-too-old = The date is too long ago.
rule-reason-length = Explain why, in { $least } to { $most } characters.
fault-possible-duplicate = Perhaps already registered. Look at { $n -> 
    [one] the similar record
   *[other] the { $n } similar records
 } and decide. Nothing was saved.
fault-curp-taken = That CURP belongs to { $n -> 
    [one] another record
   *[other] { $n } other records
 }. Open it, or check the CURP. Nothing was saved.
duplicate-same-curp = The same CURP
duplicate-same-nss-name-birth = The same NSS and birth date, and the name is alike
duplicate-same-name-birth = The same name and birth date
duplicate-perhaps-twins = The same birth date and the same surnames or NSS, another name: perhaps twins
duplicate-same-record = The same record number at this centre
duplicate-same-nss-name = The same NSS and name, another birth date
duplicate-name-alike = The same birth date; the name is written almost alike or a part is missing
duplicate-birth-alike = The same name; of the birth date a day, a month or a year differs, or day and month are swapped
duplicate-newborn = A newborn without a name of its own: a surname and the birth date are the same
sex-female = Female
sex-male = Male
sex-other = Other
patients-title = Patients
patients-one = Patient
patients-banner = Patient
patients-register = Register patient
patients-search = Look for a patient
patients-search-hint = Name or surnames (with or without accents), folio, record number, CURP, NSS, request number, or scan a label.
patients-none = No patients match in your reach
patients-none-advice = Check what you typed; if it is a new patient, register.
patients-who = Who it is
patients-identifiers = Identifiers
patients-identifiers-hint = All are optional. Write those you have.
patients-twin = Multiple birth
patients-decide = Is it the same person?
field-birth = Born
field-sex = Sex
field-folio = Folio
field-record = Record no.
field-centre = Centre
field-surname1 = First surname
field-surname2 = Second surname
field-given = Given names
field-day = Day
field-month = Month
field-year = Year
hint-birth = For example, 5 3 2019
field-curp = CURP
field-nss = NSS
hint-nss = The insured parent's; brothers and sisters share it.
field-agregado = Agregado médico
hint-agregado = For example, 3M2019OR
field-multiple = Born in a multiple birth?
field-decision = Your decision
field-why = Why?
decision-different-person = It is another person
decision-twin = It is a twin of one of them
not-given = not given
patients-age = { $n -> 
    [one] { $n } year
   *[other] { $n } years
 }
rule-decision-kind = Choose whether it is another person or a twin.
rule-no-twin-among-them = None of the similar records can be a twin. If it is another person, choose that.
rule-curp-taken = This CURP is in another record already.
rule-site-of-yours = Choose one of your centres.
fault-key-used = This form was used already to send something else, and that is what was saved. Look for it in the list; to send something new, open the form again.
patients-nobody = There are no patients yet
patients-nobody-advice = Register the first one to request a study and issue labels.
patients-hint-surname2 = Leave it empty if there is none.
patients-hint-why = For example: the mother showed another birth certificate.
patients-same-one = It is the same person: open the record
patients-curp-of = Whose CURP is this?
patients-doubts = Check these against the document. Nothing was corrected.
patients-doubt-curp-birth-date = Born: the CURP says { $says } and the record says { $record }.
patients-doubt-curp-sex = Sex: the CURP says { $says } and the record says { $record }.
patients-doubt-curp-name = The CURP { $says } does not come from the name { $record }. Compare it with the document.
patients-doubt-curp-word = The CURP { $says } begins with a word that the registry says it never issues. Compare it with the document.
patients-doubt-agregado-birth-year = Birth year: the agregado says { $says } and the record says { $record }.
patients-doubt-agregado-sex = Sex: the agregado says { $says } and the record says { $record }.
patients-doubt-adult = Was { $says } years old when registered: check the birth date, { $record }.
patients-search-tube = This text is also a tube’s code: open the tube
rule-birth-part-missing = A part of the date is missing. If the papers don’t have it, tick that the date is estimated.
rule-birth-estimated-whole = The date is whole and was ticked as estimated. Leave empty what the papers don’t have, or untick it.
rule-single-name = It was ticked that there is one name only, and there are surnames. Untick it or leave the surnames empty.
rule-label-letters = Labels can’t draw “{ $letters }”. Write how the name is printed, in Latin letters.
field-single-name = One name only
patients-single-name = The papers have one name and no surnames
field-birth-estimated = Estimated date
patients-birth-estimated = The papers have no day, or neither day nor month
field-latin-surname1 = First surname on the label
field-latin-surname2 = Second surname on the label
field-latin-given = Given names on the label
patients-latin-hint = Labels can’t draw this name. Compare with the papers how it will be printed; the record keeps the name as it is written.
patients-hint-given = A newborn without a name: “RN de” and the mother’s name. Twins: “RN 1 de…”, “RN 2 de…”.
patients-doubt-newborn-name = Provisional name of a newborn: { $record }. Correct it once the child has its own.
rule-year-four-digits = Write the year with four digits, and day and month with numbers, for example 5, 3 and 2019.
patients-merged = Merged
