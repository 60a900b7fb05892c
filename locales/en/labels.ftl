# Labels that cannot be drawn.
fault-label-no-glyph = The label cannot be printed: the face used on labels has no letter { $character } ({ $number }), asked for by { $part }. Correct the record.
fault-label-control = The label cannot be printed: there is an invisible character ({ $number }) in { $part }. Type the value again.
fault-label-too-long = The label cannot be printed: { $part } has { $chars } characters, at most { $max } fit.
fault-label-too-wide = The label cannot be printed: { $part } needs { $need } mm, there are { $have } mm.
fault-label-template = The label template { $template } is wrong. Tell support the reference number.
fault-label-right-to-left = The label cannot be printed: { $part } has a letter written from right to left ({ $number }). Write the value in Latin letters.
fault-label-accent = The label cannot be printed: the accent { $number } in { $part } cannot be put on its letter. Type the value again.
fault-label-value = The label cannot be printed: { $part } is missing or is not written as the template { $template } asks. Correct the value.
fault-label-symbol = The label cannot be printed: the bar code of { $part } cannot carry its value. Correct the value.
fault-label-sheet = The sheet of labels cannot be printed so: labels on sheets are printed as PDF, from a cell that the sheet has, moved 10 mm at most.
fault-label-given-up = The label was not drawn in time. Try again.
# The page that tells how far a printer of sheets is off.
label-calibrate-title = Calibration of { $sheet }
label-calibrate-print = Print this page at 100 % (actual size) on a sheet of labels, or on white paper held over one against the light.
label-calibrate-ruler = The ruler below must measure exactly 50 mm. If not, correct the scale when printing and repeat.
label-calibrate-read = On ruler x read the number where the left edge of the label is; on ruler y, the top edge.
label-calibrate-enter = Enter those numbers, with their sign, as the offsets of the sheet (or as --offset-x and --offset-y of “rastro label draw”).
label-calibrate-again = If this page was printed with an offset, add what you read. Well adjusted, the edges are at 0.
