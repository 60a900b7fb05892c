# Label templates: who writes them, who approves them.
nav-label-templates = Templates
templates-title = Label templates
templates-lead = What each label is drawn by. One person proposes a change and another approves it; labels already printed are reprinted as they were.
template-looks = Looks
template-kind = Label
template-stock = Stock
template-version = Version
template-on-sheet = Sheet of paper
template-id = Id
template-origin-built-in = Built in
template-origin-directory = The server's
template-origin-approved = Approved
template-waiting = To decide
template-change = Propose a change
template-in-use = In use
template-outdated = Version { $version } was approved for an earlier program, which filled other fields. The built-in one is used: look at it and propose the change again.
template-history = Proposed changes
template-no-history = Nobody has proposed a change
template-no-history-advice = The template the system was installed with is used.
template-who = Proposed by
template-decided = Decided by
template-decided-approved = Approved before
template-decided-declined = Declined
template-decided-withdrawn = Withdrawn
template-example = Example values
template-longest = The longest values
template-picture = Version { $version }: { $values }
template-proposed = Proposed: version { $version }
template-proposed-by = Proposed by { $name }
template-now = Now: version { $version }
template-then = Proposed: version { $version }
template-differences = Differences in the text
template-start-from = Propose from this one
template-text = The template's text
template-editing = Change: { $kind }
template-editing-text = Move, enlarge or add elements. Fields, stock and codes stay: the program, the printers and the scanners count on them.
template-picture-hint = The codes are crossed out: the picture can't be scanned. Press an element to go to its line.
template-values = Draw with
template-dpi = Resolution (dpi)
template-look = Draw
template-good = It can be proposed.
template-why = Why is it changed?
template-propose = Propose
template-kind-edta-50x25 = Tube, aliquot and stained tube
template-kind-roll-50x25 = Pre-printed label on a roll
template-kind-cryo-wrap-33x13 = Cryovial, around
template-kind-cryo-cap-9 = Cryovial, cap
template-kind-bag-100x50 = Secondary bag
template-kind-ship-100x150 = Outer package
template-kind-roll-a4-l7651 = A4 sheet of 65, pre-printed (L7651)
template-kind-roll-letter-5160 = Letter sheet of 30, pre-printed (5160)
template-kind-sheet-a4-l7651 = A4 sheet of 65 (L7651)
template-kind-sheet-letter-5160 = Letter sheet of 30 (5160)
template-kind-badge-86x54 = Badge
template-kind-command-86x54 = Command card
template-kind-command-letter-8 = Command cards on Letter pages, 8
template-kind-scanner-setup-letter = Sheet to try the scanner
template-kind-manifest-header-letter = Header of the manifest
audit-action-label-template = Proposed a label template or decided about one
rule-template-too-long = The text is longer than { $most } KB.
rule-template-syntax = Line { $line }: can't be understood ({ $said }).
rule-template-schema = Line { $line }: "schema" must be 1.
rule-template-id = Line { $line }: "id" must stay { $id }.
rule-template-version = Line { $line }: "version" must be { $version }.
rule-template-size = Line { $line }: the stock must stay { $width } × { $height } mm, which the printers hold.
rule-template-stock = Line { $line }: the stock must stay what it is: round or rectangular, single or on a sheet.
rule-template-field = Line { $line }: the field "{ $field }" must stay as it is in [fields]: the program fills it.
rule-template-undrawn = The field "{ $field }" is printed no more. It must stay on the label.
rule-template-symbol = The { $symbol } of { $value } is printed no more. It must stay on the label.
rule-template-module = Line { $line }: "min_x_mm" of the { $symbol } can't be under { $least }: damaged, it would not be read.
rule-template-cut = Line { $line }: the field "{ $field }" can't be cut off: use overflow = "error" or "shrink".
rule-template-twice = Line { $line }: "{ $name }" is there twice.
rule-template-unknown-field = Line { $line }: there is no field "{ $field }". There are: { $known }.
rule-template-brace = Line { $line }: a brace without its partner.
rule-template-number = Line { $line }: "{ $key }" is { $value }; it must be { $want ->
    [square] left out, because the symbol is square
    [round] the same as the width, because the stock is round
    [pitch] at least the label's size
    [second-line] at least a line of size_pt below the baseline
   *[other] { $want }
}.
rule-template-off-label = Line { $line }: reaches { $reach } mm { $axis ->
    [across] across
   *[down] down
}; { $from } to { $to } mm are printed.
rule-template-off-circle = Line { $line }: a corner is { $reach } mm from the middle; the circle ends at { $have } mm.
rule-template-small-letters = Line { $line }: capitals are { $have } mm high; they must be { $need } mm.
rule-template-may-shrink = Line { $line }: a text with "cap_mm" has overflow = "error".
rule-template-shipping-name = Line { $line }: the UN3373 mark needs the text "BIOLOGICAL SUBSTANCE, CATEGORY B" with "cap_mm" of at least 6.
rule-template-overlap = Line { $line }: overlaps "{ $other }".
rule-template-no-glyph = Line { $line }: the labels' face has no "{ $character }".
rule-template-too-wide = Line { $line }: with { $values ->
    [longest] the longest values
   *[example] the example values
} at { $dpi } dpi it needs { $need } mm and there are { $have } mm.
rule-template-no-module = Line { $line }: at { $dpi } dpi no whole number of dots lies between { $least } and { $most } mm.
rule-template-sheet = Line { $line }: the sheet can't be like this.
rule-template-values = Line { $line }: the field does not take its own trial value ({ $said }).
rule-template-drawing = Line { $line }: it could not be drawn ({ $said }).
js-template-good = It can be proposed.
js-template-offline = No answer from the server: the picture is an earlier one. What you wrote is still here.
rule-template-excess = Line { $line }: { $what ->
    [elements] the template has { $found } elements; { $most } are taken
    [names] the template has { $found } elements with a name; { $most } are taken
    [fields] the template has { $found } fields; { $most } are taken
    [pattern] the pattern has { $found } characters; { $most } are taken
   *[text] the text has up to { $found } characters with its fields; { $most } are taken
}.
rule-template-given-up = Line { $line }: it was not drawn in time. Try again.
rule-template-person = Line { $line }: the name must be shown by kind = "person"; the earlier rule does not tell who reads the same.
