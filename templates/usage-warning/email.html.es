---
subject: "Te quedan {{ match.left | gigabytes }} de datos"
preheader: "Has usado el {{ match.share | percent }} de los datos de este mes. Así te llegan hasta el final."
---
<h1>Te quedan {{ match.left | gigabytes }}</h1>
<p>Hola{% if customer.first_name %}, {{ customer.first_name }}{% endif %}:</p>
<p>Este mes has usado {{ match.used | gigabytes }} de tus {{ match.limit | gigabytes }}. Cuando se acaben seguirás teniendo conexión, solo que más lenta y sin coste adicional.</p>
<p><a class="button" href="https://www.example.com/data">Ver mis datos</a></p>
<p>¿Quieres mantener la velocidad? En la aplicación puedes añadir 5 GB, que llegan en un minuto. También ayuda dejar los vídeos y las copias de seguridad para la wifi.</p>
<p>Tu equipo de Larkline</p>
