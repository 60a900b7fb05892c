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
patients-title = Pacientes
patients-one = Paciente
patients-banner = Paciente
patients-register = Registrar paciente
patients-search = Buscar paciente
patients-search-hint = Folio, nombre o apellido (con o sin acentos), CURP, NSS, o lea una etiqueta.
patients-none = No hay pacientes que coincidan a su alcance
patients-none-advice = Revise lo escrito; si es un paciente nuevo, regístrelo.
patients-who = Quién es
patients-identifiers = Identificadores
patients-identifiers-hint = Todos son opcionales. Escriba los que tenga.
patients-twin = Parto múltiple
patients-decide = ¿Es la misma persona?
patients-elsewhere = Hay un registro parecido en { $centre }. Pregunte a coordinación antes de seguir.
patients-curp-differs = La CURP dice otra cosa. No se corrigió nada: revise el documento.
patients-both-values = CURP { $curp } · registro { $record }
field-birth = Nacimiento
field-sex = Sexo
field-folio = Folio
field-record = Expediente
field-centre = Centro
field-surname1 = Apellido paterno
field-surname2 = Apellido materno
field-given = Nombre o nombres
field-day = Día
field-month = Mes
field-year = Año
hint-birth = Por ejemplo, 5 3 2019
field-curp = CURP
field-nss = NSS
hint-nss = El del asegurado; los hermanos lo comparten.
field-agregado = Agregado médico
hint-agregado = Por ejemplo, 3M2019OR
field-multiple = ¿Nació en un parto múltiple?
field-decision = Su decisión
field-why = ¿Por qué?
decision-different-person = Es otra persona
decision-twin = Es gemelo o mellizo de uno de ellos
not-given = sin dato
patients-age = { $n -> 
    [one] { $n } año
   *[other] { $n } años
 }
