# Results.
fault-own-work = You can't sign your own work. Another person must validate it.
fault-not-current-version = That version is no longer current or is signed already. Open the result again.
fault-released-already = The result is released already. To change it, amend it.
rule-k-above-n = The population's events can't be more than the total.
rule-loq-below-lod = LOQ must be equal to or above LOD.
rule-choose-from-list = Choose an option from the list.
rule-percentage = Write a percentage from 0 to 100 with a decimal point.
rule-haemodilution-of-negative = In a not-detected result haemodilution must be assessed.
rule-marker-once = Write each marker once and don't leave it empty.
rule-marker-count = Write 1 to 80 markers.
rule-container-of-study = That tube is not of this request.
rule-container-not-accepted = The laboratory has not accepted that tube.
