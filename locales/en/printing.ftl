# Labels and prints.
label-title = Label
label-picture = Preview of the label
label-preview = PREVIEW
label-preview-hint = The symbols are crossed out: a preview can't be scanned. Print to get the label.
label-print = Print
label-again = Print again
label-again-text = The reprint carries its copy number. Destroy the earlier label.
label-reason = Why is it printed again?
label-pdf = PDF for any printer
label-copies = Labels printed
label-first = Original
label-download = Open
label-collect = Record collection
label-by-hand = Drawn / init.
rule-reprint-reason = Write why it is printed again, 3 to 200 characters.
rule-dpi = It must be 203, 300 or 600.
fault-label-not-exact = This label can no longer be drawn the same. Print it again with a reason.
label-birth = Born { $day }
label-birth-estimated = Born ~{ $day }
label-record = Rec. { $record }
label-who = The centre's nurses print the label. Reception only prints it again; the bench prints those of its aliquots.
fault-label-of-ended = This sample has ended or its label was voided: no other label is printed.
label-expired = The label asked for last expired unprinted and will not come out: it waited for more than 24 hours, or something happened to the tube after it was asked for. If it is needed, print it here.
rule-label-format = Choose one of the buttons: PDF, ZPL 203 dpi or ZPL 300 dpi.

# Labels on sheets, for office printers.
sheets-title = Labels on sheets
sheets-link = On sheets of labels
sheets-back = Back
sheets-lead = For an office printer: a PDF with a label for each tube, in this order.
sheets-kind = Kind of sheet
sheets-used = Labels already used of the first sheet
sheets-used-hint = Count them row by row, from left to right. The sheet has { $all }; write 0 if it is whole.
sheets-offset-x = Offset to the right, mm
sheets-offset-y = Offset downwards, mm
sheets-calibrate-text = Are they off? Print the calibration sheet: it says which numbers go into the offsets. They are remembered for the next sheet.
sheets-calibrate = Calibration sheet
sheets-make = Make the sheets
sheets-made = { $labels ->
    [one] 1 label
   *[other] { $labels } labels
} on { $sheets ->
    [one] 1 sheet
   *[other] { $sheets } sheets
}
sheets-open = Open the PDF
sheets-step-used = Put the sheet with { $n } used labels into the tray; whole sheets after it.
sheets-step-new = Put whole sheets of labels into the tray.
sheets-step-scale = Print at 100 % (actual size), not fitted to the page.
sheets-step-ruler = Measure the ruler below: it must be exactly 50 mm. If not, correct the scale and do not use those labels.
sheets-step-once = Print once only. If a label is damaged, print it again from its tube, with the reason; destroy the earlier one.
sheets-map = { $used } used before, { $now } of these on the first sheet
sheets-map-touch = The first sheet, seen from above. Touch the first free label, or type the number.
sheets-left = The last sheet now has { $n } used: next time that number is filled in.
sheets-labels = Labels
rule-label-sheet-kind = Choose one of the kinds of sheet.
rule-label-sheet-used = Must be 0 to { $high }: the labels that are no longer on the sheet.
rule-label-sheet-offset = Must be -10 to 10 mm, with three decimals at most. If it is off by more, straighten the paper.
rule-label-sheet-off-page = With that offset a label is off the paper. Write a smaller one, or straighten the paper in the tray.
rule-label-sheet-what = Send “codes”, or “site” and “n”, not both.
fault-label-changed = What a label says changed while it was drawn. Try again.
audit-detail-sheet-roll = pre-printed sheets
audit-detail-sheet-open = opened the sheets
audit-subject-label-sheet = Sheets of labels
# Beside the name on a label: twins, and another child of the centre, born the same day, whose line would read the same.
label-mark-alike = SAME NAME
label-mark-twin-f = TWIN
label-mark-twin-m = TWIN
label-mark-twin-x = TWIN
label-mark-twin-alike-f = TWIN, SAME
label-mark-twin-alike-m = TWIN, SAME
label-mark-twin-alike-x = TWIN, SAME
label-kinds = Kind of label
label-made = Prep. { $day }
rule-label-kind = That kind of label is not for this container. Choose one of those offered.
# What is inside, as labels write it.
label-specimen = { $code ->
    [BM] BM
    [BMG] BM
    [PB] PB
    [CSF] CSF
    [BMC] BM core
    [PLF] pleural
    [LN] node
    [ALQ-CELL] cells
    [ALQ-DNA] DNA
    [ALQ-RNA] RNA
    [ALQ-VIAB] viable
   *[other] { $code }
}
