# Pacientes.
rule-name-characters = Solo letras, espacios, punto, apóstrofo, guion y diagonal.
rule-sex-word = Elija femenino, masculino u otro.
rule-yes-or-no = Elija sí o no.
rule-record-number = Hasta 40 letras, números y signos comunes.
rule-no-such-date = Esa fecha no existe. Escriba día, mes y año.
rule-date-in-future = La fecha está en el futuro.
rule-date-too-old = La fecha es demasiado antigua.
rule-reason-length = Explique por qué: de { $least } a { $most } caracteres.
fault-possible-duplicate = Quizá ya está registrado. Revise { $n -> 
    [one] el registro parecido
   *[other] los { $n } registros parecidos
 } y decida. No se guardó nada.
fault-curp-taken = Esa CURP ya es de { $n -> 
    [one] otro registro
   *[other] otros { $n } registros
 }. Ábralo, o revise la CURP. No se guardó nada.
duplicate-same-curp = La misma CURP
duplicate-same-nss-name-birth = El mismo NSS y fecha de nacimiento, y el nombre se parece
duplicate-same-name-birth = El mismo nombre y fecha de nacimiento
duplicate-perhaps-twins = La misma fecha de nacimiento y los mismos apellidos o NSS, otro nombre: quizá gemelos
duplicate-same-record = El mismo número de expediente en este centro
duplicate-same-nss-name = El mismo NSS y nombre, otra fecha de nacimiento
duplicate-name-alike = La misma fecha de nacimiento; el nombre se escribe casi igual o falta una parte
duplicate-birth-alike = El mismo nombre; de la fecha de nacimiento difiere un día, un mes o un año, o día y mes están cambiados
duplicate-newborn = Recién nacido sin nombre propio: coinciden un apellido y la fecha de nacimiento
sex-female = Femenino
sex-male = Masculino
sex-other = Otro
patients-title = Pacientes
patients-one = Paciente
patients-banner = Paciente
patients-register = Registrar paciente
patients-search = Buscar paciente
patients-search-hint = Nombre o apellidos (con o sin acentos), folio, expediente, CURP, NSS, número de solicitud, o lea una etiqueta.
patients-none = No hay pacientes que coincidan a su alcance
patients-none-advice = Revise lo escrito; si es un paciente nuevo, regístrelo.
patients-who = Quién es
patients-identifiers = Identificadores
patients-identifiers-hint = Todos son opcionales. Escriba los que tenga.
patients-twin = Parto múltiple
patients-decide = ¿Es la misma persona?
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
rule-decision-kind = Elija si es otra persona o un gemelo.
rule-no-twin-among-them = Ninguno de los registros parecidos puede ser su gemelo. Si es otra persona, elíjalo así.
rule-curp-taken = Esta CURP ya está en otro registro.
rule-site-of-yours = Elija uno de sus centros.
fault-key-used = Este formulario ya se usó para enviar otra cosa, y aquello es lo que se guardó. Búsquelo en la lista; para enviar algo nuevo, abra el formulario otra vez.
patients-nobody = Todavía no hay pacientes
patients-nobody-advice = Registre al primero para solicitar un estudio y emitir etiquetas.
patients-hint-surname2 = Déjelo vacío si no tiene.
patients-hint-why = Por ejemplo: la madre mostró otra acta de nacimiento.
patients-same-one = Es la misma persona: abrir su registro
patients-curp-of = ¿De quién es esta CURP?
patients-doubts = Revise estos datos con el documento. No se corrigió nada.
patients-doubt-curp-birth-date = Nacimiento: la CURP dice { $says } y el registro dice { $record }.
patients-doubt-curp-sex = Sexo: la CURP dice { $says } y el registro dice { $record }.
patients-doubt-curp-name = La CURP { $says } no corresponde al nombre { $record }. Compárela con el documento.
patients-doubt-curp-word = La CURP { $says } comienza con una palabra que RENAPO dice no emitir. Compárela con el documento.
patients-doubt-agregado-birth-year = Año de nacimiento: el agregado dice { $says } y el registro dice { $record }.
patients-doubt-agregado-sex = Sexo: el agregado dice { $says } y el registro dice { $record }.
patients-doubt-adult = Tenía { $says } años al registrarse: revise la fecha de nacimiento, { $record }.
patients-search-tube = Este texto también es el código de un tubo: abrir el tubo
rule-birth-part-missing = Falta una parte de la fecha. Si los papeles no la traen, marque que la fecha es estimada.
rule-birth-estimated-whole = La fecha está completa y se marcó como estimada. Deje vacío lo que los papeles no traen, o quite la marca.
rule-single-name = Se marcó que tiene un solo nombre y hay apellidos. Quite la marca o deje vacíos los apellidos.
rule-label-letters = Las etiquetas no pueden dibujar «{ $letters }». Escriba cómo se imprime el nombre, con letras latinas.
field-single-name = Un solo nombre
patients-single-name = Sus papeles traen un solo nombre, sin apellidos
field-birth-estimated = Fecha estimada
patients-birth-estimated = Los papeles no traen el día, o ni el día ni el mes
field-latin-surname1 = Primer apellido en la etiqueta
field-latin-surname2 = Segundo apellido en la etiqueta
field-latin-given = Nombres en la etiqueta
patients-latin-hint = Las etiquetas no pueden dibujar este nombre. Revise con los papeles cómo se imprimirá; el registro conserva el nombre tal como está escrito.
patients-hint-given = Recién nacido sin nombre: «RN de» y el nombre de la madre. Gemelos: «RN 1 de…», «RN 2 de…».
patients-doubt-newborn-name = Nombre provisional de recién nacido: { $record }. Corríjalo cuando tenga el suyo.
rule-year-four-digits = Escriba el año con cuatro cifras y el día y el mes con números, por ejemplo 5, 3 y 2019.
patients-merged = Unido a otro
