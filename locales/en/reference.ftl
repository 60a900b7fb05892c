# Centres of the network and versions of the catalogue.
nav-centres = Centres
centres-title = Centres
centres-lead = The centres that send samples. One that nobody has verified is a candidate: it can't be chosen until two people have confirmed it.
centres-candidates = { $n ->
    [one] One centre is still to be confirmed.
   *[other] { $n } centres are still to be confirmed.
 }
centres-no-candidates = No centre is waiting to be confirmed.
centres-none = The catalogue has no centres
centres-none-advice = Tell whoever administers the system.
centre-code = Code
centre-place = Place
centre-city = City
centre-state = State of the Republic
centre-zone = Time zone
centre-clues = CLUES
centre-no-clues = No CLUES
centre-doubt = Not verified
centre-candidate = Candidate
centre-confirmed = Confirmed
centre-retired = Retired
centre-confirm = Propose the confirmation
centre-confirm-text = Write what the hospital is called in an official document. Another person must approve it: head of the laboratory, coordination or administration.
centre-name-hint = Official name in full, without question marks.
centre-clues-hint = Eleven characters, such as DFIMS000061. Leave it empty if you don't know it.
centre-why = In which document did you verify it?
centre-why-hint = For example, a letter with its number and date.
centre-needs-coordination = Coordination must confirm it before it can be chosen.
centre-proposed = What is proposed
centre-events = History of the centre
site-event-added = Added
site-event-changed = Changed
site-event-retired = Retired
site-event-reopened = Opened again
site-event-doubted = Marked as a candidate
site-event-confirmed = Confirmed
reference-history = Proposals and decisions
reference-waiting = Waits for approval
reference-approved = Approved
reference-declined = Declined
reference-withdrawn = Taken back by who proposed it
rule-centre-text = Write 2 to 120 characters, without question marks.
rule-centre-clues = A CLUES has eleven characters: five letters and six digits, such as DFIMS000061.
rule-site-retired = { $code } ({ $name }) is no longer in the network's list: nothing new is registered or issued there. What was registered can be read. If that is a mistake, tell coordination.
rule-site-candidate = { $code } ({ $name }) is a candidate that nobody has confirmed: it can't be chosen. Coordination confirms it on the page Centres.
site-retired-notice = { $code } is no longer in the network's list of centres. What was registered can be read, and samples on their way are received; no patients are registered and no new labels issued there. If that is a mistake, tell coordination.
fault-reference-nothing = There is nothing to decide: it is confirmed, retired or in use already.
catalogue-title = Catalogue
catalogue-lead = The catalogue says which tubes, stability windows, rejection reasons, panels and protocols are used. A new version decides about samples only once the head of the laboratory and coordination have approved it.
catalogue-in-use = In use: { $version }
catalogue-waits = Version { $version } waits for two approvals. Until then the one in use goes on.
catalogue-nothing-waits = No version waits for approval.
catalogue-restart = This server goes on with version { $version } until it is restarted.
catalogue-changes = What changes
catalogue-lines = { $n ->
    [one] one line
   *[other] { $n } lines
 }
catalogue-more-lines = There are more lines; compare the whole files.
catalogue-first = Give the first approval
catalogue-first-text = Another person gives the second: one is the head of the laboratory, the other coordination.
catalogue-why = Why should the network use it?
catalogue-versions = Versions that servers have brought
catalogue-taken-by = Brought by { $server }
catalogue-named = catalogue { $version }
audit-action-manage-catalogue = Changed the catalogue or a centre
audit-subject-site = Centre
audit-subject-catalogue = Catalogue
audit-detail-decline = declined
audit-detail-withdraw = proposal taken back
audit-detail-site-added = added:
audit-detail-site-changed = changed:
audit-detail-site-retired = retired:
audit-detail-site-reopened = opened again:
audit-detail-site-doubted = marked as a candidate:
audit-detail-site-confirmed = confirmed:
