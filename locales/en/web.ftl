# What all screens share.
app-name = Rastro
fault-internal = This could not be completed because of a fault of ours. Nothing was saved. Try again; if it happens again, tell support the reference number.
fault-unreadable = A record of the database is damaged and can’t be read. Nothing else was changed or lost. Tell whoever administers Rastro the reference number.
fault-busy = The server is busy or restarting. Nothing was saved. Try again in a few seconds.
fault-outcome-unknown = The connection to the database was lost while saving. Send the same again: it will not be duplicated.
fault-disk-full = The server's disk is full or failing. Nothing was saved; what is there can be read. Tell support: it goes on by itself once there is room.
fault-database-unavailable = The database is not answering, probably because it is restarting. Nothing was saved. Try again in a few seconds.
fault-database-read-only = The database takes no changes at the moment. Nothing was saved; what is there can be read. Try again in a few seconds; if it stays so, tell support.
fault-not-found = It does not exist, or it is out of your reach. Check the address or search again.
fault-method-not-allowed = This address does not allow that operation.
fault-refused-fields = Some data needs correcting. Nothing was saved.
fault-body-too-large = What was sent is too large.
fault-body-too-slow = What was sent took too long to arrive, and nothing was saved. Check the connection and repeat.
fault-too-many-connections = There are too many connections from your network. Wait a few seconds and repeat.
fault-body-unreadable = What was sent could not be read. Try again.
fault-not-json = Send the body as application/json.
fault-bad-json = The body is not well-formed JSON.
fault-not-a-form = Send the data as a form.
fault-cross-site = The request came from another site and was refused. Open the page again and retry.
fault-timeout = The request took too long. If you were saving, check before repeating.
fault-too-many-requests = Too many requests. Wait a few seconds.
rule-required = This is missing.
rule-unknown-field = There is no such field here; remove it.
rule-given-twice = This field is given twice.
rule-wrong-value = The value is not valid. Expected: { $expected }
error-request = Reference number: { $id }
error-home = Go to the start page
skip = Skip to content
lang-name = English
page-notices = Notices
nav-main = Main
nav-help = Help
nav-sign-out = Sign out
nav-patients = Patients
nav-studies = Requests
nav-samples = Samples
nav-station = Station
nav-results = Results
nav-users = Users
foot-professional = Information for health professionals; it does not decide a treatment.
list-next = Next
list-unreadable = { $count ->
    [one] One record of this page can’t be read
   *[other] { $count } records of this page can’t be read
}
list-unreadable-next = The others are whole. Tell whoever administers Rastro what follows; don’t take a sample that is missing here for lost or for never drawn.
form-problem = There is a problem
yes = Yes
no = No
choose = Choose…
page-error-title = Error: { $title }
save = Save
cancel = Cancel
search = Search
open = Open
age-minutes = { $n } min ago
age-hours = { $n } h ago
age-days = { $n -> 
    [one] one day
   *[other] { $n } days
 } ago
docs-title = Rastro's API
docs-all = All operations
docs-answers = Answers:
docs-body = Body
error-title-403 = Your role does not allow it
error-title-404 = Not found
error-title-405 = This address can't be opened like that
error-title-413 = It is too large
error-title-422 = Some data needs correcting
error-title-503 = The server is busy
error-title-504 = It took too long
error-title-507 = There is no room to save
error-title-refused = It could not be done
error-title-fault = Something failed on our side
error-unsaved = What you typed was not saved. Go back to the previous page with the browser's button; if the fields are empty, type them again.
sign-in-ended = Your session has ended. Sign in again to go on where you were.
sign-in-ended-wrong = After five wrong passwords this session was closed and nothing was signed. Sign in again.
sign-in-ended-form = Your session has ended and what you typed was not saved. Sign in again and type it once more.
rule-invisible-character = It has a character that can't be seen; type it by hand instead of pasting it.
sign-in-ended-kept = Nothing was saved yet. What was typed is kept on this computer for an hour, only for the person who typed it. Sign in to your own account and the form will be as you left it.
fault-form-unmarked = This form does not say for whom it was opened, so nothing was saved. Open the page again and fill it in there.
fault-person-unsaid = It was not said on whose behalf this is sent (x-rastro-person). Nothing was saved.
another-title = Another person signed in on this computer
another-text = This form was opened for { $whose }, and { $name } has signed in on this computer since. Nothing was saved.
another-kept = What was typed is kept on this computer for an hour, only for { $whose }. Nobody else can see it.
another-lost = What was typed was not kept.
another-sign-in = Sign in as { $whose }
another-anew = Open the page as { $name }
kept-discard = Delete what was typed
kept-as-left = This is how you left this form. Nothing has been saved yet: look it over and save it.
kept-left = You had typed this too, and it has no place on this page any more:
kept-gone = What you typed is gone: it is kept for an hour, and only in the browser it was typed in. Nothing was saved.
rule-whole-number = Write a whole number.
rule-no-number = This is no number. Write digits only.
rule-number-groups = Commas and spaces only separate groups of three digits: 1,250,000. Write it again.
rule-decimal-comma = A comma does not begin decimals, and nobody guesses here. If you mean { $right }, write { $right }.
rule-too-many-decimals = { $most ->
    [one] Write one decimal at most.
   *[other] Write { $most } decimals at most.
}
birth-estimated = { $when } (estimated)
