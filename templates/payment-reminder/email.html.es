---
subject: "La factura {{ payment_failed.invoice_id }} sigue pendiente"
preheader: "Se arregla en un minuto y tu línea sigue activa."
---
<h1>Tu factura sigue pendiente</h1>
<p>Hola{% if customer.first_name %}, {{ customer.first_name }}{% endif %}:</p>
<p>Hace unos días no pudimos cobrar {{ payment_failed.amount | number: 2 }} {{ payment_failed.currency }}, y la factura sigue pendiente. Págala en los próximos dos días para que tu línea siga activa.</p>
<p><a class="button" href="https://www.example.com/billing">Pagar ahora</a></p>
<p>¿Este mes se te hace cuesta arriba? Habla con nosotros: encontraremos una solución y conservarás tu número.</p>
<p>Tu equipo de Larkline</p>
