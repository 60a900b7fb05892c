# Codes and identifiers.
rule-code-empty = No code was read. Scan the label again.
rule-code-length = { $digits } digits were read and the label has 12. Scan all of it or type the 12 digits.
rule-code-foreign = { $kind ->
    [gs1] That code is the tube maker's or the courier's. Scan the Rastro label, the one with 12 digits.
    [isbt128] That code is a blood bank's. Scan the Rastro label, the one with 12 digits.
    [url] That code is a web address. Scan the Rastro label, the one with 12 digits.
    [curp] That is a CURP, not a label. Look for the patient under Patients.
   *[other] That code is not from Rastro. Scan the label with 12 digits.
 }
rule-code-kind = No Rastro label begins with { $digit }. Scan the label again.
rule-code-check = The check digits do not match: the reading or the typing has an error. Scan the label again; if it repeats, ask for a reprint.
rule-code-wrong-kind = { $kind ->
    [box] You scanned a box's label and a tube belongs here.
    [bag] You scanned a bag's label and a tube belongs here.
    [kit] You scanned a collection kit's label and a tube belongs here.
    [document] You scanned a document's label and a tube belongs here.
    [badge] You scanned a badge and a tube belongs here.
    [command] You scanned a command card and a tube belongs here.
    [primary] You scanned a primary tube's label and something else belongs here.
   *[derived] You scanned an aliquot's label and something else belongs here.
 }
rule-curp-length = A CURP has 18 characters.
rule-curp-format = The CURP has a character that can't stand where it stands. Copy it from the document.
rule-curp-date = The date inside the CURP does not exist in the calendar.
rule-curp-check-digit = The last digit of the CURP does not match: a character is wrong. Copy it from the document.
rule-nss-format = An NSS has 11 digits.
rule-nss-check-digit = The last digit of the NSS does not match: a digit is wrong.
rule-nss-placeholder = That NSS is a placeholder. Leave it empty if you don't have it.
rule-agregado-format = The agregado médico looks like 3M2019OR: relation, sex, birth year and regime.
