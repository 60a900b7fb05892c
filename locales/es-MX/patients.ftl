# Pacientes.
rule-name-characters = Solo letras, espacios, punto, apóstrofo y guion.
rule-sex-word = Elija femenino, masculino u otro.
rule-yes-or-no = Elija sí o no.
rule-record-number = Hasta 40 letras, números y signos comunes.
rule-no-such-date = Esa fecha no existe. Escriba día, mes y año.
rule-date-in-future = La fecha está en el futuro.
rule-date-too-old = La fecha es demasiado antigua.
rule-reason-length = Explique por qué, con 5 a 400 caracteres.
fault-possible-duplicate = Quizá ya está registrado. Revise { $n -> 
    [one] el registro parecido
   *[other] los { $n } registros parecidos
 } y decida. No se guardó nada.
fault-curp-taken = Esa CURP ya es de { $n -> 
    [one] otro registro
   *[other] otros { $n } registros
 }. Ábralo, o revise la CURP. No se guardó nada.
duplicate-same-curp = La misma CURP
duplicate-same-nss-name-birth = El mismo NSS, nombre y fecha de nacimiento
duplicate-same-name-birth = El mismo nombre y fecha de nacimiento
duplicate-perhaps-twins = El mismo NSS y fecha de nacimiento, otro nombre: quizá gemelos
sex-female = Femenino
sex-male = Masculino
sex-other = Otro
