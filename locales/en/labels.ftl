# Labels that cannot be drawn.
fault-label-no-glyph = The label cannot be printed: the face used on labels has no letter { $character } ({ $number }), asked for by { $part }. Correct the record.
fault-label-control = The label cannot be printed: there is an invisible character ({ $number }) in { $part }. Type the value again.
fault-label-too-long = The label cannot be printed: { $part } has { $chars } characters, at most { $max } fit.
fault-label-too-wide = The label cannot be printed: { $part } needs { $need } mm, there are { $have } mm.
fault-label-template = The label template { $template } is wrong. Tell support the request number.
