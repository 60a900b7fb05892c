# Cuentas, sesiones y papeles.
role-collector = Enfermería o técnico del centro
role-oncologist = Oncología
role-courier = Mensajería
role-reception = Recepción del laboratorio
role-bench = Mesa de laboratorio
role-analyst = Análisis
role-validator = Validación
role-lab-head = Jefatura de laboratorio
role-coordinator = Coordinación
role-quality = Calidad
role-auditor = Auditoría
role-admin = Administración
fault-wrong-credentials = El usuario o la contraseña no son correctos.
fault-account-locked = La cuenta está bloqueada por intentos fallidos. Espere { $minutes } { $minutes ->
    [one] minuto
   *[other] minutos
 } e intente de nuevo, o pida a administración que la restablezca.
fault-signed-out = Su sesión terminó. Inicie sesión; lo que no se guardó sigue en la pantalla anterior.
fault-not-allowed = Su papel no permite hacer esto.
fault-wrong-password = La contraseña no es correcta. No se firmó nada.
fault-unknown-person = No existe esa cuenta.
fault-change-password-first = Cambie primero la contraseña que le dio administración.
rule-role-required = Elija al menos un papel.
rule-admin-reads-nothing-clinical = Quien administra usuarios no puede tener un papel que lea datos clínicos.
rule-role-needs-site = El papel «{ $role }» necesita un sitio de su tipo (centro o laboratorio).
rule-password-length = La contraseña debe tener de 10 a 128 caracteres. Una frase de varias palabras es fácil de recordar.
rule-password-holds-login = La contraseña no debe contener el usuario.
rule-wrong-password = La contraseña no es correcta.
rule-login-form = El usuario tiene de 3 a 40 caracteres: letras minúsculas sin acento, números, punto o guion.
rule-login-taken = Ese usuario ya existe. Elija otro.
rule-person-name = Escriba el nombre como debe aparecer en las firmas, de 1 a 120 caracteres.
rule-unknown-site = No hay un sitio con la clave { $code }.
